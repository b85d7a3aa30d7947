"""Small pages of the kernel: search and palette, jobs, saved views, theme, attachments, health."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from apps.core.errors import Refused
from apps.core.jobs.running import cancel_job
from apps.core.models import Draft, Job, SavedView
from apps.core.records.searching import search
from apps.core.resources.resource import of_subject, resources
from apps.core.web import pagemodel as pm
from apps.core.web.access import person_key
from apps.core.web.finders import finders
from apps.core.web.navigation import NavPage, add_page, nav_for, setup_for
from apps.core.web.views_list import resource_or_404


def search_view(request: HttpRequest) -> HttpResponse:
    """Pages and records this person may open; the palette asks for the options only."""
    words = request.GET.get("q", "").strip()[:100]
    others = [pm.SearchGroup(one.label, tuple(one.find(request.user, words))) for one in finders] if words else []
    groups = [group for group in (_pages(request, words), *others, *_records(request, words)) if group.links]
    page = pm.SearchPage(query=words, groups=tuple(groups))
    template = "panels/palette_results.html" if request.GET.get("palette") else "pages/search.html"
    return render(request, template, {"page": page})


def _pages(request: HttpRequest, words: str) -> pm.SearchGroup:
    links = [
        pm.Connection(item.label, item.url, item.icon, group.label)
        for group in nav_for(request.user, request.path)
        for item in group.items
        if words.lower() in item.label.lower()
    ]
    for resource in resources:
        action = resource.action_of_kind("create")
        if action is not None and resource.may(request.user, action.verb) and words.lower() in action.label.lower():
            links.append(pm.Connection(action.label, reverse("create", args=[resource.path]), "plus", "Create"))
    return pm.SearchGroup("Pages", tuple(links[:12]))


def _records(request: HttpRequest, words: str) -> list[pm.SearchGroup]:
    readable = [resource.name for resource in resources if resource.may(request.user, "r")]
    groups: dict[str, list[pm.Connection]] = {}
    for entry in search(words, resources=readable):
        found = of_subject(entry.subject)
        if found is None:
            continue
        resource, key = found
        if not resource.rows(request.user).filter(pk=key).exists():
            continue
        link = pm.Connection(entry.title, reverse("record", args=[resource.path, key]), resource.icon, entry.number)
        groups.setdefault(resource.plural, []).append(link)
    return [pm.SearchGroup(label, tuple(links)) for label, links in groups.items()]


def job_panel(job: Job) -> pm.JobPanel:
    result = job.result.get("url")
    return pm.JobPanel(
        title=job.label,
        url=reverse("job", args=[job.pk]) + "?poll=1",
        state=job.state,  # type: ignore[arg-type]
        text=job.problem or job.step,
        done=job.done_count,
        total=job.total_count or None,
        every=1,
        cancel_url="" if job.finished else reverse("job_cancel", args=[job.pk]),
        result=pm.Button(job.result.get("label", "Open the result"), result, "download", "pri") if result else None,
        crumbs=(pm.Crumb("Jobs"), pm.Crumb(job.label)),
        back_url=job.params.get("back", ""),
    )


def job_view(request: HttpRequest, key: int) -> HttpResponse:
    job = Job.objects.filter(pk=key).first()
    if job is None:
        raise Http404
    panel = job_panel(job)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "panels/job.html", {"job": panel})
    return render(request, "pages/job.html", {"page": panel})


@require_POST
def job_cancel_view(request: HttpRequest, key: int) -> HttpResponse:
    job = Job.objects.filter(pk=key).first()
    if job is None:
        raise Http404
    try:
        cancel_job(job, actor=request.user)
    except Refused as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(reverse("job", args=[key]))


class SaveViewForm(forms.Form):
    """The name of a view and whether others see it."""

    name = forms.CharField(max_length=60, help_text="Such as 'Late in paint shop'.")
    shared = forms.BooleanField(required=False, label="Share with everybody")
    is_default = forms.BooleanField(required=False, label="Open this view first")


def save_view_view(request: HttpRequest, path: str) -> HttpResponse:
    """Keep the list's state under a name; the same name replaces one's own view."""
    resource = resource_or_404(path)
    form = SaveViewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        with transaction.atomic():
            mine = SavedView.objects.filter(resource=resource.name, owner_id=person_key(request))
            if values["is_default"]:
                mine.update(is_default=False)
            SavedView.objects.update_or_create(
                resource=resource.name,
                owner_id=person_key(request),
                name=values["name"],
                defaults={
                    "query": request.META["QUERY_STRING"][:2000],
                    "shared": values["shared"],
                    "is_default": values["is_default"],
                },
            )
        messages.success(request, f"View '{values['name']}' saved")
        return HttpResponseRedirect(f"{resource.list_url()}?{request.META['QUERY_STRING']}")
    page = pm.FormPage(
        title="Save this view",
        form=form,
        crumbs=(pm.Crumb(resource.plural, resource.list_url()), pm.Crumb("Save view")),
        submit_label="Save view",
        cancel_url=resource.list_url(),
        url=request.get_full_path(),
    )
    return render(request, "pages/form.html", {"page": page}, status=422 if form.errors else 200)


@require_POST
def delete_view_view(request: HttpRequest, path: str, key: int) -> HttpResponse:
    SavedView.objects.filter(pk=key, owner_id=person_key(request)).delete()
    return HttpResponseRedirect(resource_or_404(path).list_url())


def draft_view(request: HttpRequest, form: str) -> HttpResponse:
    """What the person typed and did not send: kept every two seconds, given back on return, gone after saving."""
    mine = Draft.objects.filter(owner_id=person_key(request), form=form[:200])
    if request.method == "POST":
        if request.POST.get("do") == "forget":
            mine.delete()
            return HttpResponse(status=204)
        values = {name: request.POST.getlist(name)[:50] for name in request.POST if name != "csrfmiddlewaretoken"}
        Draft.objects.update_or_create(owner_id=person_key(request), form=form[:200], defaults={"values": values})
        return HttpResponse(status=204)
    draft = mine.first()
    return JsonResponse({"values": draft.values if draft else {}, "saved_at": draft.saved_at if draft else None})


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    theme = request.POST.get("theme", "")
    user = request.user
    if theme in {"light", "dark", "system"}:
        get_user_model()._default_manager.filter(pk=user.pk).update(theme=theme)
    back = request.META.get("HTTP_REFERER", "/")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return HttpResponseRedirect(back if safe else "/")


add_page(
    NavPage(
        "settings",
        "Settings",
        "sliders-horizontal",
        "Settings",
        2,
        lambda user: bool(setup_for(user)),
        url_name="settings",
    )
)


def settings_view(request: HttpRequest) -> HttpResponse:
    """All pages of set-up this person may open."""
    links = tuple(pm.Connection(item.label, item.url, item.icon) for item in setup_for(request.user))
    page = pm.SettingsPage(
        title="Settings",
        crumbs=(pm.Crumb("Settings"),),
        facts="How the company is set up here.",
        sections=(pm.Section("Set-up", links=links),),
    )
    return render(request, "pages/settings.html", {"page": page})


def ping(request: HttpRequest) -> HttpResponse:
    """The smallest signed-in request: the unit that benchmarks compare with."""
    if not request.user.is_authenticated:
        return HttpResponse("sign in", status=401, content_type="text/plain")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("pong", content_type="text/plain")


def alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("alive", content_type="text/plain")


def ready(request: HttpRequest) -> HttpResponse:
    """Whether this process can serve: the database answers and is migrated."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM django_migrations")
            cursor.fetchone()
    except Exception as error:
        return HttpResponse(f"not ready: {type(error).__name__}", status=503, content_type="text/plain")
    return HttpResponse(f"ready {settings.VERSION}", content_type="text/plain")
