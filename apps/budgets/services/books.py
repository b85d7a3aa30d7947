"""How the ledger is written: the line locked, the period open, the amount in its currency, the legs in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from apps.budgets import events
from apps.budgets.models import Account, Entry, Kind, Line, Plan
from apps.budgets.queries import IN_FORCE, ZERO, converted, period_on, standing
from apps.budgets.spreading import checked
from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.events.log import emit


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of a transaction; `source` is the document whose money it moves, where it is not the booking's own."""

    account: Account
    period: int
    amount: Decimal
    source: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """What the legs of one transaction have in common."""

    kind: Kind
    on: date
    document: str = ""
    ref: str = ""
    override: str = ""
    quantity: Decimal | None = None
    reverses: int | None = None
    actor: Any = None


@contextmanager
def locked(line: Line) -> Iterator[Line]:
    """The line that carries the ledger, locked, seen with the system's eyes, in one transaction."""
    with transaction.atomic(), scope.system("the ledger's books"):
        yield (
            Line.objects.select_for_update(of=("self",))
            .select_related("plan", "category", "department", "site")
            .get(pk=line.ledger_id)
        )


def family_of(line: Line) -> Plan:
    """The version that carries the rules: the original."""
    plan = line.plan
    return plan if plan.root_id is None else Plan.objects.get(pk=plan.root_id)


def open_period(line: Line, on: date, *, closed_too: bool = False) -> tuple[Plan, int]:
    family = family_of(line)
    if family.state not in IN_FORCE:
        raise Refused(f"“{family.name}” is not approved yet, so nothing is booked on it.", code="not_approved")
    period = period_on(family, on)
    if not closed_too and family.closed_through is not None and on <= family.closed_through:
        raise Refused(
            f"“{family.name}” is closed through {family.closed_through:%Y-%m-%d}. Book it on a later day.",
            code="period_closed",
            field="on",
        )
    return family, period


def own_amount(amount: Decimal, currency: str, family: Plan, on: date) -> Decimal:
    value = checked(amount, currency or family.currency)
    return checked(converted(value, currency or family.currency, family.currency, on), family.currency)


def positive(value: Decimal) -> Decimal:
    if value <= 0:
        raise Refused("Enter an amount above zero.", code="notpositive", field="amount")
    return value


def next_txns(count: int = 1) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('budgets_txn') FROM generate_series(1, %s)", [count])
        return [int(row[0]) for row in cursor.fetchall()]


def legs_of(line: Line, txn: int, legs: Iterable[Leg], booking: Booking) -> list[Entry]:
    """Rows of one transaction, zeros left out."""
    made = []
    for leg in legs:
        if not leg.amount:
            continue
        document, ref = leg.source or (booking.document, booking.ref)
        made.append(
            Entry(
                txn=txn,
                line_id=line.ledger_id,
                department_id=line.department_id,
                period=leg.period,
                on=booking.on,
                account=leg.account,
                kind=booking.kind,
                amount=leg.amount,
                quantity=booking.quantity if leg.account == Account.ACTUAL else None,
                document=document,
                ref=ref,
                override=booking.override if leg.account == Account.AVAILABLE else "",
                reverses=booking.reverses,
                actor=booking.actor,
            )
        )
    return made


def book(line: Line, family: Plan, legs: list[Leg], booking: Booking, *, reason: str = "") -> list[Entry]:
    made: list[Entry] = Entry.objects.bulk_create(legs_of(line, next_txns()[0], legs, booking))
    moved = max((abs(leg.amount) for leg in legs), default=ZERO)
    common: dict[str, Any] = {
        "subject": _main(made).subject(),
        "line": line.subject(),
        "departments": (line.department_id,),
        "title": str(line),
        "amount": str(moved),
        "currency": family.currency,
        "document": booking.document,
    }
    left = standing(line).available
    values = {"reason": reason} if reason else {}
    emit(
        events.FundsBooked(**common, kind=str(booking.kind), ref=booking.ref, available=str(left), values=values),
        actor=booking.actor,
    )
    if booking.override:
        emit(events.FundsOverridden(**common, reason=booking.override), actor=booking.actor)
    return made


def _main(rows: list[Entry]) -> Entry:
    """The leg a person would point at: what was spent, bound or set aside."""
    order = (Account.ACTUAL, Account.ENCUMBERED, Account.RESERVED, Account.AVAILABLE)
    return min(rows, key=lambda one: order.index(Account(one.account)))
