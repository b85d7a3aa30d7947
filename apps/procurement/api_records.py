"""What a program sees of single documents and suppliers as people see it on their pages: progress, offers side by side, scores."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.access.rights import require
from apps.core.api.endpoints import Endpoint, check_parameters
from apps.core.resources.resource import resources
from apps.procurement import queries
from apps.procurement.api import EXACT, understood
from apps.procurement.lines import by_number, number, plain_number
from apps.procurement.models import Order, Rfq, Supplier
from apps.procurement.scorecard import Score
from apps.procurement.views_spend import PeriodForm, period_of

MAYBE = serializers.CharField(allow_null=True, help_text="Exact decimal; null where nothing was counted")
QUANTITIES = ("ordered", "received", "rejected", "returned", "invoiced", "outstanding")
PROGRESS: dict[str, Any] = {
    "line": serializers.IntegerField(),
    "part": serializers.CharField(),
    "price": EXACT,
} | dict.fromkeys(QUANTITIES, EXACT)
FIGURES = ("points", "otif", "otif_shrunk", "ppm", "price_variance", "response_days")


class ProgressEndpoint(Endpoint):
    """What came of each line of an order."""

    resource = resources["purchase_order"]

    @extend_schema(
        operation_id="purchase_orders_progress",
        summary="Read what came of the lines of an order",
        tags=["Purchasing"],
        responses=inline_serializer(
            "OrderProgress",
            PROGRESS,
            many=True,
        ),
        examples=[
            OpenApiExample(
                "Half of it came",
                value={"line": 1, "part": "SEAL-24", "price": "4.5", "ordered": "10", "received": "5", "rejected": "0"}
                | {"returned": "0", "invoiced": "0", "outstanding": "5"},
            )
        ],
    )
    def get(self, request: Request, key: int) -> Response:
        order: Order = self.record(request, key)
        done = queries.progress(order)
        return Response([_progress(place, line, done[place]) for place, line in by_number(order.lines).items()])


def _progress(place: int, line: dict[str, Any], done: queries.Progress) -> dict[str, Any]:
    ordered = number(line, "quantity")
    amounts = (
        ordered,
        done.received,
        done.rejected,
        done.returned,
        done.invoiced,
        max(ordered - done.accepted, Decimal(0)),
    )
    found = {name: plain_number(amount) for name, amount in zip(QUANTITIES, amounts, strict=True)}
    return {"line": place, "part": line.get("part", ""), "price": line["price"]} | found


class ComparisonEndpoint(Endpoint):
    """The offers of a request side by side."""

    resource = resources["rfq"]

    @extend_schema(
        operation_id="rfqs_comparison",
        summary="Compare the quotations of a request",
        tags=["Purchasing"],
        responses=inline_serializer(
            "Quotations",
            {
                "supplier": serializers.IntegerField(),
                "name": serializers.CharField(),
                "state": serializers.CharField(),
                "total": MAYBE,
                "lead_days": serializers.IntegerField(allow_null=True),
                "valid_until": serializers.DateField(allow_null=True),
                "lines": serializers.JSONField(help_text="Price offered per line of the request"),
                "lowest": serializers.BooleanField(help_text="The lowest total of complete offers"),
            },
            many=True,
        ),
        examples=[
            OpenApiExample(
                "One offer",
                value={"supplier": 1, "name": "Norda Metals", "state": "offered", "total": "490", "lead_days": 8}
                | {"valid_until": None, "lines": [{"line": 1, "price": "4.9"}], "lowest": True},
            )
        ],
    )
    def get(self, request: Request, key: int) -> Response:
        rfq: Rfq = self.record(request, key)
        offers = [(one, one.total()) for one in rfq.quotations.select_related("supplier", "rfq").order_by("pk")]
        least = min((total for _, total in offers if total is not None), default=None)
        return Response(
            [
                {
                    "supplier": one.supplier_id,
                    "name": str(one.supplier),
                    "state": one.state,
                    "total": None if total is None else plain_number(total),
                    "lead_days": one.lead_days,
                    "valid_until": one.valid_until,
                    "lines": one.lines,
                    "lowest": total is not None and total == least,
                }
                for one, total in offers
            ]
        )


class ScoresEndpoint(Endpoint):
    """How suppliers did in a period."""

    resource = resources["supplier"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super(Endpoint, self).initial(request, *args, **kwargs)
        check_parameters(request.query_params, {"start", "until"}, set())
        require(request.user, "purchase_order", "r", noun="purchase order")

    @extend_schema(
        operation_id="suppliers_scores",
        summary="Read the scorecards of suppliers",
        tags=["Purchasing"],
        parameters=[
            OpenApiParameter("start", OpenApiTypes.DATE, description="First day; empty: twelve months ago"),
            OpenApiParameter("until", OpenApiTypes.DATE, description="Last day; empty: today"),
        ],
        responses=inline_serializer(
            "SupplierScores",
            {
                "start": serializers.DateField(),
                "until": serializers.DateField(),
                "suppliers": inline_serializer(
                    "SupplierScore",
                    {
                        "supplier": serializers.IntegerField(),
                        "name": serializers.CharField(),
                        "spend": EXACT,
                        "lines": serializers.IntegerField(),
                        "small_sample": serializers.BooleanField(),
                        **dict.fromkeys(FIGURES, MAYBE),
                    },
                    many=True,
                ),
            },
        ),
        examples=[
            OpenApiExample("Nobody delivered", value={"start": "2026-01-01", "until": "2026-06-30", "suppliers": []})
        ],
    )
    def get(self, request: Request) -> Response:
        start, end = period_of(understood(PeriodForm(request.query_params)))
        scores, spend = queries.scorecards(start, end), queries.spend(start, end)
        suppliers = Supplier.objects.visible_to(request.user).filter(archived_at__isnull=True).order_by("pk")
        found = [_score(one, scores.get(one.pk) or Score(), spend.get(one.pk, Decimal(0))) for one in suppliers]
        return Response({"start": start, "until": end - timedelta(days=1), "suppliers": found})


def _score(supplier: Supplier, score: Score, spend: Decimal) -> dict[str, Any]:
    figures = {name: getattr(score, name) for name in FIGURES}
    return {
        "supplier": supplier.pk,
        "name": supplier.name,
        "spend": plain_number(spend),
        "lines": score.lines,
        "small_sample": score.small,
        **{name: None if value is None else f"{value:f}" for name, value in figures.items()},
    }
