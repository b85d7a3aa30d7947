"""The days of a tier board in the API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.comms.api import Own
from apps.comms.boardpage import Letter, letters_of
from apps.comms.views_board import find_board, month_of, today_of

DAY = {
    "day": serializers.DateField,
    "tone": serializers.CharField,
    "note": serializers.CharField,
}


class BoardDaysEndpoint(Own):
    """Letters of a board with the status of each day."""

    allowed_parameters = frozenset({"month"})

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return ("kpi", "r")

    @extend_schema(
        operation_id="tier_boards_days",
        summary="Days of a tier board",
        tags=["Tier boards"],
        parameters=[OpenApiParameter("month", str, description="Such as 2026-03; empty: this month")],
        responses=inline_serializer(
            "TierBoardDays",
            {
                "letters": inline_serializer(
                    "TierLetter",
                    {
                        "letter": serializers.CharField(),
                        "label": serializers.CharField(),
                        "value": serializers.CharField(help_text="Newest value in words; empty: marked by hand"),
                        "days": inline_serializer("TierDay", {name: kind() for name, kind in DAY.items()}, many=True),
                    },
                    many=True,
                )
            },
        ),
    )
    def get(self, request: Request, key: int) -> Response:
        board = find_board(request.user, key)
        today = today_of(board)
        month = month_of(request.query_params.get("month", ""), today)
        found = letters_of(board, month=month, today=today, user=request.user)
        return Response({"letters": [_plain(one) for one in found]})


def _plain(one: Letter) -> dict[str, Any]:
    return {
        "letter": one.code,
        "label": one.label,
        "value": one.figure.value if one.figure else "",
        "days": [
            {"day": day.day.isoformat(), "tone": day.tone, "note": day.note} for day in one.days if not day.future
        ],
    }
