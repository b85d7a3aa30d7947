"""The tree of objectives with its progress, in the API."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.endpoints import Endpoint, check_parameters
from apps.core.resources.resource import resources
from apps.kpis.series import zone
from apps.strategy import queries
from apps.strategy.queries import Branch, share_of

SHARE = serializers.CharField(allow_null=True, help_text="0 to 1 as exact decimal; null: no value yet")
RESULT = inline_serializer(
    "TreeKeyResult",
    {
        "id": serializers.IntegerField(),
        "title": serializers.CharField(),
        "weight": serializers.CharField(),
        "progress": serializers.CharField(allow_null=True, help_text="Signed; below 0 it went the wrong way"),
    },
    many=True,
)
NODE = inline_serializer(
    "TreeObjective",
    {
        "id": serializers.IntegerField(),
        "title": serializers.CharField(),
        "parent": serializers.IntegerField(allow_null=True),
        "level": serializers.CharField(),
        "weight": serializers.CharField(),
        "progress": SHARE,
        "measured": serializers.CharField(help_text="How much of the weight has a value, 0 to 1"),
        "pace": serializers.CharField(help_text="good, warn, bad or idle"),
        "key_results": RESULT,
    },
    many=True,
)


class TreeEndpoint(Endpoint):
    """Objectives you may see, each after what it is part of."""

    resource = resources["objective"]

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return ("kpi", "r")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super(Endpoint, self).initial(request, *args, **kwargs)
        check_parameters(request.query_params, set(), set())

    @extend_schema(
        operation_id="objectives_tree",
        summary="Objectives as a tree with progress",
        tags=["Objectives"],
        responses=inline_serializer("ObjectiveTree", {"objectives": NODE}),
        examples=[
            OpenApiExample(
                "One objective", value={"objectives": [{"id": 1, "title": "Deliver on time", "progress": "0.62"}]}
            )
        ],
    )
    def get(self, request: Request) -> Response:
        today = timezone.now().astimezone(zone()).date()
        found = [one for root in queries.forest(request.user, today=today) for one in root.walk()]
        return Response({"objectives": [_plain(one) for one in found]})


def _plain(branch: Branch) -> dict[str, Any]:
    one, share = branch.objective, branch.progress.share
    return {
        "id": one.pk,
        "title": one.title,
        "parent": one.parent_id,
        "level": one.level,
        "weight": str(one.weight),
        "progress": None if share is None else str(round(share, 6)),
        "measured": str(round(branch.progress.measured, 6)),
        "pace": branch.tone,
        "key_results": [
            {
                "id": result.pk,
                "title": result.title,
                "weight": str(result.weight),
                "progress": None if (moved := share_of(result)) is None else str(round(moved, 6)),
            }
            for result in branch.results
        ],
    }
