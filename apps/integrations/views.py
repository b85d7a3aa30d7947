"""Where other systems speak to us, and the one page that shows a signing secret."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from apps.core.access import scope
from apps.core.access.rights import require
from apps.core.api.problems import plain_problem
from apps.core.errors import NotAllowed, Refused
from apps.core.resources.resource import by_path
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.core.web.middleware import undo
from apps.core.web.views_record import record_or_404
from apps.integrations import services
from apps.integrations.models import InboundHook
from apps.integrations.services.hooks import LARGEST

STATUS = {
    "signature_missing": 401,
    "signature_wrong": 401,
    "stale": 401,
    "too_large": 413,
    "id_reused": 409,
    "bad_body": 400,
    "rate_limited": 429,
}
TITLES = {
    400: "Not understood",
    401: "Not proven",
    409: "Used before",
    413: "Too large",
    422: "Not possible",
    429: "Too many messages",
}


@csrf_exempt
def receive(request: HttpRequest, key: str) -> HttpResponse:
    """A message of another system: answered 2xx only once it is stored, since the answer leaves after the commit."""
    if request.method != "POST":
        return plain_problem(request, 405, "Not allowed", "Send a POST.", "method_not_allowed")
    try:
        body = _body(request)
        with scope.system("taking in a message of another system"):
            hook = InboundHook.objects.filter(key=key, active=True, archived_at__isnull=True).first()
            if hook is None:
                return plain_problem(request, 404, "Not found", "There is no such inbound webhook.", "not_found")
            call, fresh = services.receive(hook, headers=dict(request.headers), body=body, now=timezone.now())
    except Refused as error:
        undo(request)
        status = STATUS.get(error.code, 422)
        answer = plain_problem(request, status, TITLES[status], error.message, error.code)
        if status == 429:
            answer["Retry-After"] = str(error.details["retry_after"])
        return answer
    return JsonResponse({"id": call.key, "status": "stored" if fresh else "known"}, status=202 if fresh else 200)


def _body(request: HttpRequest) -> bytes:
    """The raw body, read no further than its limit."""
    length = request.headers.get("Content-Length", "")
    too_large = Refused(f"A message has at most {LARGEST // 1024} KB.", code="too_large")
    if length.isascii() and length.isdigit() and int(length[:12]) > LARGEST:
        raise too_large
    body = request.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise too_large
    return body


@page("token", "c")
def secret(request: HttpRequest, path: str, key: int) -> HttpResponse:
    """Asks first, then shows a new secret, once, to the owner only."""
    resource = by_path(path)
    if resource is None:
        raise Http404
    record: Any = record_or_404(request, resource, key)
    require(request.user, resource.row, "c", noun=resource.noun)
    if record.owner_id != request.user.pk:
        raise NotAllowed("Only its owner sees the signing secret.")
    crumbs = (pm.Crumb(resource.plural, resource.list_url()), pm.Crumb(record.name, resource.url(record)))
    if request.method == "POST":
        text = services.show_new_secret(record, actor=request.user)
        facts = (pm.Fact("Signing secret", pm.Cell(text)),)
        shown = pm.SettingsPage(
            title="Signing secret",
            crumbs=(*crumbs, pm.Crumb("Secret")),
            facts="Copy it now: it is not shown again.",
            sections=(pm.Section(record.name, facts=facts, button=pm.Button("Done", resource.url(record))),),
        )
        return render(request, "pages/settings.html", {"page": shown})
    confirm = pm.ConfirmPage(
        title="Make a signing secret",
        text="It is shown once. A former secret that was shown stays good for 24 hours.",
        button=pm.Button("Show secret", request.path, method="post", kind="pri"),
        crumbs=crumbs,
        cancel_url=resource.url(record),
    )
    return render(request, "pages/confirm.html", {"page": confirm})
