"""Grouped lists of every noun: whole groups with their counts, and pages that meet without a gap or a row twice."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest

from apps.core.access import scope
from apps.core.resources.resource import resources
from apps.core.web import grouping
from tests.factories.world import World

pytestmark = pytest.mark.usefixtures("world")
MANY = {"budget_entry"}  # a thousand rows in the test world: paging in threes through them proves nothing more
FIELDS = [
    (resource.name, field)
    for resource in resources
    if resource.name not in MANY
    for field in grouping.groupable(resource)
]
CASES = [(*one, ("rising", "falling")[index % 2]) for index, one in enumerate(FIELDS)]


def walk(world: World, url: str, side: str) -> list[list[Any]]:
    """The pages of a list from an address on, each as its rows."""
    pages = []
    while url:
        page = world.clients["clerk"].get(url).context["page"]
        pages.append(list(page.rows))
        link = page.pager.next_url if side == "next" else page.pager.previous_url
        url = page.url + link if link else ""
    return pages


@pytest.mark.parametrize(("name", "field", "sort"), CASES)
def test_groups_are_whole_over_all_pages(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str, field: str, sort: str
) -> None:
    monkeypatch.setattr("apps.core.web.views_list.SIZES", (3, 200))
    resource = resources[name]
    sortable = next((column.name for column in resource.columns if column.sort), "")
    query = f"?group={field}" + (f"&sort=-{sortable}" if sort == "falling" and sortable else "")
    whole = world.clients["clerk"].get(f"{resource.list_url()}{query}&size=200").context["page"]
    keys = [row.key for row in whole.rows]
    assert len(keys) == whole.match_count > 0
    headings = [(row.group, int(row.group_count)) for row in whole.rows if row.group]
    assert sum(count for _, count in headings) == len(keys)
    column = grouping.column_of(resource, field)
    with scope.system("reading the groups"):
        with_values = dict(resource.model._base_manager.filter(pk__in=keys).values_list("pk", column))
    runs = [key for key, _ in groupby(with_values[int(key)] for key in keys)]
    assert len(runs) == len(set(runs)) == len(headings), "a group is torn apart"
    forth = walk(world, f"{resource.list_url()}{query}&size=3", "next")
    assert [row.key for page in forth for row in page] == keys
    assert all(page[0].group for page in forth), "each page says which group it starts in"


def test_pages_lead_back_the_same_way(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.core.web.views_list.SIZES", (3,))
    client, url = world.clients["clerk"], "/kpis/?group=department&size=3"
    first = client.get(url).context["page"]
    second = client.get(first.url + first.pager.next_url).context["page"]
    third = client.get(first.url + second.pager.next_url).context["page"]
    back = client.get(first.url + third.pager.previous_url).context["page"]
    assert [row.key for row in back.rows] == [row.key for row in second.rows]
    again = client.get(first.url + back.pager.previous_url).context["page"]
    assert [row.key for row in again.rows] == [row.key for row in first.rows]


def test_the_group_is_part_of_the_address_and_changes_no_filter(world: World) -> None:
    client = world.clients["clerk"]
    plain = client.get("/kpis/?q=Measure&sort=-code").context["page"]
    by_department = next(link for link in plain.group_choices if "department" in link.url)
    grouped = client.get(plain.url + by_department.url).context["page"]
    assert {row.key for row in grouped.rows} == {row.key for row in plain.rows}
    assert "group=department" in grouped.filter_query
    assert ("group", "department") in grouped.kept and ("group", "department") in grouped.kept_by_filter


def test_a_field_that_does_not_group_and_a_cursor_without_its_group_are_left_aside(world: World) -> None:
    client = world.clients["clerk"]
    for query in ("group=name", "group=password", "group=department&after=WzEsMV0"):
        answer = client.get(f"/kpis/?{query}")
        assert answer.status_code == 200
        assert answer.context["page"].rows
