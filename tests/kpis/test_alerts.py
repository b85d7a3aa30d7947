"""Watches: what they find, hysteresis, one open alert at a time, acknowledge, snooze, escalate, close with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.models import Event
from apps.core.values import Period
from apps.kpis import queries, series, services, signals
from apps.kpis.models import Alert, Definition, Watch
from apps.org.models import RoleGrant
from apps.work.models import Task
from tests.factories import people
from tests.factories.kpis import kpi
from tests.factories.nouns import MAKERS

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 1, 10, tzinfo=UTC)
STEADY = ("10", "12", "11", "13", "12", "11", "14", "12", "13", "11", "12", "11", "13", "12")


@pytest.fixture
def places() -> people.Company:
    with scope.system("test"):
        return people.company()


def feed(one: Definition, places: people.Company, values: Sequence[str], first_day: int = 0) -> None:
    for offset, text in enumerate(values):
        at = START + timedelta(days=first_day + offset)
        row = (one.pk, places.plant.pk, at, Decimal(text), None)
        batch = services.record_readings([row], source="api", department=places.plant, actor=None)
        services.roll_up_batch(batch.pk)
        services.look_at([one.pk], now=timezone.now())


def watch(one: Definition, places: people.Company, **values: Any) -> Watch:
    return services.set_watch(kpi=one, department=places.root, grain="day", actor=None, **values)


def states() -> list[str]:
    return list(Alert.objects.order_by("id").values_list("state", flat=True))


def test_a_threshold_with_hysteresis_opens_once_and_closes_late(places: people.Company) -> None:
    with scope.system("test"):
        one = kpi("temp", places.root, rule="mean", direction="lower", unit="°C")
        watch(one, places, kind="threshold", side="above", limit=Decimal(8), clear_limit=Decimal(6), open_after=2)
        feed(one, places, ["5", "9"])
        assert states() == []
        feed(one, places, ["9.5", "10"], first_day=2)
        assert states() == ["open"]
        alert = Alert.objects.get()
        assert alert.periods == 2
        assert "above 8.0 °C: 10.0 °C" in alert.message.replace("\u202f", " ").replace("\u00a0", " ")
        feed(one, places, ["7", "7.5"], first_day=4)
        assert states() == ["open"], "between the limits it neither opens nor closes"
        feed(one, places, ["6"], first_day=6)
        assert states() == ["closed"]
        feed(one, places, ["9", "9"], first_day=7)
        assert states() == ["closed", "open"]
        names = list(Event.objects.filter(name__startswith="kpis.alert").order_by("id").values_list("name", flat=True))
        assert names.count("kpis.alert_opened") == 2


def test_the_same_news_twice_is_told_once(places: people.Company) -> None:
    with scope.system("test"):
        one = kpi("temp", places.root, rule="mean")
        watch(one, places, kind="threshold", side="above", limit=Decimal(8))
        feed(one, places, ["9"])
        before = Event.objects.count()
        for _ in range(3):
            services.look_at([one.pk], now=timezone.now())
        assert Event.objects.count() == before
        assert states() == ["open"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_open_one_alert() -> None:
    with transaction.atomic(), scope.system("test"):
        places = people.company()
        one = kpi("temp", places.root, rule="mean")
        watch(one, places, kind="threshold", side="above", limit=Decimal(8))
        row = (one.pk, places.plant.pk, START, Decimal(9), None)
        services.roll_up_batch(services.record_readings([row], source="api", department=places.plant, actor=None).pk)

    def work() -> None:
        try:
            with transaction.atomic(), scope.system("test"):
                services.look_at([one.pk], now=timezone.now())
        finally:
            connection.close()

    threads = [Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction.atomic(), scope.system("test"):
        assert states() == ["open"]
        assert Event.objects.filter(name="kpis.alert_opened").count() == 1


def test_off_target_follows_the_bands(places: people.Company) -> None:
    with scope.system("test"):
        one = kpi("otd", places.root, rule="mean", direction="higher")
        services.set_target(
            kpi=one,
            department=places.root,
            valid_from=date(2026, 1, 1),
            target=Decimal(95),
            amber=Decimal(90),
            actor=None,
        )
        watch(one, places, kind="band")
        feed(one, places, ["96", "90", "89.9"])
        alert = Alert.objects.get()
        assert "off target" in alert.message and "target 95.0" in alert.message
        feed(one, places, ["95"], first_day=3)
        assert states() == ["closed"]


def test_a_signal_says_its_rule_and_numbers(places: people.Company) -> None:
    """The worked example of the handbook: mean 11.9, limits 7.467 and 16.333."""
    with scope.system("test"):
        one = kpi("waste", places.root, rule="mean", direction="lower", decimals=3)
        watch(one, places, kind="signal")
        feed(one, places, [*STEADY[:10], "11", "12"])
        assert states() == []
        feed(one, places, ["30"], first_day=12)
        alert = Alert.objects.get()
        assert "above the process limits" in alert.message and "limits" in alert.message and "30.000" in alert.message


def test_nothing_is_said_under_twelve_points(places: people.Company) -> None:
    with scope.system("test"):
        one = kpi("waste", places.root, rule="mean", direction="lower")
        watch(one, places, kind="signal")
        watch(one, places, kind="anomaly")
        feed(one, places, [*STEADY[:10], "500"])
        assert states() == []


def test_an_unusual_value_names_median_and_z(places: people.Company) -> None:
    with scope.system("test"):
        one = kpi("calls", places.root, rule="sum", direction="lower")
        watch(one, places, kind="anomaly")
        feed(one, places, [*STEADY, "40"])
        assert "robust z" in Alert.objects.get().message


def test_a_trend_needs_six_steps_the_wrong_way(places: people.Company) -> None:
    with scope.system("test"):
        one = kpi("otd", places.root, rule="mean", direction="higher")
        watch(one, places, kind="trend")
        feed(one, places, ["96", "95", "94", "93", "92", "91"])
        assert states() == []
        feed(one, places, ["90"], first_day=6)
        assert states() == ["open"]


def test_a_forecast_breach_names_method_and_error(places: people.Company) -> None:
    with scope.system("test"):
        one = kpi("otd", places.root, rule="mean", direction="higher")
        services.set_target(
            kpi=one,
            department=places.root,
            valid_from=date(2026, 1, 1),
            target=Decimal(80),
            amber=Decimal(79),
            actor=None,
        )
        watch(one, places, kind="forecast")
        feed(one, places, [str(100 - step) for step in range(16)])
        message = Alert.objects.get().message
        assert "forecast to go off target" in message and "MASE" in message and "Holt" in message


def test_silence_is_noticed_by_the_clock(places: people.Company) -> None:
    with scope.system("test"):
        one = kpi("otd", places.root, rule="mean")
        watch(one, places, kind="missing")
        feed(one, places, ["96", "95"])
        services.look_for_missing(now=START + timedelta(days=2, hours=3))
        assert states() == []
        services.look_for_missing(now=START + timedelta(days=4))
        alert = Alert.objects.get()
        assert "has no value" in alert.message
        services.look_for_missing(now=START + timedelta(days=4, hours=1))
        assert states() == ["open"]


def test_acknowledge_snooze_escalate_close(places: people.Company) -> None:
    with scope.system("test"):
        boss = people.user("boss", role="OPM", department=places.root)
        chief = people.user("chief", role="EXE", department=places.root)
        one = kpi("temp", places.root, rule="mean", owner=boss)
        watch(
            one,
            places,
            kind="threshold",
            side="above",
            limit=Decimal(8),
            escalate_to=chief,
            escalate_after_hours=4,
        )
        feed(one, places, ["9"])
        alert = Alert.objects.get()
        assert alert.owner_id == boss.pk
        with pytest.raises(Refused, match="in the future"):
            services.snooze_alert(alert, until=timezone.now() - timedelta(minutes=1), actor=boss)
        services.snooze_alert(alert, until=timezone.now() + timedelta(hours=1), actor=boss)
        services.move_alerts_on(now=timezone.now() + timedelta(minutes=30))
        assert states() == ["snoozed"]
        services.move_alerts_on(now=timezone.now() + timedelta(hours=2))
        assert states() == ["open"]
        services.move_alerts_on(now=timezone.now() + timedelta(hours=3))
        assert Alert.objects.get().escalated_at is None
        services.move_alerts_on(now=timezone.now() + timedelta(hours=5))
        services.move_alerts_on(now=timezone.now() + timedelta(hours=6))
        alert = Alert.objects.get()
        assert alert.owner_id == chief.pk
        assert Event.objects.filter(name="kpis.alert_escalated").count() == 1
        services.acknowledge_alert(alert, actor=chief, note="On it")
        assert Alert.objects.get().acknowledged_by_id == chief.pk
        services.close_alert(Alert.objects.get(), note="Sensor was broken", actor=chief)
        services.look_at([one.pk], now=timezone.now())
        assert states() == ["closed"], "a period somebody closed does not open again"
        with pytest.raises(Refused, match="closed already"):
            services.acknowledge_alert(Alert.objects.get(), actor=chief)


def test_a_watch_on_an_input_sees_the_formula(places: people.Company) -> None:
    with scope.system("test"):
        one = kpi("good", places.root)
        double = kpi("double", places.root, origin="formula", formula="good * 2")
        watch(double, places, kind="threshold", side="above", limit=Decimal(8))
        feed(one, places, ["5"])
        assert Alert.objects.get().kpi_id == double.pk


def test_deliberate_changes_start_new_limits(places: people.Company) -> None:
    with scope.system("test"):
        one = kpi("waits", places.root, rule="mean", direction="lower")
        before, after = ["20", "21", "19", "20", "22", "20", "19", "21"], ["10", "11", "9", "10", "12", "10", "9", "11"]
        feed(one, places, [*before, *after])
        departments = [places.plant.pk]
        plain = queries.standings([one], user=None, grain="day", departments=departments)[0]
        assert plain.chart() is not None and len(plain.chart().segments) == 1  # type: ignore[union-attr]
        services.rebaseline(
            kpi=one, department=places.root, starts_on=date(2026, 1, 9), reason="Second counter opened", actor=None
        )
        fresh = queries.standings([one], user=None, grain="day", departments=departments)[0]
        chart = fresh.chart()
        assert chart is not None
        assert [(part.start, part.stop) for part in chart.segments] == [(0, 8), (8, 16)]
        assert signals.signals(fresh, chart) == ()


def test_nelson_rules_are_switches(places: people.Company) -> None:
    with scope.system("test"):
        values = ["10", "12"] * 8
        one = kpi("zigzag", places.root, rule="mean", signal_rules="1")
        feed(one, places, values)
        standing = queries.standings([one], user=None, grain="day", departments=[places.plant.pk])[0]
        chart = standing.chart()
        assert chart is not None and signals.signals(standing, chart) == ()
        services.change_kpi(Definition.objects.get(pk=one.pk), actor=None, signal_rules="1, 4")
        standing = queries.standings(
            [Definition.objects.get(pk=one.pk)], user=None, grain="day", departments=[places.plant.pk]
        )[0]
        found = signals.signals(standing, chart)
        assert {one.rule for one in found} == {"4"} and "going up and down" in found[0].text


def test_a_watch_can_be_tried_on_the_past(places: people.Company) -> None:
    with scope.system("test"):
        one = kpi("temp", places.root, rule="mean")
        feed(one, places, ["5", "9", "5", "10"])
        trial = watch(one, places, kind="threshold", side="above", limit=Decimal(8))
        judged, messages = services.backtest_watch(trial, now=timezone.now())
        assert (judged, len(messages)) == (4, 2)
        assert states() == []
        person = people.user("kim", role="OPM", department=places.root)
    client = Client()
    client.force_login(person)
    told = client.get(f"/api/v1/kpi-watches/{trial.pk}/trial/").json()
    assert (told["periods"], told["messages"]) == (4, messages)
    page = client.get(f"/kpi-watches/{trial.pk}/").content.decode()
    assert "2 of 4 periods" in page


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "threshold"}, "limit"),
        ({"kind": "threshold", "limit": Decimal(5)}, "side"),
        ({"kind": "threshold", "limit": Decimal(5), "side": "above", "clear_limit": Decimal(6)}, "clear_limit"),
    ],
)
def test_what_a_watch_refuses(places: people.Company, values: dict[str, Any], field: str) -> None:
    with scope.system("test"):
        one = kpi("temp", places.root)
        with pytest.raises(Refused) as refused:
            watch(one, places, **values)
        assert refused.value.field == field
        assert Watch.objects.count() == 0


def test_seasonal_and_stretch_targets(places: people.Company) -> None:
    with scope.system("test"):
        one = kpi("sales", places.root, rule="mean", direction="higher")
        target = services.set_target(
            kpi=one,
            department=places.root,
            valid_from=date(2026, 1, 1),
            target=Decimal(100),
            amber=Decimal(90),
            stretch=Decimal(120),
            season="0.5; 1; 1; 1; 1; 1; 1; 1; 1; 1; 1; 2",
            actor=None,
        )
        january, december = target.limits_on(date(2026, 1, 31)), target.limits_on(date(2026, 12, 1))
        assert (january.target, january.amber, january.stretch) == (50, 45, 60)
        assert (december.tone(Decimal("199.99"), "higher"), december.tone(Decimal(200), "higher")) == ("warn", "good")
        assert january.tone(Decimal("44.999999"), "higher") == "bad" and january.tone(Decimal(45), "higher") == "warn"
        assert january.stretched(Decimal(60), "higher") and not january.stretched(Decimal("59.9"), "higher")
        with pytest.raises(Refused, match="twelve factors"):
            services.change_target(target, actor=None, season="1; 2; 3")
        feed(one, places, ["48"])
        standing = queries.standings([one], user=None, grain="day", departments=[places.plant.pk])[0]
        assert standing.tone == "warn"
        assert standing.target is not None and standing.target.target == 50


def test_periods_across_the_clock_change_have_one_target(places: people.Company) -> None:
    with scope.system("test"):
        one = kpi("k", places.root, rule="sum", direction="higher")
        services.set_target(
            kpi=one,
            department=places.root,
            valid_from=date(2026, 3, 29),
            per="day",
            target=Decimal(20),
            amber=Decimal(10),
            actor=None,
        )
        day = Period.parse("2026-03-29", series.zone())
        assert (day.end - day.start) == timedelta(hours=23)
        rows = [(one.pk, places.plant.pk, day.start + timedelta(hours=hour), Decimal(1), None) for hour in range(23)]
        services.roll_up_batch(services.record_readings(rows, source="api", department=places.plant, actor=None).pk)
        standing = queries.standings([one], user=None, grain="day", departments=[places.plant.pk])[0]
        assert standing.latest is not None and (standing.latest.value, standing.tone) == (23, "good")


def test_a_task_on_demand_leads_back_to_the_alert(client: Client) -> None:
    with scope.system("test"):
        places = people.company()
        owner = people.user("owner", role="DPM", department=places.plant)
        alert = MAKERS["kpi_alert"].make(places, places.plant, owner)
        manager = people.user("opm", role="OPM", department=places.root)
    client.force_login(manager)
    answer = client.post(
        f"/api/v1/kpi-alerts/{alert.pk}/task/", {"title": "Look at the gauge"}, content_type="application/json"
    )
    assert answer.status_code == 200, answer.content
    with scope.system("test"):
        task = Task.objects.get(about=alert.subject())
        assert (task.title, task.assignee, task.department, task.get_priority_display()) == (
            "Look at the gauge",
            alert.owner,
            places.plant,
            "High",
        )
        alert.refresh_from_db()
        assert alert.state == "open"


def test_who_may_not_see_an_alert_is_never_named_in_it(places: people.Company) -> None:
    with scope.system("test"):
        boss = people.user("boss", role="OPM", department=places.root)
        far = people.user("far", role="DPM", department=places.other)
        one = kpi("temp", places.root, rule="mean", owner=boss)
        settings: dict[str, Any] = {"kind": "threshold", "side": "above", "limit": Decimal(8)}
        for name in ("notify", "escalate_to"):
            with pytest.raises(Refused) as caught:
                watch(one, places, **settings | {name: far, "escalate_after_hours": 4})
            assert (caught.value.code, caught.value.field) == ("out_of_reach", name)
        near = people.user("near", role="DPM", department=places.root)
        watch(one, places, **settings, notify=near, escalate_to=near, escalate_after_hours=4)
        RoleGrant.objects.filter(user=near).update(valid_until=date(2021, 1, 1))
        feed(one, places, ["9"])
        alert = Alert.objects.get()
        assert alert.owner_id == boss.pk, "rights have gone since: the owner of the KPI is told"
        services.move_alerts_on(now=timezone.now() + timedelta(hours=6))
        alert.refresh_from_db()
        assert (alert.owner_id, alert.escalated_at) == (boss.pk, None)
