"""Cost of quality in the API: the same sums and records as on its page."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.budgets import quality, variance
from apps.budgets.api import AMOUNT, plan_of, whole_number
from apps.budgets.quality import CLASSES, Source
from apps.core.api.endpoints import Endpoint, check_parameters
from apps.core.resources.resource import resources

RECORD: dict[str, Any] = {
    "subject": serializers.CharField(help_text="Noun and key, such as stock_move:17"),
    "text": serializers.CharField(),
    "on": serializers.DateField(),
    "period": serializers.IntegerField(),
    "department": serializers.IntegerField(),
    "amount": AMOUNT,
}
SOURCE: dict[str, Any] = {
    "key": serializers.CharField(),
    "label": serializers.CharField(),
    "amount": AMOUNT,
    "count": serializers.IntegerField(),
    "without_rate": serializers.IntegerField(help_text="Records left out because no rate leads to the currency"),
    "records": inline_serializer("QualityCostRecord", RECORD, many=True),
}
CLASS: dict[str, Any] = {
    "key": serializers.ChoiceField(choices=list(CLASSES)),
    "name": serializers.CharField(),
    "amount": AMOUNT,
    "sources": inline_serializer("QualityCostSource", SOURCE, many=True),
}


class QualityEndpoint(Endpoint):
    """Costs of prevention, appraisal, internal and external failure."""

    resource = resources["budget_plan"]

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return ("budget_plan", "r")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super(Endpoint, self).initial(request, *args, **kwargs)
        check_parameters(request.query_params, {"plan", "through", "source"}, set())

    @extend_schema(
        operation_id="budget_quality_costs",
        summary="Cost of quality by class and source, with its records",
        tags=["Budget plans"],
        parameters=[
            OpenApiParameter("plan", OpenApiTypes.INT, required=True),
            OpenApiParameter("through", OpenApiTypes.INT, description="Last period counted; empty: today's"),
            OpenApiParameter(
                "source", OpenApiTypes.STR, description="The source whose records are listed; empty: none"
            ),
        ],
        responses=inline_serializer(
            "QualityCosts",
            {
                "plan": serializers.IntegerField(),
                "currency": serializers.CharField(),
                "through": serializers.IntegerField(),
                "amount": AMOUNT,
                "classes": inline_serializer("QualityCostClass", CLASS, many=True),
            },
        ),
        examples=[
            OpenApiExample(
                "One budget", value={"plan": 1, "currency": "EUR", "through": 6, "amount": "0", "classes": []}
            )
        ],
    )
    def get(self, request: Request) -> Response:
        params, plan = request.query_params, plan_of(request)
        through = whole_number(params, "through") if params.get("through") else 0
        through = min(through or variance.current_period(plan, timezone.localdate()), len(plan.period_ends))
        found = quality.sources(plan, request.user, through=through)
        wanted = params.get("source", "")
        if wanted and wanted not in {one.key for one in found}:
            raise Http404("There is no such source in this budget.")
        sums = quality.by_class(found)
        classes = [
            {
                "key": key,
                "name": label,
                "amount": f"{sums[key]:f}",
                "sources": [_source(one, wanted) for one in found if one.quality == key],
            }
            for key, label in CLASSES.items()
        ]
        total = f"{sum(sums.values()):f}"
        return Response(
            {"plan": plan.pk, "currency": plan.currency, "through": through, "amount": total, "classes": classes}
        )


def _source(one: Source, wanted: str) -> dict[str, Any]:
    records = [
        {
            "subject": record.subject,
            "text": record.text,
            "on": record.on,
            "period": record.period,
            "department": record.department_id,
            "amount": f"{record.amount:f}",
        }
        for record in (one.records if one.key == wanted else ())
    ]
    told = {"key": one.key, "label": one.label, "amount": f"{one.amount:f}", "count": len(one.records)}
    return told | {"without_rate": one.without_rate, "records": records}
