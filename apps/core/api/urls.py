"""Addresses of the API door: four endpoint shapes per noun, the feed, apps' own endpoints, the schema and its pages."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.http import HttpRequest, JsonResponse
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

from apps.core.api import endpoints
from apps.core.api.feed import ChangesEndpoint
from apps.core.api.files import FileEndpoint, FilesEndpoint
from apps.core.api.imports import ImportEndpoint, ImportsEndpoint, RunImportEndpoint, UndoImportEndpoint
from apps.core.api.outbound import OutboundEndpoint
from apps.core.api.problems import plain_problem
from apps.core.api.schema import describe
from apps.core.domain import DomainConfig
from apps.core.resources import filtering
from apps.core.resources.resource import Resource, resources


def _view(base: type[Any], resource: Resource, name: str, **attributes: Any) -> type[Any]:
    methods = {method: _copy(getattr(base, method)) for method in ("get", "post", "patch") if hasattr(base, method)}
    return type(f"{resource.model.__name__}{name}", (base,), {"resource": resource, **methods, **attributes})


def _copy(method: Any) -> Any:
    """An own function per generated class, so that each carries its own description."""

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        return method(self, *args, **kwargs)

    call.__name__ = method.__name__
    return call


def _for(resource: Resource) -> list[Any]:
    create, change = resource.action_of_kind("create"), resource.action_of_kind("change")
    parameters = frozenset({*filtering.known_names(resource), "cursor", "limit", "sort", "fields"})
    listing = _view(endpoints.ListEndpoint, resource, "List", does=create, allowed_parameters=parameters)
    describe(resource, listing, "get", None, kind="list")
    if create is not None:
        describe(resource, listing, "post", create, kind="create")
    else:
        listing.http_method_names = ["get", "head", "options"]
    record = _view(endpoints.RecordEndpoint, resource, "Record", does=change, allowed_parameters=frozenset({"fields"}))
    describe(resource, record, "get", None, kind="read")
    if change is not None:
        describe(resource, record, "patch", change, kind="change")
    else:
        record.http_method_names = ["get", "head", "options"]
    base = f"{resource.path}/"
    found = [
        path(base, listing.as_view(), name=f"api-{resource.path}"),
        path(f"{base}<int:key>/", record.as_view(), name=f"api-{resource.path}-record"),
    ]
    for action in resource.actions:
        if action.kind == "verb":
            found += _verb(resource, action, base)
    return found


def _verb(resource: Resource, action: Any, base: str) -> list[Any]:
    verb = _view(endpoints.VerbEndpoint, resource, action.name.title(), does=action)
    describe(resource, verb, "post", action, kind="verb")
    found = [path(f"{base}<int:key>/{action.name}/", verb.as_view(), name=f"api-{resource.path}-{action.name}")]
    if action.bulk:
        bulk = _view(endpoints.BulkEndpoint, resource, f"{action.name.title()}Bulk", does=action)
        describe(resource, bulk, "post", action, kind="bulk")
        found.append(path(f"{base}bulk/{action.name}/", bulk.as_view(), name=f"api-{resource.path}-{action.name}-bulk"))
    return found


def _own_endpoints() -> list[Any]:
    found: list[Any] = []
    for config in apps.get_app_configs():
        if isinstance(config, DomainConfig) and find_spec(f"{config.name}.urls") is not None:
            found += getattr(import_module(f"{config.name}.urls"), "api_urlpatterns", [])
    return found


@csrf_exempt
def nothing_here(request: HttpRequest) -> JsonResponse:
    """Whatever the method: there is nothing here to protect, and the answer is a problem document."""
    return plain_problem(request, 404, "Not found", "There is no such address. See /api/v1/docs/.", "not_found")


urlpatterns: list[Any] = [
    path("openapi.json", SpectacularJSONAPIView.as_view(), name="openapi"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="openapi"), name="api-docs"),
    path("changes/", ChangesEndpoint.as_view(), name="api-changes"),
    path("files/<int:key>/", FileEndpoint.as_view(), name="api-file"),
    path("files/of/<str:subject>/", FilesEndpoint.as_view(), name="api-files"),
    path("imports/", ImportsEndpoint.as_view(), name="api-imports"),
    path("imports/<int:key>/", ImportEndpoint.as_view(), name="api-imports-one"),
    path("imports/<int:key>/run/", RunImportEndpoint.as_view(), name="api-imports-run"),
    path("imports/<int:key>/undo/", UndoImportEndpoint.as_view(), name="api-imports-undo"),
    path("outgoing-mail/", OutboundEndpoint.as_view(), name="api-outgoing-mail"),
    *_own_endpoints(),
    *[pattern for resource in resources for pattern in _for(resource)],
    re_path(r"^.*$", nothing_here),
]
