"""The explore page's numbers in the API: the same parameters, the same answer."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.endpoints import Endpoint, check_parameters
from apps.core.api.output import api_value
from apps.core.resources.resource import resources
from apps.kpis import queries
from apps.kpis.explore import MOST_KPIS, MOST_PERIODS, USUAL_POINTS, Answer, Line, answer
from apps.kpis.explore_form import NAMES, ExploreForm
from apps.kpis.panels import exact_text
from apps.org.models import Department, Site

NUMBER = serializers.CharField(allow_null=True, help_text="Exact decimal; null means no value")
EXPLORED = inline_serializer(
    "KpiExploration",
    {
        "period": serializers.CharField(help_text="The grain that all lines share"),
        "as_of": serializers.DateTimeField(allow_null=True),
        "lines": inline_serializer(
            "KpiExplorationLine",
            {
                "kpi": serializers.IntegerField(),
                "code": serializers.CharField(),
                "unit": serializers.CharField(allow_blank=True),
                "name": serializers.CharField(),
                "department": serializers.IntegerField(allow_null=True),
                "site": serializers.IntegerField(allow_null=True),
                "values": inline_serializer(
                    "KpiExplorationValue",
                    {
                        "key": serializers.CharField(),
                        "start": serializers.DateTimeField(),
                        "value": NUMBER,
                        "count": serializers.IntegerField(),
                        "compared_key": serializers.CharField(allow_null=True),
                        "compared_value": NUMBER,
                    },
                    many=True,
                ),
            },
            many=True,
        ),
    },
)
EXAMPLE = {
    "period": "month",
    "as_of": "2026-11-24T06:05:00Z",
    "lines": [
        {
            "kpi": 3,
            "code": "produced",
            "unit": "pcs",
            "name": "Produced, Line 1",
            "department": 7,
            "site": None,
            "values": [
                {
                    "key": "2026-10",
                    "start": "2026-09-30T22:00:00Z",
                    "value": "48210",
                    "count": 23,
                    "compared_key": "2025-10",
                    "compared_value": "46980",
                }
            ],
        }
    ],
}
PARAMETERS = [
    OpenApiParameter(
        "kpi",
        {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1, "maxItems": MOST_KPIS},
        required=True,
        description="Keys of KPIs, one parameter for each",
    ),
    OpenApiParameter("split", {"type": "string", "enum": ["department", "site"]}),
    OpenApiParameter("period", {"type": "string", "enum": ["hour", "day", "week", "month"]}),
    OpenApiParameter("compare", {"type": "string", "enum": ["previous", "year"]}),
    OpenApiParameter(
        "points",
        {"type": "integer", "minimum": 1, "maximum": MOST_PERIODS, "default": USUAL_POINTS},
        description="Number of periods where no start is given",
    ),
    OpenApiParameter("start", {"type": "string", "format": "date"}, description="First day, at the site"),
    OpenApiParameter("end", {"type": "string", "format": "date"}, description="Last day; else the newest period"),
    OpenApiParameter("department", {"type": "integer", "minimum": 1}, description="This one and those below it"),
]


class ExploreEndpoint(Endpoint):
    """Several KPIs on the same periods, split by department or site and compared, within what you may read."""

    resource = resources["kpi"]

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return ("kpi_value", "r")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super(Endpoint, self).initial(request, *args, **kwargs)
        check_parameters(request.query_params, set(NAMES), {"kpi"})

    @extend_schema(
        operation_id="kpis_explore",
        summary="Explore KPIs",
        tags=["KPIs & goals"],
        responses=EXPLORED,
        parameters=PARAMETERS,
        examples=[OpenApiExample("A month by department", value=EXAMPLE, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        question = ExploreForm(request.query_params, actor=request.user).question()
        found = answer(question, user=request.user)
        rolled_up_at, _ = queries.freshness()
        return Response(
            {
                "period": found.grain,
                "as_of": api_value(rolled_up_at),
                "lines": [_line(found, line) for line in found.lines],
            }
        )


def _line(found: Answer, line: Line) -> dict[str, Any]:
    return {
        "kpi": line.kpi.pk,
        "code": line.kpi.code,
        "unit": line.kpi.unit,
        "name": line.name,
        "department": line.place.pk if isinstance(line.place, Department) else None,
        "site": line.place.pk if isinstance(line.place, Site) else None,
        "values": [_value(found, line, index) for index in range(len(found.periods))],
    }


def _value(found: Answer, line: Line, index: int) -> dict[str, Any]:
    value = line.values[index]
    before = line.before[index] if line.before else None
    return {
        "key": value.period.key,
        "start": api_value(value.period.start),
        "value": exact_text(value.value),
        "count": value.count,
        "compared_key": before.period.key if before else None,
        "compared_value": exact_text(before.value) if before else None,
    }
