"""Outgoing mail over the API: whether it waits after a restore, and letting it out."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.endpoints import check_parameters
from apps.core.events import outbound


class OutboundEndpoint(APIView):
    """The pause that begins with a restore and ends with an admin's word."""

    verb: ClassVar[dict[str, str]] = {"GET": "r", "POST": "u"}

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return ("settings", self.verb[method]) if method in self.verb else None

    @extend_schema(
        operation_id="outgoing_mail_read",
        summary="Whether outgoing mail waits",
        tags=["Outgoing mail"],
        responses=inline_serializer("OutgoingMail", {"paused": serializers.BooleanField()}),
    )
    def get(self, request: Request) -> Response:
        check_parameters(request.query_params, set(), set())
        return Response({"paused": outbound.paused()})

    @extend_schema(
        operation_id="outgoing_mail_let_out",
        summary="Let mail out after a restore",
        tags=["Outgoing mail"],
        request=None,
        responses=inline_serializer(
            "OutgoingMailLetOut", {"paused": serializers.BooleanField(), "waiting": serializers.IntegerField()}
        ),
    )
    def post(self, request: Request) -> Response:
        check_parameters(request.query_params, set(), set())
        return Response({"paused": False, "waiting": outbound.resume(actor=request.user)})
