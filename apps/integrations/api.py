"""The signing secret of a webhook in the API: made and told once, to its owner."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.endpoints import check_parameters
from apps.core.errors import NotAllowed
from apps.integrations import services
from apps.integrations.models import InboundHook, Webhook

SECRET = inline_serializer("SigningSecret", {"secret": serializers.CharField(help_text="whsec_…; not told again")})


class SecretEndpoint(APIView):
    """A new signing secret; the former one stays good for a day."""

    model: type[Webhook | InboundHook] = Webhook

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return ("token", "c") if method == "POST" else None

    def tell(self, request: Request, key: int) -> Response:
        check_parameters(request.query_params, set(), set())
        found: Any = self.model.objects.visible_to(request.user).filter(pk=key).first() if key < 2**63 else None
        if found is None:
            raise Http404
        if found.owner_id != request.user.pk:
            raise NotAllowed("Only its owner is told the signing secret.")
        return Response({"secret": services.show_new_secret(found, actor=request.user)})


class WebhookSecretEndpoint(SecretEndpoint):
    """Of a webhook out."""

    @extend_schema(
        operation_id="webhooks_secret",
        summary="Make a signing secret",
        description="Told once. A former secret that was told stays good for 24 hours; both sign meanwhile.",
        tags=["Webhooks out"],
        request=None,
        responses=SECRET,
    )
    def post(self, request: Request, key: int) -> Response:
        return self.tell(request, key)


class HookSecretEndpoint(SecretEndpoint):
    """Of a webhook in."""

    model = InboundHook

    @extend_schema(
        operation_id="inbound_hooks_secret",
        summary="Make a signing secret",
        description="Told once. A former secret that was told stays good for 24 hours.",
        tags=["Webhooks in"],
        request=None,
        responses=SECRET,
    )
    def post(self, request: Request, key: int) -> Response:
        return self.tell(request, key)
