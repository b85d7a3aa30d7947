"""Dashboards in the API: one's own and shared ones; only owners change them."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.api.endpoints import Endpoint, check_parameters, required_version
from apps.core.api.output import etag
from apps.core.errors import Refused
from apps.core.models import plain
from apps.core.records.once import Answer
from apps.dashboard import services
from apps.dashboard.models import Dashboard

EXAMPLE = {
    "title": "My morning",
    "shared": False,
    "shared_with": [],
    "cards": [{"card": "kpis.chart", "param": "otd", "size": "full"}],
}


class DashboardCard(serializers.Serializer[Any]):
    """One card."""

    card = serializers.CharField(help_text="Name of a registered card, such as kpis.chart")
    param = serializers.CharField(required=False, allow_blank=True)
    size = serializers.ChoiceField(services.SIZES, required=False)


class DashboardIn(serializers.Serializer[Any]):
    """What one sends."""

    title = serializers.CharField(max_length=60)
    shared = serializers.BooleanField(required=False, help_text="With everybody")
    shared_with = serializers.ListField(
        child=serializers.IntegerField(), required=False, help_text="Departments, with those below them"
    )
    cards = DashboardCard(many=True)


class DashboardRead(DashboardIn):
    """What one gets."""

    id = serializers.IntegerField()
    mine = serializers.BooleanField()
    version = serializers.IntegerField()


class DashboardList(serializers.Serializer[Any]):
    """All one may open."""

    results = DashboardRead(many=True)


def _plain(one: Dashboard, user: Any) -> dict[str, Any]:
    return {
        "id": one.pk,
        "title": one.title,
        "shared": one.shared,
        "shared_with": one.shared_with,
        "cards": one.cards,
        "mine": one.owner_id == user.pk,
        "version": one.version,
    }


def _values(request: Request) -> dict[str, Any]:
    body = request.data
    if not isinstance(body, dict) or set(body) - {"title", "shared", "shared_with", "cards"}:
        raise Refused("Send title, shared, shared_with and cards.", code="bad_body")
    if not isinstance(body.get("title", ""), str) or not isinstance(body.get("shared", False), bool):
        raise Refused("'title' is a text and 'shared' is true or false.", code="bad_body", field="title")
    return {name: value[:60] if name == "title" else value for name, value in body.items()}


def _answer(one: Dashboard, user: Any, status: int = 200) -> Answer:
    headers = {"ETag": etag(one)}
    if status == 201:
        headers["Location"] = f"/api/v1/dashboards/{one.pk}/"
    return Answer(status, plain(_plain(one, user)), headers)


class _Endpoint(Endpoint):
    """Whoever is signed in has dashboards."""

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return ("", "r")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super(Endpoint, self).initial(request, *args, **kwargs)
        check_parameters(request.query_params, set(), set())


class DashboardsEndpoint(_Endpoint):
    """Dashboards you own and those shared with you."""

    @extend_schema(
        operation_id="dashboards_list",
        summary="List dashboards",
        tags=["Dashboards"],
        responses=DashboardList,
    )
    def get(self, request: Request) -> Response:
        rows = Dashboard.objects.visible_to(request.user).order_by("title", "pk")[:200]
        return Response({"results": [_plain(one, request.user) for one in rows]})

    @extend_schema(
        operation_id="dashboards_create",
        summary="Make a dashboard",
        tags=["Dashboards"],
        request=DashboardIn,
        responses={201: DashboardRead},
        examples=[OpenApiExample("One chart", value=EXAMPLE, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        values = {"title": "", "cards": [], **_values(request)}

        def run() -> Answer:
            return _answer(services.make_dashboard(actor=request.user, **values), request.user, 201)

        return self.answer(request, run)


class DashboardEndpoint(_Endpoint):
    """One dashboard."""

    def _find(self, request: Request, key: int) -> Dashboard:
        found = Dashboard.objects.visible_to(request.user).filter(pk=key).first()
        if found is None:
            raise Http404
        return found

    @extend_schema(
        operation_id="dashboards_read",
        summary="Read a dashboard",
        tags=["Dashboards"],
        responses=DashboardRead,
    )
    def get(self, request: Request, key: int) -> Response:
        one = self._find(request, key)
        if request.headers.get("If-None-Match") == etag(one):
            return Response(status=304, headers={"ETag": etag(one)})
        return Response(_plain(one, request.user), headers={"ETag": etag(one)})

    @extend_schema(
        operation_id="dashboards_change",
        summary="Arrange, rename or share a dashboard",
        tags=["Dashboards"],
        request=DashboardIn(partial=True),
        responses=DashboardRead,
    )
    def patch(self, request: Request, key: int) -> Response:
        one, version, values = self._find(request, key), required_version(request), _values(request)

        def run() -> Answer:
            changed = services.change_dashboard(one, actor=request.user, version=version, **values)
            return _answer(changed, request.user)

        return self.answer(request, run)

    @extend_schema(
        operation_id="dashboards_remove", summary="Remove a dashboard", tags=["Dashboards"], responses={204: None}
    )
    def delete(self, request: Request, key: int) -> Response:
        def run() -> Answer:
            services.remove_dashboard(self._find(request, key), actor=request.user)
            return Answer(204, None, {})

        return self.answer(request, run)
