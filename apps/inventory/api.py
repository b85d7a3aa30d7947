"""What programs ask of stock beyond records and verbs: levels now and at any time, genealogy, worth, production."""

from __future__ import annotations

from decimal import Decimal
from math import isfinite
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.access.rights import require, rights_of
from apps.core.api.endpoints import Endpoint
from apps.core.errors import Refused
from apps.core.models import plain
from apps.core.records.once import Answer
from apps.core.resources.resource import Resource, resources
from apps.core.science.forecast import demand_class
from apps.inventory import queries, services
from apps.inventory.models import Item, Location, Lot

TAGS = ["Stock"]
MOST_PARTS = 200


class StockEndpoint(Endpoint):
    """Levels of an item by place and lot; with `at`, by place as the ledger had them then."""

    resource: ClassVar[Resource] = resources["item"]
    allowed_parameters: ClassVar[frozenset[str]] = frozenset({"at", "recorded_by"})

    @extend_schema(
        operation_id="items_stock",
        summary="Read the stock of an item",
        tags=TAGS,
        parameters=[
            OpenApiParameter("at", description="A time: stock by what had happened until then"),
            OpenApiParameter("recorded_by", description="A time: leave out what was written later"),
        ],
        responses=inline_serializer(
            "StockLevel",
            {
                "location": serializers.IntegerField(),
                "lot": serializers.IntegerField(allow_null=True),
                "quantity": serializers.DecimalField(max_digits=18, decimal_places=6),
                "unit": serializers.CharField(),
            },
            many=True,
        ),
    )
    def get(self, request: Request, key: int) -> Response:
        item: Item = self.record(request, key)
        if not rights_of(request.user).can_somewhere("stock_move", "r"):
            raise Refused("Stock is not within your rights.", code="forbidden")
        at, recorded = (_moment(request, name) for name in ("at", "recorded_by"))
        if at is None and recorded is None:
            rows = queries.levels_of(item, request.user)
            found = [(one.location_id, one.lot_id, one.quantity) for one in rows]
        else:
            found = [
                (place, None, quantity)
                for _, place, quantity in queries.as_of(at or timezone.now(), item=item, recorded_by=recorded)
            ]
        return Response(
            plain(
                [
                    {"location": place, "lot": lot, "quantity": f"{quantity:f}", "unit": item.unit}
                    for place, lot, quantity in found
                ]
            )
        )


def _moment(request: Request, name: str) -> Any:
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        found = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Refused(f"'{name}' is a time with its zone, such as 2026-11-24T08:00:00Z.", code="bad_filter", field=name)
    return found


class WorthEndpoint(Endpoint):
    """What the stock of an item is worth, reckoned from its whole ledger."""

    resource: ClassVar[Resource] = resources["item"]

    @extend_schema(
        operation_id="items_worth",
        summary="Read what the stock of an item is worth",
        tags=TAGS,
        responses=inline_serializer(
            "StockWorth",
            {
                name: serializers.CharField()
                for name in (
                    "quantity",
                    "moving_average",
                    "fifo",
                    "put_in",
                    "given_out_average",
                    "given_out_fifo",
                    "price_variance_average",
                    "price_variance_fifo",
                    "currency",
                )
            },
        ),
    )
    def get(self, request: Request, key: int) -> Response:
        item: Item = self.record(request, key)
        worth = queries.worth_of(item)

        def money(value: Any) -> str:
            return f"{(Decimal(value.numerator) / value.denominator).quantize(Decimal('0.000001')):f}"

        return Response(
            {
                "quantity": money(worth.quantity),
                "moving_average": money(worth.average_value),
                "fifo": money(worth.fifo_value),
                "put_in": money(worth.put_in),
                "given_out_average": money(worth.given_average),
                "given_out_fifo": money(worth.given_fifo),
                "price_variance_average": money(worth.variance_average),
                "price_variance_fifo": money(worth.variance_fifo),
                "currency": item.currency,
            }
        )


class GenealogyEndpoint(Endpoint):
    """Lots a lot was made of, and lots it went into."""

    resource: ClassVar[Resource] = resources["lot"]

    @extend_schema(
        operation_id="lots_genealogy",
        summary="Trace a lot up and down",
        tags=TAGS,
        responses=inline_serializer(
            "LotRelative",
            {
                "relation": serializers.ChoiceField(choices=["made_of", "went_into"]),
                "lot": serializers.IntegerField(),
                "code": serializers.CharField(),
                "status": serializers.CharField(),
                "steps": serializers.IntegerField(),
            },
            many=True,
        ),
    )
    def get(self, request: Request, key: int) -> Response:
        lot: Lot = self.record(request, key)
        return Response(
            [
                {"relation": words, "lot": one.pk, "code": one.code, "status": one.status, "steps": depth}
                for forward, words in ((False, "made_of"), (True, "went_into"))
                for one, depth in queries.genealogy(lot, forward=forward)
            ]
        )


class ProduceEndpoint(Endpoint):
    """Material into a product, all or nothing, with the lots tied together."""

    resource: ClassVar[Resource] = resources["stock_move"]

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return ("stock_move", "c")

    @extend_schema(
        operation_id="stock_moves_produce",
        summary="Write a production: what was consumed and what was made",
        tags=TAGS,
        request=inline_serializer(
            "Production",
            {
                "item": serializers.IntegerField(),
                "to": serializers.IntegerField(),
                "quantity": serializers.CharField(),
                "lot_number": serializers.CharField(required=False),
                "document": serializers.CharField(required=False),
                "consumes": serializers.ListField(child=serializers.DictField()),
            },
        ),
        responses={
            201: inline_serializer(
                "ProductionWritten", {"moves": serializers.ListField(child=serializers.IntegerField())}
            )
        },
        examples=[
            OpenApiExample(
                "Ten valves of lot V7 from ten castings",
                value={
                    "item": 7,
                    "to": 3,
                    "quantity": "10",
                    "lot_number": "V7",
                    "consumes": [{"item": 4, "at": 3, "quantity": "10", "lot_number": "H1"}],
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        data: Any = request.data
        if not isinstance(data, dict) or not isinstance(data.get("consumes"), list):
            raise Refused("Send item, to, quantity and consumes, a list of objects.", code="bad_body")
        known = {"item", "to", "quantity", "lot_number", "document", "consumes"}
        if set(data) - known:
            raise Refused(f"'{sorted(set(data) - known)[0]}' is not known here.", code="bad_body")
        if len(data["consumes"]) > MOST_PARTS:
            raise Refused(f"A production has at most {MOST_PARTS} components.", code="too_many", field="consumes")
        consumes = [_part(request.user, one) for one in data["consumes"]]

        def run() -> Answer:
            moves = services.produce_stock(
                item=_named(request.user, Item, data.get("item"), "item"),
                to=_named(request.user, Location, data.get("to"), "to"),
                quantity=_quantity(data.get("quantity")),
                lot_number=_text(data.get("lot_number", "")),
                document=_text(data.get("document", "")),
                consumes=consumes,
                actor=request.user,
            )
            for move in moves:
                require(request.user, "stock_move", "c", move, noun="stock move")
            return Answer(201, {"moves": [move.pk for move in moves]}, {})

        return self.answer(request, run)


def _part(user: Any, one: Any) -> dict[str, Any]:
    if not isinstance(one, dict) or set(one) - {"item", "at", "quantity", "unit", "lot_number"}:
        raise Refused(
            "Each part is an object with item, at, quantity, unit and lot_number.", code="bad_body", field="consumes"
        )
    return {
        "item": _named(user, Item, one.get("item"), "consumes"),
        "at": _named(user, Location, one.get("at"), "consumes"),
        "quantity": _quantity(one.get("quantity")),
        "unit": _text(one.get("unit", "")),
        "lot_number": _text(one.get("lot_number", "")),
    }


def _named(user: Any, model: Any, key: Any, field: str) -> Any:
    good = isinstance(key, int) and not isinstance(key, bool) and 0 < key < 2**63
    found = model.objects.visible_to(user).filter(pk=key).first() if good else None
    if found is None:
        raise Refused(f"There is no such {model._meta.verbose_name} within your reach.", code="not_valid", field=field)
    return found


def _quantity(value: Any) -> Decimal:
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ArithmeticError
        return Decimal(str(value))
    except ArithmeticError:
        raise Refused("A quantity is a number, such as 12.5.", code="quantity", field="quantity") from None


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 120 or "\x00" in value:
        raise Refused("A lot and a document are texts of at most 120 characters.", code="wrong_type")
    return value


class ForecastEndpoint(Endpoint):
    """What an item's demand does next: method, values, error and every method tried."""

    resource: ClassVar[Resource] = resources["item"]

    @extend_schema(
        operation_id="items_forecast",
        summary="Forecast the demand for an item",
        tags=TAGS,
        responses=inline_serializer(
            "ItemForecast",
            {
                "weeks": serializers.ListField(child=serializers.DateField()),
                "demand": serializers.ListField(child=serializers.FloatField()),
                "method": serializers.CharField(),
                "mase": serializers.FloatField(allow_null=True),
                "bias": serializers.FloatField(),
                "demand_class": serializers.CharField(),
                "values": serializers.ListField(child=serializers.FloatField()),
                "lower": serializers.ListField(child=serializers.FloatField()),
                "upper": serializers.ListField(child=serializers.FloatField()),
                "tried": serializers.DictField(child=serializers.FloatField(allow_null=True)),
            },
        ),
    )
    def get(self, request: Request, key: int) -> Response:
        item: Item = self.record(request, key)
        found = queries.outlook(item, today=timezone.localdate())
        made = found.ahead
        if made is None:
            raise Refused(
                f"A forecast needs {queries.LEAST_WEEKS} whole weeks with some demand.", code="too_few_values"
            )
        return Response(
            {
                "weeks": [one.isoformat() for one in found.weeks],
                "demand": list(found.demand),
                "method": made.method,
                "mase": made.mase if isfinite(made.mase) else None,
                "bias": made.bias,
                "demand_class": demand_class(found.demand),
                "values": list(made.values),
                "lower": list(made.lower),
                "upper": list(made.upper),
                "tried": {name: error if isfinite(error) else None for name, error in made.tried.items()},
            }
        )
