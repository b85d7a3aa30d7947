"""Hypothesis drives the commitment ledger on real Postgres beside a plain list of sums; the two must never tell different stories."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from apps.budgets import queries, services
from apps.budgets.handlers import settle_transfer
from apps.budgets.models import Account, Balance, Commitment, Entry, Line, Plan, Transfer
from apps.core.access import scope
from apps.core.errors import NotAllowed, Refused
from apps.core.models import Event
from apps.work import services as work
from apps.work.models import Approval
from tests.factories import budgets as make
from tests.factories import people

DAYS = {1: date(2026, 2, 10), 2: date(2026, 5, 10), 3: date(2026, 8, 10), 4: date(2026, 11, 10)}
ZERO = Decimal(0)
UNBALANCED = "SELECT txn FROM budgets_entry GROUP BY txn, line_id HAVING sum(amount) <> 0"
BY_LEDGER = """
SELECT line_id, document, ref, coalesce(sum(amount) FILTER (WHERE account = 'reserve'), 0),
    coalesce(sum(amount) FILTER (WHERE account = 'encumber'), 0)
FROM budgets_entry WHERE account IN ('reserve', 'encumber') GROUP BY line_id, document, ref
"""
names = st.sampled_from(("press", "paint"))
quarters = st.sampled_from((1, 2, 2, 3, 3, 4))
amounts = st.sampled_from((5, 20, 40, 90)).map(Decimal) | st.decimals("0.01", "120", places=2)
refs = st.sampled_from(("", "", "2"))
numbers = st.sampled_from((1, 2))
reasons = st.sampled_from(("", "", "", "owner", "approver"))

Source = tuple[str, str, str]
Cell = tuple[str, int, Account]


@dataclass
class Held:
    """What a document holds of a line, as the plain model has it."""

    reserved: Decimal = ZERO
    encumbered: Decimal = ZERO
    spent: Decimal = ZERO


@dataclass
class Spent:
    """An actual that may be taken back, with the document whose money it was and how much of that it relieved."""

    txn: int
    line: str
    quarter: int
    value: Decimal
    source: Source
    back: Decimal
    reversed: bool = False


@dataclass
class Revision:
    """A version in preparation: what it began with and what it plans."""

    plan: Plan
    base: dict[tuple[str, int], Decimal]
    planned: dict[tuple[str, int], Decimal]


class BudgetMachine(RuleBasedStateMachine):
    """Two lines of two owners, four quarters; everything may be tried, and the model knows what must be refused."""

    cast: Any

    def __init__(self) -> None:
        super().__init__()
        self.point = transaction.savepoint()
        self.plan = make.plan(
            self.cast, department=self.cast.company.root, owner=self.cast.by_role["OPM"], rhythm="quarter",
            to_date_check="block",
        )  # fmt: skip
        self.owners = {"press": self.cast.manager, "paint": self.cast.neighbour}
        places = {"press": self.cast.company.plant, "paint": self.cast.company.other}
        common: dict[str, Any] = {"plan": self.plan, "total": Decimal(400), "actor": None}
        made = {name: services.add_line(department=places[name], owner=self.owners[name], **common) for name in places}
        services.approve_plan(self.plan, actor=None)
        self.lines = {name: Line.objects.select_related("plan").get(pk=one.pk) for name, one in made.items()}
        self.names = {one.pk: name for name, one in self.lines.items()}
        self.sums: dict[Cell, Decimal] = {}
        for name in self.lines:
            for quarter in DAYS:
                self.post(name, quarter, {Account.APPROPRIATED: Decimal(-100)})
        self.held: dict[Source, Held] = {}
        self.spends: list[Spent] = []
        self.asked: dict[int, tuple[str, str, Decimal, int, list[Any]]] = {}
        self.revision: Revision | None = None
        self.frozen = self.versions()
        self.closed, self.overrides = 0, 0

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.point)

    # the model ---------------------------------------------------------------------------------------------------

    def post(self, line: str, quarter: int, legs: dict[Account, Decimal]) -> None:
        """Whatever an account takes, the available balance gives."""
        for account, amount in [*legs.items(), (Account.AVAILABLE, -sum(legs.values(), ZERO))]:
            cell = line, quarter, account
            self.sums[cell] = self.sums.get(cell, ZERO) + amount

    def total(self, line: str, *accounts: Account, quarters: range = range(1, 5)) -> Decimal:
        cells = ((line, quarter, one) for quarter in quarters for one in accounts)
        return sum((self.sums.get(cell, ZERO) for cell in cells), ZERO)

    def blocked(self, line: str, quarter: int, amount: Decimal) -> bool:
        """The plan blocks what goes over the year and what goes over to date; what asks for nothing more always passes."""
        left = (self.total(line, Account.AVAILABLE, quarters=range(1, last + 1)) for last in (4, quarter))
        return 0 < amount > min(left)

    def verdict(self, line: str, quarter: int, amount: Decimal, reason: str) -> str:
        if not self.blocked(line, quarter, amount):
            return ""
        return {"": "over_budget", "owner": "not_allowed", "approver": ""}[reason]

    def overriding(self, reason: str) -> dict[str, Any]:
        actors = {"": self.cast.worker, "owner": self.cast.worker, "approver": self.cast.by_role["OPM"]}
        return {"override": "Line down" if reason else "", "actor": actors[reason]}

    def expect(self, code: str, act: Callable[[], Any]) -> Any:
        """Does it, or sees it refused for the reason the model knows; what a refusal leaves behind, the invariants see."""
        if not code:
            return act()
        with pytest.raises((Refused, NotAllowed)) as caught:
            act()
        found = caught.value
        assert (found.code if isinstance(found, Refused) else "not_allowed") == code
        return None

    def versions(self) -> dict[int, tuple[Any, ...]]:
        """Every line of every version that was ever approved, with what it plans."""
        rows = Line.plain.exclude(plan__state="draft").values_list(
            "pk", "plan_id", "total", "weights", "amounts", "base"
        )
        return {row[0]: row[1:] for row in rows}

    # what people do ----------------------------------------------------------------------------------------------

    @rule(line=names, amount=amounts, quarter=quarters, number=numbers, ref=refs, reason=reasons)
    def reserve(self, line: str, amount: Decimal, quarter: int, number: int, ref: str, reason: str) -> None:
        """A requisition sets money aside."""
        document = f"requisition:{number}"
        over = self.blocked(line, quarter, amount)
        code = "period_closed" if quarter <= self.closed else self.verdict(line, quarter, amount, reason)
        act = lambda: services.reserve_funds(  # noqa: E731
            line=self.lines[line], amount=amount, on=DAYS[quarter], document=document, ref=ref, **self.overriding(reason)
        )  # fmt: skip
        if self.expect(code, act) is not None:
            self.held.setdefault((line, document, ref), Held()).reserved += amount
            self.post(line, quarter, {Account.RESERVED: amount})
            self.overrides += over

    @rule(
        line=names, amount=amounts, quarter=quarters, number=numbers, ref=refs, reason=reasons,
        wish=st.sampled_from((0, 1, 2)), asked=amounts, whole=st.booleans(),
    )  # fmt: skip
    def order(
        self, line: str, amount: Decimal, quarter: int, number: int, ref: str, reason: str, wish: int, asked: Decimal, whole: bool,
    ) -> None:  # fmt: skip
        """An order binds money, with or without a requisition that had set it aside."""
        document, source = f"order:{number}", (line, f"requisition:{wish}", ref)
        aside = self.held.get(source)
        asked = aside.reserved if whole and aside is not None else asked
        back = min(asked, aside.reserved) if wish and aside is not None else ZERO
        over = self.blocked(line, quarter, amount - back)
        if quarter <= self.closed:
            code = "period_closed"
        elif wish and aside is None:
            code = "no_commitment"
        else:
            code = self.verdict(line, quarter, amount - back, reason)
        act = lambda: services.encumber_funds(  # noqa: E731
            line=self.lines[line], amount=amount, on=DAYS[quarter], document=document, ref=ref,
            relieves=(*source[1:], asked) if wish else None, **self.overriding(reason),
        )  # fmt: skip
        if self.expect(code, act) is not None:
            self.held.setdefault((line, document, ref), Held()).encumbered += amount
            if aside is not None:
                aside.reserved -= back
            self.post(line, quarter, {Account.RESERVED: -back, Account.ENCUMBERED: amount})
            self.overrides += over

    @rule(
        line=names, amount=amounts, quarter=quarters, number=st.sampled_from((0, 1, 2)), ref=refs, asked=amounts,
        back_too=st.booleans(),
    )  # fmt: skip
    def spend(
        self, line: str, amount: Decimal, quarter: int, number: int, ref: str, asked: Decimal, back_too: bool
    ) -> None:
        """A receipt or invoice, in parts or dearer than its order, or a credit note; never refused for want of money."""
        source = (line, f"order:{number}", ref)
        bound = self.held.get(source)
        value = -amount if back_too and not number else amount
        back = min(asked, bound.encumbered) if number and bound is not None else ZERO
        code = "period_closed" if quarter <= self.closed else "no_commitment" if number and bound is None else ""
        act = lambda: services.spend_funds(  # noqa: E731
            line=self.lines[line], amount=value, on=DAYS[quarter], document="invoice:1", ref=ref,
            relieves=(*source[1:], asked) if number else None, actor=self.cast.worker,
        )  # fmt: skip
        if self.expect(code, act) is not None:
            paid = source if back else (line, "invoice:1", ref)
            self.held.setdefault(paid, Held()).spent += value
            self.held[paid].encumbered -= back
            self.post(line, quarter, {Account.ENCUMBERED: -back, Account.ACTUAL: value})
            txn = Entry.objects.filter(account=Account.ACTUAL).latest("pk").txn
            self.spends.append(Spent(txn, line, quarter, value, paid, back))

    @precondition(lambda self: self.spends)
    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        """A wrong actual goes by its mirror image, once; its order holds the money again."""
        one = data.draw(st.sampled_from(self.spends))
        code = "period_closed" if one.quarter <= self.closed else "reversed" if one.reversed else ""
        made = self.expect(code, lambda: services.reverse_entries(txn=one.txn, reason="Wrong supplier", actor=None))
        if made is not None:
            one.reversed = True
            self.held[one.source].encumbered += one.back
            self.held[one.source].spent -= one.value
            self.post(one.line, one.quarter, {Account.ENCUMBERED: one.back, Account.ACTUAL: -one.value})
            self.expect("not_reversible", lambda: services.reverse_entries(txn=made[0].txn, reason="No", actor=None))

    @rule(noun=st.sampled_from(("requisition", "order")), number=numbers, ref=refs, quarter=quarters)
    def release(self, noun: str, number: int, ref: str, quarter: int) -> None:
        """Cancelled or closed, a document gives back all it still holds, of every line, or nothing."""
        document = f"{noun}:{number}"
        found = {
            key: one
            for key, one in self.held.items()
            if key[1] == document and ref in ("", key[2]) and one.reserved + one.encumbered
        }
        code = "period_closed" if found and quarter <= self.closed else ""
        act = lambda: services.release_funds(document=document, ref=ref, on=DAYS[quarter], actor=None)  # noqa: E731
        freed = self.expect(code, act)
        if code:
            return
        assert freed == sum((one.reserved + one.encumbered for one in found.values()), ZERO)
        for (line, _, _), one in found.items():
            self.post(line, quarter, {Account.RESERVED: -one.reserved, Account.ENCUMBERED: -one.encumbered})
            one.reserved = one.encumbered = ZERO

    @rule(source=names, amount=amounts | st.just(Decimal(300)), quarter=quarters)
    def ask_transfer(self, source: str, amount: Decimal, quarter: int) -> None:
        target = "paint" if source == "press" else "press"
        over = self.total(source, Account.AVAILABLE) < amount
        code = "period_closed" if quarter <= self.closed else "over_budget" if over else ""
        act = lambda: services.ask_transfer(  # noqa: E731
            from_line=Line.objects.get(pk=self.lines[source].pk), to_line=Line.objects.get(pk=self.lines[target].pk),
            amount=amount, on=DAYS[quarter], reason="Press broke", actor=self.cast.by_role["OPM"],
        )  # fmt: skip
        made = self.expect(code, act)
        if made is not None:
            waiting = sorted(self.owners.values(), key=lambda person: person.pk)
            self.asked[made.pk] = source, target, amount, quarter, waiting

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), answer=st.sampled_from(("yes", "yes", "yes", "no")))
    def answer_transfer(self, data: st.DataObject, answer: str) -> None:
        """Nothing moves before both owners agreed; then it does if the money is still there and the days are open."""
        key = data.draw(st.sampled_from(sorted(self.asked)))
        source, target, amount, quarter, waiting = self.asked[key]
        approval = Approval.objects.get(about=f"{Transfer.RESOURCE}:{key}")
        work.answer_approval(approval, answer=answer, note="As told", actor=waiting.pop(0))
        for event in [*Event.objects.filter(name="work.approval_decided", subject=approval.subject())] * 2:
            settle_transfer(event)  # told twice, booked once
        if answer == "yes" and waiting:
            expected = "asked"
        elif answer == "no":
            expected = "rejected"
        elif quarter <= self.closed or self.total(source, Account.AVAILABLE) < amount:
            expected = "failed"
        else:
            expected = "booked"
            self.post(source, quarter, {Account.APPROPRIATED: amount})
            self.post(target, quarter, {Account.APPROPRIATED: -amount})
        assert Transfer.objects.get(pk=key).state == expected
        if expected != "asked":
            del self.asked[key]

    @rule(line=names, quarter=quarters, more=st.sampled_from((-60, -10, 0, 25, 80)))
    def revise(self, line: str, quarter: int, more: int) -> None:
        """A revision begins with the budget as it stands; one quarter of it is planned anew."""
        if self.revision is None:
            cells = [(name, at) for name in self.lines for at in DAYS]
            now = {(name, at): -self.sums.get((name, at, Account.APPROPRIATED), ZERO) for name, at in cells}
            self.revision = Revision(services.revise_plan(self.plan, actor=None), now, dict(now))
        planned = self.revision.planned
        planned[line, quarter] = max(ZERO, planned[line, quarter] + more)
        copy = Line.objects.get(plan=self.revision.plan, root=self.lines[line])
        services.change_line(copy, weights=" ".join(str(planned[line, at]) for at in DAYS), actor=None)

    @precondition(lambda self: self.revision)
    @rule()
    def approve_revision(self) -> None:
        """Only the difference to what it began with reaches the ledger: what moved meanwhile stays moved."""
        assert self.revision is not None
        services.approve_plan(self.revision.plan, actor=self.cast.by_role["EXE"])
        for (line, quarter), planned in self.revision.planned.items():
            self.post(line, quarter, {Account.APPROPRIATED: self.revision.base[line, quarter] - planned})
        self.revision = None
        self.frozen = self.versions()

    @rule(line=names)
    def edit_what_is_approved(self, line: str) -> None:
        one = Line.objects.filter(pk__in=self.frozen).filter(root=self.lines[line]).last() or self.lines[line]
        self.expect("approved", lambda: services.change_line(one, total=Decimal(9), spread="even", actor=None))

    @rule(through=st.sampled_from((0, 0, 0, 1, 2)))
    def close_or_open(self, through: int) -> None:
        if through or self.closed:
            ends = [date(2025, 12, 31), *self.plan.period_ends]
            services.close_period(self.plan, through=ends[through], actor=None)
            self.closed = through

    @rule(line=names, quarter=quarters, amount=amounts)
    def ask(self, line: str, quarter: int, amount: Decimal) -> None:
        found = services.check_funds(line=self.lines[line], amount=amount, on=DAYS[quarter])
        assert (found.verdict == "block") == self.blocked(line, quarter, amount)
        assert found.available == self.total(line, Account.AVAILABLE)

    # what must hold ------------------------------------------------------------------------------------------------

    @invariant()
    def every_transaction_is_balanced(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            cursor.execute(UNBALANCED)
            assert cursor.fetchall() == []

    @invariant()
    def balances_are_the_sum_of_entries_and_what_the_model_says(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT line_id, period, account, sum(amount) FROM budgets_entry GROUP BY 1, 2, 3")
            summed = {(self.names[line], period, Account(account)): total for line, period, account, total in cursor}
        kept = {
            (self.names[line], period, Account(account)): amount
            for line, period, account, amount in Balance.objects.values_list("line_id", "period", "account", "amount")
        }
        assert kept == summed
        told = {cell: amount for cell, amount in self.sums.items() if amount}
        assert {cell: amount for cell, amount in kept.items() if amount} == told

    @invariant()
    def available_is_what_is_budgeted_less_what_is_used(self) -> None:
        for name, line in self.lines.items():
            found = queries.standing(line)
            assert found.available == found.appropriated - found.reserved - found.encumbered - found.actual, name
            assert min(found.reserved, found.encumbered) >= 0, name

    @invariant()
    def documents_hold_what_their_entries_say_and_never_less_than_nothing(self) -> None:
        kept = {
            (self.names[one.line_id], one.document, one.ref): Held(one.reserved, one.encumbered, one.spent)
            for one in Commitment.objects.all()
        }
        assert kept == self.held
        assert min((min(one.reserved, one.encumbered) for one in kept.values()), default=ZERO) >= 0
        with connection.cursor() as cursor:
            cursor.execute(BY_LEDGER)
            told = {(self.names[line], document, ref): tuple(held) for line, document, ref, *held in cursor}
        bound = {key: (one.reserved, one.encumbered) for key, one in kept.items() if key in told}
        assert bound == told
        assert all(one.reserved == one.encumbered == 0 for key, one in kept.items() if key not in told)

    @invariant()
    def approved_versions_are_as_they_were_and_overrides_on_record(self) -> None:
        assert self.versions() == self.frozen
        assert Plan.objects.filter(state="approved").count() == 1
        assert Entry.objects.exclude(override="").count() == self.overrides


@pytest.mark.django_db
def test_the_ledger_and_a_plain_list_of_sums_tell_one_story() -> None:
    with scope.system("a test"):
        BudgetMachine.cast = people.cast()
        run_state_machine_as_test(
            BudgetMachine,
            settings=settings(
                max_examples=14, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
                phases=(Phase.generate,)
            ),
        )  # fmt: skip
