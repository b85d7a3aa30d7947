"""A watch tried on the past, in the API."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.endpoints import Endpoint
from apps.core.resources.resource import resources
from apps.kpis import services


class TrialEndpoint(Endpoint):
    """What a watch would have said over its last 120 periods; nothing is written."""

    resource = resources["kpi_watch"]

    @extend_schema(
        operation_id="kpi_watches_trial",
        summary="Try a watch on the past",
        tags=["KPIs & goals"],
        responses=inline_serializer(
            "KpiWatchTrial",
            {
                "periods": serializers.IntegerField(help_text="Periods it judged"),
                "messages": serializers.ListField(child=serializers.CharField(), help_text="Oldest first"),
            },
        ),
        examples=[OpenApiExample("Twice", value={"periods": 120, "messages": ["9 is above 8", "10 is above 8"]})],
    )
    def get(self, request: Request, key: int) -> Response:
        periods, messages = services.backtest_watch(self.record(request, key), now=timezone.now())
        return Response({"periods": periods, "messages": messages})
