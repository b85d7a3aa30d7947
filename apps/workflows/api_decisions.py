"""Asking a decision table and sending DMN files, in the API."""

from __future__ import annotations

from typing import Any

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
from apps.core.resources.resource import resources
from apps.org.models import Department
from apps.workflows.dmn.values import plain_value
from apps.workflows.services import decisions as services

OUTCOME = inline_serializer(
    "DecisionOutcome",
    {
        "value": serializers.JSONField(allow_null=True, help_text="One value, named values, or a list of them"),
        "rules": serializers.ListField(child=serializers.IntegerField(), help_text="Numbers of the rules that hit"),
        "version": serializers.IntegerField(),
    },
)


class _Own(Endpoint):
    resource = resources["decision"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super(Endpoint, self).initial(request, *args, **kwargs)
        check_parameters(request.query_params, set(), set())

    def body(self, request: Request, *names: str) -> dict[str, Any]:
        data: Any = request.data
        if not isinstance(data, dict) or set(data) - set(names):
            raise Refused(f"Send a JSON object with {', '.join(names)}.", code="bad_body")
        return data


class DecideEndpoint(_Own):
    """The published table's answer. Reading: it changes nothing."""

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return ("rule", "r")

    @extend_schema(
        operation_id="decisions_decide",
        summary="Ask a decision table",
        tags=["Settings"],
        request=inline_serializer("DecisionQuestion", {"values": serializers.DictField(help_text="By input name")}),
        responses=OUTCOME,
        examples=[OpenApiExample("A discount", value={"values": {"amount": 1200}}, request_only=True)],
    )
    def post(self, request: Request, key: int) -> Response:
        decision = self.record(request, key)
        values = self.body(request, "values").get("values")
        if not isinstance(values, dict):
            raise Refused("Send 'values': an object by input name.", code="wrong_type", field="values")
        outcome = services.decide(decision.code, values)
        return Response(
            {
                "value": plain_value(outcome.value),
                "rules": list(outcome.hits),
                "version": decision.published_number,
            }
        )


class DmnEndpoint(_Own):
    """A DMN file's tables as drafts."""

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return ("rule", "c")

    @extend_schema(
        operation_id="decisions_import_dmn",
        summary="Draft decision tables from a DMN file",
        tags=["Settings"],
        request=inline_serializer(
            "DmnFile",
            {"code": serializers.SlugField(), "department": serializers.IntegerField(), "xml": serializers.CharField()},
        ),
        responses={
            201: inline_serializer("DmnDrafts", {"decisions": serializers.ListField(child=serializers.DictField())})
        },
        examples=[
            OpenApiExample(
                "A file", value={"code": "discount", "department": 1, "xml": "<definitions/>"}, request_only=True
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
            made = services.import_decisions(
                content=xml.encode(errors="replace"),
                code=code,
                department=department,
                owner=request.user,
                actor=request.user,
            )
            require(request.user, "rule", "c", made[0], noun="decision table")
            represent = representer(self.resource, wanted(self.resource, ""))
            return Answer(201, plain({"decisions": [represent(one) for one in made]}), {})

        return self.answer(request, run)
