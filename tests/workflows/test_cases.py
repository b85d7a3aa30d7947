"""Cases in the database: tasks, services, decisions, calls, messages, times, incidents, versions and replay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from apps.core import invariants
from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.models import Delivery, Event
from apps.work import services as work
from apps.work.models import Task
from apps.workflows import publishing
from apps.workflows.models import Case, Step, Wait
from apps.workflows.replaying import replay
from apps.workflows.services import cases, decisions, definitions, migrating, waiting
from tests.factories import people
from tests.workflows.building import diagram, event, extension, field, flows, loop, node, nodes, simple, timer
from tests.workflows.running import answer, at, fresh, publish, settle, start, tasks

pytestmark = pytest.mark.django_db
ASK = extension(field("amount", "number", required="true") + field("urgent", "yesno"))


@pytest.fixture
def cast(db: Any) -> Any:
    with transaction.atomic(), scope.system("a test"):
        made = people.cast()
        made.boss = people.user("boss", role="OPM", department=made.company.root)
        yield made


def true(case: Case) -> Case:
    """The stored state is what the facts give, and no invariant is broken."""
    found = fresh(case)
    assert replay(found) == found.engine
    broken = [one for one in invariants.all_invariants() if one.id.startswith("I12") and one.find_violations()]
    assert broken == []
    return found


def choice() -> bytes:
    content = (
        nodes("start:s user:small user:large end:e") + node("user", "ask", ASK) + node("xor", "g", default="g_small")
    )
    return diagram(content + flows("s>ask;ask>g;g>large[amount > 100];g>small;small>e;large>e"))


def test_a_case_runs_from_task_to_task(cast: Any) -> None:
    made = publish(choice(), cast.company.plant, cast.boss)
    case = start(made, cast.company.plant, cast.manager)
    assert tasks(case) == ["ask"]
    task = Task.objects.get(source=case.subject())
    assert [one["name"] for one in task.form] == ["amount", "urgent"]
    assert answer(case, "ask", cast.manager, amount="250.5") == ["large"]
    assert true(case).values == {"amount": "250.5"}
    assert answer(case, "large", cast.manager) == []
    done = true(case)
    assert (done.state, done.outcome) == ("finished", "e")
    names = list(Step.objects.filter(case=case).order_by("id").values_list("element", flat=True))
    assert names == ["s", "ask", "g", "large", "e"]
    assert all(Step.objects.filter(case=case).values_list("left_at", flat=True))
    told = list(Event.objects.filter(subject=case.subject()).order_by("id").values_list("name", flat=True))
    assert told == ["workflows.case_started", *["workflows.case_moved"] * 3, "workflows.case_ended"]


def test_the_start_form_is_checked(cast: Any) -> None:
    content = node("start", "s", ASK) + nodes("user:a end:e") + flows("s>a;a>e")
    made = publish(diagram(content), cast.company.plant, cast.boss)
    with pytest.raises(Refused, match="Fill in"):
        start(made, cast.company.plant, cast.manager)
    with pytest.raises(Refused, match="number"):
        start(made, cast.company.plant, cast.manager, amount="much")
    assert start(made, cast.company.plant, cast.manager, amount="3").values == {"amount": "3"}


def test_a_task_answered_twice_moves_once(cast: Any) -> None:
    made = publish(simple("start:s user:a user:b end:e", "s>a;a>b;b>e"), cast.company.plant, cast.boss)
    case = start(made, cast.company.plant, cast.manager)
    task = Task.objects.get(source=case.subject())
    work.complete_task(task, answers={}, actor=cast.manager)
    for _ in range(3):
        cases.answer_step(task.pk, {}, actor=cast.manager, now=timezone.now())
    settle()
    assert tasks(case) == ["b"]
    assert true(case).moves == 2


def test_a_cancelled_task_stops_the_step_until_somebody_retries(cast: Any) -> None:
    made = publish(simple("start:s user:a end:e", "s>a;a>e"), cast.company.plant, cast.boss)
    case = start(made, cast.company.plant, cast.manager)
    work.cancel_task(Task.objects.get(source=case.subject()), reason="Not today", actor=cast.manager)
    settle()
    stuck = true(case)
    assert stuck.stuck == 1
    assert "Not today" in Step.objects.get(case=case, state="stuck").problem
    cases.retry_step(stuck, actor=cast.manager)
    assert tasks(case) == ["a"]
    assert true(case).stuck == 0


def service(action: str = "tasks.open", *, record: str = "", values: str = "", result: str = "made") -> str:
    inner = extension(
        "".join(
            f'<ops:value name="{name}" value="{text}"/>'
            for name, text in (one.split("=", 1) for one in filter(None, values.split(";")))
        )
    )
    extra = {"ops__record": record} if record else {}
    return node("service", "act", inner, ops__action=action, ops__result=result, **extra)


def opening(cast: Any) -> bytes:
    form = work_form()
    values = ";".join(form)
    content = (
        node("start", "s", ASK) + nodes("user:after end:e") + service(values=values) + flows("s>act;act>after;after>e")
    )
    return diagram(content)


def work_form() -> list[str]:
    return ["title='Look at it'", "department=place", "priority=2"]


def test_a_service_task_runs_an_action_for_the_responsible_person(cast: Any) -> None:
    plant = cast.company.plant.pk
    values = ";".join(("title='Look at it'", f"department={plant}", "priority=2", f"assignee={cast.manager.pk}"))
    content = nodes("start:s user:after end:e") + service(values=values) + flows("s>act;act>after;after>e")
    made = publish(diagram(content), cast.company.plant, cast.boss)
    case = start(made, cast.company.plant, cast.manager)
    opened = Task.objects.get(title="Look at it")
    assert opened.assignee == cast.manager
    assert true(case).values == {"made": opened.subject(), "made_id": opened.pk}
    assert tasks(case) == ["after"]


def test_a_refused_action_is_an_error_that_the_border_catches(cast: Any) -> None:
    values = ";".join(("title='Look at it'", "department=999999", "priority=2"))
    border = node("boundary", "b", event("error"), attachedToRef="act")
    content = nodes("start:s user:after user:mend end:e") + service(values=values) + border
    made = publish(diagram(content + flows("s>act;act>after;b>mend;after>e;mend>e")), cast.company.plant, cast.boss)
    case = start(made, cast.company.plant, cast.manager)
    assert tasks(case) == ["mend"]
    assert not Task.objects.filter(title="Look at it").exists()
    true(case)


def test_a_refused_action_without_a_border_waits_for_a_person(cast: Any) -> None:
    content = nodes("start:s user:after end:e") + service(values="title='Look at it';department=place;priority=2")
    xml = diagram(extension('<ops:variable name="place" kind="number"/>') + content + flows("s>act;act>after;after>e"))
    made = publish(xml, cast.company.plant, cast.boss)
    case = start(made, cast.company.plant, cast.manager)
    assert true(case).stuck == 1
    assert "department" in Step.objects.get(case=case, state="stuck").problem.lower() or fresh(case).stuck
    cases.retry_step(fresh(case), values={"place": cast.company.plant.pk}, actor=cast.manager)
    settle()
    assert tasks(case) == ["after"]
    true(case)


def test_an_action_that_breaks_is_retried_and_then_waits_for_a_person(cast: Any, monkeypatch: Any) -> None:
    values = ";".join(("title='Look at it'", f"department={cast.company.plant.pk}", "priority=2"))
    content = nodes("start:s user:after end:e") + service(values=values) + flows("s>act;act>after;after>e")
    made = publish(diagram(content), cast.company.plant, cast.boss)
    monkeypatch.setattr("apps.workflows.services.working.by_path", lambda path: 1 / 0)
    case = start(made, cast.company.plant, cast.manager)
    assert fresh(case).stuck == 0
    cases.give_up_service(case.pk, Step.objects.get(case=case, element="act").token, now=timezone.now())
    assert true(case).stuck == 1
    monkeypatch.undo()
    Delivery.objects.filter(handler="workflows.run_service").update(done_at=timezone.now())
    cases.retry_step(fresh(case), actor=cast.manager)
    settle()
    assert tasks(case) == ["after"]


def test_a_decision_table_decides(cast: Any) -> None:
    table = {
        "policy": "U",
        "inputs": [{"name": "amount", "type": "number", "values": [], "label": ""}],
        "outputs": [{"name": "who", "type": "string", "values": [], "default": "", "label": ""}],
        "rules": [
            {"when": ["<= 100"], "then": ['"supervisor"'], "note": ""},
            {"when": ["> 100"], "then": ['"manager"'], "note": ""},
        ],
    }
    made = decisions.draft_decision(
        code="who-approves", name="Who", department=cast.company.root, table=table, actor=cast.boss
    )
    decisions.publish_decision(made, actor=cast.boss)
    content = (
        node("start", "s", extension(field("amount", "number")))
        + node("rule", "r", ops__decision="who-approves", ops__result="who")
        + node("xor", "g", default="g_a") + nodes("user:a user:b end:e")
        + flows("s>r;r>g;g>b[who = 'manager'];g>a;a>e;b>e")
    )  # fmt: skip
    workflow = publish(diagram(content), cast.company.plant, cast.boss)
    assert tasks(start(workflow, cast.company.plant, cast.manager, amount="50")) == ["a"]
    case = start(workflow, cast.company.plant, cast.manager, amount="500")
    assert tasks(case) == ["b"]
    true(case)


def test_a_call_runs_another_workflow_and_takes_its_values(cast: Any) -> None:
    inner = simple("start:s user:inside end:e", "s>inside;inside>e").replace(
        b'<bpmn:userTask id="inside" name="inside">',
        f'<bpmn:userTask id="inside" name="inside">{extension(field("ok", "yesno"))}'.encode(),
    )
    publish(inner, cast.company.root, cast.boss, code="inner")
    content = (
        nodes("start:s user:after end:e") + node("call", "c", calledElement="inner") + flows("s>c;c>after;after>e")
    )
    case = start(publish(diagram(content), cast.company.plant, cast.boss), cast.company.plant, cast.manager)
    child = Case.objects.get(parent=case)
    assert tasks(case) == []
    assert answer(child, "inside", cast.manager, ok=True) == []
    assert tasks(case) == ["after"]
    assert true(case).values == {"ok": True}
    true(child)


def test_cancelling_a_case_withdraws_its_tasks_and_what_it_called(cast: Any) -> None:
    publish(simple("start:s user:inside end:e", "s>inside;inside>e"), cast.company.root, cast.boss, code="inner")
    content = (
        nodes("start:s and:f user:a end:e end:e2")
        + node("call", "c", calledElement="inner")
        + flows("s>f;f>c;f>a;c>e;a>e2")
    )
    case = start(publish(diagram(content), cast.company.plant, cast.boss), cast.company.plant, cast.manager)
    child = Case.objects.get(parent=case)
    cases.cancel_case(case, reason="Not needed", actor=cast.manager)
    settle()
    assert (true(case).state, true(child).state) == ("cancelled", "cancelled")
    assert tasks(case) == tasks(child) == []
    with pytest.raises(Refused, match="cancelled"):
        cases.cancel_case(fresh(case), reason="Again", actor=cast.manager)


def waiting_case(cast: Any, key: str) -> Case:
    content = (
        node("start", "s", extension(field("number")))
        + node("catch", "m", event("message", "M1")) + nodes("user:after end:e") + flows("s>m;m>after;after>e")
    )  # fmt: skip
    made = publish(diagram(content, key='ops:key="number"'), cast.company.plant, cast.boss)
    return start(made, cast.company.plant, cast.manager, number=key)


def test_a_message_reaches_the_case_with_its_key(cast: Any) -> None:
    one, other = waiting_case(cast, "A7"), waiting_case(cast, "B8")
    waiting.send_message(message="paid", key="A7", values={"amount": 12}, actor=cast.manager)
    settle()
    assert tasks(one) == ["after"] and tasks(other) == []
    assert true(one).values == {"number": "A7", "amount": 12}
    waiting.send_message(message="paid", key="A7", values={}, actor=cast.manager)
    settle()
    assert tasks(one) == ["after"]
    with pytest.raises(Refused, match="waits for: paid"):
        cases.tell_case(fresh(other), message="payed", actor=cast.manager)
    cases.tell_case(fresh(other), message="paid", actor=cast.manager)
    assert tasks(other) == ["after"]


def test_a_case_sends_to_another_and_signals_to_all(cast: Any) -> None:
    one = waiting_case(cast, "A7")
    content = (
        node("start", "s", extension(field("number"))) + node("throw", "t", event("message", "M1"))
        + node("throw", "u", event("signal", "S1")) + nodes("end:e") + flows("s>t;t>u;u>e")
    )  # fmt: skip
    listening = (
        nodes("start:s user:after end:e") + node("catch", "c", event("signal", "S1")) + flows("s>c;c>after;after>e")
    )
    ears = publish(diagram(listening), cast.company.plant, cast.boss)
    heard = [start(ears, cast.company.plant, cast.manager) for _ in range(3)]
    sender = publish(diagram(content, key='ops:key="number"'), cast.company.plant, cast.boss)
    start(sender, cast.company.plant, cast.manager, number="A7")
    assert tasks(one) == ["after"]
    assert [tasks(case) for case in heard] == [["after"]] * 3


def test_messages_signals_and_the_clock_start_cases(cast: Any) -> None:
    content = (
        nodes("start:s user:a end:e") + node("start", "m", event("message", "M1"))
        + node("start", "t", timer("R2/P1D", "timeCycle")) + flows("s>a;m>a;t>a;a>e")
    )  # fmt: skip
    made = publish(diagram(content), cast.company.plant, cast.boss)
    waiting.send_message(message="paid", values={"amount": 3}, actor=cast.manager)
    settle()
    assert [one.values for one in Case.objects.filter(workflow=made)] == [{"amount": 3}]
    now = timezone.now()
    at(now + timedelta(hours=1))
    assert Case.objects.filter(workflow=made).count() == 1
    wait = Wait.objects.get(workflow=made, case__isnull=True, kind="timer")
    Wait.objects.filter(pk=wait.pk).update(due_at=now - timedelta(minutes=1))
    at(now)
    assert Case.objects.filter(workflow=made).count() == 2
    assert Wait.objects.get(pk=wait.pk).left == 1
    Wait.objects.filter(pk=wait.pk).update(due_at=now - timedelta(minutes=1))
    at(now)
    at(now)
    assert Case.objects.filter(workflow=made).count() == 3
    assert not Wait.objects.filter(pk=wait.pk).exists()


def timed(length: str = "PT2H", *, interrupting: str = "true", working: bool = False) -> bytes:
    workflow = timer(length)
    if working:
        workflow = workflow.replace("<bpmn:timerEventDefinition>", '<bpmn:timerEventDefinition ops:working="true">')
    border = node("boundary", "b", workflow, attachedToRef="a", cancelActivity=interrupting)
    return diagram(nodes("start:s user:a user:late end:e") + border + flows("s>a;b>late;a>e;late>e"))


def test_a_border_timer_withdraws_the_task_once(cast: Any) -> None:
    case = start(publish(timed(), cast.company.plant, cast.boss), cast.company.plant, cast.manager)
    due = Wait.objects.get(case=case).due_at
    at(due - timedelta(seconds=1))
    assert tasks(case) == ["a"]
    at(due)
    at(due + timedelta(hours=9))
    assert tasks(case) == ["late"]
    assert Task.objects.get(source=case.subject(), title__startswith="a ").state == "cancelled"
    assert fresh(case).stuck == 0
    true(case)


def test_a_timer_may_count_working_time(cast: Any) -> None:
    case = start(publish(timed(working=True), cast.company.plant, cast.boss), cast.company.plant, cast.manager)
    found = Wait.objects.get(case=case)
    assert found.due_at is not None and found.due_at > timezone.now()
    at(found.due_at)
    assert tasks(case) == ["late"]
    true(case)


def test_turns_of_a_loop_are_tasks_of_their_own(cast: Any) -> None:
    inner = loop(collection="people", item="who", collect="answers") + extension(field("ok", "yesno"))
    content = (
        nodes("start:s user:after end:e")
        + node("user", "vote", inner, ops__assignee="who")
        + flows("s>vote;vote>after;after>e")
    )
    made = publish(diagram(content), cast.company.plant, cast.boss)
    three = [cast.manager.pk, cast.worker.pk, cast.boss.pk]
    case = start(made, cast.company.plant, cast.manager, people=three)
    assert set(Task.objects.filter(source=case.subject()).values_list("assignee_id", flat=True)) == set(three)
    for voice in (True, True, False):
        answer(case, "vote", cast.manager, ok=voice)
    assert tasks(case) == ["after"]
    assert true(case).values["ok_count"] == 2


def test_lanes_and_roles_say_who(cast: Any) -> None:
    lanes = '<bpmn:laneSet id="ls"><bpmn:lane id="l" name="Supervisor"><bpmn:flowNodeRef>a</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>'
    content = (
        lanes
        + nodes("start:s user:a end:e")
        + node("user", "b", ops__role="Buyer", ops__due="P2D")
        + flows("s>a;a>b;b>e")
    )
    case = start(publish(diagram(content), cast.company.plant, cast.boss), cast.company.plant, cast.manager)
    assert Task.objects.get(source=case.subject()).role == "SUP"
    answer(case, "a", cast.manager)
    second = Task.objects.get(source=case.subject(), state="open")
    assert second.role == "BUY"
    assert timedelta(days=1, hours=23) < second.due_at - timezone.now() <= timedelta(days=2)


# Publishing and versions --------------------------------------------------------------------------------------------


def test_publishing_refuses_with_the_place(cast: Any) -> None:
    for content, words in (
        (nodes("start:s xor:g user:a user:b and:j end:e") + flows("s>g;g>a[true];g>b[false];a>j;b>j;j>e"), "j"),
        (nodes("start:s service:act end:e") + flows("s>act;act>e"), "runs no action"),
        (nodes("start:s end:e") + service("tasks.fly") + flows("s>act;act>e"), "does not exist"),
        (nodes("start:s end:e") + service("tasks.open", values="titel='x'") + flows("s>act;act>e"), "titel"),
        (nodes("start:s end:e") + node("rule", "r", ops__decision="nope") + flows("s>r;r>e"), "nope"),
        (nodes("start:s end:e") + node("call", "c", calledElement="nope") + flows("s>c;c>e"), "nope"),
        (nodes("start:s end:e") + node("user", "u", extension(field("x", "voice"))) + flows("s>u;u>e"), "kind"),
        (nodes("start:s end:e") + node("user", "u", ops__role="KING") + flows("s>u;u>e"), "KING"),
    ):
        made = definitions.draft_workflow(
            code=f"x{abs(hash(content)) % 10**9}", name="X", department=cast.company.plant, xml=diagram(content).decode(), actor=cast.boss
        )  # fmt: skip
        with pytest.raises(Refused, match=r"Line \d+: “") as caught:
            definitions.publish_workflow(made, actor=cast.boss)
        assert words in caught.value.message + str(caught.value.details), words
        with pytest.raises(Refused, match="not published"):
            cases.start_case(workflow=made, actor=cast.boss)


def test_advice_does_not_keep_from_publishing(cast: Any) -> None:
    xml = diagram(nodes("start:s user:a") + flows("s>a"))
    assert [one.serious for one in publishing.check(xml.decode())] == [False]
    case = start(publish(xml, cast.company.plant, cast.boss), cast.company.plant, cast.manager)
    answer(case, "a", cast.manager)
    assert true(case).state == "finished"


def republish(made: Any, xml: bytes, cast: Any) -> Any:
    return definitions.publish_workflow(
        definitions.draw_workflow(made, xml=xml.decode(), actor=cast.boss), actor=cast.boss
    )


def test_running_cases_keep_their_version(cast: Any) -> None:
    made = publish(simple("start:s user:a user:b end:e", "s>a;a>b;b>e"), cast.company.plant, cast.boss)
    old = start(made, cast.company.plant, cast.manager)
    made = republish(made, simple("start:s user:a user:c end:e", "s>a;a>c;c>e"), cast)
    new = start(made, cast.company.plant, cast.manager)
    assert answer(old, "a", cast.manager) == ["b"]
    assert answer(new, "a", cast.manager) == ["c"]
    assert (true(old).revision.number, true(new).revision.number) == (1, 2)
    with pytest.raises(Refused, match="the same"):
        definitions.publish_workflow(made, actor=cast.boss)


def test_migration_says_who_can_and_moves_them_and_back(cast: Any) -> None:
    made = publish(simple("start:s user:a user:b end:e", "s>a;a>b;b>e"), cast.company.plant, cast.boss)
    at_a, at_b = start(made, cast.company.plant, cast.manager), start(made, cast.company.plant, cast.manager)
    answer(at_b, "b" if tasks(at_b) == ["b"] else "a", cast.manager)
    made = republish(made, diagram(
        nodes("start:s user:a user:c user:late end:e") + node("boundary", "t", timer("PT1H"), attachedToRef="a")
        + flows("s>a;a>c;t>late;c>e;late>e")), cast)  # fmt: skip
    verdicts = {one.case.pk: one for one in migrating.preview(made)}
    assert verdicts[at_a.pk].can and not verdicts[at_b.pk].can
    assert "“b” (b)" in verdicts[at_b.pk].reason
    target = migrating.target_of(made, None)
    assert migrating.migrate_case(at_a.pk, target, actor=cast.boss, now=timezone.now()) == ""
    assert "“b”" in migrating.migrate_case(at_b.pk, target, actor=cast.boss, now=timezone.now())
    assert Wait.objects.filter(case=at_a, element="t").count() == 1
    true(at_a)
    migrating.take_back_migration(fresh(at_a), actor=cast.boss)
    assert not Wait.objects.filter(case=at_a).exists()
    assert true(at_a).revision.number == 1
    migrating.migrate_case(at_a.pk, target, actor=cast.boss, now=timezone.now())
    assert answer(at_a, "a", cast.manager) == ["c"]
    with pytest.raises(Refused, match="gone on"):
        migrating.take_back_migration(fresh(at_a), actor=cast.boss)
    true(at_a)
    true(at_b)


def test_an_import_keeps_the_file_and_names_what_does_not_run(cast: Any) -> None:
    xml = diagram(nodes("start:s user:a end:e") + flows("s>a;a>e"), process="order")
    made = definitions.import_workflow(content=xml, code="order", department=cast.company.plant, actor=cast.boss)
    assert (made.name, made.xml) == ("order", xml.decode())
    latin = xml.replace(b"UTF-8", b"ISO-8859-1").replace(b'name="a"', 'name="Prüfen"'.encode("latin-1"))
    other = definitions.import_workflow(content=latin, code="other", department=cast.company.plant, actor=cast.boss)
    assert "Prüfen" in other.xml
    with pytest.raises(Refused, match="script task"):
        definitions.draw_workflow(made, xml=diagram("<bpmn:scriptTask id='x'/>").decode(), actor=cast.boss)


def test_a_zombie_is_found(cast: Any) -> None:
    case = start(publish(timed(), cast.company.plant, cast.boss), cast.company.plant, cast.manager)
    true(case)
    Wait.objects.filter(case=case).delete()
    Task.objects.filter(source=case.subject()).update(state="cancelled")
    broken = {one.id for one in invariants.all_invariants() if one.id.startswith("I12") and one.find_violations()}
    assert broken == {"I12.zombie"}
    Case.objects.filter(pk=case.pk).update(engine={**fresh(case).engine, "next": 99})
    broken = {one.id for one in invariants.all_invariants() if one.id.startswith("I12") and one.find_violations()}
    assert broken == {"I12.zombie", "I12.replay"}


def test_a_long_chain_of_services_is_no_loop_of_causes(cast: Any) -> None:
    values = ";".join(("title='Look at it'", f"department={cast.company.plant.pk}", "priority=2"))
    inner = extension(
        "".join(f'<ops:value name="{n}" value="{t}"/>' for n, t in (one.split("=", 1) for one in values.split(";")))
    )
    repeated = node("service", "act", loop(sequential=True, count="30") + inner, ops__action="tasks.open")
    made = publish(
        diagram(nodes("start:s user:after end:e") + repeated + flows("s>act;act>after;after>e")),
        cast.company.plant,
        cast.boss,
    )
    case = start(made, cast.company.plant, cast.manager)
    assert Task.objects.filter(title="Look at it").count() == 30
    assert tasks(case) == ["after"]
    true(case)


NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_a_time_before_the_clocks_next_round_is_called_by_itself(cast: Any) -> None:
    made = publish(timed("PT20S"), cast.company.plant, cast.boss)
    before = timezone.now()
    case = cases.start_case(workflow=made, department=cast.company.plant, actor=cast.manager)
    wait = Wait.objects.get(case=case)
    called = Delivery.objects.get(handler="workflows.tell_timer")
    assert timedelta(seconds=19) < called.available_at - before < timedelta(seconds=60)
    assert waiting.tell_due(now=before) == 0
    assert Delivery.objects.filter(handler="workflows.tell_timer").count() == 1, "the round calls nobody twice"
    assert waiting.tell_timer(wait.pk, now=before) == 0  # not yet
    assert waiting.tell_timer(wait.pk, now=wait.due_at) == 1
    assert waiting.tell_timer(wait.pk, now=wait.due_at) == 0
    settle()
    assert tasks(case) == ["late"]


def test_the_clock_calls_what_comes_before_its_next_round(cast: Any) -> None:
    made = publish(timed("PT10M"), cast.company.plant, cast.boss)
    case = cases.start_case(workflow=made, department=cast.company.plant, actor=cast.manager)
    called = Delivery.objects.filter(handler="workflows.tell_timer")
    due = Wait.objects.get(case=case).due_at
    for early, count in ((timedelta(minutes=5), 0), (timedelta(seconds=30), 1)):
        assert waiting.tell_due(now=due - early) == 0
        assert called.count() == count
