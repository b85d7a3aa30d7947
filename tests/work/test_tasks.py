"""Tasks: taken by one, done with what they ask for, timed in working time, told late once."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.models import Event
from apps.core.records.attaching import attach
from apps.org import services as org
from apps.work import services as work
from apps.work.fields import check_fields, out_of_limits
from apps.work.models import Series, Task
from tests.factories import people

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 3, 6, 13, 0, tzinfo=UTC)


@pytest.fixture
def cast(db: Any) -> Any:
    with transaction.atomic(), scope.system("a test"):
        made = people.cast()
        hours = [[["08:00", "16:00"]]] * 5 + [[], []]
        calendar = org.add_calendar(code="week", name="Week", actor=None, hours=hours, time_zone="UTC")
        org.change_site(made.company.site, calendar=calendar, time_zone="UTC", actor=None)
        yield made


def told(task: Task, name: str) -> list[Event]:
    return list(Event.objects.filter(subject=task.subject(), name=name))


def open_for(cast: Any, **values: Any) -> Task:
    values = {"title": "Check the valve", "department": cast.company.line, "actor": cast.manager} | values
    return work.open_task(**values)


def test_the_sla_counts_working_time_and_stops_on_hold(cast: Any) -> None:
    task = open_for(cast, sla_minutes=8 * 60, now=FRIDAY)
    # Three hours are left on Friday; five more are worked on Monday.
    assert task.breaches_at == datetime(2026, 3, 9, 13, 0, tzinfo=UTC)
    held = work.hold_task(task, reason="Parts", actor=cast.manager, now=FRIDAY + timedelta(hours=1))
    assert (held.breaches_at, held.sla_left) == (None, timedelta(hours=7))
    back = work.resume_task(held, actor=cast.manager, now=datetime(2026, 3, 11, 15, 0, tzinfo=UTC))
    assert back.breaches_at == datetime(2026, 3, 12, 14, 0, tzinfo=UTC)


def test_a_breach_is_told_once(cast: Any) -> None:
    task = open_for(cast, sla_minutes=60, now=FRIDAY)
    assert work.mark_breaches(now=FRIDAY + timedelta(minutes=59)) == 0
    assert work.mark_breaches(now=FRIDAY + timedelta(minutes=60)) == 1
    assert work.mark_breaches(now=FRIDAY + timedelta(days=9)) == 0
    assert len(told(task, "work.task_breached")) == 1


@pytest.mark.parametrize("end", ["complete", "cancel", "hold"])
def test_what_ends_late_breached_also_between_two_rounds_of_the_clock(cast: Any, end: str) -> None:
    task = open_for(cast, sla_minutes=60, now=datetime(2026, 1, 5, 9, tzinfo=UTC))
    late = {"actor": cast.manager} | ({"reason": "Parts"} if end != "complete" else {})
    getattr(work, f"{end}_task")(task, **late)
    task.refresh_from_db()
    assert task.breached_at is not None
    assert work.mark_breaches(now=datetime(2027, 1, 1, tzinfo=UTC)) == 0
    assert len(told(task, "work.task_breached")) == 1


def test_another_sla_keeps_the_time_that_was_on_hold(cast: Any) -> None:
    task = open_for(cast, sla_minutes=8 * 60, now=FRIDAY)
    held = work.hold_task(task, reason="Parts", actor=cast.manager, now=FRIDAY + timedelta(hours=1))
    longer = work.change_task(held, sla_minutes=9 * 60, actor=cast.manager)
    assert longer.sla_left == timedelta(hours=8)
    back = work.resume_task(longer, actor=cast.manager, now=datetime(2027, 3, 10, 15, 0, tzinfo=UTC))
    assert back.breaches_at == datetime(2027, 3, 11, 15, 0, tzinfo=UTC)
    assert work.change_task(back, sla_minutes=10 * 60, actor=cast.manager).breaches_at == datetime(
        2027, 3, 11, 16, 0, tzinfo=UTC
    )
    assert work.change_task(back, sla_minutes=None, actor=cast.manager).breaches_at is None


def test_one_series_that_cannot_be_worked_out_stops_alone(cast: Any) -> None:
    start = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
    values = {"title": "Walk", "department": cast.company.line, "starts_at": start, "actor": cast.manager}
    bad, good = (work.set_series(rrule="FREQ=DAILY", **values) for _ in range(2))
    Series.objects.filter(pk=bad.pk).update(rrule="FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", next_at=start)
    Series.objects.filter(pk=good.pk).update(next_at=start)
    work.open_due_tasks(now=start + timedelta(minutes=1))
    assert list(Task.objects.values_list("series", flat=True)) == [good.pk]
    bad.refresh_from_db()
    assert bad.next_at is None


def test_a_held_task_breaches_nothing(cast: Any) -> None:
    task = open_for(cast, sla_minutes=60, now=FRIDAY)
    work.hold_task(task, reason="Parts", actor=cast.manager, now=FRIDAY + timedelta(minutes=1))
    assert work.mark_breaches(now=FRIDAY + timedelta(days=9)) == 0


def test_everything_asked_for_must_be_there(cast: Any) -> None:
    form = [{"name": "bore", "label": "Bore", "kind": "reading", "required": True, "low": "23.99", "high": "24.035"}]
    task = open_for(cast, assignee=cast.worker, form=form, checklist=["Power off"], signature=True)
    ready = {"answers": {"bore": "24,041"}, "checked": ["1"], "signature": str(cast.worker)}
    for missing, code in (("answers", "answer_missing"), ("checked", "checklist"), ("signature", "signature")):
        with pytest.raises(Refused) as said:
            work.complete_task(task, actor=cast.worker, **{k: v for k, v in ready.items() if k != missing})
        assert said.value.code == code
    done = work.complete_task(task, actor=cast.worker, **ready)
    assert (done.state, done.answers, done.done_by) == ("done", {"bore": "24.041"}, cast.worker)
    assert out_of_limits(done.form, done.answers) == ["Bore"]
    with pytest.raises(Refused, match="done by"):
        work.complete_task(task, actor=cast.worker, **ready)
    assert len(told(task, "work.task_completed")) == 1


def test_a_required_photo_is_a_picture_beside_the_task(cast: Any) -> None:
    task = open_for(cast, assignee=cast.worker, photo=True)
    with pytest.raises(Refused, match="needs a photo"):
        work.complete_task(task, actor=cast.worker)


def test_a_stand_in_inside_the_window_is_named_beside_the_principal(cast: Any) -> None:
    task = open_for(cast, assignee=cast.manager)
    substitute = cast.neighbour
    today = timezone.localdate()
    org.delegate(
        principal=cast.manager,
        substitute=substitute,
        valid_from=today - timedelta(days=1),
        valid_until=today + timedelta(days=1),
        actor=cast.manager,
    )
    substitute.__dict__.pop("_rights", None)
    assert task in Task.objects.visible_to(substitute)
    done = work.complete_task(task, actor=substitute)
    assert (done.done_by, done.done_for) == (substitute, cast.manager)
    assert done.done_by_words == f"{substitute} for {cast.manager}"


def test_outside_the_window_the_task_is_not_the_stand_ins(cast: Any) -> None:
    task = open_for(cast, assignee=cast.manager)
    org.delegate(
        principal=cast.manager,
        substitute=cast.neighbour,
        valid_from=date(2026, 1, 1),
        valid_until=date(2026, 1, 5),
        actor=cast.manager,
    )
    cast.neighbour.__dict__.pop("_rights", None)
    assert task not in Task.objects.visible_to(cast.neighbour)


def test_staff_see_their_own_what_they_opened_and_what_they_may_claim(cast: Any) -> None:
    mine = open_for(cast, assignee=cast.worker)
    opened = work.open_task(title="Door", department=cast.company.line, assignee=cast.manager, actor=cast.worker)
    pool = open_for(cast, role="OPR")
    others = open_for(cast, assignee=cast.manager)
    elsewhere = open_for(cast, role="OPR", department=cast.company.other)
    seen = set(Task.objects.visible_to(cast.worker))
    assert {mine, opened, pool} <= seen
    assert not {others, elsewhere} & seen


def test_without_anybody_named_whoever_answers_for_the_department_gets_it(cast: Any) -> None:
    leader = people.user("leader", role="DPM", department=cast.company.other)
    cast.neighbour.is_active = False
    cast.neighbour.save(update_fields=["is_active"])
    task = work.open_task(title="Look", department=cast.company.other, actor=None)
    assert task.assignee == leader


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ([{"name": "A b", "label": "x"}], "small letters"),
        ([{"name": "a", "kind": "script"}], "choose its kind"),
        ([{"name": "a", "kind": "choice"}], "list the choices"),
        ([{"name": "a", "kind": "reading", "low": 5, "high": 1}], "above the high one"),
        ([{"name": "a"}, {"name": "a"}], "named “a”"),
        ([{"name": "a", "onclick": "x"}], "not known"),
        ("x", "list of at most"),
    ],
)
def test_a_form_that_is_none_is_refused_at_its_field(fields: Any, words: str) -> None:
    with pytest.raises(Refused, match=words):
        check_fields(fields)


def test_recurring_tasks_open_once_per_time_across_daylight_saving(cast: Any) -> None:
    site = cast.company.site
    org.change_site(site, time_zone="Europe/Stockholm", calendar=None, actor=None)
    series = work.set_series(
        title="Round",
        department=cast.company.line,
        assignee=cast.worker,
        rrule="FREQ=DAILY",
        starts_at=datetime(2027, 3, 26, 1, 30, tzinfo=UTC),  # 02:30 in Stockholm
        missed=Series.Missed.ALL,
        actor=None,
    )
    end = datetime(2027, 3, 30, 12, 0, tzinfo=UTC)
    assert work.open_due_tasks(now=end) == 5
    assert work.open_due_tasks(now=end) == 0
    times = list(Task.objects.filter(series=series).order_by("occurrence_at").values_list("occurrence_at", flat=True))
    # 28 March has no 02:30: the clock skips to 03:30.
    assert [one.strftime("%d %H:%M") for one in times] == ["26 01:30", "27 01:30", "28 01:30", "29 00:30", "30 00:30"]


@pytest.mark.parametrize(("missed", "opened"), [("skip", 0), ("one", 1), ("all", 3)])
def test_times_missed_follow_the_stated_policy(cast: Any, missed: str, opened: int) -> None:
    series = work.set_series(
        title="Round",
        department=cast.company.line,
        assignee=cast.worker,
        rrule="FREQ=DAILY",
        starts_at=datetime(2027, 3, 1, 6, 0, tzinfo=UTC),
        missed=missed,
        actor=None,
    )
    assert work.open_due_tasks(now=datetime(2027, 3, 3, 12, 0, tzinfo=UTC)) == opened
    series.refresh_from_db()
    assert series.next_at == datetime(2027, 3, 4, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(("wish", "day"), [("next", 9), ("skip", 13), ("anyway", 7)])
def test_days_off_move_or_drop_a_recurring_task(cast: Any, wish: str, day: int) -> None:
    series = Series(
        department=cast.company.line,
        rrule="FREQ=WEEKLY;BYDAY=SA" if wish != "skip" else "FREQ=WEEKLY;BYDAY=SA,FR",
        starts_at=datetime(2026, 3, 2, 6, 0, tzinfo=UTC),
        on_holiday=wish,
    )
    found = work.series.next_time(series, datetime(2026, 3, 6, 12, 0, tzinfo=UTC))
    assert found is not None
    assert found.day == day


@pytest.mark.django_db(transaction=True)
def test_of_two_people_claiming_one_task_one_gets_it() -> None:
    with transaction.atomic(), scope.system("a test"):
        cast = people.cast()
        task = open_for(cast, role="OPR")
        racers = [cast.worker, people.user("second", role="OPR", department=cast.company.line)]
    gate, answers = threading.Barrier(2), []

    def claim(person: Any) -> None:
        gate.wait()
        try:
            with transaction.atomic(), scope.system("a racer"):
                work.claim_task(task, actor=person)
            answers.append("got it")
        except Refused as said:
            answers.append(said.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=claim, args=[one]) for one in racers]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(answers) == ["got it", "taken"]


@pytest.mark.parametrize("year", [1, 9999])
def test_a_recurring_task_begins_in_a_year_clocks_know(cast: Any, year: int) -> None:
    start = datetime(year, 1, 1, tzinfo=UTC)
    with pytest.raises(Refused) as said:
        work.set_series(
            title="x", department=cast.company.line, rrule="FREQ=DAILY", starts_at=start, actor=cast.manager
        )
    assert said.value.field == "starts_at"


def test_a_text_is_no_photo(cast: Any) -> None:
    form = [{"name": "gauge", "label": "Gauge", "kind": "photo", "required": True}]
    task = open_for(cast, assignee=cast.worker, form=form)
    note = attach(task, content=b"not a picture", filename="note.txt", actor=cast.worker)
    for answer in (note.pk, "²", 10**30):
        with pytest.raises(Refused) as said:
            work.complete_task(task, actor=cast.worker, answers={"gauge": answer})
        assert (said.value.code, said.value.field) == ("no_photo", "gauge")
