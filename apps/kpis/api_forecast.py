"""The coming periods of a KPI, in the API: method, values, interval and how wrong it tends to be."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.endpoints import Endpoint, check_parameters
from apps.core.errors import Refused
from apps.core.resources.resource import resources
from apps.kpis import queries
from apps.kpis.api import wanted_departments
from apps.kpis.models import Definition

POINTS = 120
FORECAST = inline_serializer(
    "KpiForecast",
    {
        "kpi": serializers.IntegerField(),
        "period": serializers.CharField(),
        "method": serializers.CharField(),
        "mase": serializers.FloatField(help_text="Error against the naive forecast; below 1 is better"),
        "bias": serializers.FloatField(help_text="Mean error over mean size"),
        "tried": serializers.DictField(child=serializers.FloatField(), help_text="MASE of every method tried"),
        "values": inline_serializer(
            "KpiForecastValue",
            {
                "key": serializers.CharField(),
                "value": serializers.FloatField(),
                "lower": serializers.FloatField(),
                "upper": serializers.FloatField(),
            },
            many=True,
        ),
    },
)


class ForecastEndpoint(Endpoint):
    """Six periods ahead by the method that would have done best on the last ones."""

    resource = resources["kpi"]

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return ("kpi_value", "r")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super(Endpoint, self).initial(request, *args, **kwargs)
        check_parameters(request.query_params, {"period", "department", "site"}, set())

    @extend_schema(
        operation_id="kpis_forecast",
        summary="Forecast of a KPI",
        tags=["KPIs & goals"],
        responses=FORECAST,
        parameters=[
            OpenApiParameter("period", {"type": "string", "enum": ["hour", "day", "week", "month"]}),
            OpenApiParameter("department", {"type": "integer", "minimum": 1}),
            OpenApiParameter("site", str, description="Only departments of the site with this code"),
        ],
        examples=[OpenApiExample("Weeks ahead", value={"kpi": 3, "method": "SES", "mase": 0.81}, response_only=True)],
    )
    def get(self, request: Request, key: int) -> Response:
        kpi: Definition = self.record(request, key)
        grain = request.query_params.get("period", kpi.grain)
        if grain not in queries.ORDER:
            raise Refused("'period' is hour, day, week or month.", code="bad_filter", field="period")
        departments = wanted_departments(request)
        one = queries.standings([kpi], user=request.user, grain=grain, points=POINTS, departments=departments)[0]
        found = queries.forecast_of(one)
        if found is None:
            raise Refused("A forecast needs at least 12 values. Record more first.", code="too_few_values")
        made, periods = found
        return Response(
            {
                "kpi": kpi.pk,
                "period": one.grain,
                "method": made.method,
                "mase": made.mase,
                "bias": made.bias,
                "tried": made.tried,
                "values": [
                    {"key": period.key, "value": value, "lower": low, "upper": high}
                    for period, value, low, high in zip(periods, made.values, made.lower, made.upper, strict=True)
                ],
            }
        )
