"""The endpoints of every noun: list and create, read and change, verbs, verbs in bulk."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar

from django.http import Http404, QueryDict
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.access.rights import require
from apps.core.actions.action import Action, perform
from apps.core.actions.current import current_input
from apps.core.api.input import form_data
from apps.core.api.output import etag, representer, wanted
from apps.core.errors import Refused
from apps.core.models import plain
from apps.core.records.once import Answer, body_hash, once
from apps.core.resources import filtering, keyset
from apps.core.resources.resource import Resource
from apps.core.web.stepup import ask_again

MAX_PAGE = 200
OWN_PARAMETERS = {"cursor", "limit", "sort", "fields", "format"}


class Endpoint(APIView):
    """What all endpoints share: refusal of what is not understood, and one effect per Idempotency-Key."""

    resource: ClassVar[Resource]
    does: ClassVar[Action | None] = None
    allowed_parameters: ClassVar[frozenset[str]] = frozenset()

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return (self.resource.row, "r")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        check_parameters(request.query_params, self.allowed_parameters, filtering.many_names(self.resource))

    def record(self, request: Request, key: int) -> Any:
        found = self.resource.rows(request.user).filter(pk=key).first() if key < 2**63 else None
        if found is None:
            raise Http404
        return found

    def shown(self, record: Any, status: int = 200) -> Answer:
        """The record as an answer, read anew so that database defaults and versions are true."""
        fresh = self.resource.model.objects.get(pk=record.pk)
        body = representer(self.resource, wanted(self.resource, ""))(fresh)
        headers = {"ETag": etag(fresh)} if hasattr(fresh, "version") else {}
        if status == 201:
            headers["Location"] = f"/api/v1/{self.resource.path}/{fresh.pk}/"
        return Answer(status, plain(body), headers)

    def answer(self, request: Request, run: Callable[[], Answer]) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            done = run()
        else:
            content = json.dumps(plain(request.data), sort_keys=True, default=str).encode()
            done = once(
                principal=principal(request), route=request.path, key=key, content_hash=body_hash(content), run=run
            )
        headers = dict(done.headers) | ({"Idempotency-Replayed": "true"} if done.replayed else {})
        return Response(done.body, status=done.status, headers=headers)

    def perform(
        self, request: Request, action: Action, data: dict[str, Any], record: Any = None, version: Any = None
    ) -> Any:
        if request.auth is None and ask_again(request._request, action) is not None:
            raise Refused("Sign in again for this: it needs a sign-in of the last five minutes.", code="sign_in_again")
        return perform(
            action,
            row=self.resource.row,
            noun=self.resource.noun,
            actor=request.user,
            data=data,
            record=record,
            version=version,
            own=self.resource.own,
        )


def principal(request: Request) -> str:
    token: Any = request.auth
    return f"token:{token.pk}" if token is not None else f"user:{request.user.pk}"


def check_parameters(params: QueryDict, allowed: frozenset[str] | set[str], many: set[str]) -> None:
    for name, values in params.lists():
        if name not in allowed:
            known = ", ".join(sorted(allowed)) or "none"
            raise Refused(
                f"'{name}' is not a parameter here. Parameters: {known}.", code="unknown_parameter", field=name
            )
        if len(values) > 1 and name not in many:
            raise Refused(f"'{name}' is given twice. Give it once.", code="repeated_parameter", field=name)
        if any("\x00" in value for value in values):
            raise Refused(f"'{name}' holds a character that is not text.", code="bad_filter", field=name)


def page_size(params: QueryDict) -> int:
    text = params.get("limit", "50")
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= MAX_PAGE):
        raise Refused(f"'limit' must be a whole number from 1 to {MAX_PAGE}.", code="bad_filter", field="limit")
    return int(text)


class ListEndpoint(Endpoint):
    """GET lists, POST creates."""

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        if method == "POST":
            return (self.resource.row, self.does.verb) if self.does else None
        return (self.resource.row, "r")

    def get(self, request: Request) -> Response:
        params = request.query_params
        rows, _ = filtering.narrow(self.resource, self.resource.rows(request.user), params, request, strict=True)
        names = wanted(self.resource, params.get("fields", ""))
        found = keyset.page(rows, self._order(params), size=page_size(params), after=params.get("cursor", ""))
        represent = representer(self.resource, names)
        return Response({"results": [represent(one) for one in found.rows], "next": found.next_cursor or None})

    def _order(self, params: QueryDict) -> keyset.Order:
        text = params.get("sort", "")
        if not text:
            return keyset.Order.parse(self.resource.order)
        asked = keyset.Order.parse(text)
        names = filtering.sort_names(self.resource) | {"id": "id"}
        if asked.field not in names:
            raise Refused(
                f"'{asked.field}' does not sort. Sort by {', '.join(names)}.", code="unknown_parameter", field="sort"
            )
        return keyset.Order(names[asked.field], asked.descending)

    def post(self, request: Request) -> Response:
        action = self.does
        if action is None:
            raise Http404
        return self.answer(
            request, lambda: self.shown(self.perform(request, action, form_data(action.form, request.data)), 201)
        )


class RecordEndpoint(Endpoint):
    """GET reads, PATCH changes what it names, with If-Match."""

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        if method == "PATCH":
            return (self.resource.row, self.does.verb) if self.does else None
        return (self.resource.row, "r")

    def get(self, request: Request, key: int) -> Response:
        record = self.record(request, key)
        names = wanted(self.resource, request.query_params.get("fields", ""))
        headers = {"ETag": etag(record)} if hasattr(record, "version") else {}
        if headers and request.headers.get("If-None-Match") == headers["ETag"]:
            return Response(status=304, headers=headers)
        return Response(representer(self.resource, names)(record), headers=headers)

    def patch(self, request: Request, key: int) -> Response:
        action = self.does
        if action is None:
            raise Http404
        record = self.record(request, key)
        version = required_version(request)

        def run() -> Answer:
            if version != record.version:
                raise Refused(
                    f"You saw version {version}, the record is at version {record.version}. Read it again.",
                    code="version_stale",
                )
            data = form_data(action.form, request.data, initial=current_input(action, record))
            return self.shown(self.perform(request, action, data, record, version))

        return self.answer(request, run)


def required_version(request: Request) -> int:
    text = request.headers.get("If-Match", "").strip()
    if not text:
        raise Refused(
            "Send If-Match with the ETag you read, so that nobody's change is lost.", code="precondition_required"
        )
    number = text.strip('"').removeprefix("v")
    if not (number.isascii() and number.isdigit()):
        raise Refused('If-Match must hold an ETag such as "v3".', code="version_stale")
    return int(number)


class VerbEndpoint(Endpoint):
    """POST does the verb on one record."""

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return (self.resource.row, self.does.verb) if self.does else None

    def post(self, request: Request, key: int) -> Response:
        action = self.does
        assert action is not None
        record = self.record(request, key)
        if "If-Match" in request.headers and hasattr(record, "version") and required_version(request) != record.version:
            raise Refused("Somebody changed the record. Read it again.", code="version_stale")

        def run() -> Answer:
            done = self.perform(request, action, form_data(action.form, request.data or {}), record)
            return self.shown(done if isinstance(done, type(record)) else record)

        return self.answer(request, run)


class BulkEndpoint(Endpoint):
    """POST does the verb on up to 1 000 records: all or none."""

    def access_for(self, method: str | None) -> tuple[str, str] | None:
        return (self.resource.row, self.does.verb) if self.does else None

    def post(self, request: Request) -> Response:
        action = self.does
        assert action is not None
        body: Any = request.data
        keys = body.get("ids") if isinstance(body, dict) else None
        if not isinstance(keys, list) or not keys or not all(type(one) is int and 0 < one < 2**63 for one in keys):
            raise Refused("Send 'ids': a list of record keys.", code="bad_body", field="ids")
        if len(keys) > 1000:
            raise Refused("Send at most 1 000 ids at a time.", code="too_many", field="ids")
        data = form_data(action.form, {name: value for name, value in body.items() if name != "ids"})

        def run() -> Answer:
            records = list(self.resource.rows(request.user).filter(pk__in=keys).order_by("pk"))
            if len(records) != len(set(keys)):
                raise Refused("Some ids are not within your reach. Nothing was changed.", code="not_found", field="ids")
            for record in records:
                require(request.user, self.resource.row, action.verb, record, own=self.resource.own)
                self.perform(request, action, data, record)
            return Answer(200, {"changed": len(records)}, {})

        return self.answer(request, run)
