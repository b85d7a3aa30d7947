"""My work, the page on which a task is done (also on a phone without network), and what makes the phone keep it."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.core.access.rights import rights_of
from apps.core.actions.action import FormRefused, perform
from apps.core.actions.fields import ActionForm
from apps.core.errors import Refused
from apps.core.events.facts import sentence_of
from apps.core.models import Event, Job
from apps.core.records.once import Answer, once
from apps.core.resources.resource import resources
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.core.web.homecards import View, by_cost_of_waiting, contributions
from apps.core.web.navigation import TOP, NavPage, add_page
from apps.work import queries, rows
from apps.work.forms import CompleteForm
from apps.work.instructions import instruction_for
from apps.work.models import Task
from apps.work.services.tasks import require_open

add_page(NavPage("my_work", "My work", "inbox", TOP, 1, lambda user: True, key="m"))
GROUPS = (
    ("late", "Overdue"),
    ("today", "Today"),
    ("week", "Within a week"),
    ("later", "Later"),
    ("held", "On hold"),
)


@page("", "r")
def my_work(request: HttpRequest) -> HttpResponse:
    """What waits for me by time, what I may take, what I am asked to approve."""
    user = request.user
    found = queries.inbox(user, now=timezone.now())
    sections = [_section("Waiting for your approval", [rows.approval_row(one, user) for one in found.approvals])]
    for name, title in GROUPS:
        sections.append(_section(title, [rows.task_row(one, user) for one in getattr(found, name)]))
    sections.append(_section("You may take these", [rows.task_row(one, user, claim=True) for one in found.claimable]))
    shown = pm.OverviewPage(
        title="My work",
        crumbs=(pm.Crumb("My work"),),
        facts="What waits for you, and what you did last.",
        buttons=_buttons(user),
        needs=tuple(_others_needs(user)),
        needs_title="Also needs you",
        needs_empty="" if any(sections) else "Nothing waits for you.",
        sections=tuple(one for one in sections if one is not None),
        rail=(pm.Section("My jobs", table=_my_jobs(user)), pm.Section("What I did last", table=_my_acts(user))),
    )
    first = found.first
    keep = [reverse("my_work"), *(reverse("do_task", args=[one.pk]) for one in found.offline)]
    start = pm.Button("Start next task", reverse("do_task", args=[first.pk]), "play", "pri") if first else None
    return render(request, "work/my_work.html", {"page": shown, "start": start, "keep": " ".join(keep)})


def _section(title: str, found: list[pm.NeedsRow]) -> pm.Section | None:
    if not found:
        return None
    return pm.Section(title, note=str(len(found)), body=render_to_string("work/rows.html", {"rows": found}))


def _buttons(user: Any) -> tuple[pm.Button, ...]:
    if not rights_of(user).can_somewhere("task", "c"):
        return ()
    return (pm.Button("New task", reverse("create", args=["tasks"]), "plus"),)


def _others_needs(user: Any) -> list[pm.NeedsRow]:
    """What other apps hold for this person; work's own stands in its sections."""
    if not rights_of(user).can_somewhere("kpi", "r"):
        return []
    view, found = View(user, "week"), []
    for part in sorted(contributions, key=lambda one: one.position):
        if part.needs is not None and part.name != "work":
            found += part.needs(view)
    return by_cost_of_waiting(found)


def _my_jobs(user: Any) -> pm.Table:
    found = tuple(
        pm.Row(
            str(job.pk),
            cells=(pm.Cell(job.label, "link", url=reverse("job", args=[job.pk])), pm.Cell(job.get_state_display())),
        )
        for job in Job.objects.filter(owner_id=user.pk).order_by("-id")[:10]
    )
    return pm.Table(
        (pm.Column("what", "Job", wide=True), pm.Column("state", "State")), found, "My jobs", "No jobs yet."
    )


def _my_acts(user: Any) -> pm.Table:
    zone = cells.zone_of(user)
    found = tuple(
        pm.Row(
            str(event.pk),
            cells=(
                pm.Cell(sentence_of(event.name), "link", url=reverse("audit_event", args=[event.pk])),
                cells.plain_cell(event.at, zone),
            ),
        )
        for event in Event.objects.filter(actor_id=user.pk).order_by("-id")[:10]
    )
    columns = (pm.Column("what", "What", wide=True), pm.Column("at", "When"))
    return pm.Table(columns, found, "What I did last", "Nothing yet.")


@page("task", "u")
def do_task(request: HttpRequest, key: int) -> HttpResponse:
    """One task, one thing at a time. A post from the phone's queue is answered in JSON and counts once per entry."""
    resource = resources["task"]
    task = resource.rows(request.user).filter(pk=key).first()
    if task is None:
        raise Http404
    if request.method != "POST":
        return _show_task(request, task, CompleteForm(actor=request.user, record=task))
    queued = request.headers.get("Accept", "") == "application/json"
    try:
        _complete(request, task)
    except FormRefused as error:
        return _refused(error) if queued else _show_task(request, task, error.form, status=422)
    except Refused as error:
        if queued:
            return _refused(error)
        form = CompleteForm(request.POST, request.FILES, actor=request.user, record=task)
        form.add_error(None, error.message)
        return _show_task(request, task, form, status=422)
    if queued:
        return JsonResponse({"state": "done"})
    messages.success(request, "Task done")
    return HttpResponseRedirect(reverse("my_work"))


def _complete(request: HttpRequest, task: Task) -> None:
    resource = resources["task"]
    action = resource.action("complete")
    assert action is not None

    def run() -> Answer:
        require_open(task)
        perform(
            action,
            row=resource.row,
            noun=resource.noun,
            actor=request.user,
            data=request.POST,
            files=request.FILES,
            record=task,
            own=resource.own,
        )
        return Answer(200, {"state": "done"}, {})

    with transaction.atomic():
        entry = request.POST.get("form_token", "") or secrets.token_urlsafe(16)
        once(principal=f"user:{request.user.pk}", route=request.path, key=entry, content_hash="", run=run)


def _refused(error: Refused) -> JsonResponse:
    return JsonResponse({"state": "refused", "message": error.message, "field": error.field}, status=422)


def _steps(task: Task, form: ActionForm) -> list[tuple[Any, dict[str, Any] | None]]:
    """Each field with its limits, where it is a reading."""
    limits = {f"a_{one['name']}": one for one in task.form if one["kind"] == "reading"}
    return [(field, limits.get(field.name)) for field in form]


def _show_task(request: HttpRequest, task: Task, form: ActionForm, *, status: int = 200) -> HttpResponse:
    context = {
        "task": task,
        "form": form,
        "steps": _steps(task, form),
        "possible": task.is_open and task.state != Task.State.HELD,
        "token": secrets.token_urlsafe(16),
        "instruction": instruction_for(task.instruction, request.user),
        "record_url": reverse("record", args=["tasks", task.pk]),
        "due": cells.when(task.due_at, cells.zone_of(request.user))[0] if task.due_at else "",
        "page": {"title": task.title},
    }
    return render(request, "work/do_task.html", context, status=status)


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The script that answers without network; it stands at the root so that it may speak for every page."""
    shell = [static(f"js/{name}.js") for name in ("app", "dialog", "toast", "palette", "keys", "phone", "queue")]
    shell += [static("css/ops.css"), static("css/font.css"), static("img/icon.svg"), reverse("offline")]
    shell.append(static("django_htmx/htmx-2.min.js"))
    body = render_to_string("work/sw.js", {"shell": shell, "offline": reverse("offline")})
    headers = {"Service-Worker-Allowed": "/", "Cache-Control": "no-cache"}
    return HttpResponse(body, content_type="text/javascript; charset=utf-8", headers=headers)


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """Makes the platform installable on a phone."""
    return JsonResponse(
        {
            "name": "Opsplatform",
            "short_name": "Ops",
            "start_url": reverse("my_work"),
            "scope": "/",
            "display": "standalone",
            "background_color": "#F6F7F9",
            "theme_color": "#3046C7",
            "icons": [{"src": static("img/icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
        },
        content_type="application/manifest+json",
    )


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What is shown for a page the phone does not keep."""
    return render(request, "work/offline.html", {"page": {"title": "No network"}})
