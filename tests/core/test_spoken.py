"""Recurrence rules in words, in each language; what there are no words for stays as it is written."""

from __future__ import annotations

import pytest
from django.utils import translation

from apps.core.values.spoken import spoken, spoken_schedule

WORKING = "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=3;BYHOUR=7;BYMINUTE=0"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("FREQ=WEEKLY;BYDAY=MO;BYHOUR=7;BYMINUTE=0", "every Monday at 07:00"),
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYHOUR=6,14", "every Monday, Wednesday and Friday at 06:00 and 14:00"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "every working day at 07:00"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;BYHOUR=9;BYMINUTE=30", "every 2 weeks on Tuesday at 09:30"),
        ("FREQ=DAILY;BYHOUR=23;BYMINUTE=15", "every day at 23:15"),
        ("FREQ=DAILY;INTERVAL=3", "every 3 days at 07:00"),
        ("RRULE:FREQ=MONTHLY;BYMONTHDAY=1,15", "on day 1 and 15 of every month at 07:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "on the last day of every month at 07:00"),
        ("FREQ=MONTHLY;BYDAY=2TU", "on the second Tuesday of every month at 07:00"),
        ("FREQ=MONTHLY;INTERVAL=3;BYDAY=-1FR", "on the last Friday of every 3 months at 07:00"),
        (WORKING, "on the third working day of every month at 07:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=1;BYMONTH=1,7", "on day 1 of every month in January and July at 07:00"),
        ("FREQ=HOURLY;INTERVAL=4", "every 4 hours"),
    ],
)
def test_rules_are_said_in_words(rule: str, said: str) -> None:
    with translation.override("en"):
        assert spoken(rule) == said
        assert spoken(rule, zone="Europe/Berlin") == f"{said}, Europe/Berlin"


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=MO,WE;BYSETPOS=2",
        "FREQ=MONTHLY;BYDAY=MO",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=DAILY;COUNT=3",
        "FREQ=WEEKLY;BYDAY=MO;BYHOUR=1,2,3,4,5,6,7",
        "nothing",
    ],
)
def test_what_there_are_no_words_for_stays_as_written(rule: str) -> None:
    assert spoken(rule, zone="Europe/Berlin") == rule


@pytest.mark.parametrize(
    ("language", "weekly", "monthly"),
    [
        ("de", "jeden Montag um 07:00 Uhr", "am dritten Arbeitstag jedes Monats um 07:00 Uhr"),
        ("es", "cada lunes a las 07:00", "el tercer día laborable de cada mes a las 07:00"),
        ("ar", "كل الاثنين الساعة 07:00", "في يوم العمل الثالث من كل شهر الساعة 07:00"),
    ],
)
def test_rules_are_said_in_every_language(language: str, weekly: str, monthly: str) -> None:
    with translation.override(language):
        assert spoken("FREQ=WEEKLY;BYDAY=MO;BYHOUR=7;BYMINUTE=0").casefold() == weekly.casefold()
        assert spoken(WORKING) == monthly


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("0 7 * * 1-5", "every working day at 07:00"),
        ("30 6 1 * *", "on day 1 of every month at 06:30"),
        ("FREQ=WEEKLY;BYDAY=MO;BYHOUR=8", "every Monday at 08:00"),
        ("*/5 * * * *", "*/5 * * * *"),
        ("99 7 * * 1", "99 7 * * 1"),
    ],
)
def test_schedules_are_said_in_words(written: str, said: str) -> None:
    with translation.override("en"):
        assert spoken_schedule(written) == said
