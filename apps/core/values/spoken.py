"""Recurrence rules as people say them: "every Monday at 07:00"; a rule beyond these words is shown as it is written."""

from __future__ import annotations

import re

from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from apps.core.errors import Refused
from apps.core.values.cron import looks_like_cron, rrule_of

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WORKDAYS = set(DAYS[:5])
KNOWN = {
    "FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYSETPOS", "BYMONTH", "BYHOUR", "BYMINUTE", "BYSECOND", "WKST",
}  # fmt: skip
_DAY = re.compile(r"(?P<nth>[+-]?\d)?(?P<day>[A-Z]{2})")


def spoken(rule: str, *, zone: str = "", hour: int = 7) -> str:
    """The sentence in the language of the reader; `hour` is the one of rules that name none."""
    text = rule.strip().removeprefix("RRULE:").upper()
    parts = dict(one.split("=", 1) for one in text.split(";") if "=" in one)
    try:
        said = _days(parts) if set(parts) <= KNOWN else ""
        times = _times(parts, hour)
    except (ValueError, KeyError, IndexError):
        said, times = "", ""
    if not said:
        return rule
    if times:
        said = _("%(days)s at %(times)s") % {"days": said, "times": times}
    return f"{said}, {zone}" if zone else said


def spoken_schedule(text: str) -> str:
    """A recurrence rule or a cron expression in words; as it is written when there are none."""
    try:
        rule = rrule_of(text) if looks_like_cron(text) else text
    except Refused:
        return text
    said = spoken(rule)
    return text if said == rule else said


def _times(parts: dict[str, str], hour: int) -> str:
    if parts["FREQ"] == "HOURLY":
        return ""
    minutes = [int(one) for one in parts.get("BYMINUTE", "0").split(",")]
    hours = [int(one) for one in parts.get("BYHOUR", str(hour)).split(",")]
    if len(hours) * len(minutes) > 6:
        raise ValueError("too many times to say")
    return _joined([f"{at:02}:{minute:02}" for at in hours for minute in minutes])


def _joined(words: list[str]) -> str:
    return get_text_list(words, _("and"))


def _days(parts: dict[str, str]) -> str:
    """What the rule says of days, empty when there are no words for it."""
    many = int(parts.get("INTERVAL", "1"))
    said = {"DAILY": _daily, "WEEKLY": _weekly, "MONTHLY": _monthly, "HOURLY": _hourly}.get(parts["FREQ"], _none)(
        parts, many
    )
    if said and "BYMONTH" in parts:
        months = _joined([str(MONTHS[int(one)]) for one in parts["BYMONTH"].split(",")])
        said = _("%(days)s in %(months)s") % {"days": said, "months": months}
    return said


def _none(parts: dict[str, str], many: int) -> str:
    return ""


def _hourly(parts: dict[str, str], many: int) -> str:
    if set(parts) & {"BYDAY", "BYMONTHDAY", "BYSETPOS", "BYHOUR"}:
        return ""
    return _("every hour") if many == 1 else _("every %(many)d hours") % {"many": many}


def _daily(parts: dict[str, str], many: int) -> str:
    if "BYSETPOS" in parts or (many > 1 and set(parts) & {"BYDAY", "BYMONTHDAY"}):
        return ""
    if "BYMONTHDAY" in parts:
        return _monthly(parts, 1)
    if "BYDAY" in parts:
        return _weekly(parts, 1)
    return _("every day") if many == 1 else _("every %(many)d days") % {"many": many}


def _weekly(parts: dict[str, str], many: int) -> str:
    if "BYDAY" not in parts or set(parts) & {"BYMONTHDAY", "BYSETPOS"}:
        return ""
    named = parts["BYDAY"].split(",")
    whole = _("working day") if set(named) == WORKDAYS else _joined([str(WEEKDAYS[DAYS.index(one)]) for one in named])
    if many == 1:
        return _("every %(days)s") % {"days": whole}
    return _("every %(many)d weeks on %(days)s") % {"many": many, "days": whole}


def _monthly(parts: dict[str, str], many: int) -> str:
    month = _("of every month") if many == 1 else _("of every %(many)d months") % {"many": many}
    if "BYMONTHDAY" in parts:
        if set(parts) & {"BYDAY", "BYSETPOS"}:
            return ""
        days = [int(one) for one in parts["BYMONTHDAY"].split(",")]
        if days == [-1]:
            return _("on the last day %(month)s") % {"month": month}
        if min(days) < 1:
            return ""
        return _("on day %(days)s %(month)s") % {"days": _joined([str(one) for one in days]), "month": month}
    found = _DAY.fullmatch(parts["BYDAY"]) if "," not in parts.get("BYDAY", "") else None
    if found is not None:
        nth = int(found["nth"] or parts.get("BYSETPOS", "0"))
        day = str(WEEKDAYS[DAYS.index(found["day"])])
    elif set(parts["BYDAY"].split(",")) == WORKDAYS:
        nth, day = int(parts.get("BYSETPOS", "0")), _("working day")
    else:
        return ""
    if nth not in _ordinals():
        return ""
    return _("on the %(nth)s %(day)s %(month)s") % {"nth": _ordinals()[nth], "day": day, "month": month}


def _ordinals() -> dict[int, str]:
    return {1: _("first"), 2: _("second"), 3: _("third"), 4: _("fourth"), 5: _("fifth"), -1: _("last")}
