"""Dry runs of automation rules for programs: ask for one, follow it, read what the rule would have done."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.actions.action import Action
from apps.core.api.endpoints import Endpoint
from apps.core.api.input import form_data
from apps.core.models import Job, plain
from apps.core.records.once import Answer
from apps.core.resources.resource import Resource, resources
from apps.workflows.models import Rule

MOST = 50
# Copied wherever they are used: a serializer takes its fields out of the dict it is given.
NUMBERS: dict[str, Any] = {
    "id": serializers.IntegerField(),
    "state": serializers.ChoiceField(Job.State.choices),
    "days": serializers.IntegerField(help_text="How far it looks back"),
    "version": serializers.IntegerField(help_text="Version of the rule that was tried"),
    "done_count": serializers.IntegerField(),
    "total_count": serializers.IntegerField(),
    "problem": serializers.CharField(),
    "created_at": serializers.DateTimeField(),
    "finished_at": serializers.DateTimeField(allow_null=True),
    "looked_at": serializers.IntegerField(allow_null=True, help_text="Past happenings it looked at"),
    "fired": serializers.IntegerField(allow_null=True, help_text="How many of them would have fired the rule"),
}
STEP: dict[str, Any] = {
    "label": serializers.CharField(),
    "given": serializers.DictField(help_text="The inputs, filled in"),
    "would": serializers.CharField(help_text="The record it would have made or changed"),
    "problem": serializers.CharField(help_text="Why it would have failed; empty when it would not"),
}
CASE: dict[str, Any] = {
    "at": serializers.DateTimeField(),
    "what": serializers.CharField(),
    "steps": inline_serializer("DryRunStep", dict(STEP), many=True),
}
DRY_RUN = inline_serializer("DryRun", dict(NUMBERS))
RESULT = inline_serializer("DryRunResult", NUMBERS | {"cases": inline_serializer("DryRunCase", dict(CASE), many=True)})
EXAMPLE = OpenApiExample("The last month", value={"days": 30}, request_only=True)


class _OfRule(Endpoint):
    resource: ClassVar[Resource] = resources["automation_rule"]

    def runs(self, request: Request, key: int) -> Any:
        rule: Rule = self.record(request, key)
        return Job.objects.filter(kind="workflows.dry_run", params__rule=rule.pk).order_by("-id")


class DryRunsEndpoint(_OfRule):
    """GET lists the last dry runs of a rule, POST asks for another."""

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return (self.resource.row, "u" if method == "POST" else "r")

    @extend_schema(
        operation_id="automation_dry_runs",
        summary="List the dry runs of an automation rule",
        description=f"The newest first, at most {MOST}.",
        tags=["Settings"],
        responses=type(DRY_RUN)(many=True),
    )
    def get(self, request: Request, key: int) -> Response:
        return Response(plain([_told(one) for one in self.runs(request, key)[:MOST]]))

    @extend_schema(
        operation_id="automation_start_dry_run",
        summary="Start a dry run of an automation rule",
        description="A worker judges the real events of the last days; nothing of it happens. Ask at Location until its "
        "state is done.",
        tags=["Settings"],
        request=inline_serializer(
            "DryRunWanted", {"days": serializers.IntegerField(min_value=1, max_value=90, required=False, default=7)}
        ),
        responses={202: DRY_RUN},
        examples=[EXAMPLE],
    )
    def post(self, request: Request, key: int) -> Response:
        rule: Rule = self.record(request, key)
        action = self.resource.action("dry-run")
        assert isinstance(action, Action)

        def run() -> Answer:
            job: Job = self.perform(request, action, form_data(action.form, request.data or {}), rule)
            fresh = Job.objects.get(pk=job.pk)
            return Answer(202, plain(_told(fresh)), {"Location": f"/api/v1/automation/{rule.pk}/dry-runs/{job.pk}/"})

        return self.answer(request, run)


class DryRunEndpoint(_OfRule):
    """One dry run with everything it would have done."""

    @extend_schema(
        operation_id="automation_dry_run_result",
        summary="Read a dry run of an automation rule",
        description="`cases` holds the first 100 happenings that would have fired the rule, once its state is done.",
        tags=["Settings"],
        responses=RESULT,
    )
    def get(self, request: Request, key: int, number: int) -> Response:
        found = self.runs(request, key).filter(pk=number).first() if number < 2**63 else None
        if found is None:
            raise Http404
        return Response(plain(_told(found) | {"cases": [_case(one) for one in found.result.get("cases", ())]}))


def _told(job: Job) -> dict[str, Any]:
    found = {name: getattr(job, name) for name in NUMBERS if hasattr(job, name)}
    found |= {"days": job.params.get("days"), "version": job.result.get("number") or job.params.get("number")}
    return found | {name: job.result.get(name) for name in ("looked_at", "fired")}


def _case(one: dict[str, Any]) -> dict[str, Any]:
    steps = [
        {
            "label": step["label"],
            "given": step["given"],
            "would": step.get("what", ""),
            "problem": step.get("problem", ""),
        }
        for step in one["steps"]
    ]
    return {"at": one["at"], "what": one["what"], "steps": steps}
