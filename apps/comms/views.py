"""Comments on records, watching them, the page behind the bell, and the preferences of notices."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.comms import choices, services, webpush
from apps.comms.forms import CommentForm, RhythmForm, grid_rows, read_grid
from apps.comms.models import Comment, Notice
from apps.comms.queries import Told, settings_of, told, unread_count, whom_to_name
from apps.core.access import scope
from apps.core.access.rights import require
from apps.core.errors import Refused
from apps.core.records.once import Answer, once
from apps.core.resources.resource import Resource, of_subject
from apps.core.web import cells, errors
from apps.core.web import pagemodel as pm
from apps.core.web.access import signed_in
from apps.core.web.middleware import undo
from apps.core.web.views_record import build_record, record_or_404

SHOWN, IN_POPOVER = 100, 12


def _place(request: HttpRequest, subject: str) -> tuple[Resource, Any]:
    """The record behind a subject, or 404 as if it did not exist."""
    found = of_subject(subject)
    if found is None:
        raise Http404
    resource, key = found
    require(request.user, resource.row, "r", noun=resource.noun)
    return resource, record_or_404(request, resource, key)


@signed_in
@require_POST
def comment(request: HttpRequest, subject: str) -> HttpResponse:
    """Add a comment; a refused one comes back with its text and the reason."""
    resource, record = _place(request, subject)
    form = CommentForm(request.POST)
    if form.is_valid():
        try:
            location = _add_once(request, record, form, resource.url(record))
            messages.success(request, "Comment added")
            return HttpResponseRedirect(location)
        except Refused as error:
            undo(request)
            form.add_error("text", error.message)
    page = replace(build_record(request, resource, record), comment_form=form)
    return render(request, "pages/record.html", {"page": page}, status=422)


def _add_once(request: HttpRequest, record: Any, form: CommentForm, url: str) -> str:
    """Where the comment stands; the same form sent twice is one comment."""

    def run() -> Answer:
        made = services.add_comment(record=record, text=form.cleaned_data["text"], actor=request.user)
        return Answer(302, {"location": f"{url}#comment-{made.pk}"}, {})

    token = form.cleaned_data["form_token"]
    who = f"user:{request.user.pk}"
    answer = once(principal=who, route=request.path, key=token, content_hash="", run=run) if token else run()
    return str(answer.body["location"])


def _own_comment(request: HttpRequest, key: int) -> tuple[Comment, Resource, Any]:
    found = Comment.objects.filter(pk=key).first()
    if found is None:
        raise Http404
    return found, *_place(request, found.subject)


@signed_in
def comment_edit(request: HttpRequest, key: int) -> HttpResponse:
    found, resource, record = _own_comment(request, key)
    if found.author_id != request.user.pk:
        raise Http404
    form = CommentForm(request.POST or None, initial={"text": found.text})
    if request.method == "POST" and form.is_valid():
        try:
            services.edit_comment(found, text=form.cleaned_data["text"], actor=request.user)
            return HttpResponseRedirect(f"{resource.url(record)}#comment-{found.pk}")
        except Refused as error:
            undo(request)
            form.add_error("text", error.message)
    page = pm.FormPage(
        title="Change comment",
        form=form,
        crumbs=(
            pm.Crumb(resource.plural, resource.list_url()),
            pm.Crumb(resource.number(record), resource.url(record)),
        ),
        submit_label="Save comment",
        cancel_url=resource.url(record),
    )
    return render(request, "pages/form.html", {"page": page}, status=422 if form.errors else 200)


@signed_in
@require_POST
def comment_delete(request: HttpRequest, key: int) -> HttpResponse:
    found, resource, record = _own_comment(request, key)
    services.delete_comment(found, actor=request.user)
    messages.success(request, "Comment deleted")
    return HttpResponseRedirect(f"{resource.url(record)}#timeline")


@signed_in
@require_POST
def watch(request: HttpRequest, subject: str) -> HttpResponse:
    """follow, mute or none."""
    resource, record = _place(request, subject)
    state = request.POST.get("state", "")
    if state == "none":
        services.unfollow(subject=subject, actor=request.user)
        words = "You no longer watch this"
    elif state in {"follow", "mute"}:
        services.follow(subject=subject, actor=request.user, muted=state == "mute")
        words = "You watch this now" if state == "follow" else "Muted: only mentions reach you"
    else:
        raise Refused("Choose follow, mute or none.", code="bad_choice", field="state")
    messages.success(request, words)
    return HttpResponseRedirect(resource.url(record))


@signed_in
def names(request: HttpRequest) -> JsonResponse:
    """People to name while typing after @."""
    words = request.GET.get("q", "").strip()[:40]
    found = whom_to_name(request.user, words) if words else []
    return JsonResponse({"people": [{"name": str(one), "handle": one.username} for one in found]})


@signed_in
def notices(request: HttpRequest) -> HttpResponse:
    """What concerns the reader, newest first; the popover asks for the first lines only."""
    unread_only = request.GET.get("show") == "unread"
    popover = "popover" in request.GET
    rows = Notice.objects.filter(owner_id=request.user.pk).select_related("actor").order_by("-id")
    if unread_only or popover:
        rows = rows.filter(read_at__isnull=True)
    found = list(rows[: IN_POPOVER * 2 if popover else SHOWN])
    lines = told(request.user, found)[: IN_POPOVER if popover else SHOWN]
    zone = cells.zone_of(request.user)
    context = {
        "lines": [(one, *cells.when(one.notice.created_at, zone), _icon(one)) for one in lines],
        "newest": found[0].pk if found else 0,
        "unread": unread_count(request.user),
    }
    if popover:
        return render(request, "comms/popover.html", context)
    page = pm.SettingsPage(title="Notices", crumbs=(pm.Crumb("Notices"),), facts=_facts(context["unread"]))
    tabs = tuple(
        pm.ViewTab(label, f"{reverse('notices')}?show={name}", current=unread_only == (name == "unread"))
        for name, label in (("all", "All"), ("unread", "Unread"))
    )
    return render(request, "comms/notices.html", {"page": page, "tabs": tabs, **context})


def _facts(unread: Any) -> str:
    return f"{unread} unread" if unread else "Everything is read"


def _icon(one: Told) -> str:
    found = of_subject(one.notice.subject)
    return {"mention": "at-sign", "comment": "message-square"}.get(one.notice.kind) or (
        found[0].icon if found else "bell"
    )


@signed_in
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark some, or all up to the newest that was on the page."""
    keys = [int(one) for one in request.POST.getlist("key") if one.isascii() and one.isdigit() and len(one) < 19]
    up_to = request.POST.get("up_to", "")
    if keys:
        services.mark_read(actor=request.user, keys=keys)
    elif up_to.isascii() and up_to.isdigit() and len(up_to) < 19:
        services.mark_read(actor=request.user, up_to=int(up_to))
    if request.headers.get("X-Requested-By") == "bell":
        return HttpResponse(status=204)
    return HttpResponseRedirect(reverse("notices"))


@signed_in
def preferences(request: HttpRequest) -> HttpResponse:
    """One grid: each kind of notice, each way, and the hours."""
    row = settings_of(request.user.pk or 0)
    form = RhythmForm(
        request.POST or None,
        initial={"digest_hour": row.digest_hour, "quiet_from": row.quiet_from, "quiet_until": row.quiet_until},
    )
    if request.method == "POST" and form.is_valid():
        services.choose(actor=request.user, grid=read_grid(request.POST), **form.cleaned_data)
        messages.success(request, "Choices saved")
        return HttpResponseRedirect(reverse("notice_settings"))
    page = pm.SettingsPage(
        title="What you want to hear",
        crumbs=(pm.Crumb("Notices", reverse("notices")), pm.Crumb("Choices")),
        facts=f"Times are in {cells.zone_of(request.user)}",
    )
    context = {"page": page, "form": form, "rows": grid_rows(row), "channels": list(choices.CHANNELS.values())}
    context["push_key"] = webpush.b64(webpush.point(webpush.own_key(settings.SECRET_KEY)))
    return render(request, "comms/preferences.html", context, status=422 if form.errors else 200)


@csrf_exempt
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """No more mail of a kind: a person confirms, a mail program posts at once (RFC 8058)."""
    try:
        person_id, kind = services.read_leave_token(token)
        if request.method == "POST":
            with scope.system("leaving notices by the link of a mail"):
                services.stop_mail(person_id=person_id, kind=kind)
    except Refused as error:
        return errors.refused(request, error)
    what = choices.KINDS.get(kind, "All notices")
    page = pm.ErrorPage(title="Mail notices", text=what, code=200)
    return render(request, "comms/leave.html", {"page": page, "what": what, "left": request.method == "POST"})


@signed_in
@require_POST
def push(request: HttpRequest) -> HttpResponse:
    """A browser turns push on or off; refused with the reason."""
    endpoint = request.POST.get("endpoint", "")
    try:
        if request.POST.get("forget"):
            services.unsubscribe(endpoint=endpoint, actor=request.user)
        else:
            services.subscribe(
                endpoint=endpoint,
                p256dh=request.POST.get("p256dh", "")[:120],
                auth=request.POST.get("auth", "")[:40],
                agent=request.headers.get("User-Agent", ""),
                actor=request.user,
            )
    except Refused as error:
        undo(request)
        return JsonResponse({"code": error.code, "detail": error.message}, status=422)
    return HttpResponse(status=204)


@signed_in
def push_worker(request: HttpRequest) -> HttpResponse:
    """The script that shows pushed notices; served here, because its place limits what it may control."""
    source = (settings.BASE_DIR / "static/js/push-worker.js").read_text(encoding="utf-8")
    return HttpResponse(source, content_type="text/javascript")
