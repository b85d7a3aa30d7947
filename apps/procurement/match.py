"""Three-way match of one invoice line against its order line and what was received, as plain arithmetic. No ORM."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum


class Outcome(StrEnum):
    """What the match says about a line; only `MATCHED` may be paid without a person's decision."""

    MATCHED = "matched"
    VARIANCE = "variance"
    MISSING = "missing receipt"
    OVER = "over"
    NO_ORDER = "no order"
    NOT_RETURNED = "not returned"


@dataclass(frozen=True)
class Tolerance:
    """A difference passes while it is within the percentage AND within the amount."""

    percent: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)

    def allows(self, difference: Decimal, expected: Decimal) -> bool:
        if difference <= 0:
            return True
        return difference * 100 <= expected * self.percent and difference <= self.amount


@dataclass(frozen=True)
class LineState:
    """An order line so far: ordered at a price, accepted (received less rejected less returned), invoiced, and for how much.

    `paid` is what was invoiced less what was credited; left out, all of it at the order's price.
    """

    ordered: Decimal
    price: Decimal
    accepted: Decimal = Decimal(0)
    invoiced: Decimal = Decimal(0)
    paid: Decimal | None = None

    @property
    def cost(self) -> Decimal:
        return self.invoiced * self.price if self.paid is None else self.paid

    @property
    def overcharge(self) -> Decimal:
        """What was invoiced above the order's price and not credited yet."""
        return max(self.cost - self.invoiced * self.price, Decimal(0))

    @property
    def billable(self) -> Decimal:
        return max(self.accepted - self.invoiced, Decimal(0))

    @property
    def creditable(self) -> Decimal:
        """Invoiced and not kept: it went back, or never came."""
        return max(self.invoiced - self.accepted, Decimal(0))


@dataclass(frozen=True)
class Claim:
    """What an invoice asks for on one line."""

    key: tuple[str, int]
    quantity: Decimal
    price: Decimal


@dataclass(frozen=True)
class Verdict:
    """The outcome and both variances in money: price difference on what is claimed, and what exceeds the goods."""

    claim: Claim
    outcome: Outcome
    price_variance: Decimal = Decimal(0)
    quantity_variance: Decimal = Decimal(0)
    reason: str = ""


def match_line(state: LineState | None, claim: Claim, *, price: Tolerance, over_percent: Decimal) -> Verdict:
    """Order, then goods, then price: the first that does not hold is the outcome; both variances are always given."""
    if state is None:
        return Verdict(claim, Outcome.NO_ORDER, reason="no such order line")
    price_variance = (claim.price - state.price) * claim.quantity
    quantity_variance = (claim.quantity - state.billable) * state.price
    most = state.ordered * (1 + over_percent / 100)
    outcome, reason = Outcome.MATCHED, ""
    if state.invoiced + claim.quantity > most:
        outcome = Outcome.OVER
        reason = f"{_n(state.invoiced + claim.quantity)} invoiced in all, {_n(state.ordered)} ordered"
    elif claim.quantity > state.billable:
        outcome = Outcome.MISSING
        reason = f"{_n(claim.quantity)} invoiced, {_n(state.billable)} received and not yet invoiced"
    elif not price.allows(price_variance, state.price * claim.quantity):
        outcome = Outcome.VARIANCE
        reason = f"price {_n(claim.price)}, ordered at {_n(state.price)}"
    return Verdict(claim, outcome, price_variance, max(quantity_variance, Decimal(0)), reason)


def match_credit(state: LineState | None, claim: Claim, *, price: Tolerance) -> Verdict:
    """A credit note gives back what was invoiced and not kept, at no less than its price within tolerance."""
    if state is None:
        return Verdict(claim, Outcome.NO_ORDER, reason="no such order line")
    short = (state.price - claim.price) * claim.quantity
    beyond = max(claim.quantity - state.creditable, Decimal(0)) * state.price
    outcome, reason = Outcome.MATCHED, ""
    if beyond:
        outcome = Outcome.NOT_RETURNED
        reason = f"{_n(claim.quantity)} credited, {_n(state.creditable)} invoiced and not kept"
    elif claim.quantity * claim.price > state.cost:
        outcome = Outcome.OVER
        reason = f"{_n(claim.quantity * claim.price)} credited, {_n(state.cost)} invoiced"
    elif not price.allows(short, state.price * claim.quantity):
        outcome = Outcome.VARIANCE
        reason = f"credited at {_n(claim.price)}, ordered at {_n(state.price)}"
    return Verdict(claim, outcome, -short, beyond, reason)


def match_price_credit(state: LineState | None, claim: Claim) -> Verdict:
    """Goods stay, money comes back: at most what was charged above the order's price; beyond that somebody decides."""
    if state is None:
        return Verdict(claim, Outcome.NO_ORDER, reason="no such order line")
    amount = claim.quantity * claim.price
    outcome, reason = Outcome.MATCHED, ""
    if claim.quantity > state.invoiced:
        outcome, reason = Outcome.OVER, f"{_n(claim.quantity)} credited, {_n(state.invoiced)} invoiced"
    elif amount > state.cost:
        outcome, reason = Outcome.OVER, f"{_n(amount)} credited, {_n(state.cost)} invoiced"
    elif amount > state.overcharge:
        outcome, reason = Outcome.VARIANCE, f"{_n(amount)} credited, {_n(state.overcharge)} charged above the order"
    return Verdict(claim, outcome, -amount, reason=reason)


def match_price_credits(claims: Iterable[Claim], states: dict[tuple[str, int], LineState]) -> list[Verdict]:
    """All lines of a credit for price alone, each taking from what the ones before it left."""
    left = dict(states)
    verdicts = []
    for claim in claims:
        state = left.get(claim.key)
        verdicts.append(match_price_credit(state, claim))
        if state is not None:
            left[claim.key] = replace(state, paid=state.cost - claim.quantity * claim.price)
    return verdicts


def match_credits(
    claims: Iterable[Claim], states: dict[tuple[str, int], LineState], *, price: Tolerance
) -> list[Verdict]:
    """All lines of a credit note, each taking from what the ones before it left."""
    left = dict(states)
    verdicts = []
    for claim in claims:
        state = left.get(claim.key)
        verdicts.append(match_credit(state, claim, price=price))
        if state is not None:
            paid = state.cost - claim.quantity * claim.price
            left[claim.key] = replace(state, invoiced=state.invoiced - claim.quantity, paid=paid)
    return verdicts


def match_invoice(
    claims: Iterable[Claim], states: dict[tuple[str, int], LineState], *, price: Tolerance, over_percent: Decimal
) -> list[Verdict]:
    """All lines of an invoice; two lines on the same order line share its goods, in their order."""
    left = dict(states)
    verdicts = []
    for claim in claims:
        state = left.get(claim.key)
        verdicts.append(match_line(state, claim, price=price, over_percent=over_percent))
        if state is not None:
            left[claim.key] = replace(state, invoiced=state.invoiced + claim.quantity)
    return verdicts


def _n(value: Decimal) -> str:
    return format(value.normalize() if value else Decimal(0), "f")
