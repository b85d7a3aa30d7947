"""What OpenAPI says about the generated endpoints: typed bodies from the same forms and fields, problems on every call."""

from __future__ import annotations

from functools import cache
from typing import Any

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.db import models
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers

from apps.core.actions.action import Action
from apps.core.actions.fields import RecordField, RecordsField
from apps.core.api.output import field_names
from apps.core.resources import filtering
from apps.core.resources.resource import Resource


class Problem(serializers.Serializer[Any]):
    """RFC 9457 problem document."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    field = serializers.CharField(required=False)
    details = serializers.JSONField(required=False)


PROBLEM_STATUS = ("400", "401", "403", "404", "405", "406", "409", "412", "415", "422", "428", "429")


class ProblemAwareSchema(AutoSchema):
    """Adds the problem document to every operation."""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        component = self.resolve_serializer(Problem(), direction)
        for code in PROBLEM_STATUS:
            bodies.setdefault(
                code,
                {"content": {"application/problem+json": {"schema": component.ref}}, "description": "What went wrong"},
            )
        return bodies


SIMPLE = {
    models.BooleanField: serializers.BooleanField,
    models.DateTimeField: serializers.DateTimeField,
    models.DateField: serializers.DateField,
    models.IntegerField: serializers.IntegerField,
    models.FloatField: serializers.FloatField,
    models.JSONField: serializers.JSONField,
}


def _output_field(resource: Resource, name: str) -> Any:
    try:
        field = resource.model._meta.get_field(name)
    except Exception:
        return serializers.JSONField(read_only=True) if name != "subject" else serializers.CharField()
    null = bool(getattr(field, "null", False))
    if isinstance(field, models.ForeignKey):
        return serializers.IntegerField(allow_null=null)
    if isinstance(field, models.DecimalField):
        return serializers.CharField(allow_null=null, help_text="Exact decimal as text")
    if isinstance(field, ArrayField):
        return serializers.ListField(child=serializers.JSONField())
    for kind, made in SIMPLE.items():
        if isinstance(field, kind):
            return made(allow_null=null)
    return serializers.CharField(allow_null=null, allow_blank=True)


@cache
def output_serializer(resource: Resource) -> type[serializers.Serializer[Any]]:
    # Every field may be left out by ?fields=…
    fields = {name: _output_field(resource, name) for name in field_names(resource)}
    for field in fields.values():
        field.required = False
    return type(
        f"{resource.model.__name__}", (serializers.Serializer,), {**fields, "__doc__": resource.help or resource.label}
    )


def _options(field: Any) -> Any:
    return field.choices


def _bounds(field: Any) -> dict[str, Any]:
    return {"min_value": field.min_value, "max_value": field.max_value}


def _input_field(field: Any) -> Any:
    options: dict[str, Any] = {
        "required": field.required and field.initial in (None, ""),
        "help_text": str(field.help_text or field.label or ""),
    }
    if not field.required:
        options["allow_null"] = True
    if isinstance(field, RecordsField):
        return serializers.ListField(child=serializers.IntegerField(), **options)
    if isinstance(field, RecordField):
        return serializers.IntegerField(**options)
    if isinstance(field, forms.JSONField):
        return serializers.JSONField(**options)
    if isinstance(field, forms.BooleanField):
        return serializers.BooleanField(**{**options, "required": False})
    if isinstance(field, forms.MultipleChoiceField):
        return serializers.MultipleChoiceField(choices=list(_options(field)), **options)
    if isinstance(field, forms.ChoiceField):
        return serializers.ChoiceField(choices=[one for one in _options(field) if one[0]], **options)
    if isinstance(field, forms.DecimalField):
        return serializers.DecimalField(max_digits=None, decimal_places=None, **options)
    if isinstance(field, forms.IntegerField):
        return serializers.IntegerField(**_bounds(field), **options)
    if isinstance(field, forms.DateTimeField):
        return serializers.DateTimeField(**options)
    if isinstance(field, forms.DateField):
        return serializers.DateField(**options)
    if isinstance(field, forms.EmailField):
        return serializers.EmailField(**options)
    return serializers.CharField(
        max_length=getattr(field, "max_length", None), allow_blank=not field.required, **options
    )


def input_serializer(resource: Resource, action: Action, *, bulk: bool = False) -> Any:
    fields = {name: _input_field(field) for name, field in action.form.base_fields.items()}
    name = f"{resource.model.__name__}{action.name.title().replace('_', '').replace('-', '')}"
    if action.kind == "change":
        for field in fields.values():
            field.required = False
    if bulk:
        fields["ids"] = serializers.ListField(
            child=serializers.IntegerField(min_value=1), min_length=1, max_length=1000
        )
        name += "Bulk"
    return inline_serializer(name=name, fields=fields) if fields else None


def list_serializer(resource: Resource) -> Any:
    return inline_serializer(
        name=f"{resource.model.__name__}Page",
        fields={
            "results": output_serializer(resource)(many=True),
            "next": serializers.CharField(allow_null=True, help_text="Send as 'cursor' for the next page"),
        },
    )


IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Your own unique text; the same key does the same thing once",
)
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True, description='The ETag you read, such as "v3"'
)


def list_parameters(resource: Resource) -> list[OpenApiParameter]:
    found = [
        OpenApiParameter("cursor", str, description="Where to go on: 'next' of the page before"),
        OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}),
        OpenApiParameter("sort", _sorts(resource)),
        OpenApiParameter("fields", str, description=f"Only these, comma separated: {', '.join(field_names(resource))}"),
        OpenApiParameter("q", str, description="Words to look for"),
    ]
    if resource.archives:
        found.append(
            OpenApiParameter("archived", {"type": "string", "enum": ["0", "1"]}, description="1 lists archived ones")
        )
    many = filtering.many_names(resource)
    for name, one in filtering.filterset_class(resource).base_filters.items():
        kind = type(one).__name__
        schema: Any = {"DateFilter": OpenApiTypes.DATE, "NumberFilter": OpenApiTypes.NUMBER, "BooleanFilter": bool}.get(
            kind, str
        )
        if kind == "ModelMultipleChoiceFilter":
            schema = int
        found.append(OpenApiParameter(name, schema, many=name in many, description=str(one.label)))
    return found


def _sorts(resource: Resource) -> dict[str, Any]:
    """Each name up and down; generated clients get words for both, because a sign is no part of an identifier."""
    names = list(dict.fromkeys(["id", *filtering.sort_names(resource)]))
    return {
        "type": "string",
        "enum": [sign + name for name in names for sign in ("", "-")],
        "x-enum-varnames": [name.upper() + way for name in names for way in ("", "_DESCENDING")],
    }


def describe(resource: Resource, view: type[Any], method: str, action: Action | None, *, kind: str) -> None:
    """Attach the description of one operation to a generated endpoint class."""
    noun = resource.noun
    body = input_serializer(resource, action, bulk=kind == "bulk") if action is not None and method != "get" else None
    answers, parameters = _answers(resource, action, kind)
    summary = {"list": f"List {resource.plural}", "read": f"Read one {noun}"}.get(kind, action.label if action else "")
    examples = []
    if body is not None and action is not None:
        examples = [OpenApiExample(f"{kind} {noun}", value=_example(action), request_only=True)]
    operation = f"{resource.path.replace('-', '_')}_{action.name if action and kind not in {'list', 'read'} else kind}"
    extend_schema(
        operation_id=operation + ("_bulk" if kind == "bulk" else ""),
        summary=summary,
        tags=[resource.plural],
        description=(action.help if action else resource.help) or None,
        request=body,
        responses=answers,
        parameters=parameters,
        examples=examples,
    )(getattr(view, method))


def _answers(resource: Resource, action: Action | None, kind: str) -> tuple[dict[Any, Any], list[Any]]:
    """Answers by status, and the parameters, of one kind of operation."""
    record = output_serializer(resource)
    if kind == "list":
        return {200: list_serializer(resource)}, list_parameters(resource)
    if kind == "create":
        return {201: record}, [IDEMPOTENCY]
    if kind == "read":
        unchanged = OpenApiResponse(description="Unchanged since the ETag in If-None-Match")
        return {200: record, 304: unchanged}, [OpenApiParameter("fields", str)]
    if kind == "change":
        return {200: record}, [IF_MATCH, IDEMPOTENCY]
    if kind == "bulk" and action is not None:
        name = f"{resource.model.__name__}{action.name.title()}Done"
        return {200: inline_serializer(name, {"changed": serializers.IntegerField()})}, [IDEMPOTENCY]
    return {200: record}, [IDEMPOTENCY]


def _example(action: Action) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, field in action.form.base_fields.items():
        if not field.required:
            continue
        if isinstance(field, RecordField | forms.IntegerField):
            found[name] = 1
        elif isinstance(field, forms.DateField):
            found[name] = "2026-11-24"
        elif isinstance(field, forms.DecimalField):
            found[name] = "12.5"
        elif isinstance(field, forms.ChoiceField):
            found[name] = (
                next((value for value, _ in field.choices if value), "") if not callable(field.choices) else ""
            )
        else:
            found[name] = str(field.label or name)
    return found


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Names the token scheme in the document."""

    target_class = "apps.core.api.auth.TokenOrSession"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "An API token made under Settings: 'ops_…'"}
