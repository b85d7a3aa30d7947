"""What programs ask of workflows beyond records and verbs: files, findings, who can move to a version, steps, messages."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiExample, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.access.rights import require
from apps.core.api.endpoints import Endpoint, check_parameters
from apps.core.api.output import representer, wanted
from apps.core.errors import Refused
from apps.core.models import plain
from apps.core.records.once import Answer
from apps.core.resources.resource import Resource, resources
from apps.org.models import Department
from apps.workflows.events.cases import KEEP_MINUTES
from apps.workflows.mining.log import figures
from apps.workflows.models import Step, Workflow
from apps.workflows.services import definitions, logs, messages, migrating, waiting

FINDING = inline_serializer(
    "WorkflowFinding",
    {
        "element": serializers.CharField(),
        "line": serializers.IntegerField(),
        "code": serializers.CharField(),
        "message": serializers.CharField(),
        "serious": serializers.BooleanField(help_text="Publishing is refused while one is"),
    },
    many=True,
)
STEP_FIELDS = (
    "token",
    "parent_token",
    "element",
    "name",
    "kind",
    "state",
    "problem",
    "task_id",
    "entered_at",
    "left_at",
)
MOST = 1000


class _Own(Endpoint):
    resource: ClassVar[Resource] = resources["workflow"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super(Endpoint, self).initial(request, *args, **kwargs)
        check_parameters(request.query_params, set(), set())

    def body(self, request: Request, *names: str) -> dict[str, Any]:
        data: Any = request.data
        if not isinstance(data, dict) or set(data) - set(names):
            raise Refused(f"Send a JSON object with {', '.join(names)}.", code="bad_body")
        return data


class BpmnEndpoint(_Own):
    """A BPMN file as the draft of a new workflow."""

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return ("process", "c")

    @extend_schema(
        operation_id="workflows_import_bpmn",
        summary="Draft a workflow from a BPMN file",
        tags=["Settings"],
        request=inline_serializer(
            "BpmnFile",
            {"code": serializers.SlugField(), "department": serializers.IntegerField(), "xml": serializers.CharField()},
        ),
        responses={201: inline_serializer("BpmnDraft", {"workflow": serializers.DictField()})},
        examples=[
            OpenApiExample(
                "A file", value={"code": "order", "department": 1, "xml": "<bpmn:definitions/>"}, request_only=True
            )
        ],
    )
    def post(self, request: Request) -> Response:
        data = self.body(request, "code", "department", "xml")
        code, key, xml = data.get("code"), data.get("department"), data.get("xml")
        if not isinstance(code, str) or not isinstance(xml, str) or not isinstance(key, int) or isinstance(key, bool):
            raise Refused("Send 'code' and 'xml' as text and 'department' as a key.", code="wrong_type")
        department = Department.objects.visible_to(request.user).filter(pk=key).first() if 0 < key < 2**63 else None
        if department is None:
            raise Refused("There is no such department within your reach.", code="not_valid", field="department")

        def run() -> Answer:
            made = definitions.import_workflow(
                content=xml.encode(errors="replace"),
                code=code,
                department=department,
                owner=request.user,
                actor=request.user,
            )
            require(request.user, "process", "c", made, noun="workflow")
            represent = representer(self.resource, wanted(self.resource, ""))
            return Answer(201, plain({"workflow": represent(made)}), {})

        return self.answer(request, run)


class MigrationEndpoint(_Own):
    """Running cases of other versions: which can go on with the published one."""

    @extend_schema(
        operation_id="workflows_migration",
        summary="See which running cases can move to the published version",
        tags=["Settings"],
        responses=inline_serializer(
            "MigrationVerdict",
            {
                "case": serializers.IntegerField(),
                "code": serializers.CharField(),
                "version": serializers.IntegerField(),
                "can": serializers.BooleanField(),
                "reason": serializers.CharField(),
            },
            many=True,
        ),
    )
    def get(self, request: Request, key: int) -> Response:
        workflow: Workflow = self.record(request, key)
        return Response(
            [
                {
                    "case": one.case.pk,
                    "code": one.case.code,
                    "version": one.case.revision.number,
                    "can": one.can,
                    "reason": one.reason,
                }
                for one in migrating.preview(workflow, most=MOST)
            ]
        )


class MessageEndpoint(_Own):
    """A message to whichever case waits for it, or one that starts a case."""

    resource: ClassVar[Resource] = resources["case"]

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return ("task", "a")

    @extend_schema(
        operation_id="workflows_send_message",
        summary="Send a message to waiting cases",
        description="Nobody waits yet: it is kept and the first case that comes to wait takes it, once. See /api/v1/case-messages/.",
        tags=["Work"],
        request=inline_serializer(
            "MessageToCases",
            {
                "message": serializers.CharField(),
                "key": serializers.CharField(required=False, help_text="Only cases that wait for this key hear it"),
                "values": serializers.DictField(required=False),
                "keep_minutes": serializers.IntegerField(
                    required=False,
                    min_value=0,
                    max_value=messages.MOST_MINUTES,
                    default=KEEP_MINUTES,
                    help_text="So long it is kept for a case that comes to wait later; 0: not at all",
                ),
            },
        ),
        responses={202: inline_serializer("MessageTaken", {"message": serializers.CharField()})},
        examples=[
            OpenApiExample(
                "Paid", value={"message": "paid", "key": "A-17", "values": {"amount": 12}}, request_only=True
            )
        ],
    )
    def post(self, request: Request) -> Response:
        data = self.body(request, "message", "key", "values", "keep_minutes")
        name, key, values = data.get("message"), data.get("key", ""), data.get("values", {})
        if not isinstance(name, str) or not name or not isinstance(key, str) or not isinstance(values, dict):
            raise Refused("Send 'message' and 'key' as text and 'values' as an object.", code="wrong_type")
        if len(name) > 200 or len(key) > 200 or "\x00" in name + key:
            raise Refused("A message's name and key have at most 200 characters.", code="too_long", field="message")

        minutes = data.get("keep_minutes", KEEP_MINUTES)
        if not isinstance(minutes, int) or isinstance(minutes, bool):
            raise Refused("'keep_minutes' is a whole number.", code="wrong_type", field="keep_minutes")

        def run() -> Answer:
            waiting.send_message(message=name, key=key, values=values, keep_minutes=minutes, actor=request.user)
            return Answer(202, {"message": name}, {})

        return self.answer(request, run)


class FiguresEndpoint(_Own):
    """How the ended cases of a workflow went."""

    @extend_schema(
        operation_id="workflows_figures",
        summary="Read the figures of a workflow's ended cases",
        tags=["Settings"],
        responses=inline_serializer(
            "WorkflowFigures",
            {
                "cases": serializers.IntegerField(),
                "events": serializers.IntegerField(),
                "variants": serializers.IntegerField(),
                "mean_seconds": serializers.FloatField(),
                "median_seconds": serializers.FloatField(),
                "p90_seconds": serializers.FloatField(),
                "cases_with_rework": serializers.IntegerField(),
                "directly_follows": serializers.ListField(child=serializers.DictField()),
            },
        ),
    )
    def get(self, request: Request, key: int) -> Response:
        found = figures(logs.traces(self.record(request, key)))
        return Response(
            {
                "cases": found.cases,
                "events": found.events,
                "variants": len(found.variants),
                "mean_seconds": found.mean_seconds,
                "median_seconds": found.median_seconds,
                "p90_seconds": found.p90_seconds,
                "cases_with_rework": found.reworked,
                "directly_follows": [
                    {
                        "from": one.before,
                        "to": one.after,
                        "count": one.count,
                        "mean_seconds": one.mean_seconds,
                        "median_seconds": one.median_seconds,
                    }
                    for one in found.follows
                ],
            }
        )


class StepsEndpoint(_Own):
    """The steps of a case in the order they began."""

    resource: ClassVar[Resource] = resources["case"]

    @extend_schema(
        operation_id="cases_steps",
        summary="List the steps of a case",
        tags=["Work"],
        responses=inline_serializer(
            "CaseStep",
            {
                "token": serializers.IntegerField(),
                "parent_token": serializers.IntegerField(),
                "element": serializers.CharField(),
                "name": serializers.CharField(),
                "kind": serializers.CharField(),
                "state": serializers.CharField(),
                "problem": serializers.CharField(),
                "task_id": serializers.IntegerField(allow_null=True),
                "entered_at": serializers.DateTimeField(),
                "left_at": serializers.DateTimeField(allow_null=True),
            },
            many=True,
        ),
    )
    def get(self, request: Request, key: int) -> Response:
        case = self.record(request, key)
        return Response(plain(list(Step.objects.filter(case=case).order_by("id").values(*STEP_FIELDS)[:MOST])))
