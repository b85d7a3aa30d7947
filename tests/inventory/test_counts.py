"""Counts: blind, taken again by another person, booked against the ledger of that very moment."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.models import Event
from apps.inventory import queries, services
from apps.inventory.models import Count, CountLine, Item, Move
from apps.inventory.planning import classes
from tests.factories import inventory as make
from tests.factories import people

D = Decimal
DAY = date(2026, 12, 1)


@pytest.fixture
def cast(db: None) -> Any:
    with scope.system("a test"):
        yield people.cast()


def test_a_count_far_off_is_taken_again_by_another_and_only_then_booked(cast: Any) -> None:
    item, shelf = make.stocked(cast.company.plant, cast.manager, 100)
    count = services.plan_count(location=shelf, due_on=DAY, tolerance=D(2), actor=cast.manager)
    services.enter_count(count, lines=[{"item": item, "found": 90}], actor=cast.worker)
    count.refresh_from_db()
    assert count.state == "recount"
    with pytest.raises(Refused):
        services.close_count(count, actor=cast.manager)
    with pytest.raises(Refused) as caught:
        services.enter_count(count, lines=[{"item": item, "found": 91}], actor=cast.worker)
    assert caught.value.code == "same_person"
    services.enter_count(count, lines=[{"item": item, "found": 97}], actor=cast.manager)
    count.refresh_from_db()
    with pytest.raises(Refused) as caught:
        services.enter_count(count, lines=[{"item": item, "found": 100}], actor=cast.worker)
    assert caught.value.code == "counted", "the first count is what record accuracy is measured by"
    services.close_count(count, actor=cast.manager)
    line = CountLine.objects.get(count=count)
    assert (line.found, line.again, line.expected, line.difference) == (90, 97, 100, -3)
    move = Move.objects.get(kind="count")
    assert (move.quantity, move.from_location, move.document) == (3, shelf, count.subject())
    assert queries.on_hand(item) == 97
    told = Event.objects.filter(name="inventory.count_closed").last()
    assert told is not None and (told.payload["lines"], told.payload["accurate"]) == (1, 0)


def test_a_place_with_stock_stays_with_its_department(cast: Any) -> None:
    item, shelf = make.stocked(cast.company.plant, cast.manager, 4)
    with pytest.raises(Refused) as caught:
        services.change_location(shelf, department=cast.company.other, actor=cast.manager)
    assert caught.value.code == "in_stock"
    services.issue_stock(item=item, at=shelf, quantity=D(4), actor=cast.manager)
    assert (
        services.change_location(shelf, department=cast.company.other, actor=cast.manager).department
        == cast.company.other
    )


def test_moves_during_the_count_are_taken_into_account(cast: Any) -> None:
    item, shelf = make.stocked(cast.company.plant, cast.manager, 100)
    count = services.plan_count(location=shelf, due_on=DAY, tolerance=D(5), actor=cast.manager)
    services.enter_count(count, lines=[{"item": item, "found": 98}], actor=cast.worker)
    services.issue_stock(item=item, at=shelf, quantity=D(40), actor=cast.manager)
    services.receive_stock(item=item, to=shelf, quantity=D(15), actor=cast.manager)
    count.refresh_from_db()
    services.close_count(count, actor=cast.manager)
    assert CountLine.objects.get(count=count).difference == -2
    assert queries.on_hand(item) == 100 - 40 + 15 - 2


def test_what_nobody_expected_is_counted_too(cast: Any) -> None:
    _, shelf = make.stocked(cast.company.plant, cast.manager, 4)
    stray = make.item(cast.company.plant, cast.manager, tracking="lot")
    count = services.plan_count(location=shelf, due_on=DAY, tolerance=D(100), actor=cast.manager)
    with pytest.raises(Refused):
        services.enter_count(count, lines=[{"item": stray, "found": 3}], actor=cast.manager)
    services.enter_count(count, lines=[{"item": stray, "lot_number": "X1", "found": 3}], actor=cast.manager)
    known = CountLine.objects.get(count=count, lot=None)
    services.enter_count(count, lines=[{"item": known.item, "found": 4}], actor=cast.manager)
    count.refresh_from_db()
    if count.state == "recount":
        services.enter_count(count, lines=[{"item": stray, "lot_number": "X1", "found": 3}], actor=cast.worker)
        count.refresh_from_db()
    services.close_count(count, actor=cast.manager)
    assert queries.on_hand(stray) == 3


def test_cycle_counts_come_from_the_classes(cast: Any) -> None:
    shelf = make.place(cast.company.plant, cast.manager)
    items = {}
    for name in "ABC":
        items[name] = make.item(cast.company.plant, cast.manager)
        Item.objects.filter(pk=items[name].pk).update(abc=name)
        services.receive_stock(item=items[name], to=shelf, quantity=D(1), actor=cast.manager)
    first = services.plan_cycle_counts(location=shelf, today=DAY, actor=cast.manager)
    assert first is not None and first.lines.count() == 3
    assert services.plan_cycle_counts(location=shelf, today=DAY, actor=cast.manager) is None
    services.enter_count(first, lines=[{"item": one, "found": 1} for one in items.values()], actor=cast.worker)
    first.refresh_from_db()
    services.close_count(first, actor=cast.manager)
    later = timezone.localdate() + timedelta(days=40)
    due = services.plan_cycle_counts(location=shelf, today=later, actor=cast.manager)
    assert due is not None and [line.item for line in due.lines.all()] == [items["A"]]


def test_accuracy_is_the_share_of_lines_within_tolerance() -> None:
    pairs = [(D(100), D(100)), (D(98), D(100)), (D(90), D(100)), (D(0), D(0))]
    assert classes.accuracy(pairs) == 0.5
    assert classes.accuracy(pairs, tolerance=D(2)) == 0.75
    assert classes.accuracy([]) is None


def test_the_page_is_blind_and_keeps_what_was_typed(cast: Any) -> None:
    item, shelf = make.stocked(cast.company.plant, cast.manager, 173)
    count = services.plan_count(location=shelf, due_on=DAY, tolerance=D(5), actor=cast.manager)
    client = Client()
    client.force_login(cast.by_role["OPM"])
    page = client.get(f"/stock-counts/{count.pk}/do/").content.decode()
    assert item.code in page and "173" not in page
    assert "173" not in client.get(f"/stock-counts/{count.pk}/").content.decode()
    line = CountLine.objects.get(count=count)
    wrong = client.post(f"/stock-counts/{count.pk}/do/", {f"found-{line.pk}": "17x"})
    assert wrong.status_code == 422 and b'value="17x"' in wrong.content
    assert client.post(f"/stock-counts/{count.pk}/do/", {f"found-{line.pk}": "172,5"}).status_code == 302
    line.refresh_from_db()
    assert line.found == D("172.5")
    assert Count.objects.get(pk=count.pk).state == "open"


def test_an_item_is_in_one_open_count_of_a_place(cast: Any) -> None:
    """Two of them would find the same difference and book it twice."""
    item, shelf = make.stocked(cast.company.plant, cast.manager, 10)
    other = make.item(cast.company.plant, cast.manager)
    first = services.plan_count(location=shelf, due_on=DAY, tolerance=D(100), actor=cast.manager)
    with pytest.raises(Refused) as caught, transaction.atomic():
        services.plan_count(location=shelf, due_on=DAY, actor=cast.manager)
    assert (caught.value.code, first.code in caught.value.message) == ("counted_already", True)
    second = services.plan_count(location=shelf, due_on=DAY, items=[other], actor=cast.manager)
    with pytest.raises(Refused) as caught, transaction.atomic():
        services.enter_count(second, lines=[{"item": item, "found": 8}], actor=cast.worker)
    assert caught.value.code == "counted_already"
    services.enter_count(first, lines=[{"item": item, "found": 8}], actor=cast.worker)
    first.refresh_from_db()
    services.close_count(first, actor=cast.manager)
    services.enter_count(second, lines=[{"item": item, "found": 8}, {"item": other, "found": 0}], actor=cast.worker)
    second.refresh_from_db()
    services.close_count(second, actor=cast.manager)
    assert queries.on_hand(item) == 8


def test_a_serial_number_is_found_once_or_not_at_all(cast: Any) -> None:
    item, shelf = make.item(cast.company.plant, cast.manager, tracking="serial"), make.place(cast.company.plant, None)
    count = services.plan_count(location=shelf, due_on=DAY, items=[item], tolerance=D(100), actor=cast.manager)
    with pytest.raises(Refused) as caught:
        services.enter_count(count, lines=[{"item": item, "lot_number": "S1", "found": 3}], actor=cast.worker)
    assert caught.value.code == "serials"
