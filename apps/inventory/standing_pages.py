"""Pages and endpoints of how the whole stock stands: against its points, and in ABC classes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.access.rights import rights_of
from apps.core.api.endpoints import Endpoint
from apps.core.errors import Refused
from apps.core.resources.resource import Resource, resources
from apps.core.values import format_number
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.core.web.navigation import NavPage, add_page
from apps.inventory import panels, standing

CRUMBS = (pm.Crumb("Stock"),)
MOST_ROWS = 1000


def _reads_stock(user: Any) -> bool:
    return rights_of(user).can_somewhere("stock_move", "r")


add_page(NavPage("stock_positions", "Stock and points", "gauge", "Stock", 47, _reads_stock))
add_page(NavPage("stock_abc", "ABC classes", "chart-column", "Stock", 48, _reads_stock))


def _chosen(asked: Any, name: str, choices: dict[str, str]) -> str:
    found = str(asked.get(name) or next(iter(choices)))
    if found not in choices:
        raise Refused(f"'{name}' is one of: {', '.join(choices)}.", code="bad_filter", field=name)
    return found


@page("stock_move", "r")
def stock_positions(request: HttpRequest) -> HttpResponse:
    """Items against their safety stock and reorder point, over all places within reach."""
    show = request.GET.get("show", "all")
    show = show if show in standing.STANDS else "all"
    items = standing.positions(request.user)
    told = standing.figures(items)
    found = [one for one in items if standing.stands(one, show)]
    links = tuple(
        pm.Link(f"{words} ({told[name]})", f"?show={name}", current=name == show)
        for name, words in standing.STANDS.items()
    )
    shown = pm.ChartPage(
        title="Stock and points",
        facts="What is in stock at all places, against the safety stock and the reorder point of the item",
        verdict=pm.Alert(
            f"{told['below_reorder_point']} of {told['all']} items are below their reorder point.",
            f"{told['below_safety_stock']} below safety stock, {told['zero_stock']} out of stock.",
            "warn" if told["below_reorder_point"] else "info",
        ),
        crumbs=(*CRUMBS, pm.Crumb("Stock and points")),
        periods=links,
        sections=(
            pm.Section(standing.STANDS[show], note=_note(len(found)), table=_positions_table(found[:MOST_ROWS])),
        ),
    )
    return render(request, "pages/chart.html", {"page": shown})


def _note(many: int) -> str:
    return "The first 1 000" if many > MOST_ROWS else ""


def _positions_table(found: list[Any]) -> pm.Table:
    heads = (("total", "In stock"), ("safety", "Safety stock"), ("point", "Reorder point"))
    columns = (
        pm.Column("item", "Item", wide=True),
        *(pm.Column(key, words, "end") for key, words in heads),
        pm.Column("state", "State"),
    )
    rows = tuple(
        pm.Row(
            str(one.pk),
            reverse("record", args=["items", one.pk]),
            (
                pm.Cell(str(one), "link", url=reverse("record", args=["items", one.pk])),
                pm.Cell(panels.amount(one.total, one.unit), "number"),
                pm.Cell(panels.amount(one.safety_stock), "number"),
                pm.Cell(panels.amount(one.reorder_point), "number"),
                _state(one),
            ),
        )
        for one in found
    )
    return pm.Table(
        columns, rows, "Stock and points", "No item has a safety stock or a reorder point here. Set them at the item."
    )


def _state(item: Any) -> pm.Cell:
    for name, tone, words in (
        ("zero_stock", "bad", "None"),
        ("below_safety_stock", "bad", "Below safety stock"),
        ("below_reorder_point", "warn", "Below reorder point"),
    ):
        if standing.stands(item, name):
            return pm.Cell(words, "status", tone=tone)  # type: ignore[arg-type]
    return pm.Cell("Enough", "status", tone="good")


@page("stock_move", "r")
def stock_abc(request: HttpRequest) -> HttpResponse:
    """Classes of the last 365 days, by what was used or by what was spent."""
    by = request.GET.get("by", "usage")
    by = by if by in standing.BASES else "usage"
    found = standing.abc(request.user, by=by, until=timezone.localdate())
    counts = {name: sum(one.abc == name for one in found) for name in "ABC"}
    columns = (
        pm.Column("item", "Item", wide=True), pm.Column("value", "Value", "end"), pm.Column("share", "Share", "end"),
        pm.Column("abc", "Class"),
    )  # fmt: skip
    rows = tuple(
        pm.Row(
            str(one.item.pk),
            reverse("record", args=["items", one.item.pk]),
            (
                pm.Cell(str(one.item), "link", url=reverse("record", args=["items", one.item.pk])),
                pm.Cell(format_number(one.value, 2), "number", unit=one.item.currency),
                pm.Cell(format_number(Decimal(str(one.share * 100)), 1, unit="%"), "number"),
                pm.Cell(one.abc),
            ),
        )
        for one in found[:MOST_ROWS]
    )
    table = pm.Table(columns, rows, "ABC classes", "Nothing moved in the last 365 days.")
    shown = pm.ChartPage(
        title="ABC classes",
        facts=f"{standing.BASES[by]}, in the last 365 days. A up to 80 %, B up to 95 %",
        verdict=pm.Alert(
            f"Items in {', '.join(f'{name}: {many}' for name, many in counts.items())}.",
            f"{panels.worth((one.item.currency, one.value) for one in found)} in all.",
            "info",
        ),
        crumbs=(*CRUMBS, pm.Crumb("ABC classes")),
        periods=tuple(pm.Link(words, f"?by={name}", current=name == by) for name, words in standing.CHOICES.items()),
        sections=(pm.Section("Items", note=_note(len(found)), table=table),),
    )
    return render(request, "pages/chart.html", {"page": shown})


class PositionsEndpoint(Endpoint):
    """Items against their points, and how many stand below."""

    resource: ClassVar[Resource] = resources["item"]
    allowed_parameters: ClassVar[frozenset[str]] = frozenset({"show"})

    @extend_schema(
        operation_id="items_positions",
        summary="Read items against their safety stock and reorder point",
        tags=["Stock"],
        parameters=[OpenApiParameter("show", enum=list(standing.STANDS), description="Which of the items")],
        responses=inline_serializer(
            "StockPositions",
            {
                "figures": serializers.DictField(child=serializers.IntegerField()),
                "items": serializers.ListField(child=serializers.DictField()),
            },
        ),
    )
    def get(self, request: Request) -> Response:
        _demand_stock(request.user)
        items = standing.positions(request.user)
        show = _chosen(request.query_params, "show", standing.STANDS)
        rows = [
            {
                "item": one.pk,
                "code": one.code,
                "total": f"{one.total:f}",  # type: ignore[attr-defined]
                "safety_stock": None if one.safety_stock is None else f"{one.safety_stock:f}",
                "reorder_point": None if one.reorder_point is None else f"{one.reorder_point:f}",
            }
            for one in items
            if standing.stands(one, show)
        ]
        return Response({"figures": standing.figures(items), "items": rows})


class ClassesEndpoint(Endpoint):
    """ABC classes by usage or spend."""

    resource: ClassVar[Resource] = resources["item"]
    allowed_parameters: ClassVar[frozenset[str]] = frozenset({"by"})

    @extend_schema(
        operation_id="items_abc",
        summary="Read ABC classes of the last 365 days",
        tags=["Stock"],
        parameters=[OpenApiParameter("by", enum=list(standing.BASES), description="What was used, or what was spent")],
        responses=inline_serializer(
            "StockClass",
            {
                "item": serializers.IntegerField(),
                "code": serializers.CharField(),
                "value": serializers.CharField(),
                "share": serializers.FloatField(),
                "abc": serializers.CharField(),
            },
            many=True,
        ),
    )
    def get(self, request: Request) -> Response:
        _demand_stock(request.user)
        by = _chosen(request.query_params, "by", standing.BASES)
        return Response(
            [
                {
                    "item": one.item.pk,
                    "code": one.item.code,
                    "value": f"{one.value:f}",
                    "share": one.share,
                    "abc": one.abc,
                }
                for one in standing.abc(request.user, by=by, until=timezone.localdate())
            ]
        )


def _demand_stock(user: Any) -> None:
    if not _reads_stock(user):
        raise Refused("Stock is not within your rights.", code="forbidden")
