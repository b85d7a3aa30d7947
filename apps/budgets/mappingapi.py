"""The open spellings of an imported ledger, in the API: read, answered once, and the file is tried again."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.budgets.mappingpage import Survey, batch_of
from apps.budgets.meanings import AMOUNTS, folded
from apps.budgets.spellings import Miss
from apps.core.access.rights import require
from apps.core.api.endpoints import Endpoint, check_parameters
from apps.core.errors import Refused
from apps.core.resources.resource import resources

SPELLING: dict[str, Any] = {
    "field": serializers.CharField(),
    "text": serializers.CharField(),
    "rows": serializers.IntegerField(),
    "suggestion": serializers.CharField(help_text="Empty: none. “+”: a new category of this name"),
}
EXAMPLE = {"field": "department", "text": "Parks & Recreation", "rows": 113, "suggestion": "PARKS"}


OPEN: dict[str, Any] = {
    "import": serializers.IntegerField(),
    "missing": serializers.ListField(child=serializers.CharField(), help_text="Columns still needed"),
    "rows_are_needed": serializers.BooleanField(help_text="The file does not say budget or actual"),
    "spellings": inline_serializer("OpenSpelling", SPELLING, many=True),
}


class SpellingsEndpoint(Endpoint):
    """What a file of a ledger calls things that nobody has mapped yet."""

    resource = resources["budget_entry"]

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return ("budget_ledger", "c")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super(Endpoint, self).initial(request, *args, **kwargs)
        check_parameters(request.query_params, {"import"} if request.method == "GET" else set(), set())

    @extend_schema(
        operation_id="budget_spellings_read",
        summary="Read the open spellings of an imported ledger",
        tags=["Budget entries"],
        parameters=[OpenApiParameter("import", OpenApiTypes.INT, required=True)],
        responses=inline_serializer(
            "OpenSpellings",
            OPEN,
        ),
        examples=[
            OpenApiExample("One", value={"import": 7, "missing": [], "rows_are_needed": False, "spellings": [EXAMPLE]})
        ],
    )
    def get(self, request: Request) -> Response:
        survey = _survey(request, request.query_params.get("import", ""))
        found = [
            {"field": one.field, "text": one.text, "rows": one.rows, "suggestion": survey.words.suggestion(one)}
            for one in survey.open
        ]
        return Response(
            {
                "import": survey.batch.pk,
                "missing": survey.missing,
                "rows_are_needed": bool(survey.whole),
                "spellings": found,
            }
        )

    @extend_schema(
        operation_id="budget_spellings_map",
        summary="Map spellings and check the file again",
        tags=["Budget entries"],
        request=inline_serializer(
            "SpellingAnswers",
            {
                "import": serializers.IntegerField(),
                "rows_are": serializers.ChoiceField(choices=list(AMOUNTS), required=False),
                "spellings": serializers.ListField(child=serializers.JSONField(), help_text="field, text and means"),
            },
        ),
        responses=inline_serializer("SpellingsMapped", {"import": serializers.IntegerField()}),
        examples=[OpenApiExample("The file as it is checked again", value={"import": 8})],
    )
    def post(self, request: Request) -> Response:
        require(request.user, "site", "c", noun="mapped spelling")
        body: Any = request.data
        if not isinstance(body, dict) or set(body) - {"import", "rows_are", "spellings"}:
            raise Refused("Send 'import', 'spellings' and, where it is asked for, 'rows_are'.", code="bad_body")
        survey = _survey(request, str(body.get("import", "")))
        batch = survey.map([*_answers(body.get("spellings", []), survey), *_whole(body.get("rows_are"), survey)])
        return Response({"import": batch.pk})


def _survey(request: Request, text: str) -> Survey:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Refused("Give 'import' as a whole number.", code="bad_body", field="import")
    return Survey(batch_of(request.user, int(text)), request.user)


def _answers(rows: Any, survey: Survey) -> list[tuple[Miss, str]]:
    if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
        raise Refused("Send 'spellings' as a list of objects.", code="bad_body", field="spellings")
    found = []
    for one in rows:
        miss = survey.words.misses.get((str(one.get("field")), folded(str(one.get("text")))))
        if miss is None:
            raise Refused(f"“{one.get('text')}” is no open spelling of this file.", code="bad_body", field="spellings")
        known = {value for value, _ in survey.words.choices(miss.field)}
        if one.get("means") not in known:
            raise Refused(
                f"“{one.get('means')}” is no {miss.field} we know. Use its code.",
                code="unknown_code",
                field="spellings",
            )
        found.append((miss, str(one["means"])))
    return found


def _whole(means: Any, survey: Survey) -> list[tuple[Miss, str]]:
    if means is None or not survey.whole:
        return []
    if means not in AMOUNTS:
        raise Refused(f"Give 'rows_are' as one of: {', '.join(AMOUNTS)}.", code="bad_body", field="rows_are")
    return [(Miss("column", survey.whole), means)]
