"""Transfers between lines: asked for, agreed by both owners through the one approval engine, booked balanced to zero."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from apps.budgets import events
from apps.budgets.models import Account, Entry, Kind, Line, Transfer
from apps.budgets.queries import standing
from apps.budgets.services.books import Booking, Leg, legs_of, next_txns, open_period
from apps.budgets.spreading import checked
from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.records import write
from apps.core.records.numbering import next_number
from apps.core.values import Money
from apps.core.values.numbers import round_half_up
from apps.work import services as work


def ask_transfer(*, from_line: Line, to_line: Line, actor: Any, **values: Any) -> Transfer:
    """Both owners are asked; for a line of one's own, whoever answers for its department."""
    with transaction.atomic():
        one = Transfer(from_line=from_line, to_line=to_line, department=from_line.department, asked_by=actor, **values)
        _check(one)
        one.code = f"TR{next_number('budget_transfer')}"
        made = write.create(one, actor=actor, fact=events.TransferAsked)
        amount = Money(one.amount, from_line.plan.currency).format()
        work.request_approval(
            title=f"Move {amount} from “{from_line}” to “{to_line}”"[:160],
            department=from_line.department,
            about=made.subject(),
            amount=round_half_up(one.amount, 2),
            currency=from_line.plan.currency,
            reason=one.reason,
            steps=_steps(made, actor),
            actor=actor,
        )
        return made


def _steps(one: Transfer, actor: Any) -> list[dict[str, Any]]:
    owners = {line.owner or line.plan.owner for line in (one.from_line, one.to_line)}
    others = [owner for owner in sorted(owners, key=lambda person: person.pk) if actor is None or owner.pk != actor.pk]
    steps: list[dict[str, Any]] = [{"kind": "person", "person": owner} for owner in others]
    if len(others) < len(owners):
        steps.append({"kind": "line"})
    return steps


def _check(one: Transfer) -> None:
    """Two lines of one currency and year, and enough free on the first."""
    giving, getting = (line.plan for line in (one.from_line, one.to_line))
    if one.from_line.ledger_id == one.to_line.ledger_id:
        raise Refused("Choose two lines.", code="same_line", field="to_line")
    if (giving.currency, giving.fiscal_year) != (getting.currency, getting.fiscal_year):
        raise Refused("Both lines must be in the same currency and fiscal year.", code="other_budget", field="to_line")
    if one.from_line.root_id or one.to_line.root_id:
        raise Refused("Choose the lines of the original budget.", code="version", field="from_line")
    checked(one.amount, giving.currency)
    if one.amount <= 0:
        raise Refused("Enter an amount above zero.", code="not_positive", field="amount")
    for line in (one.from_line, one.to_line):
        open_period(line, one.on)
    left = standing(one.from_line).available
    if left < one.amount:
        raise Refused(
            f"“{one.from_line}” has only {Money(left, giving.currency).format()} left.",
            code="over_budget",
            field="amount",
        )


def settle_transfer(key: int, *, outcome: str, actor: Any = None) -> Transfer | None:
    """What the approval came to: booked when both agreed and the money is still there."""
    with transaction.atomic(), scope.system("a decided transfer is booked"):
        one: Transfer | None = (
            Transfer.objects.select_for_update(of=("self",)).filter(pk=key, state=Transfer.State.ASKED).first()
        )
        if one is None:
            return None
        if outcome != "approved":
            write.change(one, {"state": Transfer.State.REJECTED}, actor=actor, fact=events.TransferSettled)
            return one
        rows = Line.objects.filter(pk__in=[one.from_line_id, one.to_line_id]).order_by("pk")
        lines = {
            line.pk: line
            for line in rows.select_for_update(of=("self",)).select_related("plan", "category", "department", "site")
        }
        one.from_line, one.to_line = lines[one.from_line_id], lines[one.to_line_id]
        try:
            _check(one)
        except Refused as error:
            failed = {"state": Transfer.State.FAILED, "problem": error.message[:300]}
            write.change(one, failed, actor=actor, fact=events.TransferSettled)
            return one
        booked = {"state": Transfer.State.BOOKED, "txn": _book(one, actor)}
        write.change(one, booked, actor=actor, fact=events.TransferSettled)
        return one


def _book(one: Transfer, actor: Any) -> int:
    txn = next_txns()[0]
    booking = Booking(kind=Kind.TRANSFER, on=one.on, document=one.subject(), actor=actor)
    rows: list[Entry] = []
    for line, amount in ((one.from_line, -one.amount), (one.to_line, one.amount)):
        _, period = open_period(line, one.on)
        legs = [Leg(Account.APPROPRIATED, period, -amount), Leg(Account.AVAILABLE, period, amount)]
        rows += legs_of(line, txn, legs, booking)
    Entry.objects.bulk_create(rows)
    return txn
