"""Hypothesis drives the stock ledger on real Postgres beside a plain list of moves; the two must never tell different stories."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from apps.core.access import scope
from apps.core.errors import Refused
from apps.inventory import queries, services
from apps.inventory.models import Count, Item, Level, Location, Lot, Move
from tests.factories import inventory as make
from tests.factories import people

STANDARD = Decimal("1.5")
OURS, OUTER = ("A", "B"), "outside"
ENDS = """
SELECT coalesce(sum(side.sign * move.quantity), 0), coalesce(sum(side.sign * move.quantity) FILTER (WHERE place.kind = 'stock'), 0)
FROM inventory_move move
CROSS JOIN LATERAL (VALUES (move.from_location_id, -1), (move.to_location_id, 1)) AS side (place, sign)
JOIN inventory_location place ON place.id = side.place
"""
quantities = st.integers(1, 9).map(Decimal) | st.decimals("0.000001", "9", places=6)
costs = st.decimals("0", "20", places=2)
ours = st.sampled_from(OURS)
things = st.sampled_from(("bolt", "glue"))
lots = st.sampled_from(("L1", "L2", "OLD"))
minutes_ago = st.sampled_from((0, 0, 5, 30))


@dataclass(frozen=True)
class Entry:
    """One line of the plain model: what moved, between which ends, when it happened and what it cost coming in."""

    key: int
    at: datetime
    written: datetime
    thing: str
    lot: str
    source: str
    target: str
    quantity: Decimal
    cost: Decimal | None


class StockMachine(RuleBasedStateMachine):
    """Two items (one by lot), two places; everything is allowed to be tried, and the model knows what must be refused."""

    actor: Any
    second: Any
    department: Any

    def __init__(self) -> None:
        super().__init__()
        self.point = transaction.savepoint()
        self.items: dict[str, Item] = {
            "bolt": make.item(self.department, self.actor, standard_cost=STANDARD),
            "glue": make.item(self.department, self.actor, standard_cost=STANDARD, tracking="lot"),
        }
        self.places: dict[str, Location] = {name: make.place(self.department, self.actor) for name in OURS}
        self.book: list[Entry] = []
        self.moves: list[Move] = []
        self.reversed: set[int] = set()
        self.held: set[str] = set()
        self.counted: dict[tuple[str, str], datetime] = {}

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.point)

    # the model ---------------------------------------------------------------------------------------------------

    def level(self, thing: str, place: str, lot: str, at: datetime | None = None) -> Decimal:
        return self.running(thing, place, lot, at)[-1]

    def running(self, thing: str, place: str, lot: str, at: datetime | None = None) -> list[Decimal]:
        """Stock after each move up to a time, oldest first; what was before the first is nothing."""
        found = [Decimal(0)]
        for one in sorted(self.book, key=lambda one: (one.at, one.key)):
            if (
                (one.thing, one.lot) == (thing, lot)
                and (at is None or one.at <= at)
                and place in (one.source, one.target)
            ):
                found.append(found[-1] + (one.quantity if one.target == place else -one.quantity))
        return found

    def lowest_since(self, thing: str, place: str, lot: str, since: datetime) -> Decimal:
        """The least there ever was from a time on; what may be taken out at that time."""
        before = len(self.running(thing, place, lot, since)) - 1
        return min(self.running(thing, place, lot)[before:])

    def lots_of(self, thing: str) -> tuple[str, ...]:
        return ("",) if thing == "bolt" else ("L1", "L2", "OLD")

    def wrote(self, moves: list[Move]) -> None:
        names = {place.pk: name for name, place in self.places.items()}
        things = {item.pk: name for name, item in self.items.items()}
        for move in moves:
            self.moves.append(move)
            ends = names.get(move.from_location_id, OUTER), names.get(move.to_location_id, OUTER)
            self.book.append(
                Entry(
                    move.pk, move.effective_at, move.created_at, things[move.item_id], move.lot.number if move.lot else "",
                    *ends, move.quantity, move.unit_cost,
                )
            )  # fmt: skip

    def expect(self, code: str, act: Callable[[], list[Move]]) -> list[Move]:
        """Does it, or sees it refused for the reason the model knows; a refusal leaves nothing behind."""
        if not code:
            made = act()
            self.wrote(made)
            return made
        with pytest.raises(Refused) as caught, transaction.atomic():
            act()
        assert caught.value.code == code
        return []

    def moment(self, ago: int) -> datetime | None:
        return timezone.now() - timedelta(minutes=ago) if ago else None

    def after_count(self, thing: str, places: tuple[str, ...], at: datetime | None) -> bool:
        return at is not None and any(
            (thing, place) in self.counted and self.counted[thing, place] >= at for place in places
        )

    @initialize()
    def opening(self) -> None:
        """An hour ago there was some of everything at the first place, so that most later acts can be done."""
        self.receive("bolt", "A", "L1", Decimal(6), Decimal(2), 60)
        for lot in self.lots_of("glue"):
            self.receive("glue", "A", lot, Decimal(6), Decimal(3), 60)

    # what people do ----------------------------------------------------------------------------------------------

    @rule(thing=things, place=ours, lot=lots, quantity=quantities, cost=costs, ago=minutes_ago)
    def receive(self, thing: str, place: str, lot: str, quantity: Decimal, cost: Decimal, ago: int) -> None:
        at = self.moment(ago)
        expires = timezone.localdate() + timedelta(days={"L1": 30, "L2": 10, "OLD": -1}[lot])
        lotted = {"lot_number": lot, "expires_on": expires} if thing == "glue" else {}
        self.expect(
            "counted" if self.after_count(thing, (place,), at) else "",
            lambda: services.receive_stock(
                item=self.items[thing], to=self.places[place], quantity=quantity, unit_cost=cost, effective_at=at,
                actor=self.actor, **lotted,
            ),
        )  # fmt: skip

    @rule(
        thing=things,
        place=ours,
        lot=lots,
        quantity=quantities,
        ago=minutes_ago,
        act=st.sampled_from(("issue", "scrap", "transfer")),
    )
    def take_out(self, thing: str, place: str, lot: str, quantity: Decimal, ago: int, act: str) -> None:
        lot, other, at = lot if thing == "glue" else "", "B" if place == "A" else "A", self.moment(ago)
        common: dict[str, Any] = {
            "item": self.items[thing], "at": self.places[place], "quantity": quantity, "effective_at": at, "actor": self.actor
        }  # fmt: skip
        common |= {"lot_number": lot} if lot else {}
        known = not lot or Lot.objects.filter(item=self.items[thing], number=lot).exists()
        touched = (place, other) if act == "transfer" else (place,)
        if not known:
            code = "no_lot"
        elif act == "issue" and lot in self.held:
            code = "held"
        elif act == "issue" and lot == "OLD":
            code = "expired"
        elif self.level(thing, place, lot) < quantity:
            code = "not_enough"
        elif self.after_count(thing, touched, at):
            code = "counted"
        else:
            code = "not_enough" if at is not None and self.lowest_since(thing, place, lot, at) < quantity else ""
        doing = {
            "issue": lambda: services.issue_stock(**common),
            "scrap": lambda: services.scrap_stock(reason="Bent", **common),
            "transfer": lambda: services.transfer_stock(to=self.places[other], **common),
        }
        self.expect(code, doing[act])

    @rule(thing=things, place=ours, lot=lots, more=st.sampled_from((0, 1)))
    def take_out_late(self, thing: str, place: str, lot: str, more: int) -> None:
        """All there was to take half an hour ago, or one more, which only what came since would cover."""
        at = timezone.now() - timedelta(minutes=30)
        most = self.lowest_since(thing, place, lot if thing == "glue" else "", at) + more
        if most:
            self.take_out(thing, place, lot, most, 30, "scrap")

    @rule(place=ours, quantity=quantities)
    def issue_first_expired(self, place: str, quantity: Decimal) -> None:
        """Without a lot the one that expires first goes first, never a held or an expired one."""
        order = [lot for lot in ("L2", "L1") if lot not in self.held]
        have = {lot: self.level("glue", place, lot) for lot in order}
        act = lambda: services.issue_stock(  # noqa: E731
            item=self.items["glue"], at=self.places[place], quantity=quantity, actor=self.actor
        )
        made = self.expect("" if sum(have.values()) >= quantity else "not_enough", act)
        left = quantity
        for move, lot in zip(made, [one for one in order if have[one]], strict=False):
            assert (move.lot.number if move.lot else "", move.quantity) == (lot, min(left, have[lot]))
            left -= move.quantity

    @rule(lot=lots)
    def hold_or_release(self, lot: str) -> None:
        found = Lot.objects.filter(item=self.items["glue"], number=lot).first()
        if found is None:
            return
        act = services.release_lot if lot in self.held else services.hold_lot
        act(found, reason="Smells", actor=self.actor)
        self.held ^= {lot}

    @precondition(lambda self: self.moves)
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        at = data.draw(st.integers(0, len(self.moves) - 1))
        move, entry = self.moves[at], self.book[at]
        if move.kind == "reverse":
            code = "is_reversal"
        elif move.pk in self.reversed:
            code = "reversed"
        else:
            there = entry.target == OUTER or self.level(entry.thing, entry.target, entry.lot) >= entry.quantity
            code = "" if there else "not_enough"
        if self.expect(code, lambda: [services.reverse_move(move, reason="Wrong", actor=self.actor)]):
            self.reversed.add(move.pk)

    @rule(place=ours, off=st.sampled_from((0, 0, 1, -2)), thing=things, lot=lots, meanwhile=st.integers(0, 3))
    def count_blind(self, place: str, off: int, thing: str, lot: str, meanwhile: int) -> None:
        """What is found is `off`; it is counted again by another person, and stock moves before the count is closed."""
        keys = [(one, name) for one in self.items for name in self.lots_of(one) if self.level(one, place, name)]
        if not keys:
            return
        count = services.plan_count(location=self.places[place], due_on=date(2026, 12, 1), actor=self.actor)
        found = {key: max(Decimal(0), self.level(key[0], place, key[1]) + off) for key in keys}
        lines = [{"item": self.items[one], "lot_number": name, "found": found[one, name]} for one, name in keys]
        count = services.enter_count(count, lines=lines, actor=self.actor)
        if count.state == "recount":
            again = count.lines.filter(to_recount=True).select_related("item", "lot")
            lines = [{"item": one.item, "lot": one.lot, "found": one.found} for one in again]
            count = services.enter_count(count, lines=lines, actor=self.second)
        for _ in range(meanwhile):
            self.take_out(thing, place, lot, Decimal(1), 0, "scrap")
        self.close_count(count, place, found)

    def close_count(self, count: Count, place: str, found: dict[tuple[str, str], Decimal]) -> None:
        """What is booked is what was found less what the ledger had at that very moment; moves since are kept."""
        things = {item.pk: name for name, item in self.items.items()}
        lines = {
            (things[line.item_id], line.lot.number if line.lot else ""): line.again_at or line.found_at
            for line in count.lines.select_related("lot")
        }
        gaps = {(one, lot): found[one, lot] - self.level(one, place, lot, at) for (one, lot), at in lines.items()}
        short = any(-gap > self.level(one, place, lot) for (one, lot), gap in gaps.items())
        since = Move.objects.order_by("-id").values_list("pk", flat=True).first() or 0

        def close() -> list[Move]:
            services.close_count(count, actor=self.actor)
            return list(Move.objects.filter(pk__gt=since).select_related("lot").order_by("id"))

        made = self.expect("not_enough" if short else "", close)
        if short:
            services.cancel_count(count, actor=self.actor)
            return
        assert sorted(move.quantity for move in made) == sorted(abs(gap) for gap in gaps.values() if gap)
        for line in count.lines.all():
            assert line.found_at is not None
            self.counted[things[line.item_id], place] = line.found_at

    # what must hold ------------------------------------------------------------------------------------------------

    @invariant()
    def levels_are_the_sum_of_moves_and_none_is_below_zero(self) -> None:
        kept = {
            (one.item_id, one.location_id, one.lot.number if one.lot else ""): one.quantity
            for one in Level.objects.filter(item__in=self.items.values()).select_related("lot")
        }
        assert min(kept.values(), default=Decimal(0)) >= 0
        told = {
            (self.items[thing].pk, self.places[place].pk, lot): self.level(thing, place, lot)
            for thing in self.items for place in OURS for lot in self.lots_of(thing)
        }  # fmt: skip
        assert {key: value for key, value in kept.items() if value} == {
            key: value for key, value in told.items() if value
        }

    @invariant()
    def all_ends_together_are_nothing(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(ENDS + "WHERE move.item_id = ANY (%s)", [[item.pk for item in self.items.values()]])
            every, held = cursor.fetchone()
        told = sum((self.level(t, p, lot) for t in self.items for p in OURS for lot in self.lots_of(t)), Decimal(0))
        assert (every, held) == (0, told)

    @precondition(lambda self: self.book)
    @rule(data=st.data())
    def the_past_is_its_replay(self, data: st.DataObject) -> None:
        at = data.draw(st.sampled_from(self.book)).at
        known = data.draw(st.sampled_from(self.book)).written
        for recorded_by in (None, known):
            book = [one for one in self.book if one.at <= at and (recorded_by is None or one.written <= recorded_by)]
            told: dict[tuple[int, int], Decimal] = {}
            for one in book:
                for end, sign in ((one.source, -1), (one.target, 1)):
                    if end != OUTER:
                        key = self.items[one.thing].pk, self.places[end].pk
                        told[key] = told.get(key, Decimal(0)) + sign * one.quantity
            for thing, item in self.items.items():
                found = {(i, p): quantity for i, p, quantity in queries.as_of(at, item=item, recorded_by=recorded_by)}
                assert found == {key: value for key, value in told.items() if key[0] == item.pk and value}, thing

    @rule(thing=things)
    def worth_foots_both_ways(self, thing: str) -> None:
        """Received = given out + left. Told step by step; what is taken back comes at the cost it went out with."""
        average, have, put_in, out = Fraction(0), Fraction(0), Fraction(0), Fraction(0)
        layers: list[tuple[Fraction, Fraction, int]] = []
        gone: dict[int, tuple[Fraction, list[tuple[Fraction, Fraction, int]]]] = {}
        told = [
            (one, move.reverses_id or 0)
            for one, move in zip(self.book, self.moves, strict=True)
            if one.thing == thing and OUTER in (one.source, one.target)
        ]
        for one, back in sorted(told, key=lambda pair: (pair[0].at, pair[0].key)):
            quantity, cost = Fraction(one.quantity), Fraction(STANDARD if one.cost is None else one.cost)
            if one.source == OUTER and back in gone:
                given, taken = gone[back]
                average, have, out, layers = average + given, have + quantity, out - given, taken + layers
            elif one.source == OUTER:
                average, have, put_in = average + quantity * cost, have + quantity, put_in + quantity * cost
                layers = [*layers, (quantity, cost, one.key)]
            else:
                given = average * quantity / have
                average, have, out = average - given, have - quantity, out + given
                left, taken = quantity, []
                for layer in sorted(layers, key=lambda layer: layer[2] != back):
                    part = min(layer[0], left)
                    if part:
                        at = layers.index(layer)
                        layers[at : at + 1] = [(layer[0] - part, *layer[1:])] if part < layer[0] else []
                        taken, left = [*taken, (part, *layer[1:])], left - part
                gone[one.key] = (given, taken)
        newest = sum((quantity * cost for quantity, cost, _ in layers), Fraction(0))
        worth = queries.worth_of(self.items[thing])
        assert (worth.quantity, worth.average_value, worth.fifo_value) == (have, average, newest)
        assert worth.given_average == out
        assert worth.put_in == put_in == worth.given_average + average == worth.given_fifo + newest


@pytest.mark.django_db
def test_the_ledger_and_a_plain_list_of_moves_tell_one_story() -> None:
    with scope.system("a test"):
        cast = people.cast()
        StockMachine.actor, StockMachine.second = cast.manager, cast.worker
        StockMachine.department = cast.company.plant
        run_state_machine_as_test(
            StockMachine,
            settings=settings(
                max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
                phases=(Phase.generate,)
            ),
        )  # fmt: skip
