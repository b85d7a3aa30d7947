"""The 'changes since' feed: events in an order that hides no late commit, by transaction cursor."""

from __future__ import annotations

import base64
import json
from typing import Any

from django.db import connection
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.access.rights import rights_of
from apps.core.api.endpoints import check_parameters, page_size
from apps.core.api.output import api_value
from apps.core.errors import Refused
from apps.core.resources.resource import of_subject

FEED = """
SELECT id, name, subject, actor_id, cause_id, changes, payload, at, xact::text AS xact_text FROM core_event
WHERE (xact, id) > (%s::xid8, %s) AND xact < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY core_event.xact, id LIMIT %s
"""


class ChangesEndpoint(APIView):
    """Every fact about records you may read, oldest first; poll with the cursor you were given."""

    access = ("", "r")

    @extend_schema(
        operation_id="changes_since",
        summary="Changes since a cursor",
        tags=["Changes"],
        parameters=[
            OpenApiParameter("after", str, description="'cursor' of the last answer; empty starts at the beginning"),
            OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}),
        ],
        responses=inline_serializer(
            "ChangesPage",
            {
                "results": inline_serializer(
                    "Change",
                    {
                        "id": serializers.IntegerField(),
                        "name": serializers.CharField(),
                        "subject": serializers.CharField(),
                        "actor": serializers.IntegerField(allow_null=True),
                        "cause": serializers.IntegerField(allow_null=True),
                        "changes": serializers.JSONField(),
                        "values": serializers.JSONField(),
                        "at": serializers.DateTimeField(),
                    },
                    many=True,
                ),
                "cursor": serializers.CharField(),
            },
        ),
    )
    def get(self, request: Request) -> Response:
        check_parameters(request.query_params, {"after", "limit"}, set())
        xact, last = _read(request.query_params.get("after", ""))
        limit = page_size(request.query_params)
        results: list[dict[str, Any]] = []
        while len(results) < limit:
            with connection.cursor() as cursor:
                cursor.execute(FEED, [xact, last, limit])
                rows = cursor.fetchall()
            for row in rows:
                if len(results) == limit:
                    break
                xact, last = row[8], row[0]
                if self._readable(request, row[2]):
                    results.append(_change(row))
            if len(rows) < limit:
                break
        return Response({"results": results, "cursor": _write(xact, last)})

    def _readable(self, request: Request, subject: str) -> bool:
        """The log's own wall already cut other departments; here the kind of record must be readable too."""
        found = of_subject(subject)
        if found is None:
            return rights_of(request.user).reach("audit", "r").everything
        resource, key = found
        return resource.may(request.user, "r") and resource.rows(request.user).filter(pk=key).exists()


def _change(row: tuple[Any, ...]) -> dict[str, Any]:
    return {
        "id": row[0],
        "name": row[1],
        "subject": row[2],
        "actor": row[3],
        "cause": row[4],
        "changes": _load(row[5]),
        "values": _load(row[6]),
        "at": api_value(row[7]),
    }


def _load(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _write(xact: str, last: int) -> str:
    return base64.urlsafe_b64encode(f"{xact}.{last}".encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[str, int]:
    if not cursor:
        return "0", 0
    try:
        xact, _, last = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(".")
        if (
            not (xact.isascii() and xact.isdigit() and last.isascii() and last.isdigit())
            or int(xact) >= 2**63
            or int(last) >= 2**63
        ):
            raise ValueError
        return xact, int(last)
    except (ValueError, UnicodeDecodeError) as error:
        raise Refused(
            "This cursor was not made by this feed. Start without it.", code="bad_cursor", field="after"
        ) from error
