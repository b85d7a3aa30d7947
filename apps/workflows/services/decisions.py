"""The writers of decision tables, and the one way to ask them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from apps.core.errors import Refused
from apps.core.records import write
from apps.workflows import decision_tables
from apps.workflows.dmn import reading, table
from apps.workflows.dmn.table import Outcome
from apps.workflows.events import decisions as events
from apps.workflows.models import Decision, DecisionVersion
from apps.workflows.models.decision import first_table


def draft_decision(*, actor: Any, **values: Any) -> Decision:
    """A new decision is a draft; it decides nothing before it is published."""
    decision = Decision(**{**values, **_checked(values.get("table") or first_table(), values.get("cases") or [])})
    return write.create(decision, actor=actor, fact=events.DecisionDrafted)


def change_decision(decision: Decision, *, actor: Any, version: int | None = None, **values: Any) -> Decision:
    """Changes the draft only; every cell must be readable, with the rule and column named where one is not."""
    kept = {
        name: values[name] if values.get(name) is not None else getattr(decision, name) for name in ("table", "cases")
    }
    values |= _checked(kept["table"], kept["cases"])
    return write.change(decision, values, actor=actor, fact=events.DecisionChanged, version=version)


def archive_decision(decision: Decision, *, actor: Any) -> Decision:
    return write.archive(decision, actor=actor, fact=events.DecisionChanged)


def restore_decision(decision: Decision, *, actor: Any) -> Decision:
    return write.restore(decision, actor=actor, fact=events.DecisionChanged)


def publish_decision(decision: Decision, *, actor: Any) -> Decision:
    """The draft decides from now on: no rules of a Unique table may overlap and every saved case must pass."""
    with transaction.atomic():
        decision = Decision.objects.select_for_update().get(pk=decision.pk)
        decision_tables.refuse_unfit(decision)
        last = decision.versions.aggregate(last=Max("number"))["last"]
        newest = decision.versions.filter(number=last).first() if last else None
        if newest is not None and newest.table == decision.table and decision.published_number == last:
            raise Refused("The published version says the same. Change the table first.", code="nothing_new")
        number = (last or 0) + 1
        DecisionVersion.objects.create(
            decision=decision, department=decision.department, number=number, table=decision.table, published_by=actor
        )
        return write.change(
            decision, {"published_number": number}, actor=actor, fact=events.DecisionPublished, number=number
        )


def take_back_version(decision: Decision, *, number: int, actor: Any) -> Decision:
    """An earlier version becomes the draft again; publishing it is another step."""
    found = decision.versions.filter(number=number).first()
    if found is None:
        raise Refused(f"There is no version {number}.", code="unknown_version", field="number")
    return change_decision(decision, table=found.table, actor=actor)


def import_decisions(*, content: bytes, code: str, department: Any, owner: Any = None, actor: Any) -> list[Decision]:
    """Every table of a DMN file becomes a draft; the second and later ones get their code with a number."""
    model = reading.read(content)
    tables = [one for one in model.decisions if isinstance(one.logic, table.Table)]
    if not tables:
        raise Refused(
            "The file holds no decision table. Literal expressions are not kept.", code="no_table", field="file"
        )
    with transaction.atomic():
        return [
            draft_decision(
                code=code if at == 1 else f"{code}-{at}",
                name=(one.name or code)[:120],
                department=department,
                owner=owner,
                table=table.to_data(one.logic),
                actor=actor,
            )
            for at, one in enumerate(tables, 1)
            if isinstance(one.logic, table.Table)
        ]


def decide(code: str, values: dict[str, Any], *, at: datetime | None = None) -> Outcome:
    """The published answer for these values (the one in force at `at`, when given). Refuses where there is none."""
    versions = DecisionVersion.objects.filter(decision__code=code)
    if at is not None:
        versions = versions.filter(published_at__lte=at)
    found = versions.order_by("-number").first()
    if found is None:
        raise Refused(f"The decision “{code}” is not published. Publish it first.", code="decision_not_published")
    outcome = table.decide(table.ready(table.from_data(found.table)), values)
    if outcome.problem:
        raise Refused(f"Decision “{code}”: {outcome.problem}", code="decision_undecided")
    return outcome


def _checked(data: Any, cases: Any) -> dict[str, Any]:
    """Both in their full form; every cell readable."""
    made = table.from_data(data)
    table.ready(made)
    decision_tables.check_cases(cases, made)
    return {"table": table.to_data(made), "cases": cases}
