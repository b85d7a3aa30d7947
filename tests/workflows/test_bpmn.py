"""Reading and writing BPMN: nothing is lost, nothing hostile gets in, and every refusal says where."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from pathlib import Path

import pytest

from apps.core.errors import Refused
from apps.workflows.bpmn import timers
from apps.workflows.bpmn.arranging import arranged
from apps.workflows.bpmn.checks import formula_findings, unsupported
from apps.workflows.bpmn.formulas import formula
from apps.workflows.bpmn.model import EVENTS, GATEWAYS, SUB_PROCESSES, TASKS, Body, Model
from apps.workflows.bpmn.reading import MOST_NODES, read
from apps.workflows.bpmn.soundness import check_soundness
from apps.workflows.bpmn.writing import write
from tests.workflows.building import diagram, event, extension, field, flows, node, nodes, simple, timer

FOLDER = Path(os.environ.get("OPS_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data")) / "bpmn"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())["files"] if FOLDER.is_dir() else {}


def levels(model: Model) -> list[Body]:
    inner = [one.body for process in model.processes for _, one in process.body.walk() if one.body is not None]
    return [process.body for process in model.processes] + inner


def counted(model: Model) -> dict[str, object]:
    found = [one for process in model.processes for _, one in process.body.walk()]
    bodies = levels(model)
    artifacts = [*model.artifacts, *(one for body in bodies for one in body.artifacts)]
    tasks = [one for one in found if one.kind in TASKS | {"callActivity"}]
    awaited = [event.kind for one in found for event in one.events]
    return {
        "processes": len(model.processes),
        "participants": len(model.participants),
        "lanes": sum(1 for body in bodies for lane in body.lanes for _ in lane.walk()),
        "tasks": dict(Counter(one.kind for one in tasks)),
        "tasks_total": len(tasks),
        "subprocesses": sum(one.kind in SUB_PROCESSES for one in found),
        "gateways": dict(Counter(one.kind for one in found if one.kind in GATEWAYS)),
        "events": dict(Counter(one.kind for one in found if one.kind in EVENTS)),
        "sequence_flows": sum(len(body.flows) for body in bodies),
        "message_flows": len(model.message_flows),
        "data_objects": sum(
            one.kind in ("dataObject", "dataObjectReference", "dataStoreReference") for one in artifacts
        ),
        "text_annotations": sum(one.kind == "textAnnotation" for one in artifacts),
        "conditions": sum(flow.conditional for body in bodies for flow in body.flows),
        "multi_instance": sum(one.loop is not None and one.loop.kind != "standard" for one in found),
        "timer_definitions": awaited.count("timer"),
        "message_definitions": awaited.count("message"),
        "shapes": len(model.shapes),
        "edges": len(model.edges),
        "task_names": sorted(one.name for one in tasks if one.name),
    }


@pytest.mark.skipif(not EXPECTED, reason="the reference diagrams are not on this machine")
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_reference_diagrams_survive_import_and_export(name: str) -> None:
    model = read((FOLDER / name).read_bytes())
    expected = EXPECTED[name] | {"task_names": sorted(" ".join(one.split()) for one in EXPECTED[name]["task_names"])}
    found = counted(model)
    assert found == {key: expected[key] for key in found}
    again = read(write(model))
    assert again == model
    assert again.document == model.document


@pytest.mark.skipif(not EXPECTED, reason="the reference diagrams are not on this machine")
def test_what_cannot_run_is_named() -> None:
    named = {name: {one.code for one in unsupported(read((FOLDER / name).read_bytes()))} for name in EXPECTED}
    assert named["camunda_loan-granting.bpmn"] == {"code"}
    assert named["camunda_order-handling.bpmn"] == {"unsupported"}
    assert named["C.1.1.bpmn"] == {"code"}
    assert named["A.1.0.bpmn"] == set()


def test_a_diagram_without_a_drawing_is_given_one() -> None:
    model = read(simple("start:s xor:g user:a user:b end:e", "s>g;g>a[x > 1];g>b[x <= 1];a>e;b>e"))
    assert not model.shapes
    drawn = read(write(model))
    assert {shape.element for shape in drawn.shapes} == {"s", "g", "a", "b", "e"}
    assert len(drawn.edges) == 5
    assert drawn.processes == model.processes
    places = [shape.box for shape in drawn.shapes]
    for at, one in enumerate(places):
        for other in places[at + 1 :]:
            apart = one.x + one.width <= other.x or other.x + other.width <= one.x
            assert apart or one.y + one.height <= other.y or other.y + other.height <= one.y


def test_unknown_extensions_are_kept_word_by_word() -> None:
    inner = extension('<z:note xmlns:z="urn:z" z:level="3">keep <z:b>me</z:b> please</z:note>')
    model = read(diagram(nodes("start:s end:e") + node("user", "a", inner) + flows("s>a;a>e")))
    text = write(model).decode()
    assert 'level="3"' in text and "please" in text
    again = read(text.encode())
    assert again.document.root.children[:-1] == model.document.root.children
    assert write(again) == text.encode()


BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><a>&b;</a>"""
XXE = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>"""


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (BOMB, "xml_doctype"),
        (XXE, "xml_doctype"),
        (b"", "not_xml"),
        (b"<a><b></a>", "not_xml"),
        (b"\xff\xfe\x00", "not_xml"),
        (b"<html/>", "not_bpmn"),
        (b"<a>" * 200 + b"</a>" * 200, "too_deep"),
        (b" " * 5_000_001, "too_large"),
        (diagram("").replace(b"bpmn:process", b"bpmn:collaboration"), "bpmn_empty"),
        (diagram("<bpmn:scriptTask id='x'><bpmn:script>1</bpmn:script></bpmn:scriptTask>"), "bpmn_script"),
        (diagram("<bpmn:teapot id='x'/>"), "bpmn_unknown_element"),
        (diagram(nodes("user:a user:a")), "bpmn_id_twice"),
        (diagram("<bpmn:userTask name='x'/>"), "bpmn_no_id"),
        (diagram(nodes("user:a") + flows("a>b")), "bpmn_dangling"),
        (diagram(node("boundary", "b", timer("PT1H"), attachedToRef="nothing")), "bpmn_dangling"),
        (diagram(nodes(" ".join(f"user:u{at}" for at in range(MOST_NODES + 1)))), "bpmn_too_many"),
    ],
)
def test_hostile_and_broken_files_are_refused(data: bytes, code: str) -> None:
    with pytest.raises(Refused) as caught:
        read(data)
    assert caught.value.code == code
    assert len(caught.value.message) > 20


def test_a_refusal_names_element_id_and_line() -> None:
    with pytest.raises(Refused) as caught:
        read(diagram("\n\n<bpmn:scriptTask id='calc' name='Work it out'/>"))
    assert (
        "Line 10" in caught.value.message and "Work it out" in caught.value.message and "calc" in caught.value.message
    )


def test_what_is_not_run_is_found_with_its_line() -> None:
    content = nodes("start:s end:e") + node("boundary", "b", event("compensate"), attachedToRef="s")
    content += "<bpmn:complexGateway id='g' name='odd'/><bpmn:adHocSubProcess id='h'/>" + flows("s>e")
    found = {one.element: one for one in unsupported(read(diagram(content)))}
    assert set(found) == {"b", "g", "h"}
    assert all(one.line >= 6 and one.element in one.message for one in found.values())


def test_formulas_are_checked_where_they_stand() -> None:
    inner = extension(field("amount", "number") + field("urgent", "yesno"))
    content = nodes("start:s end:e") + node("user", "a", inner) + node("xor", "g", default="g_e")
    good = read(diagram(content + nodes("user:b end:f") + flows("s>a;a>g;g>b[amount > 3 and not urgent];g>e;b>f")))
    assert formula_findings(good.process()) == []
    for condition, words in (
        ("amuont > 3", "amount"),
        ("amount + 1", "yes or no"),
        ("amount >", "value"),
        ("urgent > 3", "go together"),
    ):
        bad = read(diagram(content + nodes("user:b end:f") + flows(f"s>a;a>g;g>b[{condition}];g>e;b>f")))
        (found,) = formula_findings(bad.process())
        assert found.element == "g" and words in found.message


def test_timers_without_a_time_are_found() -> None:
    for text, good in (
        ("PT1H", True),
        ("tomorrow", False),
        ("", False),
        ("R3/PT1H", False),
        ("P1Y2M3W4DT5H6M7S", True),
    ):
        content = nodes("start:s end:e") + node("catch", "t", timer(text)) + flows("s>t;t>e")
        assert (formula_findings(read(diagram(content)).process()) == []) is good, text


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("${approved}", "approved"),
        ("#{amount >= 100 && !urgent}", "amount >= 100 and not urgent"),
        ("= a = 1 or b", "a = 1 or b"),
        ("${name == 'a && b'}", "name = 'a && b'"),
        ("${x != 3 || y}", "x <> 3 or y"),
    ],
)
def test_simple_conditions_of_other_tools_are_read(theirs: str, ours: str) -> None:
    assert formula(theirs) == ours


def test_durations_keep_the_calendar() -> None:
    month = timers.duration("P1M")
    start = timers.moment("2026-01-31T10:00:00Z")
    assert month is not None and start is not None
    assert month.after(start).isoformat() == "2026-02-28T10:00:00+00:00"
    assert timers.duration("PT") is None and timers.duration("P") is None and timers.duration("1H") is None
    assert timers.cycle("R/PT0S") is None
    assert timers.cycle("R5/2026-01-01T00:00:00Z/P1D") is not None


def hostile(inner: str) -> bytes:
    space = 'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    return f'<bpmn:definitions {space}><bpmn:process id="p">{inner}</bpmn:process></bpmn:definitions>'.encode()


def test_sub_processes_ninety_deep_are_laid_out_in_a_moment() -> None:
    inner = "".join(
        f'<bpmn:subProcess id="p{n}"><bpmn:startEvent id="s{n}"/><bpmn:sequenceFlow id="f{n}" sourceRef="s{n}" '
        f'targetRef="p{n + 1}"/>'
        for n in range(90)
    )
    began = time.monotonic()
    (diagram,) = arranged(read(hostile(inner + '<bpmn:task id="p90"/>' + "</bpmn:subProcess>" * 90)))
    assert len(diagram.shapes) == 181
    assert time.monotonic() - began < 10


def test_thousands_of_flows_over_thousands_of_columns_are_laid_out_in_a_moment() -> None:
    tasks = "".join(f'<bpmn:task id="t{n}"/>' for n in range(2000))
    chain = "".join(f'<bpmn:sequenceFlow id="f{n}" sourceRef="t{n}" targetRef="t{n + 1}"/>' for n in range(1999))
    jumps = "".join(f'<bpmn:sequenceFlow id="j{n}" sourceRef="t{n}" targetRef="t1999"/>' for n in range(1998))
    began = time.monotonic()
    (diagram,) = arranged(read(hostile(tasks + chain + jumps)))
    assert len(diagram.edges) == 3997
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("shape", ["chain", "star"])
def test_the_check_of_thousands_of_steps_takes_seconds(shape: str) -> None:
    tasks = "".join(f'<bpmn:task id="t{n}"/>' for n in range(4000))
    ways = "".join(
        f'<bpmn:sequenceFlow id="f{n}" sourceRef="{f"t{n - 1}" if shape == "chain" and n else "s"}" targetRef="t{n}"/>'
        for n in range(4000)
    )
    model = read(hostile(f'<bpmn:startEvent id="s"/>{tasks}{ways}'))
    began = time.monotonic()
    found = check_soundness(model.processes[0])
    assert time.monotonic() - began < 30
    assert ("not_proven" in {one.code for one in found}) == (shape == "star")


def test_other_processes_of_a_file_are_named() -> None:
    two = hostile('<bpmn:task id="a"/></bpmn:process><bpmn:process id="q" name="Bank"><bpmn:task id="b"/>')
    (other,) = unsupported(read(two))
    assert (other.element, other.code, other.serious) == ("q", "other_process", False)
    assert "“Bank”" in other.message
