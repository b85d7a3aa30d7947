"""Booking whole files: one transaction per row in the books, one statement per thousand in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from apps.budgets import events
from apps.budgets.models import Account, Entry, Kind, Line, Plan
from apps.budgets.queries import ZERO, period_on
from apps.budgets.services.books import Booking, Leg, legs_of, next_txns
from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.events.log import emit
from apps.core.records.numbering import next_number
from apps.org.models import Closure, Department

BATCH = 2000


class Place(NamedTuple):
    """What makes a line of a plan one of a kind."""

    plan: int
    department: int
    category: int | None
    site: int | None
    project: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of a file, placed: an actual, or a part of a draft's budget."""

    plan: Plan
    place: Place
    line: Line | None
    day: date
    amount: Decimal
    actual: bool
    document: str
    root: Line | None = None  # the line that carries the ledger, where the plan is a later version


def ancestors(departments: list[Department]) -> dict[int, list[int]]:
    """Department → itself and those above it, nearest first."""
    rows = Closure.objects.filter(descendant__in=departments).order_by("depth")
    found: dict[int, list[int]] = {one.pk: [] for one in departments}
    for descendant, ancestor in rows.values_list("descendant_id", "ancestor_id"):
        found[descendant].append(ancestor)
    return {key: chain or [key] for key, chain in found.items()}


def known_lines(plans: list[Plan]) -> tuple[dict[Place, Line], dict[Place, Line]]:
    """Lines that carry a ledger, by the original plan of their family; and lines of drafts, by their own plan."""
    by_key = {one.pk: one for one in plans}
    ledger: dict[Place, Line] = {}
    drafted: dict[Place, Line] = {}
    for one in Line.plain.filter(plan__in=plans, archived_at__isnull=True):
        plan, what = by_key[one.plan_id], (one.department_id, one.category_id, one.site_id, one.project)
        if plan.state == Plan.State.DRAFT:
            drafted[Place(plan.pk, *what)] = one
        elif one.root_id is None and plan.version_kind != Plan.Version.FORECAST:
            ledger[Place(plan.family_id, *what)] = one
    return ledger, drafted


def book_facts(facts: list[Fact], *, actor: Any) -> str:
    """All of them or none; returns the tag under which they are found and taken back."""
    with transaction.atomic(), scope.system("a file of the ledger is booked"):
        tag = f"IMP{next_number('ledger import')}"
        plans = {one.plan.pk for one in facts}
        locked = {
            one.pk: one for one in Plan.objects.select_for_update(of=("self",)).filter(pk__in=plans).order_by("pk")
        }
        lines = _lines(facts, locked)
        actuals = [one for one in facts if one.actual and one.amount]
        rows: list[Entry] = []
        for one, txn in zip(actuals, next_txns(len(actuals)) if actuals else [], strict=True):
            period = period_on(one.plan, one.day)
            booking = Booking(kind=Kind.IMPORT, on=one.day, document=one.document or tag, ref=tag, actor=actor)
            legs = [Leg(Account.ACTUAL, period, one.amount), Leg(Account.AVAILABLE, period, -one.amount)]
            rows += legs_of(lines[one.place], txn, legs, booking)
        _insert(rows)
        for plan in locked.values():
            told = events.LedgerImported(
                subject=plan.subject(), departments=(plan.department_id,), title=plan.name, rows=len(facts)
            )
            emit(told, actor=actor)
        return tag


COLUMNS = {
    "txn": "bigint",
    "line_id": "bigint",
    "department_id": "bigint",
    "period": "smallint",
    "on": "date",
    "account": "text",
    "kind": "text",
    "amount": "numeric",
    "document": "text",
    "ref": "text",
    "actor_id": "bigint",
}
INSERT = """INSERT INTO budgets_entry
(txn, line_id, department_id, period, effective_on, account, kind, amount, document, ref, actor_id, override)
SELECT *, '' FROM unnest({})""".format(", ".join(f"%s::{kind}[]" for kind in COLUMNS.values()))


def _insert(rows: list[Entry]) -> None:
    """Column by column: bulk_create spends most of a long file's time on each value of each row."""
    with connection.cursor() as cursor:
        for first in range(0, len(rows), BATCH):
            part = rows[first : first + BATCH]
            cursor.execute(INSERT, [[getattr(one, name) for one in part] for name in COLUMNS])


def _lines(facts: list[Fact], plans: dict[int, Plan]) -> dict[Place, Line]:
    """Lines the file names, with what it plans on them; what no budget foresaw gets a line without one."""
    lines: dict[Place, Line] = {}
    for one in facts:
        if one.place not in lines:
            lines[one.place] = one.line or _new_line(one, plans[one.place.plan])
    changed = _plan_amounts([one for one in facts if not one.actual], lines)
    known = [one for place, one in lines.items() if place in changed and one.pk is not None]
    rows = [(one.total, one.weights, list(one.amounts), one.pk) for one in known]
    Line.objects.bulk_create([one for one in lines.values() if one.pk is None], batch_size=BATCH)
    with connection.cursor() as cursor:
        cursor.executemany(UPDATE, rows)
    return lines


UPDATE = """UPDATE budgets_line SET spread = 'entered', quantity = NULL, rate = NULL, total = %s, weights = %s,
    amounts = %s::numeric(20, 4)[] WHERE id = %s"""


def _new_line(fact: Fact, plan: Plan) -> Line:
    place, empty = fact.place, [None] * len(plan.period_ends)
    return Line(
        plan=plan,
        department_id=place.department,
        category_id=place.category,
        site_id=place.site,
        project=place.project,
        spread=Line.Spread.ENTERED,
        amounts=empty,
        weights=" ".join(["-"] * len(empty)),
        unplanned=fact.actual,
        root=fact.root,
        code=f"{plan.code}-{next_number(f'line of {plan.pk}')}",
    )


def _plan_amounts(facts: list[Fact], lines: dict[Place, Line]) -> set[Place]:
    """A draft's lines take what the file plans for each of their periods, in place of what stood there."""
    cells: dict[tuple[Place, int], Decimal] = {}
    for one in facts:
        cell = (one.place, period_on(one.plan, one.day) - 1)
        cells[cell] = cells.get(cell, ZERO) + one.amount
    changed: dict[Place, list[Decimal | None]] = {}
    for (place, at), amount in cells.items():
        line = lines[place]
        if line.amounts[at] != amount or line.spread != Line.Spread.ENTERED:
            changed.setdefault(place, list(line.amounts))[at] = amount
    for place, amounts in changed.items():
        line = lines[place]
        line.amounts, line.spread, line.quantity, line.rate = amounts, Line.Spread.ENTERED, None, None
        line.total = sum((one for one in amounts if one is not None), ZERO)
        line.weights = " ".join("-" if one is None else f"{one.normalize():f}" for one in amounts)
    return set(changed)


def take_back_import(tag: str, *, actor: Any) -> int:
    """The mirror image of every actual of a file; what it planned stays in its draft, where it can be edited."""
    with transaction.atomic(), scope.system("a file of the ledger is taken back"):
        found = list(Entry.objects.filter(ref=tag, kind=Kind.IMPORT).order_by("txn"))
        if Entry.objects.filter(ref=tag, kind=Kind.REVERSE).exists():
            raise Refused(
                "Rows of this file were taken back already. Take back the others one by one.", code="reversed"
            )
        txns = sorted({one.txn for one in found})
        again = dict(zip(txns, next_txns(len(txns)) if txns else [], strict=True))
        for one in found:
            one.reverses, one.kind, one.amount = one.txn, Kind.REVERSE, -one.amount
            one.pk, one.txn, one.actor, one.recorded_at = None, again[one.txn], actor, timezone.now()
        Entry.objects.bulk_create(found, batch_size=BATCH)
        return len(txns)
