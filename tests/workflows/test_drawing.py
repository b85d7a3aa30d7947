"""Drafts changed step by step, cases tried on paper, and the heat map against times set by hand."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.core.access import scope
from apps.core.errors import Refused
from apps.work.models import Task
from apps.workflows import heat, simulating
from apps.workflows.bpmn.model import Assigned, Field
from apps.workflows.bpmn.reading import read
from apps.workflows.bpmn.setting import Settings, set_element
from apps.workflows.models import Case, Revision, Step
from apps.workflows.services import definitions, logs
from tests.factories import people
from tests.support.shared_data import SHARED
from tests.workflows.building import NOON, diagram, event, extension, flows, node, nodes, simple, timer
from tests.workflows.running import answer, publish, start
from tests.workflows.test_mining import EXPECTED, FOLDER, needs_logs

DIAGRAMS = Path(__file__).parent / "diagrams"
BPMN_FILES = sorted((SHARED / "bpmn").glob("*.bpmn")) if SHARED.exists() else []
TWO_WAYS = "s>g;g>a[amount > 10];g>b;a>j;b>j;j>e"


@pytest.fixture
def cast(db: None) -> Any:
    with scope.system("a test"):
        yield people.cast()


# Setting one element ------------------------------------------------------------------------------------------------


def test_what_is_set_at_a_step_is_read_back_and_nothing_else_changes() -> None:
    model = read(simple("start:s user:a user:b end:e", "s>a;a>b;b>e"))
    form = (Field(name="bore", label="Bore", kind="reading", required=True, unit="mm", low="1", high="2"),)
    xml = set_element(
        model,
        "a",
        Settings(
            name="Measure <it>",
            documentation="Use the gauge & note it",
            attributes={"role": "QAI", "sla": "90", "rate": "42.50", "due": "P1D"},
            form=form,
            checklist=("Clean", "Warm"),
        ),
    )
    again = read(xml.encode())
    step, before = again.process().nodes["a"], model.process().nodes
    assert (step.name, step.documentation) == ("Measure <it>", "Use the gauge & note it")
    assert (step.work.role, step.work.sla_minutes, step.work.rate, step.work.due) == ("QAI", 90, "42.50", "P1D")
    assert step.work.form == form and step.work.checklist == ("Clean", "Warm")
    others = {key: one for key, one in again.process().nodes.items() if key != "a"}
    assert others == {key: one for key, one in before.items() if key != "a"}
    emptied = read(set_element(again, "a", Settings(name="", form=(), checklist=(), attributes={"role": ""})).encode())
    assert emptied.process().nodes["a"].work == replace(step.work, role="", form=(), checklist=())


def test_a_condition_a_default_a_timer_and_a_message_are_set() -> None:
    inner = timer("P1D")
    data = diagram(
        nodes("start:s xor:g user:a user:b xor:j end:e")
        + node("catch", "t", inner)
        + node("catch", "m", event("message", "M1"))
        + flows("s>g;g>a;g>b;a>t;t>j;b>m;m>j;j>e")
    )
    xml = set_element(read(data), "g_a", Settings(name="big", condition="amount > 10 and urgent"))
    xml = set_element(read(xml.encode()), "g_b", Settings(default=True))
    xml = set_element(read(xml.encode()), "t", Settings(timer=("cycle", "R2/PT8H", True)))
    xml = set_element(read(xml.encode()), "m", Settings(event_name="shipped", event_key="order_number"))
    process = read(xml.encode()).process()
    flow = process.body.flow_by_id["g_a"]
    assert (flow.name, flow.condition, process.nodes["g"].default) == ("big", "amount > 10 and urgent", "g_b")
    found = process.nodes["t"].event
    assert found is not None and (found.timer, found.text, found.working) == ("cycle", "R2/PT8H", True)
    heard = process.nodes["m"].event
    assert heard is not None and (heard.name, heard.key) == ("shipped", "order_number")
    back = read(set_element(read(xml.encode()), "g_b", Settings(default=False)).encode()).process()
    assert back.nodes["g"].default == ""
    service = read(simple("start:s service:a end:e", "s>a;a>e"))
    values = (Assigned("title", "'Order ' + order"),)
    named = read(set_element(service, "a", Settings(attributes={"action": "tasks.open"}, values=values)).encode())
    assert named.process().nodes["a"].work.values == values


@pytest.mark.skipif(not BPMN_FILES, reason="the published diagrams are not on this machine")
@pytest.mark.parametrize("path", BPMN_FILES, ids=lambda one: one.name)
def test_diagrams_of_other_tools_keep_everything_else(path: Path) -> None:
    model = read(path.read_bytes())
    keys = list(model.process().nodes)
    if not keys:
        pytest.skip("no step in it")
    name = model.process().nodes[keys[0]].name
    again = read(set_element(model, keys[0], Settings(name=name)).encode())
    assert again == model


def test_an_element_that_is_not_there_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        set_element(read(simple("start:s end:e", "s>e")), "nowhere", Settings(name="x"))
    assert caught.value.code == "no_element"


# Trying a case ------------------------------------------------------------------------------------------------------


def tried(path: Path, amount: int = 20) -> simulating.Played:
    """Says `done` to whatever is open and lets come what is awaited, until the trial is over."""
    process = read(path.read_bytes()).process()
    steps: list[dict[str, Any]] = [{"kind": "start", "values": {"amount": amount}}]
    for _ in range(60):
        played = simulating.play(process, steps, now=NOON)
        open_now = played.open_tokens(process)
        if not open_now and not played.waits():
            return played
        if open_now:
            steps.append({"kind": "done", "token": open_now[0][0].id, "values": {"amount": amount}})
        else:
            steps.append({"kind": "fired", "wait": played.waits()[0].id})
    return played


@pytest.mark.parametrize(
    "name", ["sequence", "parallel_nested", "sub_process_nested", "multi_parallel", "multi_sequential"]
)
def test_a_trial_comes_to_the_end_that_the_oracle_knows(name: str) -> None:
    answers = json.loads((DIAGRAMS / "answers.json").read_text())
    assert any(key.startswith(name) for key in answers), "the oracle has no such diagram"
    played = tried(DIAGRAMS / f"{name}.bpmn")
    assert played.state.status == "finished", played.path


def test_a_trial_takes_the_way_of_a_real_case(cast: Any) -> None:
    asked = extension('<ops:field name="amount" label="Amount" kind="number"/>')
    parts = node("start", "s", asked) + nodes("xor:g user:a user:b xor:j end:e")
    data = diagram(parts + flows(TWO_WAYS)).replace(b'id="g"', b'id="g" default="g_b"', 1)
    made = publish(data, cast.company.plant, cast.admin)
    for amount, way in ((20, "a"), (5, "b")):
        case = start(made, cast.company.plant, cast.manager, amount=amount)
        answer(case, way, cast.manager)
        process = read(data).process()
        first = simulating.play(process, [{"kind": "start", "values": {"amount": amount}}], now=NOON)
        ((token, open_node),) = first.open_tokens(process)
        assert open_node.id == way
        steps = [{"kind": "start", "values": {"amount": amount}}, {"kind": "done", "token": token.id}]
        played = simulating.play(process, steps, now=NOON)
        real = list(Step.objects.filter(case=case).order_by("id").values_list("element", flat=True))
        assert [one.node for one in played.path if one.words == "Begun"] == real
        assert played.state.status == "finished"
    cases = Case.objects.count()
    simulating.play(process, steps, now=NOON)
    assert Case.objects.count() == cases


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ([{"kind": "done", "token": 1}], "unknown_step"),
        ([{"kind": "start"}, {"kind": "start"}], "unknown_step"),
        ([{"kind": "start"}, {"kind": "done", "token": 99}], "gone"),
        ([{"kind": "start"}, {"kind": "done", "token": True}], "gone"),
        ([{"kind": "start"}, {"kind": "fired", "wait": "x"}], "gone"),
        ([{"kind": "explode"}], "unknown_step"),
        ([{"kind": "start", "values": [1]}], "wrong_type"),
        ([{"kind": "start", "node": "nowhere"}], "no_element"),
        ([{"kind": "start"}, {"kind": "failed", "token": 3, "code": 7}], "required"),
    ],
)
def test_steps_that_are_none_are_refused(steps: list[dict[str, Any]], code: str) -> None:
    process = read(simple("start:s user:a end:e", "s>a;a>e")).process()
    if code == "required":
        steps[1]["token"] = simulating.play(process, steps[:1], now=NOON).open_tokens(process)[0][0].id
    with pytest.raises(Refused) as caught:
        simulating.play(process, steps, now=NOON)
    assert caught.value.code == code


# Heat ---------------------------------------------------------------------------------------------------------------


def test_heat_counts_waits_work_breaches_rework_and_cost(cast: Any) -> None:
    xml = set_element(
        read(simple("start:s user:a user:b end:e", "s>a;a>b;b>e")), "a", Settings(attributes={"rate": "60"})
    )
    made = publish(xml.encode(), cast.company.plant, cast.admin)
    revision = Revision.objects.get(workflow=made)
    start_at = datetime(2026, 11, 2, 8, tzinfo=UTC)

    def step(case: Case, token: int, wait: int, work: int | None, *, late: bool = False) -> None:
        task = Task.objects.create(
            code=f"H{case.pk}-{token}",
            title="a",
            department=cast.company.plant,
            sla_minutes=30,
            started_at=start_at + timedelta(minutes=wait),
            breached_at=start_at if late else None,
        )
        done = work is not None
        Step.objects.create(
            case=case, department=cast.company.plant, token=token, element="a", name="a", kind="userTask",
            state="done" if done else "active", task_id=task.pk, entered_at=start_at,
            left_at=start_at + timedelta(minutes=wait + (work or 0)) if done else None,
        )  # fmt: skip

    cases = [
        Case.objects.create(
            workflow=made, revision=revision, code=f"H{n}", title="x", department=cast.company.plant
        )
        for n in range(2)
    ]  # fmt: skip
    step(cases[0], 1, 10, 20)
    step(cases[0], 2, 30, 40, late=True)  # the same step again: rework
    step(cases[1], 1, 5, None)
    (found,) = [one for one in heat.heat_of(made, read(xml.encode()).process()) if one.element == "a"]
    assert (found.count, found.here, found.rework, found.breaches, found.with_sla) == (3, 1, 1, 1, 3)
    assert (found.wait, found.work) == (20 * 60, 30 * 60)
    assert found.cost == Decimal("60.00")  # an hour of work in all, at 60
    assert heat.heat_of(made, None, since=start_at + timedelta(days=1)) == []


@needs_logs
@pytest.mark.parametrize("name", ["running_example.csv", "permit_receipt.csv"])
def test_heat_agrees_with_published_logs(name: str, cast: Any) -> None:
    made = logs.import_log(
        content=(FOLDER / name).read_bytes(), name=name, code="log", department=cast.company.plant, actor=cast.admin
    )
    rows = heat.heat_of(made, None)
    expected = EXPECTED[name]
    assert sum(one.count for one in rows) == expected["events"]
    page = signed(cast.by_role["OPM"]).get(f"/workflows/{made.pk}/heat-map/").content.decode()
    assert f"{expected['events']} steps begun" in page, "a log of years ago is shown without being asked for"
    assert len(rows) == expected["activities"]
    again = Step.objects.filter(case__workflow=made).values_list("case", "element")
    assert sum(one.rework for one in rows) == len(again) - len(set(again))


# Pages and API ------------------------------------------------------------------------------------------------------


def signed(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_a_step_is_set_up_by_form_without_scripts(cast: Any) -> None:
    made = definitions.draft_workflow(
        code="draw", name="Draw", department=cast.company.plant, actor=cast.admin, owner=cast.admin,
        xml=simple("start:s user:a end:e", "s>a;a>e").decode(),
    )  # fmt: skip
    url = f"/workflows/{made.pk}/steps/a/"
    opens = {role: signed(cast.by_role[role]).get(url).status_code for role in ("OPM", "DPM", "OPR", "AUD")}
    assert (opens["OPM"], opens["DPM"]) == (200, 200)
    assert {opens["OPR"], opens["AUD"]} <= {403, 404}, opens
    browser = signed(cast.by_role["DPM"])
    page = browser.get(url).content.decode()
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version is not None
    given = {
        "version": version[1], "name": "Weigh", "documentation": "", "role": "OPR", "assignee": "", "due": "soon",
        "sla": "15", "priority": "", "skill": "", "rate": "30", "checklist": "Zero it",
        "form-rows": "1", "form-0-label": "Weight", "form-0-kind": "number", "form-0-order": "1",
    }  # fmt: skip
    wrong = browser.post(url, given)
    assert wrong.status_code == 422 and b"such as P2D" in wrong.content
    assert browser.post(url, given | {"due": "PT4H"}).status_code == 302
    made.refresh_from_db()
    work = read(made.xml.encode()).process().nodes["a"].work
    assert (work.role, work.sla_minutes, work.due, work.rate, work.checklist) == ("OPR", 15, "PT4H", "30", ("Zero it",))
    assert [(one.name, one.kind) for one in work.form] == [("weight", "number")]
    stale = browser.post(url, given | {"due": ""})
    assert stale.status_code == 422
    made.refresh_from_db()
    assert read(made.xml.encode()).process().nodes["a"].work.due == "PT4H"


def test_a_case_is_tried_on_the_page_and_through_the_api(cast: Any) -> None:
    data = simple("start:s user:a end:e", "s>a;a>e")
    made = definitions.draft_workflow(
        code="try", name="Try", department=cast.company.plant, actor=cast.admin, xml=data.decode()
    )
    browser, url = signed(cast.by_role["OPM"]), f"/workflows/{made.pk}/trial/"
    first = browser.post(url, {"steps": "[]", "act": "start:s", "more": ""})
    assert first.status_code == 200 and b"The case waits" in first.content
    found = re.search(r'value="(done:\d+)"', first.content.decode())
    assert found is not None
    steps = '[{"kind": "start", "node": "s", "values": {}}]'
    last = browser.post(url, {"steps": steps, "act": found[1], "more": '{"ok": true}'})
    assert b"ended properly" in last.content
    wrong = browser.post(url, {"steps": steps, "act": found[1], "more": "{"})
    assert wrong.status_code == 422 and b"The case waits" in wrong.content
    assert browser.post(url, {"steps": "[[", "act": "x"}).status_code == 422
    api = browser.post(
        f"/api/v1/workflows/{made.pk}/trial/",
        {"steps": [json.loads(steps)[0], {"kind": "done", "token": int(found[1][5:])}]},
        content_type="application/json",
    )
    assert (api.status_code, api.json()["status"]) == (200, "finished")
    assert not Case.objects.exists()


def test_an_unsaved_drawing_is_checked(cast: Any) -> None:
    made = definitions.draft_workflow(code="chk", name="Check", department=cast.company.plant, actor=cast.admin)
    url = f"/api/v1/workflows/{made.pk}/check/"
    browser = signed(cast.by_role["OPM"])
    loose = simple("start:s user:a user:b end:e", "s>a;a>e").decode()
    found = browser.post(url, {"xml": loose}, content_type="application/json").json()
    assert [one["element"] for one in found if one["serious"]] == ["b"]
    bomb = '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
    assert browser.post(url, {"xml": bomb}, content_type="application/json").status_code == 422
    made.refresh_from_db()
    assert loose != made.xml


def test_the_heat_map_is_a_picture_a_table_and_an_endpoint(cast: Any) -> None:
    made = publish(simple("start:s user:a end:e", "s>a;a>e"), cast.company.plant, cast.admin)
    start(made, cast.company.plant, cast.manager)
    browser = signed(cast.by_role["OPM"])
    page = browser.get(f"/workflows/{made.pk}/heat-map/?measure=count").content.decode()
    assert "c-d-h5" in page and "Open now" in page
    rows = browser.get(f"/api/v1/workflows/{made.pk}/heat-map/?period=all").json()
    assert {one["element"]: one["open"] for one in rows} == {"s": 0, "a": 1}
    assert browser.get(f"/workflows/{made.pk}/heat-map/?measure=luck").status_code == 422
    assert browser.get(f"/api/v1/workflows/{made.pk}/heat-map/?period=ever").status_code == 400


def test_lists_lead_to_the_files_they_read_for_those_who_may(cast: Any) -> None:
    page = signed(cast.by_role["OPM"]).get("/workflows/").content.decode()
    assert 'href="/workflows/bpmn/"' in page and 'href="/workflows/log/"' in page
    assert 'href="/decisions/dmn/"' in signed(cast.by_role["OPM"]).get("/decisions/").content.decode()
    assert 'href="/workflows/bpmn/"' not in signed(cast.by_role["AUD"]).get("/workflows/").content.decode()
