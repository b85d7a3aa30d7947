"""Money of purchases in the budget's ledger: set aside by a requisition, bound by an order, spent by an invoice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.budgets import queries as budget_queries
from apps.budgets import services as budgets
from apps.budgets.models import Commitment, Line
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
    wish, aside = order.requisition, _set_aside(order)
    if wish is None or not aside:
        return
    on = timezone.localdate()
    line = line_of(wish, on)
    if line is None:
        return
    try:
        with transaction.atomic():
            budgets.reserve_funds(
                line=line,
                amount=aside,
                on=on,
                document=wish.subject(),
                actor=actor,
                override="",
                currency=wish.currency,
            )
    except Refused:
        return


def check(order: Order, *, override: str, actor: Any) -> None:
    """Refuse before anybody is asked: a block needs the reason of somebody who approves budgets."""
    on = order.ordered_on or timezone.localdate()
    line = line_of(order, on)
    more = order.total - worth(order.approved_lines) - _set_aside(order)
    if line is None or more <= 0:
        return
    found = budgets.check_funds(line=line, amount=more, on=on, currency=order.currency)
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


def encumber(order: Order, *, actor: Any) -> None:
    """Bind what the order still has to cost; a revision frees what it held and binds anew."""
    on = order.ordered_on or timezone.localdate()
    line = line_of(order, on)
    if line is None:
        return
    release(order, actor=actor)
    amount = open_worth(order)
    if amount <= 0:
        return
    budgets.encumber_funds(
        line=line,
        amount=amount,
        on=on,
        document=order.subject(),
        relieves=_relief(order, line),
        actor=order.override_by or actor,
        override=order.override,
        currency=order.currency,
    )


def _relief(order: Order, line: Line) -> tuple[str, str, Decimal] | None:
    """The requisition's money, where the same budget line holds it."""
    aside = _set_aside(order)
    if order.requisition is None or not aside:
        return None
    document = order.requisition.subject()
    with scope.system("the paying line may stand above the buyer's reach"):
        held = Commitment.objects.filter(line_id=line.ledger_id, document=document, ref="").exists()
    return (document, "", aside) if held else None


def open_worth(order: Order) -> Decimal:
    """The order at its prices, less what is invoiced."""
    done = progress(order)
    return sum(
        (
            max(number(one, "quantity") - done[int(one["line"])].invoiced, ZERO) * number(one, "price")
            for one in order.lines
        ),
        ZERO,
    )


def spend(invoice: Invoice, orders: dict[str, Order], *, actor: Any) -> None:
    """Book what is paid, order by order; each gives back what it had bound for these goods."""
    for code, order in orders.items():
        lines = [one for one in invoice.lines if one.get("order") == code]
        on = order.ordered_on or invoice.invoiced_on
        line = line_of(order, on)
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
            on=invoice.invoiced_on,
            document=invoice.subject(),
            relieves=(order.subject(), "", bound) if held else None,
            actor=actor,
            currency=order.currency,
        )


def give_back(invoice: Invoice, orders: dict[str, Order], *, actor: Any) -> None:
    """A credit note lowers what was spent; an order that is still open binds what it will cost again."""
    for code, order in orders.items():
        line = line_of(order, order.ordered_on or invoice.invoiced_on)
        amount = worth(one for one in invoice.lines if one.get("order") == code)
        if line is None or not amount:
            continue
        budgets.spend_funds(
            line=line,
            amount=-amount,
            on=invoice.invoiced_on,
            document=invoice.subject(),
            actor=actor,
            currency=order.currency,
        )
        if order.state == Order.State.PLACED:
            encumber(order, actor=actor)
