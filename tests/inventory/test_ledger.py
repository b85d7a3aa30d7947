"""The ledger on real Postgres: what it refuses, what it remembers, and who wins the last unit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg2
import pytest
from django.db import connection, connections, transaction
from django.db.utils import DatabaseError
from django.utils import timezone

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.models import Event
from apps.inventory import queries, services
from apps.inventory.models import Item, Level, Location, Lot, Move
from tests.factories import inventory as make
from tests.factories import people

D = Decimal


@pytest.fixture
def cast(db: None) -> Any:
    with scope.system("a test"):
        yield people.cast()


def refused(act: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.code


def test_stock_is_the_sum_of_its_moves_and_every_move_has_two_ends(cast: Any) -> None:
    item, shelf = make.stocked(cast.company.plant, cast.manager, 10)
    line = make.place(cast.company.line, cast.manager)
    services.transfer_stock(item=item, at=shelf, to=line, quantity=D(4), actor=cast.manager)
    services.issue_stock(item=item, at=line, quantity=D(1), actor=cast.manager)
    services.scrap_stock(item=item, at=line, quantity=D(1), reason="Bent", actor=cast.manager)
    assert queries.on_hand(item) == 8
    assert (queries.on_hand(item, shelf), queries.on_hand(item, line)) == (6, 2)
    ends: dict[int, Decimal] = {}
    for move in Move.objects.filter(item=item):
        ends[move.from_location_id] = ends.get(move.from_location_id, D(0)) - move.quantity
        ends[move.to_location_id] = ends.get(move.to_location_id, D(0)) + move.quantity
    assert sum(ends.values()) == 0
    told = Event.objects.filter(name="inventory.stock_scrapped").last()
    assert told is not None and D(told.payload["quantity"]) == 1 and told.departments == [cast.company.line.pk]


@pytest.mark.parametrize("quantity", ["0", "-1", "0.0000001", "1234567890123", "1E+28", "NaN"])
def test_quantities_that_are_none_are_refused(cast: Any, quantity: str) -> None:
    item, shelf = make.stocked(cast.company.plant, cast.manager)
    assert (
        refused(lambda: services.issue_stock(item=item, at=shelf, quantity=D(quantity), actor=cast.manager))
        == "quantity"
    )
    assert queries.on_hand(item) == 10


def test_units_are_converted_exactly_or_refused(cast: Any) -> None:
    item = make.item(cast.company.plant, cast.manager, unit="kg", packs={"bag": "25"})
    shelf = make.place(cast.company.plant, cast.manager)
    services.receive_stock(item=item, to=shelf, quantity=D(3), unit="bag", actor=cast.manager)
    services.receive_stock(item=item, to=shelf, quantity=D("1"), unit="g", actor=cast.manager)
    assert queries.on_hand(item) == D("75.001")
    assert (
        refused(lambda: services.receive_stock(item=item, to=shelf, quantity=D(1), unit="m", actor=cast.manager))
        == "unit"
    )
    pounds = lambda: services.receive_stock(item=item, to=shelf, quantity=D(1), unit="lb", actor=cast.manager)  # noqa: E731
    assert refused(pounds) == "not_exact"  # 0.45359237 kg has eight places
    services.receive_stock(item=item, to=shelf, quantity=D(100), unit="lb", actor=cast.manager)
    assert queries.on_hand(item) == D("75.001") + D("45.359237")


def test_nothing_in_the_database_lets_a_move_or_a_level_be_changed(cast: Any) -> None:
    item, shelf = make.stocked(cast.company.plant, cast.manager)
    for statement in (
        "UPDATE inventory_move SET quantity = 1",
        "DELETE FROM inventory_move",
        "TRUNCATE inventory_move CASCADE",
        "UPDATE inventory_level SET quantity = 1000",
        "DELETE FROM inventory_level",
        f"INSERT INTO inventory_level (item_id, location_id, department_id, quantity, negative_allowed)"
        f" VALUES ({item.pk}, {shelf.pk}, {shelf.department_id}, 5, true)",
        "ALTER TABLE inventory_move DISABLE TRIGGER ALL",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert queries.on_hand(item) == 10


def test_the_owner_cannot_change_a_move_either(cast: Any, owner_cursor: psycopg2.extensions.cursor) -> None:
    with pytest.raises(psycopg2.Error):
        owner_cursor.execute("UPDATE inventory_move SET quantity = 1 WHERE true")


def test_a_move_is_reversed_once_by_its_mirror(cast: Any) -> None:
    item, shelf = make.stocked(cast.company.plant, cast.manager)
    (move,) = services.issue_stock(item=item, at=shelf, quantity=D(4), actor=cast.manager)
    mirror = services.reverse_move(move, reason="Wrong order", actor=cast.manager)
    assert (mirror.reverses_id, mirror.kind, queries.on_hand(item)) == (move.pk, "reverse", 10)
    assert refused(lambda: services.reverse_move(move, reason="Again", actor=cast.manager)) == "reversed"
    assert refused(lambda: services.reverse_move(mirror, reason="Back", actor=cast.manager)) == "is_reversal"
    receipt = Move.objects.get(item=item, kind="receive")
    services.issue_stock(item=item, at=shelf, quantity=D(10), actor=cast.manager)
    assert refused(lambda: services.reverse_move(receipt, reason="Never came", actor=cast.manager)) == "not_enough"


def test_the_past_is_told_as_it_was_and_as_it_was_known(cast: Any) -> None:
    item, shelf = make.item(cast.company.plant, cast.manager), make.place(cast.company.plant, cast.manager)
    now = timezone.now()
    monday, tuesday, friday = (now - timedelta(days=one) for one in (9, 8, 5))
    services.receive_stock(item=item, to=shelf, quantity=D(10), effective_at=monday, actor=cast.manager)
    services.issue_stock(item=item, at=shelf, quantity=D(3), effective_at=friday, actor=cast.manager)
    assert queries.on_hand(item, at=monday - timedelta(hours=1)) == 0
    assert queries.on_hand(item, at=tuesday) == 10
    assert queries.on_hand(item, at=now) == 7
    assert queries.as_of(tuesday, item=item, recorded_by=now - timedelta(days=1)) == []
    late = lambda: services.issue_stock(item=item, at=shelf, quantity=D(8), effective_at=tuesday, actor=cast.manager)  # noqa: E731
    assert refused(late) == "not_enough"
    before = lambda: services.issue_stock(  # noqa: E731
        item=item, at=shelf, quantity=D(1), effective_at=monday - timedelta(days=1), actor=cast.manager
    )
    assert refused(before) == "not_enough"
    ahead = lambda: services.issue_stock(  # noqa: E731
        item=item, at=shelf, quantity=D(1), effective_at=now + timedelta(days=1), actor=cast.manager
    )
    assert refused(ahead) == "future"
    assert queries.on_hand(item) == 7


def test_a_closed_period_takes_no_move(cast: Any) -> None:
    item, shelf = make.stocked(cast.company.plant, cast.manager)
    today = timezone.localdate()
    services.close_period(shelf, closed_until=today - timedelta(days=3), actor=cast.manager)
    shelf.refresh_from_db()
    early = timezone.now() - timedelta(days=3)
    act = lambda: services.receive_stock(item=item, to=shelf, quantity=D(1), effective_at=early, actor=cast.manager)  # noqa: E731
    assert refused(act) == "closed"
    opened = lambda: services.close_period(shelf, closed_until=today - timedelta(days=9), actor=cast.manager)  # noqa: E731
    assert refused(opened) == "closed"
    services.receive_stock(
        item=item, to=shelf, quantity=D(1), effective_at=timezone.now() - timedelta(days=1), actor=cast.manager
    )


def test_lots_leave_in_the_order_they_expire_and_held_ones_stay(cast: Any) -> None:
    item, shelf = (
        make.item(cast.company.plant, cast.manager, tracking="lot"),
        make.place(cast.company.plant, cast.manager),
    )
    today = timezone.localdate()
    lots = {}
    for name, days in (("late", 90), ("soon", 9), ("never", None), ("gone", -1), ("held", 5)):
        expires = None if days is None else today + timedelta(days=days)
        moves = services.receive_stock(
            item=item, to=shelf, quantity=D(5), lot_number=name, expires_on=expires, actor=cast.manager
        )
        lots[name] = moves[0].lot
    services.hold_lot(lots["held"], reason="Leak found", actor=cast.manager)
    moves = services.issue_stock(item=item, at=shelf, quantity=D(12), actor=cast.manager)
    assert [(move.lot.number, move.quantity) for move in moves if move.lot] == [("soon", 5), ("late", 5), ("never", 2)]
    assert refused(lambda: services.issue_stock(item=item, at=shelf, quantity=D(4), actor=cast.manager)) == "not_enough"
    for name, code in (("held", "held"), ("gone", "expired"), ("unknown", "no_lot")):
        act = lambda: services.issue_stock(item=item, at=shelf, quantity=D(1), lot_number=name, actor=cast.manager)  # noqa: B023, E731
        assert refused(act) == code
    services.scrap_stock(item=item, at=shelf, quantity=D(5), lot_number="gone", reason="Expired", actor=cast.manager)
    lots["held"].refresh_from_db()
    services.release_lot(lots["held"], reason="Was another lot", actor=cast.manager)
    services.issue_stock(item=item, at=shelf, quantity=D(5), lot_number="held", actor=cast.manager)
    assert queries.on_hand(item) == 3
    wrong = lambda: services.receive_stock(  # noqa: E731
        item=item, to=shelf, quantity=D(1), lot_number="late", expires_on=today, actor=cast.manager
    )
    assert refused(wrong) == "expiry"
    bare = lambda: services.receive_stock(item=item, to=shelf, quantity=D(1), actor=cast.manager)  # noqa: E731
    assert refused(bare) == "lot_missing"


def test_a_serial_number_is_one_piece_once_in_stock(cast: Any) -> None:
    item = make.item(cast.company.plant, cast.manager, tracking="serial")
    shelf = make.place(cast.company.plant, cast.manager)

    def take(*numbers: str, quantity: int = 2) -> Any:
        return services.receive_stock(item=item, to=shelf, quantity=D(quantity), serials=numbers, actor=cast.manager)

    assert len(take("S1", "S2")) == 2
    assert refused(lambda: take("S3")) == "serials"
    assert refused(lambda: take("S3", "S3")) == "serial_twice"
    assert refused(lambda: take("S3", "S1")) == "serial_in_stock"
    assert not Lot.objects.filter(number="S3").exists()
    services.issue_stock(item=item, at=shelf, quantity=D(1), lot_number="S1", actor=cast.manager)
    take("S1", quantity=1)
    assert queries.on_hand(item) == 2


def test_a_serial_number_comes_in_once_whichever_way(cast: Any) -> None:
    """Adjusting up and taking an issue back bring pieces in as well as a receipt does."""
    item = make.item(cast.company.plant, cast.manager, tracking="serial")
    shelf, other = (make.place(cast.company.plant, cast.manager) for _ in range(2))
    found = {"item": item, "reason": "Found", "up": True, "actor": cast.manager}
    assert refused(lambda: services.adjust_stock(at=shelf, quantity=D(5), lot_number="S1", **found)) == "serials"
    services.adjust_stock(at=shelf, quantity=D(1), lot_number="S1", **found)
    assert (
        refused(lambda: services.adjust_stock(at=other, quantity=D(1), lot_number="S1", **found)) == "serial_in_stock"
    )
    issued = services.issue_stock(item=item, at=shelf, quantity=D(1), lot_number="S1", actor=cast.manager)[0]
    services.receive_stock(item=item, to=other, quantity=D(1), serials=["S1"], actor=cast.manager)
    assert refused(lambda: services.reverse_move(issued, reason="Wrong", actor=cast.manager)) == "serial_in_stock"
    assert queries.on_hand(item) == 1


def test_lots_are_traced_up_and_down_through_production(cast: Any) -> None:
    shelf = make.place(cast.company.plant, cast.manager)

    def tracked(name: str) -> Item:
        return make.item(cast.company.plant, cast.manager, tracking="lot", code=name)

    steel, ring, valve, crate = (tracked(one) for one in ("STEEL", "RING", "VALVE", "CRATE"))
    for item, lots in ((steel, ("H1", "H2")), (ring, ("R1",))):
        for lot in lots:
            services.receive_stock(item=item, to=shelf, quantity=D(50), lot_number=lot, actor=cast.manager)

    def produce(item: Item, lot: str, *parts: tuple[Item, str, int]) -> None:
        consumes = [
            {"item": part, "at": shelf, "quantity": D(number), "lot_number": name} for part, name, number in parts
        ]
        services.produce_stock(
            item=item, to=shelf, quantity=D(10), lot_number=lot, consumes=consumes, actor=cast.manager
        )

    produce(valve, "V1", (steel, "H1", 10), (ring, "R1", 5))
    produce(valve, "V2", (steel, "H2", 10), (ring, "R1", 5))
    produce(crate, "C1", (valve, "V1", 2), (valve, "V2", 2))
    named = {one.code: one for one in Lot.objects.all()}
    down = [(lot.code, depth) for lot, depth in queries.genealogy(named["STEEL/H1"], forward=True)]
    assert down == [("VALVE/V1", 1), ("CRATE/C1", 2)]
    up = {(lot.code, depth) for lot, depth in queries.genealogy(named["CRATE/C1"], forward=False)}
    assert up == {("VALVE/V1", 1), ("VALVE/V2", 1), ("STEEL/H1", 2), ("STEEL/H2", 2), ("RING/R1", 2)}
    assert queries.on_hand(crate) == 10
    counter = _Counter()
    with connection.execute_wrapper(counter):
        queries.genealogy(named["CRATE/C1"], forward=False)
    assert counter.recursive == 1


class _Counter:
    """Counts recursive queries."""

    def __init__(self) -> None:
        self.recursive = 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.recursive += "RECURSIVE" in sql
        return execute(sql, params, many, context)


def test_an_item_in_the_ledger_keeps_its_unit_and_is_not_put_away_with_stock(cast: Any) -> None:
    item, shelf = make.stocked(cast.company.plant, cast.manager)
    assert refused(lambda: services.change_item(item, unit="kg", actor=cast.manager)) == "in_ledger"
    assert refused(lambda: services.archive_item(item, actor=cast.manager)) == "in_stock"
    assert refused(lambda: services.archive_location(shelf, actor=cast.manager)) == "in_stock"
    services.issue_stock(item=item, at=shelf, quantity=D(10), actor=cast.manager)
    services.archive_item(item, actor=cast.manager)
    assert refused(lambda: services.receive_stock(item=item, to=shelf, quantity=D(1), actor=cast.manager)) == "archived"


def test_an_item_in_the_ledger_keeps_its_currency_and_only_real_ones_are_taken(cast: Any) -> None:
    """Costs in the ledger are plain numbers: in another currency they would be worth something else."""
    item, _ = make.stocked(cast.company.plant, cast.manager)
    assert refused(lambda: services.change_item(item, currency="JPY", actor=cast.manager)) == "in_ledger"
    assert refused(lambda: make.item(cast.company.plant, None, currency="XQX")) == "unknown_currency"


@pytest.mark.django_db(transaction=True)
def test_fifty_want_the_last_unit_and_one_gets_it() -> None:
    with transaction.atomic(), scope.system("a race"):
        cast = people.cast()
        item, shelf = make.stocked(cast.company.plant, cast.manager, 1)
        other = make.place(cast.company.plant, cast.manager)
    outcomes: list[str] = []
    begin = threading.Barrier(50)

    def want(number: int) -> None:
        try:
            begin.wait(30)
            with transaction.atomic(), scope.system("a race"):
                if number % 2:
                    services.issue_stock(item=item, at=shelf, quantity=D(1), actor=cast.manager)
                else:
                    services.transfer_stock(item=item, at=shelf, to=other, quantity=D(1), actor=cast.manager)
            outcomes.append("got it")
        except Refused as refusal:
            outcomes.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=want, args=(number,)) for number in range(50)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(outcomes) == ["got it", *["not_enough"] * 49]
    with transaction.atomic(), scope.system("a race"):
        assert Level.objects.get(item=item, location=shelf).quantity == 0
        assert Move.objects.filter(item=item).count() == 2


@pytest.mark.django_db(transaction=True)
def test_moves_in_opposite_ways_never_wait_for_each_other() -> None:
    with transaction.atomic(), scope.system("a race"):
        cast = people.cast()
        item, one = make.stocked(cast.company.plant, cast.manager, 100)
        two = make.place(cast.company.plant, cast.manager)
        services.receive_stock(item=item, to=two, quantity=D(100), actor=cast.manager)
    failures: list[str] = []

    def swap(source: Location, target: Location) -> None:
        try:
            for _ in range(15):
                with transaction.atomic(), scope.system("a race"):
                    services.transfer_stock(item=item, at=source, to=target, quantity=D(1), actor=cast.manager)
        except Exception as error:
            failures.append(str(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=swap, args=ends) for ends in ((one, two), (two, one)) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with transaction.atomic(), scope.system("a race"):
        assert queries.on_hand(item) == 200


def test_counts_stop_earlier_dates(cast: Any) -> None:
    item, shelf = make.stocked(cast.company.plant, cast.manager)
    count = services.plan_count(location=shelf, due_on=date(2026, 12, 1), actor=cast.manager)
    services.enter_count(count, lines=[{"item": item, "found": 10}], actor=cast.manager)
    services.close_count(count, actor=cast.manager)
    early = timezone.now() - timedelta(minutes=5)
    act = lambda: services.receive_stock(item=item, to=shelf, quantity=D(1), effective_at=early, actor=cast.manager)  # noqa: E731
    assert refused(act) == "counted"
