"""The same diagrams with the same answers in SpiffWorkflow and in ours: the same tasks, in the same order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from tests.workflows.building import Player

FOLDER = Path(__file__).with_name("diagrams")
ANSWERS: dict[str, list[dict[str, Any]]] = json.loads((FOLDER / "answers.json").read_text())
PLANS = [(name, at) for name, plans in sorted(ANSWERS.items()) for at in range(len(plans))]
MOST = 60


class Judge:
    """A case in SpiffWorkflow."""

    def __init__(self, data: bytes) -> None:
        parser = BpmnParser()
        parser.add_bpmn_str(data)
        self.case = BpmnWorkflow(parser.get_spec("p"), parser.get_subprocess_specs("p"))

    def _ready(self) -> list[Any]:
        self.case.do_engine_steps()
        self.case.refresh_waiting_tasks()
        self.case.do_engine_steps()
        return list(self.case.get_tasks(state=TaskState.READY, manual=True))

    def tasks(self) -> list[str]:
        return sorted(one.task_spec.bpmn_id for one in self._ready())

    def done(self, name: str, values: dict[str, Any]) -> None:
        task = next(one for one in self._ready() if one.task_spec.bpmn_id == name)
        task.data.update(values)
        task.run()

    @property
    def over(self) -> bool:
        return bool(self.case.is_completed())


class Ours:
    """The same case in our engine; signals reach whoever waits in it."""

    def __init__(self, data: bytes) -> None:
        self.player = Player(data)

    def tasks(self) -> list[str]:
        return sorted(self.player.tasks())

    def done(self, name: str, values: dict[str, Any]) -> None:
        before = len(self.player.log)
        self.player.done(name, **values)
        for effect in self.player.log[before:]:
            if type(effect).__name__ == "Signalled":
                self.player.tell("signal", effect.name)

    @property
    def over(self) -> bool:
        return self.player.status != "running"


def played(case: Judge | Ours, plan: dict[str, Any], *, last_first: bool) -> list[tuple[list[str], bool]]:
    """What is open after each answer; the first (or last) open task by name is always the next to be answered."""
    left = {name: list(given) if isinstance(given, list) else None for name, given in plan.items()}
    seen = [(case.tasks(), case.over)]
    for _ in range(MOST):
        names = case.tasks()
        if not names:
            return seen
        name = names[-1 if last_first else 0]
        queue = left.get(name)
        case.done(name, queue.pop(0) if queue else plan.get(name, {}) if queue is None else {})
        seen.append((case.tasks(), case.over))
    raise AssertionError("The case never ends.")


@pytest.mark.parametrize("last_first", [False, True], ids=["first", "last"])
@pytest.mark.parametrize(("name", "at"), PLANS)
def test_both_reach_the_same_tasks(name: str, at: int, last_first: bool) -> None:
    data = (FOLDER / f"{name}.bpmn").read_bytes()
    plan = ANSWERS[name][at]
    theirs = played(Judge(data), plan, last_first=last_first)
    assert played(Ours(data), plan, last_first=last_first) == theirs
    assert theirs[-1] == ([], True), "the judge itself did not finish"


def test_there_are_enough_diagrams_to_judge_by() -> None:
    assert len(ANSWERS) >= 25
    assert {one.stem for one in FOLDER.glob("*.bpmn")} == set(ANSWERS)
