"""API tokens in the API: a signed-in person lists, makes and revokes them; a token never manages tokens."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404
from drf_spectacular.utils import OpenApiExample, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts import services, stepup
from apps.accounts.models import ApiToken
from apps.core.api.endpoints import check_parameters
from apps.core.api.output import api_value
from apps.core.errors import NotAllowed, Refused

GIVEN = {"name", "scopes", "days", "networks"}
SHOWN: Mapping[str, Any] = MappingProxyType(
    {
        "id": serializers.IntegerField(),
        "name": serializers.CharField(),
        "key": serializers.CharField(help_text="How the token's text begins"),
        "owner": serializers.IntegerField(),
        "scopes": serializers.ListField(child=serializers.CharField()),
        "networks": serializers.ListField(child=serializers.CharField()),
        "expires_at": serializers.DateTimeField(),
        "last_used_at": serializers.DateTimeField(allow_null=True),
        "revoked_at": serializers.DateTimeField(allow_null=True),
    }
)
TOKEN = inline_serializer("Token", dict(SHOWN))


class TokenEndpoint(APIView):
    """Only a person in a browser session, who proved a moment ago who they are, changes tokens."""

    verb: ClassVar[dict[str, str]] = {"GET": "r", "POST": "c"}

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return ("token", self.verb[method]) if method in self.verb else None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.auth is not None:
            raise NotAllowed("A token cannot manage tokens. Sign in for this.")
        super().initial(request, *args, **kwargs)
        check_parameters(request.query_params, set(), set())
        if request.method == "POST" and not stepup.is_fresh(request._request):
            raise NotAllowed("Sign in again first: making and ending tokens needs a sign-in of the last five minutes.")


class TokensEndpoint(TokenEndpoint):
    """The caller's tokens."""

    @extend_schema(
        operation_id="tokens_list",
        summary="List API tokens",
        description="Your tokens, newest first; an admin sees everybody's. A token may not call this.",
        tags=["API tokens"],
        responses=inline_serializer("Tokens", {"results": inline_serializer("TokenRow", dict(SHOWN), many=True)}),
    )
    def get(self, request: Request) -> Response:
        return Response({"results": [_shown(one) for one in ApiToken.objects.visible_to(request.user).order_by("-id")]})

    @extend_schema(
        operation_id="tokens_create",
        summary="Make an API token",
        description="The answer holds the token's text. It is not shown again. A token may not call this.",
        tags=["API tokens"],
        request=inline_serializer(
            "TokenIn",
            {
                "name": serializers.CharField(max_length=80, help_text="Which system uses it"),
                "scopes": serializers.ListField(child=serializers.CharField(), help_text="Such as kpi_value:create"),
                "days": serializers.IntegerField(min_value=1, max_value=365, default=services.DEFAULT_LIFE_DAYS),
                "networks": serializers.ListField(
                    child=serializers.CharField(), required=False, help_text="Such as 10.1.0.0/16. Empty: from anywhere"
                ),
            },
        ),
        responses={201: inline_serializer("TokenMade", {**SHOWN, "token": serializers.CharField()})},
        examples=[
            OpenApiExample(
                "A machine that sends readings",
                request_only=True,
                value={
                    "name": "Line 1 controller",
                    "scopes": ["kpi:read", "kpi_value:create"],
                    "days": 90,
                    "networks": ["10.1.0.0/16"],
                },
            )
        ],
    )
    def post(self, request: Request) -> Response:
        person: Any = request.user
        token, text = services.make_token(actor=person, **_read(request.data))
        token.refresh_from_db()
        return Response({**_shown(token), "token": text}, status=201)


class RevokeEndpoint(TokenEndpoint):
    """The end of one token."""

    verb: ClassVar[dict[str, str]] = {"POST": "x"}

    @extend_schema(
        operation_id="tokens_revoke",
        summary="Revoke an API token",
        description="The token stops with the next call. Revoking twice changes nothing. A token may not call this.",
        tags=["API tokens"],
        request=None,
        responses=TOKEN,
    )
    def post(self, request: Request, key: int) -> Response:
        try:
            token = ApiToken.objects.visible_to(request.user, "x").get(pk=key)
        except (ObjectDoesNotExist, OverflowError) as error:
            raise Http404 from error
        return Response(_shown(services.revoke_token(token, actor=request.user)))


def _shown(token: ApiToken) -> dict[str, Any]:
    found = {name: api_value(getattr(token, name)) for name in SHOWN if name not in {"key", "owner"}}
    return found | {"key": f"ops_{token.key_id}", "owner": token.owner_id}


def _read(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict) or set(body) - GIVEN:
        raise Refused(f"Send an object with {', '.join(sorted(GIVEN))}.", code="bad_body")
    name, days = body.get("name"), body.get("days", services.DEFAULT_LIFE_DAYS)
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= 80 or "\x00" in name:
        raise Refused("'name' says in up to 80 characters which system uses the token.", code="bad_body", field="name")
    if type(days) is not int:
        raise Refused("'days' is a whole number.", code="bad_body", field="days")
    return {
        "name": name.strip(),
        "days": days,
        "scopes": _words(body.get("scopes", []), "scopes"),
        "networks": _words(body.get("networks", []), "networks"),
    }


def _words(value: Any, name: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Refused(f"'{name}' is a list of texts.", code="bad_body", field=name)
    return value
