"""Every error of the API is a problem document (RFC 9457) with a stable code, and undoes what the request wrote."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions, status
from rest_framework.response import Response

from apps.core.errors import Conflict, NotAllowed, Refused
from apps.core.web.middleware import undo

log = logging.getLogger("ops.api")
CONTENT_TYPE = "application/problem+json"
BAD_REQUESTS = {
    "bad_filter",
    "bad_cursor",
    "unknown_parameter",
    "repeated_parameter",
    "bad_idempotency_key",
    "bad_body",
}
STATUS_OF = {"sign_in_again": 403, "in_progress": 409, "precondition_required": 428, "version_stale": 412}


def problem(code: int, title: str, detail: str, *, name: str, **extra: Any) -> Response:
    body = {"type": f"/help/problems/{name}", "title": title, "status": code, "detail": detail, "code": name, **extra}
    return Response(body, status=code, content_type=CONTENT_TYPE)


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception hook."""
    undo(context["request"]._request)
    if isinstance(error, Refused):
        return _refused(error)
    if isinstance(error, Http404):
        return problem(404, "Not found", "There is no such record within your reach.", name="not_found")
    if isinstance(error, PermissionDenied):
        return problem(403, "No access", "You have no right to do this.", name="not_allowed")
    if isinstance(error, OperationalError) and "lock timeout" in str(error):
        response = problem(409, "Busy", "Another request holds this record. Try again.", name="busy")
        response.headers["Retry-After"] = "2"
        return response
    if isinstance(error, exceptions.APIException):
        return _from_drf(error)
    return None


def _refused(error: Refused) -> Response:
    extra: dict[str, Any] = {}
    if error.field:
        extra["field"] = error.field
    if error.details:
        extra["details"] = error.details
    if isinstance(error, NotAllowed):
        return problem(403, "No access", error.message, name=error.code, **extra)
    if isinstance(error, Conflict):
        return problem(412, "Changed by somebody else", error.message, name=error.code, **extra)
    if error.code in BAD_REQUESTS:
        return problem(400, "Not understood", error.message, name=error.code, **extra)
    code = STATUS_OF.get(error.code, 422)
    response = problem(code, "Not possible", error.message, name=error.code, **extra)
    if code == 409:
        response.headers["Retry-After"] = "2"
    return response


def _from_drf(error: exceptions.APIException) -> Response:
    names = {
        status.HTTP_401_UNAUTHORIZED: "sign_in",
        status.HTTP_403_FORBIDDEN: "not_allowed",
        status.HTTP_405_METHOD_NOT_ALLOWED: "method_not_allowed",
        status.HTTP_415_UNSUPPORTED_MEDIA_TYPE: "media_type",
        status.HTTP_429_TOO_MANY_REQUESTS: "too_many_requests",
        status.HTTP_406_NOT_ACCEPTABLE: "not_acceptable",
    }
    name = names.get(error.status_code, "bad_body")
    detail = error.detail if isinstance(error.detail, str) else str(error.detail)
    title = str(error.default_detail).rstrip(".")
    if isinstance(error, exceptions.MethodNotAllowed):
        title = "Not possible here"
    if isinstance(error, exceptions.UnsupportedMediaType):
        title, detail = "Not understood", "Send the body as JSON (Content-Type: application/json)."
    response = problem(error.status_code, title, detail, name=name)
    if isinstance(error, exceptions.Throttled) and getattr(error, "wait", None):
        response.headers["Retry-After"] = str(int(error.wait))  # type: ignore[attr-defined]
    if getattr(error, "auth_header", None):
        response.headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    return response


def plain_problem(request: HttpRequest, code: int, title: str, detail: str, name: str) -> JsonResponse:
    """The same document outside of DRF: for addresses that do not exist and for crashes."""
    body = {"type": f"/help/problems/{name}", "title": title, "status": code, "detail": detail, "code": name}
    return JsonResponse(body, status=code, content_type=CONTENT_TYPE)
