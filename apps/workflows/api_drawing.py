"""What programs ask of drawings: findings on a diagram not saved yet, a trial of a case, and the heat map."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import Refused
from apps.core.models import plain
from apps.workflows import publishing, simulating
from apps.workflows.api_cases import FINDING, _Own
from apps.workflows.bpmn.reading import read
from apps.workflows.bpmn.xmltree import MOST_BYTES
from apps.workflows.heat import heat_of
from apps.workflows.models import Workflow
from apps.workflows.views_heat import PERIODS, drawn_model


class CheckEndpoint(_Own):
    """What keeps a diagram from running, by element and line."""

    @extend_schema(
        operation_id="workflows_check", summary="Check the draft of a workflow", tags=["Settings"], responses=FINDING
    )
    def get(self, request: Request, key: int) -> Response:
        workflow: Workflow = self.record(request, key)
        return Response(_findings(workflow.xml))

    @extend_schema(
        operation_id="workflows_check_drawing",
        summary="Check a diagram that is not saved yet",
        tags=["Settings"],
        request=inline_serializer("DrawingToCheck", {"xml": serializers.CharField()}),
        responses=FINDING,
        examples=[OpenApiExample("A drawing", value={"xml": "<bpmn:definitions/>"}, request_only=True)],
    )
    def post(self, request: Request, key: int) -> Response:
        self.record(request, key)
        xml = self.body(request, "xml").get("xml")
        if not isinstance(xml, str) or len(xml) > MOST_BYTES:
            raise Refused("Send 'xml' as text of at most 5 MB.", code="wrong_type", field="xml")
        return Response(_findings(xml))


def _findings(xml: str) -> list[dict[str, Any]]:
    return [
        {
            "element": one.element,
            "line": one.line,
            "code": one.code,
            "message": one.message,
            "serious": one.serious,
        }
        for one in publishing.check(xml)
    ]


class TrialEndpoint(_Own):
    """A case played on the draft with the real engine; nothing is written."""

    @extend_schema(
        operation_id="workflows_try",
        summary="Try a case on the draft of a workflow",
        description="Send all steps from the start each time. Each is start (node), done, failed (code) or retry with "
        "the `token` it is about, or fired with the `wait` that comes; `values` are the answers. Nothing is written.",
        tags=["Settings"],
        request=inline_serializer(
            "Trial", {"steps": serializers.ListField(child=serializers.DictField(), max_length=simulating.MOST_STEPS)}
        ),
        responses=inline_serializer(
            "TrialStanding",
            {
                "status": serializers.CharField(),
                "outcome": serializers.CharField(),
                "values": serializers.DictField(),
                "open": serializers.ListField(child=serializers.DictField()),
                "waits": serializers.ListField(child=serializers.DictField()),
                "path": serializers.ListField(child=serializers.DictField()),
            },
        ),
        examples=[
            OpenApiExample("Start", value={"steps": [{"kind": "start", "values": {"amount": 1200}}]}, request_only=True)
        ],
    )
    def post(self, request: Request, key: int) -> Response:
        workflow: Workflow = self.record(request, key)
        steps = self.body(request, "steps").get("steps")
        if not isinstance(steps, list) or not all(isinstance(one, dict) for one in steps):
            raise Refused("Send 'steps' as a list of objects.", code="wrong_type", field="steps")
        process = read(workflow.xml.encode()).process()
        played = simulating.play(process, steps, now=timezone.now())
        state = played.state
        return Response(
            plain(
                {
                    "status": state.status if played.started else "not started",
                    "outcome": state.outcome,
                    "values": state.values,
                    "open": [
                        {"token": token.id, "element": node.id, "name": node.title, "kind": node.kind, "state": token.state}
                        for token, node in played.open_tokens(process)
                    ],
                    "waits": [
                        {"wait": one.id, "element": one.node, "kind": one.kind, "name": one.name, "key": one.key, "due": one.due}
                        for one in played.waits()
                    ],
                    "path": [{"element": one.node, "what": one.words} for one in played.path],
                }
            )
        )  # fmt: skip


class HeatEndpoint(_Own):
    """Measures per step of a workflow's cases."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super(_Own, self).initial(request, *args, **kwargs)

    allowed_parameters = frozenset({"period"})

    @extend_schema(
        operation_id="workflows_heat",
        summary="Read the heat map of a workflow",
        tags=["Settings"],
        parameters=[OpenApiParameter("period", enum=list(PERIODS), description="Days back, or all; 30 when left out")],
        responses=inline_serializer(
            "HeatOfStep",
            {
                "element": serializers.CharField(),
                "name": serializers.CharField(),
                "kind": serializers.CharField(),
                "count": serializers.IntegerField(),
                "open": serializers.IntegerField(),
                "wait_seconds": serializers.FloatField(allow_null=True),
                "work_seconds": serializers.FloatField(allow_null=True),
                "sla_missed": serializers.IntegerField(),
                "with_sla": serializers.IntegerField(),
                "rework": serializers.IntegerField(),
                "cost": serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True),
            },
            many=True,
        ),
    )
    def get(self, request: Request, key: int) -> Response:
        workflow: Workflow = self.record(request, key)
        period = request.query_params.get("period", "30")
        if period not in PERIODS:
            raise Refused(f"'period' is one of {', '.join(PERIODS)}.", code="bad_filter", field="period")
        model = drawn_model(workflow)
        since = None if period == "all" else timezone.now() - timedelta(days=int(period))
        return Response(
            plain(
                [
                    {
                        "element": one.element,
                        "name": one.name,
                        "kind": one.kind,
                        "count": one.count,
                        "open": one.here,
                        "wait_seconds": one.wait,
                        "work_seconds": one.work,
                        "sla_missed": one.breaches,
                        "with_sla": one.with_sla,
                        "rework": one.rework,
                        "cost": one.cost,
                    }
                    for one in heat_of(workflow, model.process() if model is not None else None, since=since)
                ]
            )
        )
