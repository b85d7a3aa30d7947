"""Where a KPI's value comes from, in the API: version, formula, inputs, departments and readings."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.endpoints import Endpoint, check_parameters
from apps.core.api.output import api_value
from apps.core.errors import Refused
from apps.core.resources.resource import resources
from apps.core.values import Period
from apps.kpis import queries
from apps.kpis.api import wanted_departments
from apps.kpis.lineage import lineage
from apps.kpis.models import Definition
from apps.kpis.panels import exact_text
from apps.kpis.series import zone

NUMBER = serializers.CharField(allow_null=True, help_text="Exact decimal")
ORIGIN = inline_serializer(
    "KpiOrigin",
    {
        "kpi": serializers.IntegerField(),
        "period": serializers.CharField(),
        "value": NUMBER,
        "unit": serializers.CharField(allow_blank=True),
        "formula": serializers.CharField(),
        "version": serializers.IntegerField(),
        "as_of": serializers.DateTimeField(allow_null=True),
        "readings_count": serializers.IntegerField(),
        "total": NUMBER,
        "weight": NUMBER,
        "inputs": inline_serializer(
            "KpiOriginInput",
            {"name": serializers.CharField(), "kpi": serializers.IntegerField(), "value": NUMBER},
            many=True,
        ),
        "departments": inline_serializer(
            "KpiOriginDepartment",
            {"department": serializers.IntegerField(), "code": serializers.CharField(), "value": NUMBER},
            many=True,
        ),
        "readings": inline_serializer(
            "KpiOriginReading",
            {
                "at": serializers.DateTimeField(),
                "department": serializers.IntegerField(),
                "value": NUMBER,
                "weight": NUMBER,
                "batch": serializers.IntegerField(),
            },
            many=True,
        ),
    },
)


class OriginEndpoint(Endpoint):
    """The records and the formula that made one value; the first 200 readings, with the sums of all."""

    resource = resources["kpi"]

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return ("kpi_value", "r")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super(Endpoint, self).initial(request, *args, **kwargs)
        check_parameters(request.query_params, {"period", "department", "site"}, set())

    @extend_schema(
        operation_id="kpis_origin",
        summary="Where a value comes from",
        tags=["KPIs & goals"],
        responses=ORIGIN,
        parameters=[
            OpenApiParameter("period", str, required=True, description="Such as 2026-11-24, 2026-W47 or 2026-11"),
            OpenApiParameter(
                "department", {"type": "integer", "minimum": 1}, description="This one and those below it"
            ),
        ],
        examples=[
            OpenApiExample("A week", value={"kpi": 3, "period": "2026-W47", "value": "96.4"}, response_only=True)
        ],
    )
    def get(self, request: Request, key: int) -> Response:
        kpi: Definition = self.record(request, key)
        period = Period.parse(request.query_params.get("period", ""), zone())
        if str(getattr(period.grain, "value", period.grain)) not in queries.ORDER:
            raise Refused("'period' is an hour, a day, a week or a month.", code="bad_filter", field="period")
        found = lineage(kpi, departments=wanted_departments(request), period=period)
        rolled_up_at, _ = queries.freshness()
        return Response(
            {
                "kpi": kpi.pk,
                "period": period.key,
                "value": exact_text(found.value.value),
                "unit": found.computation.unit,
                "formula": found.formula,
                "version": found.version,
                "as_of": api_value(rolled_up_at),
                "readings_count": found.count,
                "total": exact_text(found.total),
                "weight": exact_text(found.weight),
                "inputs": [
                    {"name": one.name, "kpi": one.kpi.pk, "value": exact_text(one.value)} for one in found.inputs
                ],
                "departments": [
                    {"department": place.pk, "code": place.code, "value": exact_text(value.value)}
                    for place, value in found.departments
                ],
                "readings": [
                    {
                        "at": api_value(row.at),
                        "department": row.department.pk,
                        "value": exact_text(row.value),
                        "weight": exact_text(row.weight),
                        "batch": row.batch_id,
                    }
                    for row in found.rows
                ],
            }
        )
