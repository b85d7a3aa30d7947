"""Money of purchases in the budget's ledger: set aside by a requisition, bound by an order, spent by an invoice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from apps.budgets import queries as budget_queries
from apps.budgets import services as budgets
from apps.budgets.models import Account, Commitment, Entry, Kind, Line
from apps.core.access import scope
from apps.core.access.rights import rights_of
from apps.core.errors import NotAllowed, Refused
from apps.procurement.lines import by_number, number, worth
from apps.procurement.models import Invoice, Order, Requisition
from apps.procurement.queries import progress

ZERO = Decimal(0)


def line_of(record: Requisition | Order, on: date) -> Line | None:
    """The budget line that pays, if anything is budgeted."""
    return budget_queries.line_for(
        department=record.department,
        category=record.category,
        site=record.department.site,
        project=record.project,
        on=on,
    )


def reserve(requisition: Requisition, *, override: str, actor: Any) -> None:
    on = timezone.localdate()
    line = line_of(requisition, on)
    if line is not None and requisition.total:
        budgets.reserve_funds(
            line=line,
            amount=requisition.total,
            on=on,
            document=requisition.subject(),
            actor=actor,
            override=override,
            currency=requisition.currency,
        )


def release(record: Requisition | Order, *, actor: Any) -> None:
    """Whatever the document still holds comes free."""
    budgets.release_funds(document=record.subject(), actor=actor)


def set_aside_again(order: Order, *, actor: Any) -> None:
    """A cancelled order's part of the requisition is wanted still; what the budget no longer bears waits for its order."""
    wish, taken = order.requisition, _taken(order)
    if wish is None or taken <= 0:
        return
    on = timezone.localdate()
    line = line_of(wish, on)
    if line is None:
        return
    try:
        with transaction.atomic():
            budgets.reserve_funds(
                line=line,
                amount=taken,
                on=on,
                document=wish.subject(),
                actor=actor,
                override="",
            )
    except Refused:
        return


def check(order: Order, *, override: str, actor: Any) -> None:
    """Refuse before anybody is asked: a block needs the reason of somebody who approves budgets."""
    on = order.ordered_on or timezone.localdate()
    line = line_of(order, on)
    if line is None:
        return
    more = _own(order.total, order.currency, line, on) - _own(worth(order.approved_lines), order.currency, line, on)
    more -= _left_aside(order, line, on)
    if more <= 0:
        return
    found = budgets.check_funds(line=line, amount=more, on=on)
    if found.verdict != "block":
        return
    if not override.strip():
        raise Refused(
            f"{found.message} Ask for a transfer, or for somebody who may override the check.",
            code="over_budget",
            field="override",
        )
    if not rights_of(actor).covers("budget_plan", "a", line):
        raise NotAllowed("Only those who approve budgets may override the check.")


def _set_aside(order: Order) -> Decimal:
    """What the requisition set aside for the lines of this order, at the requisition's own prices."""
    wish = order.requisition
    if wish is None:
        return ZERO
    asked, total = by_number(wish.lines), ZERO
    for line in order.lines:
        code, _, place = str(line.get("source", "")).rpartition("/")
        if code == wish.code and place.isdigit() and int(place) in asked:
            total += number(line, "quantity") * number(asked[int(place)], "price")
    return total


def _own(amount: Decimal, currency: str, line: Line, on: date) -> Decimal:
    """In the currency of the budget."""
    return budget_queries.converted(amount, currency, line.plan.currency, on)


def _taken(order: Order) -> Decimal:
    """What placing and revising the order took of its requisition's money so far, in the budget's currency."""
    if order.requisition is None:
        return ZERO
    with scope.system("the paying line may stand above the buyer's reach"):
        own = Entry.objects.filter(document=order.subject(), kind=Kind.ENCUMBER, account=Account.ENCUMBERED)
        part = Entry.objects.filter(
            txn__in=own.values("txn"), account=Account.RESERVED, document=order.requisition.subject()
        )
        return -(part.aggregate(sum=Sum("amount"))["sum"] or ZERO)


def _left_aside(order: Order, line: Line, on: date) -> Decimal:
    """What the order may still take of its requisition: other orders of it need their own part."""
    if order.requisition is None:
        return ZERO
    return max(_own(_set_aside(order), order.requisition.currency, line, on) - _taken(order), ZERO)


def encumber(order: Order, *, actor: Any) -> None:
    """What is bound becomes what the order still has to cost; only what it grows by is checked."""
    on = order.ordered_on or timezone.localdate()
    line = line_of(order, on)
    if line is None:
        return
    amount = _own(open_worth(order), order.currency, line, on)
    with scope.system("the paying line may stand above the buyer's reach"):
        held = dict(
            Commitment.objects.filter(document=order.subject(), encumbered__gt=0).values_list("line_id", "encumbered")
        )
    if set(held) - {line.ledger_id}:
        release(order, actor=actor)
        held = {}
    more = amount - held.get(line.ledger_id, ZERO)
    if more <= 0:
        budgets.release_funds(document=order.subject(), keep=amount, actor=actor)
        return
    budgets.encumber_funds(
        line=line,
        amount=more,
        on=on,
        document=order.subject(),
        relieves=_relief(order, line, on),
        actor=order.override_by or actor,
        override=order.override,
    )


def _relief(order: Order, line: Line, on: date) -> tuple[str, str, Decimal] | None:
    """The requisition's money, where the same budget line holds it."""
    left = _left_aside(order, line, on)
    if order.requisition is None or not left:
        return None
    document = order.requisition.subject()
    with scope.system("the paying line may stand above the buyer's reach"):
        held = Commitment.objects.filter(line_id=line.ledger_id, document=document, ref="").exists()
    return (document, "", left) if held else None


def open_worth(order: Order) -> Decimal:
    """The order at its prices, less what is invoiced; a closed one owes only what came in."""
    done, closed = progress(order), order.state == Order.State.CLOSED
    found = ZERO
    for one in order.lines:
        line = done[int(one["line"])]
        wanted = line.accepted if closed else number(one, "quantity")
        found += max(wanted - line.invoiced, ZERO) * number(one, "price")
    return found


def _paying(order: Order, invoice: Invoice) -> tuple[Line | None, date]:
    """The line that bound the money and its nearest open day; once its year is closed, the line of the invoice's day."""
    line = line_of(order, order.ordered_on or invoice.invoiced_on)
    for one in (line, line_of(order, invoice.invoiced_on)):
        day = budget_queries.open_day(one, invoice.invoiced_on) if one is not None else None
        if day is not None:
            return one, day
    return line, invoice.invoiced_on


def spend(invoice: Invoice, orders: dict[str, Order], *, actor: Any) -> None:
    """Book what is paid, order by order; each gives back what it had bound for these goods."""
    for code, order in orders.items():
        lines = [one for one in invoice.lines if one.get("order") == code]
        line, day = _paying(order, invoice)
        amount = worth(lines)
        if line is None or not amount:
            continue
        prices = by_number(order.lines)
        bound = sum((number(one, "quantity") * number(prices[int(one["line"])], "price") for one in lines), ZERO)
        with scope.system("the paying line may stand above the buyer's reach"):
            held = Commitment.objects.filter(line_id=line.ledger_id, document=order.subject(), ref="").exists()
        budgets.spend_funds(
            line=line,
            amount=amount,
            on=day,
            document=invoice.subject(),
            relieves=(order.subject(), "", bound) if held else None,
            actor=actor,
            currency=order.currency,
        )


def give_back(invoice: Invoice, orders: dict[str, Order], *, actor: Any) -> None:
    """A credit note lowers what was spent; an order that is still open binds what it will cost again."""
    for code, order in orders.items():
        line, day = _paying(order, invoice)
        amount = worth(one for one in invoice.lines if one.get("order") == code)
        if line is None or not amount:
            continue
        budgets.spend_funds(
            line=line,
            amount=-amount,
            on=day,
            document=invoice.subject(),
            actor=actor,
            currency=order.currency,
        )
        if order.state in {Order.State.PLACED, Order.State.CLOSED}:
            encumber(order, actor=actor)
