"""What programs ask of purchasing beyond records and verbs: spend, summed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.endpoints import Endpoint, check_parameters
from apps.core.errors import Refused
from apps.core.resources.resource import resources
from apps.procurement import spending
from apps.procurement.models import Order
from apps.procurement.views_spend import PeriodForm, SpendForm, asked

EXACT = serializers.CharField(help_text="Exact decimal")
ROW: dict[str, Any] = {
    "key": serializers.CharField(),
    "name": serializers.CharField(),
    "class": serializers.CharField(help_text="A, B or C by the share of value before it"),
    "orders": serializers.IntegerField(),
    "lines": serializers.IntegerField(),
} | dict.fromkeys(("worth", "share", "cumulative", "ordered", "received", "rejected"), EXACT)
RATE = serializers.CharField(allow_null=True, help_text="Rejected of received; null without deliveries")


def understood(form: PeriodForm) -> dict[str, Any]:
    """The parameters as values, or a refusal that names the one at fault."""
    if not form.is_valid():
        name, messages = next(iter(form.errors.items()))
        raise Refused(str(messages[0]), code="bad_filter", field=name)
    return form.cleaned_data


class SpendEndpoint(Endpoint):
    """Ordered value and what came of it by supplier, part, category, department, state or month."""

    resource = resources["purchase_order"]

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return ("purchase_order", "r")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super(Endpoint, self).initial(request, *args, **kwargs)
        check_parameters(request.query_params, {"start", "until", "by", "state"}, set())

    @extend_schema(
        operation_id="purchase_orders_spend",
        summary="Read spend, summed",
        tags=["Purchasing"],
        parameters=[
            OpenApiParameter("start", OpenApiTypes.DATE, description="First order date; empty: twelve months ago"),
            OpenApiParameter("until", OpenApiTypes.DATE, description="Last order date; empty: today"),
            OpenApiParameter("by", OpenApiTypes.STR, enum=list(spending.GROUPS)),
            OpenApiParameter(
                "state",
                OpenApiTypes.STR,
                description=f"One or more of {', '.join(Order.State.values)}, parted by commas; empty: placed,closed",
            ),
        ],
        responses=inline_serializer(
            "Spend",
            {
                "start": serializers.DateField(),
                "until": serializers.DateField(),
                "by": serializers.CharField(),
                **dict.fromkeys(("worth", "tax", "freight", "due", "ordered", "received", "rejected"), EXACT),
                "lines": serializers.IntegerField(),
                "reject_rate": RATE,
                "classes": serializers.DictField(child=serializers.IntegerField()),
                "rows": inline_serializer("SpendRow", ROW | {"reject_rate": RATE}, many=True),
            },
        ),
        examples=[
            OpenApiExample(
                "By supplier",
                value={
                    "start": "2026-01-01",
                    "until": "2026-06-30",
                    "by": "supplier",
                    "worth": "1200.00",
                    "tax": "0",
                    "freight": "0",
                    "due": "1200.00",
                    "ordered": "300",
                    "received": "280",
                    "rejected": "7",
                    "lines": 3,
                    "reject_rate": "0.025",
                    "classes": {"A": 1, "B": 0, "C": 0},
                    "rows": [],
                },
            )
        ],
    )
    def get(self, request: Request) -> Response:
        params = request.query_params.copy()
        params.setlist("state", [one for one in params.get("state", "").split(",") if one])
        wanted = asked(understood(SpendForm(params)))
        found = spending.analysis(**wanted)
        return Response(
            {
                "start": wanted["start"].isoformat(),
                "until": (wanted["end"] - timedelta(days=1)).isoformat(),
                "by": wanted["by"],
                **_amounts(found.total, ("worth", "ordered", "received", "rejected")),
                **_amounts(found, ("tax", "freight", "due")),
                "lines": found.total.lines,
                "reject_rate": _rate(found.total),
                "classes": found.counts(),
                "rows": [_plain(one) for one in found.rows],
            }
        )


def _amounts(source: Any, names: tuple[str, ...]) -> dict[str, str]:
    return {name: f"{getattr(source, name):f}" for name in names}


def _rate(one: spending.Spend) -> str | None:
    return None if one.reject_rate is None else f"{one.reject_rate:f}"


def _plain(one: spending.Spend) -> dict[str, Any]:
    return {
        "key": one.key,
        "name": one.name,
        "class": one.klass,
        "orders": one.orders,
        "lines": one.lines,
        **_amounts(one, ("worth", "share", "cumulative", "ordered", "received", "rejected")),
        "reject_rate": _rate(one),
    }
