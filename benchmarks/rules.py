"""P9: an event against 200 active rules of which two fire, against a hand-written match; and a run against its bare action."""

from __future__ import annotations

from typing import Any

from benchmarks.measure import Report, interleaved
from benchmarks.place import installation

RULES = {"XS": 10, "S": 200, "M": 200}
EVENTS = {"XS": 3, "S": 60, "M": 300}
ROUNDS = {"XS": 1, "S": 3, "M": 5}


def company(count: int) -> tuple[Any, Any]:
    """A department and a person with `count` rules that are on; the first two fire for every team."""
    from datetime import date

    from apps.accounts import services as accounts
    from apps.org import services as org
    from apps.workflows.services import rules

    root = org.open_department(code="ROOT", name="Company", actor=None)
    person = accounts.invite_user(username="bench", first_name="B", last_name="B", actor=None, password="bench-bench-9")
    org.grant_role(user=person, role="OPM", department=root, valid_from=date(2020, 1, 1), actor=None)
    for number in range(count):
        wanted = "Team" if number < 2 else f"Other {number}"
        rule = rules.draft_rule(
            code=f"r{number}",
            name=f"Rule {number}",
            department=root,
            definition=definition(wanted),
            max_per_minute=6000,
            max_at_once=20,
            actor=person,
        )
        rules.switch_on(rule, anyway=True, actor=person)
    return root, person


def definition(wanted: str) -> dict[str, Any]:
    step = {
        "resource": "task",
        "action": "open",
        "inputs": {"title": "New team {record.name}", "department": "ROOT", "priority": "2"},
    }
    rows = [
        {"field": "record.name", "op": "starts", "value": wanted},
        {"field": "record.department.code", "op": "is", "value": "ROOT"},
    ]
    return {"trigger": {"kind": "change", "resource": "team"}, "conditions": {"all": rows}, "steps": [step]}


class Bench:
    """The same events for both sides; each event is matched once."""

    def __init__(self, count: int, events: int) -> None:
        from django.db import transaction

        from apps.core.access import scope

        with transaction.atomic(), scope.system("benchmark"):
            self.root, self.person = company(count)
        self.count, self.events, self.number = count, events, 0

    def happen(self) -> list[Any]:
        from django.db import transaction

        from apps.core.access import scope
        from apps.core.models import Event
        from apps.org import services as org

        made = []
        with transaction.atomic(), scope.system("benchmark"):
            for _ in range(self.events):
                self.number += 1
                org.form_team(department=self.root, code=f"T{self.number}", name=f"Team {self.number}", actor=None)
                made.append(Event.objects.filter(name="org.team_formed").latest("id"))
        return made

    def ours(self, events: list[Any]) -> None:
        from django.db import transaction

        from apps.core.access import scope
        from apps.workflows import matching

        for event in events:
            with transaction.atomic(), scope.system("benchmark"):
                assert matching.match_event(event) == min(2, self.count)

    def raw(self, events: list[Any]) -> None:
        """Read the record, compare 200 times, write two rows: what nobody could leave out."""
        from django.db import transaction

        from apps.core.access import scope
        from apps.org.models import Team
        from apps.work.models import Task

        wanted = ["Team", "Team", *(f"Other {number}" for number in range(2, self.count))]
        for event in events:
            with transaction.atomic(), scope.system("benchmark"):
                team = Team.objects.select_related("department").get(pk=int(event.subject.partition(":")[2]))
                hits = [one for one in wanted if team.name.startswith(one) and team.department.code == "ROOT"]
                for number, _ in enumerate(hits):
                    Task.objects.create(code=f"B{event.pk}-{number}", title="x", department=self.root)

    def carry_out(self) -> int:
        from apps.workflows import runner

        total = 0
        while taken := runner.work_off():
            total += taken
        return total

    def actions(self, count: int) -> None:
        from django.db import transaction

        from apps.core.access import scope
        from apps.work import services as work

        for number in range(count):
            with transaction.atomic(), scope.of(self.person):
                work.open_task(title=f"New team {number}", department=self.root, actor=self.person)


def run(size: str) -> Report:
    report = Report("rules", size)
    with installation():
        bench = Bench(RULES[size], EVENTS[size])
        matched: list[list[Any]] = [bench.happen() for _ in range(ROUNDS[size])]
        plain = iter(matched)
        again = iter(matched)
        found = interleaved(
            {"ours": lambda: bench.ours(next(plain)), "raw": lambda: compared(bench, next(again))}, rounds=ROUNDS[size]
        )
        count = EVENTS[size]
        report.add(
            "P9",
            f"events a second against {RULES[size]} rules",
            count / found["raw"][0],
            count / found["ours"][0],
            0.1,
            "1/s",
            at_least=True,
        )
        waiting = EVENTS[size] * min(2, RULES[size]) * ROUNDS[size]
        found = interleaved({"ours": bench.carry_out, "raw": lambda: bench.actions(waiting)}, rounds=1)
        report.add("P9", f"{waiting} runs of one step against the bare action", found["raw"][0], found["ours"][0], 8.0)
        from django.db import connection

        connection.close()
    return report


def compared(bench: Bench, events: list[Any]) -> None:
    """The hand-written match over the same events; its rows are taken back, so that both sides start alike."""
    from django.db import transaction

    with transaction.atomic():
        bench.raw(events)
        transaction.set_rollback(True)
