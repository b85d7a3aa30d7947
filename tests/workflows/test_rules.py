"""Automation rules: what fires them, what they do with whose rights, what stops them, and what a dry run tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.events.log import emit
from apps.core.models import Delivery, Event
from apps.integrations.events import HookReceived
from apps.org import services as org
from apps.org.models import Team
from apps.work.models import Task
from apps.workflows import dry_run, matching, runner, starter
from apps.workflows.models import Rule, RuleVersion, Run, RunStep
from apps.workflows.services import rules, runs
from tests.factories import people

pytestmark = pytest.mark.django_db
TASK = {"resource": "task", "action": "open"}


@pytest.fixture
def company() -> Any:
    with scope.system("a test"):
        yield people.company()


@pytest.fixture
def manager(company: Any) -> Any:
    return people.user("manager", role="OPM", department=company.root)


def definition(trigger: Any, *steps: Any, conditions: Any = None) -> dict[str, Any]:
    return {"trigger": trigger, "conditions": conditions or {"all": []}, "steps": list(steps)}


def open_task(title: str, department: str = "{record.department}", **more: str) -> dict[str, Any]:
    return {**TASK, "inputs": {"title": title, "department": department, "priority": "2", **more}}


ON_TEAM = {"kind": "change", "resource": "team"}


def rule(company: Any, manager: Any, made: dict[str, Any], on: bool = True, **values: Any) -> Rule:
    given = {"code": f"r{Rule.objects.count()}", "name": "A rule", "department": company.root} | values
    one = rules.draft_rule(definition=made, actor=manager, **given)
    return rules.switch_on(one, anyway=True, actor=manager) if on else one


def newest_event(name: str = "") -> Event:
    found = Event.objects.order_by("-id")
    return (found.filter(name=name) if name else found)[0]


def form_team(company: Any, name: str = "Night shift", **values: Any) -> Team:
    return org.form_team(department=company.plant, code=f"T{Team.objects.count()}", name=name, actor=None, **values)


def happen() -> int:
    """Deliver the newest event to the rules and let a worker work off what waits."""
    fired = matching.match_event(newest_event())
    runner.work_off()
    return fired


def test_a_change_fires_once_and_the_action_runs_with_the_owners_rights(company: Any, manager: Any) -> None:
    made = rule(company, manager, definition(ON_TEAM, open_task("Welcome {record.name} of {record.department.code}")))
    form_team(company)
    event = newest_event()
    assert (matching.match_event(event), matching.match_event(event)) == (1, 0)
    runner.work_off()
    task = Task.objects.get()
    assert (task.title, task.opened_by, task.department) == ("Welcome Night shift of PLANT", manager, company.plant)
    run = Run.objects.get()
    assert (run.state, run.position, run.rule) == ("done", 1, made)
    step = RunStep.objects.get()
    assert step.given["title"] == "Welcome Night shift of PLANT" and step.result["subject"] == task.subject()
    opened = Event.objects.get(name="work.task_opened")
    assert (opened.cause_id, opened.request_id, opened.actor_id) == (event.pk, f"run:{run.pk}", manager.pk)


def test_only_what_some_rule_waits_for_is_looked_at(company: Any, manager: Any) -> None:
    """Whoever writes it, though they may not read the rule; and no longer when the rule is off."""
    neighbour = people.user("neighbour", role="DPM", department=company.other)

    def owed() -> bool:
        with scope.of(neighbour):
            org.form_team(department=company.other, code=f"N{Team.objects.count()}", name="Dusk", actor=neighbour)
        return Delivery.objects.filter(event=newest_event(), handler="workflows.match_rules").exists()

    assert not owed(), "nobody waits"
    made = rule(company, manager, definition(ON_TEAM, open_task("x")), department=company.plant)
    with scope.of(neighbour):
        assert not Rule.objects.exists()
    assert owed()
    rules.switch_off(made, actor=manager)
    assert not owed()


CHANGED = [
    ({"field": "after.name", "op": "changed"}, True),
    ({"field": "after.name", "op": "changed_to", "value": "Day shift"}, True),
    ({"field": "after.name", "op": "changed_from", "value": "Night shift"}, True),
    ({"field": "after.name", "op": "changed_to", "value": "Night shift"}, False),
    ({"field": "before.name", "op": "starts", "value": "Night"}, True),
    ({"field": "after.code", "op": "changed"}, False),
    ({"field": "record.department.code", "op": "is", "value": "PLANT"}, True),
    ({"field": "record.department.code", "op": "in", "value": "LINE, PLANT"}, True),
    ({"field": "record.name", "op": "contains", "value": "ay"}, True),
    ({"field": "record.name", "op": "is_not", "value": "Day shift"}, False),
    ({"field": "record.archived_at", "op": "empty"}, True),
    ({"field": "record.archived_at", "op": "lt", "value": "2030-01-01"}, False),
    ({"none": [{"field": "record.name", "op": "is", "value": "Day shift"}]}, False),
    ({"any": [{"field": "record.name", "op": "is", "value": "x"}, {"field": "after.name", "op": "changed"}]}, True),
    ({"all": [{"any": [{"none": [{"field": "record.name", "op": "is", "value": "x"}]}]}]}, True),
    ({"any": []}, False),
    ({"field": "event.actor", "op": "is", "value": "manager"}, True),
    ({"field": "event.on", "op": "between", "value": "2020-01-01, 2099-01-01"}, True),
]


@pytest.mark.parametrize(("condition", "fires"), CHANGED)
def test_conditions_over_before_after_and_related_fields(
    company: Any, manager: Any, condition: Any, fires: bool
) -> None:
    trigger = {"kind": "change", "resource": "team", "what": "changed"}
    rule(company, manager, definition(trigger, open_task("x"), conditions={"all": [condition]}))
    team = form_team(company)
    assert matching.match_event(newest_event()) == 0, "being added is no change"
    org.change_team(team, name="Day shift", actor=manager)
    assert matching.match_event(newest_event()) == int(fires)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"trigger": {"kind": "magic"}}, "no trigger “magic”"),
        ({"trigger": {"kind": "fact", "fact": "a.b"}}, "no happening “a.b”"),
        ({"trigger": {"kind": "fact", "fact": "workflows.run_queued"}}, "no rule may wait for it"),
        ({"trigger": {"kind": "change", "resource": "unicorn"}}, "no kind of record “unicorn”"),
        ({"trigger": {"kind": "schedule", "rule": "every day"}}, "no recurrence rule"),
        ({"trigger": {"kind": "schedule", "rule": "* * * * *"}}, "at least 15 minutes"),
        ({"trigger": {"kind": "schedule", "rule": "0 7 * * *", "zone": "Mars/Base"}}, "no time zone “Mars/Base”"),
        (
            {"conditions": {"all": [{"field": "record.nme", "op": "is", "value": "x"}]}},
            "Condition 1: there is no field “record.nme”",
        ),
        (
            {"conditions": {"all": [{"field": "record.name", "op": "like", "value": "x"}]}},
            "Condition 1: there is no operator “like”",
        ),
        ({"conditions": {"all": [{"field": "record.name", "op": "gt", "value": "x"}]}}, "has no order"),
        ({"conditions": {"all": [{"field": "record.archived_at", "op": "gt", "value": "soon"}]}}, "“soon” is no date"),
        ({"steps": [{"resource": "task", "action": "fly"}]}, "Step 1: there is no action “task.fly”"),
        ({"steps": [{**TASK, "inputs": {"colour": "red"}}]}, "has no input “colour”"),
        ({"steps": [{**TASK, "inputs": {"title": "{record.nme}"}}]}, "no field {record.nme}"),
        ({"steps": [{**TASK, "inputs": {"title": "=1 +"}}]}, "Step 1: title: Column 4"),
        ({"steps": [{"resource": "task", "action": "complete"}]}, "the record is a team"),
        ({"surprise": 1}, "no part “surprise”"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(company: Any, manager: Any, change: Any, words: str) -> None:
    made = definition(ON_TEAM, open_task("x")) | change
    with pytest.raises(Refused, match=words):
        rule(company, manager, made, on=False)


def test_ten_thousand_nested_conditions_are_refused_at_once(company: Any, manager: Any) -> None:
    tree: Any = {"field": "record.name", "op": "is", "value": "x"}
    for _ in range(10_000):
        tree = {"all": [tree]}
    with pytest.raises(Refused, match="nested more than 6 deep"):
        rule(company, manager, definition(ON_TEAM, open_task("x"), conditions=tree), on=False)
    wide = {"all": [{"field": "record.name", "op": "is", "value": "x"}] * 10_000}
    with pytest.raises(Refused, match="more than 100 conditions"):
        rule(company, manager, definition(ON_TEAM, open_task("x"), conditions=wide), on=False)


def test_a_lost_right_fails_the_step_for_good_and_says_whose(company: Any, manager: Any) -> None:
    made = rule(company, manager, definition(ON_TEAM, open_task("x")))
    form_team(company)
    matching.match_event(newest_event())
    for grant in manager.role_grants.all():
        org.end_role(grant, on=datetime(2020, 1, 2, tzinfo=UTC).date(), actor=None)
    runner.work_off()
    run = Run.objects.get(rule=made)
    assert (run.state, run.permanent, run.attempts) == ("failed", True, 1)
    assert "Task: New task" in run.problem and "may not do this any more" in run.problem
    assert newest_event("workflows.run_failed").payload["run_id"] == run.pk
    assert Task.objects.count() == 0


def test_a_form_that_refuses_is_a_dead_letter_that_goes_on_from_the_failed_step(company: Any, manager: Any) -> None:
    steps = [open_task("first"), open_task("second", assignee="{record.name}")]
    made = rule(company, manager, definition(ON_TEAM, *steps))
    form_team(company, name="nobody")
    happen()
    run = Run.objects.get()
    assert (run.state, run.position) == ("failed", 1)
    assert [task.title for task in Task.objects.all()] == ["first"]
    rules.change_rule(made, definition=definition(ON_TEAM, steps[0], open_task("mended")), actor=manager)
    runs.replay_run(run, current=True, actor=manager)
    runner.work_off()
    run.refresh_from_db()
    assert (run.state, run.rule_version.number) == ("done", 2)
    assert sorted(task.title for task in Task.objects.all()) == ["first", "mended"]
    with pytest.raises(Refused, match="The run is done"):
        runs.replay_run(run, actor=manager)
    again = runs.replay_run(run, from_start=True, actor=manager)
    runner.work_off()
    again.refresh_from_db()
    assert (again.state, again.replay_of, Task.objects.count()) == ("done", run, 4)


def test_what_may_pass_is_tried_again_with_longer_pauses(company: Any, manager: Any, monkeypatch: Any) -> None:
    made = rule(company, manager, definition(ON_TEAM, open_task("x")))
    form_team(company)
    matching.match_event(newest_event())
    broken = iter([RuntimeError("away")] * 4)
    real = runner.rule_steps.carry_out

    def sometimes(*given: Any, **named: Any) -> Any:
        error = next(broken, None)
        if error is not None:
            raise error
        return real(*given, **named)

    monkeypatch.setattr(runner.rule_steps, "carry_out", sometimes)
    waits = []
    for _ in range(4):
        runner.work_off()
        run = Run.objects.get(rule=made)
        assert run.state == "waiting"
        waits.append((run.available_at - timezone.now()).total_seconds())
        Run.objects.update(available_at=timezone.now() - timedelta(days=1))
    assert 3 < waits[0] < 7 and 12 < waits[1] < 25 and 60 < waits[2] < 97 and 250 < waits[3] < 385
    runner.work_off()
    assert Run.objects.get().state == "done" and Task.objects.count() == 1


def test_a_rule_that_fires_itself_stops_with_a_message(company: Any, manager: Any) -> None:
    made = rule(company, manager, definition({"kind": "change", "resource": "task"}, open_task("again")))
    Task.objects.all().delete()
    rules_of_task = definition(ON_TEAM, open_task("begin"))
    rule(company, manager, rules_of_task)
    form_team(company)
    assert happen() == 1
    assert happen() == 1, "the task of the first rule fires the second"
    matching.match_event(newest_event("work.task_opened"))
    stopped = Run.objects.filter(rule=made).latest("id")
    assert stopped.state == "stopped" and "triggered by itself" in stopped.problem
    runner.work_off()
    assert Task.objects.count() == 2


def test_a_storm_pauses_the_rule(company: Any, manager: Any) -> None:
    made = rule(company, manager, definition(ON_TEAM, open_task("x")), max_per_minute=3)
    for _ in range(6):
        form_team(company)
        matching.match_event(newest_event())
        # newest event may be the run's own
        for event in Event.objects.filter(name="org.team_formed").order_by("-id")[:1]:
            matching.match_event(event)
    made.refresh_from_db()
    assert made.state == "paused" and "More than 3 runs in a minute" in made.paused_reason
    assert Run.objects.count() == 4


def test_a_rule_of_one_plant_does_not_hear_of_another(company: Any, manager: Any) -> None:
    local = people.user("local", role="DPM", department=company.other)
    one = rules.draft_rule(
        code="local",
        name="Local",
        department=company.other,
        definition=definition(ON_TEAM, open_task("x")),
        actor=local,
    )
    rules.switch_on(one, anyway=True, actor=local)
    form_team(company)
    assert matching.match_event(newest_event()) == 0


def test_switching_on_without_a_dry_run_asks(company: Any, manager: Any) -> None:
    one = rule(company, manager, definition(ON_TEAM, open_task("x")), on=False)
    with pytest.raises(Refused, match="never dry-run"):
        rules.switch_on(one, actor=manager)
    rules.mark_dry_run(one, number=1)
    one.refresh_from_db()
    one = rules.switch_on(one, actor=manager)
    one = rules.change_rule(one, definition=definition(ON_TEAM, open_task("y")), actor=manager)
    assert (one.state, one.number, one.versions.count()) == ("on", 2, 2)


def test_a_dry_run_says_what_would_have_happened_and_changes_nothing(company: Any, manager: Any) -> None:
    steps = [open_task("Welcome {record.name}"), open_task("For {record.name}", assignee="{record.name}")]
    one = rule(company, manager, definition(ON_TEAM, *steps), on=False)
    form_team(company, name="One")
    form_team(company, name="Two")
    before = (Event.objects.count(), Task.objects.count(), Run.objects.count())
    found = dry_run.dry_run(one, days=7, now=timezone.now() + timedelta(minutes=1))
    assert (found["looked_at"], found["fired"]) == (2, 2)
    first, second = found["cases"][0]["steps"]
    assert first["given"]["title"] == "Welcome One" and first["what"]
    assert "problem" in second, "no person is called One"
    assert (Event.objects.count(), Task.objects.count(), Run.objects.count()) == before


def test_the_rights_are_those_of_who_saved_last(company: Any, manager: Any) -> None:
    local = people.user("local", role="DPM", department=company.plant)
    one = rules.draft_rule(code="x", name="X", department=company.plant, actor=manager)
    assert one.owner == manager
    one = rules.change_rule(one, definition=definition(ON_TEAM, open_task("x")), actor=local)
    assert one.owner == local


DAILY = {"kind": "schedule", "rule": "0 7 * * *", "zone": "Europe/Berlin"}


@pytest.mark.parametrize(("misfire", "count"), [("one", 1), ("all", 3), ("skip", 0)])
def test_missed_times_follow_the_policy_and_raise_the_alarm(
    company: Any, manager: Any, misfire: str, count: int
) -> None:
    step = open_task("Open the line", department=str(company.plant.pk))
    made = rule(company, manager, definition(DAILY | {"misfire": misfire}, step))
    Rule.objects.update(next_due_at=datetime(2026, 3, 28, 6, tzinfo=UTC))
    now = datetime(2026, 3, 30, 6, 30, tzinfo=UTC)
    assert matching.fire_due(now=now) == count
    assert matching.fire_due(now=now) == 0
    made.refresh_from_db()
    assert made.next_due_at == datetime(2026, 3, 31, 5, tzinfo=UTC)
    assert newest_event("workflows.rule_missed").payload["rule_id"] == made.pk
    runner.work_off()
    assert Task.objects.count() == count


@pytest.mark.parametrize("trigger", ["schedule", "change"])
def test_a_rule_that_is_not_understood_any_more_stops_alone(company: Any, manager: Any, trigger: str) -> None:
    when = DAILY if trigger == "schedule" else ON_TEAM
    bad, good = (rule(company, manager, definition(when, open_task("x", department="PLANT"))) for _ in range(2))
    gone = definition(when, {"action": "teams.gone", "on": "new", "inputs": {}})
    RuleVersion.objects.filter(rule=bad).update(definition=gone, saved_at=timezone.now())
    form_team(company)
    if trigger == "schedule":
        Rule.objects.update(next_due_at=datetime(2026, 3, 28, 6, tzinfo=UTC))
        assert matching.fire_due(now=datetime(2026, 3, 28, 6, 1, tzinfo=UTC)) == 1
    else:
        assert matching.match_event(newest_event()) == 1
    assert list(Run.objects.values_list("rule", flat=True)) == [good.pk]
    bad.refresh_from_db()
    assert bad.state == "paused"
    assert bad.paused_reason


def test_each_day_fires_once_when_clocks_change(company: Any, manager: Any) -> None:
    made = rule(company, manager, definition(DAILY | {"rule": "30 2 * * *"}, open_task("x", department="PLANT")))
    for start in (datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)):
        Rule.objects.update(next_due_at=start)
        Run.objects.all().delete()
        for quarter in range(4 * 24 * 3):
            matching.fire_due(now=start + timedelta(minutes=15 * quarter))
        days = {run.planned_at.astimezone(timezone.get_default_timezone()).date() for run in Run.objects.all()}
        assert Run.objects.filter(rule=made).count() == 3 == len(days)


def test_a_schedule_looks_at_every_record_in_state_for_longer_than_working_hours(company: Any, manager: Any) -> None:
    trigger = DAILY | {"resource": "team", "rule": "0 * * * *"}
    long = {"all": [{"field": "record.name", "op": "for_hours", "value": "8"}]}
    rule(company, manager, definition(trigger, open_task("Stuck: {record.name}"), conditions=long))
    form_team(company, name="Slow")
    for hours, fires in ((2, 0), (9, 1)):
        at = (timezone.now() + timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)
        Rule.objects.update(next_due_at=at)
        assert matching.fire_due(now=at) == fires
    runner.work_off()
    assert Task.objects.get().title == "Stuck: Slow"


def test_a_silent_rule_raises_the_alarm_once(company: Any, manager: Any) -> None:
    rule(company, manager, definition(ON_TEAM, open_task("x")), expect_every_hours=2)
    now = timezone.now()
    assert matching.alarm_silent(now=now + timedelta(hours=1)) == 0
    assert matching.alarm_silent(now=now + timedelta(hours=3)) == 1
    assert matching.alarm_silent(now=now + timedelta(hours=4)) == 0


def test_the_starter_set_is_whole_and_every_rule_of_it_can_be_switched_on(company: Any, manager: Any) -> None:
    made = starter.add_starter_rules(company.root)
    assert [one.state for one in made] == ["off"] * len(starter.STARTER)
    assert starter.add_starter_rules(company.root) == []
    for one in made:
        assert rules.switch_on(one, anyway=True, actor=manager).owner == manager


def test_dates_may_be_said_from_today(company: Any, manager: Any) -> None:
    for value, fires in (("today", 1), ("today-1", 0), ("today + 3", 1)):
        conditions = {"all": [{"field": "event.on", "op": "le", "value": value}]}
        rule(company, manager, definition(ON_TEAM, open_task(value), conditions=conditions))
        form_team(company)
        assert happen() >= 0
        assert Task.objects.filter(title=value).count() == fires


def test_a_message_from_outside_fires_by_what_it_holds(company: Any, manager: Any) -> None:
    def receive(**values: Any) -> int:
        told = HookReceived(subject="inbound_hook:1", hook_id=1, hook="shop", call_id=1, kind="order", values=values)
        emit(told, actor=None)
        return happen()

    receive(amount=1, order={"id": "A1"})
    trigger = {"kind": "fact", "fact": "integrations.hook_received"}
    conditions = {
        "all": [
            {"field": "body.amount", "op": "gt", "value": "100"},
            {"field": "fact.hook", "op": "is", "value": "shop"},
        ]
    }
    step = open_task("Order {body.order.id}", department="ROOT")
    made = rule(company, manager, definition(trigger, step, conditions=conditions))
    assert made.definition["trigger"]["body"] == "amount number, order.id text"
    assert receive(amount=99.5, order={"id": "B2"}) == 0
    assert receive(amount="many", order={"id": "C3"}) == 0
    assert receive(amount=100.5, order={"id": "D4"}) == 1
    assert Task.objects.get().title == "Order D4"


@pytest.mark.parametrize(
    ("misfire", "made_up"), [("", []), ("skip", []), ("one", ["Third"]), ("all", ["Second", "Third"])]
)
@pytest.mark.parametrize("kind", ["fact", "change"])
def test_what_a_paused_rule_missed_follows_its_policy(
    company: Any, manager: Any, misfire: str, made_up: list[str], kind: str
) -> None:
    trigger = ON_TEAM if kind == "change" else {"kind": "fact", "fact": "org.team_formed", "resource": "team"}
    wanted = {"all": [{"field": "record.name", "op": "is_not", "value": "Unwanted"}]}
    trigger = trigger | ({"misfire": misfire} if misfire else {})
    one = rule(company, manager, definition(trigger, open_task("Welcome {record.name}"), conditions=wanted))
    form_team(company, name="First")
    assert happen() == 1
    rules.pause_rule(one, reason="A test")
    for name in ("Second", "Third", "Unwanted"):
        form_team(company, name=name)
        assert happen() == 0
    rules.switch_on(one, anyway=True, actor=manager)
    assert make_up() == len(made_up)
    runner.work_off()
    assert sorted(Task.objects.values_list("title", flat=True)) == sorted(
        f"Welcome {name}" for name in ("First", *made_up)
    )
    assert make_up() == 0, "a call that comes twice makes nothing up twice"
    one.refresh_from_db()
    assert (one.state, one.paused_at) == ("on", None)


def make_up() -> int:
    """What the newest call for missed happenings does."""
    told = Event.objects.filter(name="workflows.missed_due").order_by("-id").first()
    if told is None:
        return 0
    since, until = (datetime.fromisoformat(told.payload[name]) for name in ("since", "until"))
    return matching.run_missed(told.payload["rule_id"], since=since, until=until, after=told.payload["after"])


def test_a_rule_that_was_off_missed_nothing(company: Any, manager: Any) -> None:
    one = rule(company, manager, definition(ON_TEAM | {"misfire": "all"}, open_task("x")))
    rules.pause_rule(one, reason="A test")
    form_team(company)
    rules.switch_off(one, actor=manager)
    rules.switch_on(one, anyway=True, actor=manager)
    assert make_up() == 0 and not Event.objects.filter(name="workflows.missed_due").exists()


def test_much_that_was_missed_is_made_up_some_at_a_time_and_storms_nobody(company: Any, manager: Any) -> None:
    one = rule(company, manager, definition(ON_TEAM | {"misfire": "all"}, open_task("x")), max_per_minute=4)
    rules.pause_rule(one, reason="A test")
    for number in range(5):
        form_team(company, name=f"Team {number}")
    rules.switch_on(one, anyway=True, actor=manager)
    assert make_up() == 2
    one.refresh_from_db()
    assert one.state == "on"
    rules.pause_rule(one, reason="Again")
    paused = one.paused_at
    assert make_up() == 0
    one.refresh_from_db()
    assert one.paused_at < paused, "what is left is not forgotten"
    Rule.objects.update(max_per_minute=6000)
    one.refresh_from_db()
    rules.switch_on(one, anyway=True, actor=manager)
    assert make_up() == 3
    assert Run.objects.filter(rule=one).count() == 5


@pytest.mark.parametrize(("misfire", "count"), [("one", 1), ("all", 3), ("skip", 0)])
def test_a_paused_schedule_makes_up_its_times_by_the_same_words(
    company: Any, manager: Any, misfire: str, count: int
) -> None:
    step = open_task("Open the line", department=str(company.plant.pk))
    one = rule(company, manager, definition(DAILY | {"misfire": misfire}, step))
    rules.pause_rule(one, reason="A test")
    begun = timezone.now().replace(hour=12, minute=0) - timedelta(days=4)
    Rule.objects.update(paused_at=begun, switched_at=begun - timedelta(days=9))
    one.refresh_from_db()
    rules.switch_on(one, anyway=True, actor=manager)
    assert matching.fire_due(now=begun + timedelta(days=3)) == count


@pytest.mark.parametrize("trigger", [ON_TEAM, {"kind": "fact", "fact": "org.team_formed"}, DAILY])
def test_an_unknown_policy_is_refused(company: Any, manager: Any, trigger: dict[str, str]) -> None:
    with pytest.raises(Refused, match="missed"):
        rule(company, manager, definition(trigger | {"misfire": "often"}, open_task("x")), on=False)


def test_an_input_left_empty_takes_its_default_and_a_missing_one_is_named(company: Any, manager: Any) -> None:
    plain = {**TASK, "inputs": {"title": "Welcome {record.name}", "department": "{record.department}"}}
    rule(company, manager, definition(ON_TEAM, plain))
    nameless = rule(company, manager, definition(ON_TEAM, {**TASK, "inputs": {"department": "PLANT"}}))
    form_team(company)
    happen()
    assert Task.objects.get().priority == 2
    assert Run.objects.get(rule=nameless).problem == "Task: New task: Title: This field is required."
