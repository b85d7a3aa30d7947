"""Creating, changing and acting on records, singly and in bulk, through the actions of the noun."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse

from apps.core.access.rights import require
from apps.core.actions.action import Action, FormRefused, perform
from apps.core.errors import Conflict, Refused
from apps.core.records.once import Answer, once
from apps.core.resources.resource import Resource
from apps.core.web import errors, stepup
from apps.core.web import pagemodel as pm
from apps.core.web.views_list import matching, resource_or_404
from apps.core.web.views_record import record_or_404

BULK_LIMIT = 1000


def create_view(request: HttpRequest, path: str) -> HttpResponse:
    resource = resource_or_404(path)
    action = resource.action_of_kind("create")
    if action is None:
        raise Http404
    require(request.user, resource.row, action.verb, noun=resource.noun)
    asked = stepup.ask_again(request, action)
    if asked is not None:
        return asked
    if request.method != "POST":
        initial = {name: value for name, value in request.GET.items() if name in action.form.base_fields}
        form = action.form(initial=initial | stepup.typed_before(request), actor=request.user)
        return render(request, "pages/form.html", {"page": _form_page(resource, action, form)})

    def finish(record: Any) -> str:
        messages.success(request, action.done or f"{resource.label} {resource.number(record)} saved")
        return reverse("create", args=[path]) if request.POST.get("add_another") else resource.url(record)

    return _submit(request, resource, action, None, finish)


def act_view(request: HttpRequest, path: str, key: int, name: str) -> HttpResponse:
    """One verb on one record; GET shows its form or question, POST does it."""
    resource = resource_or_404(path)
    record = record_or_404(request, resource, key)
    action = resource.action(name)
    if action is None or action.kind == "create":
        raise Http404
    require(request.user, resource.row, action.verb, record, own=resource.own, noun=resource.noun)
    asked = stepup.ask_again(request, action)
    if asked is not None:
        return asked
    if request.method != "POST":
        initial = _initial(action, record) | stepup.typed_before(request)
        form = action.form(initial=initial, actor=request.user, record=record)
        return _show(request, resource, action, form, record)

    def finish(done: Any) -> str:
        target = done if isinstance(done, type(record)) else record
        undo = reverse("act", args=[path, target.pk, action.undo]) if action.undo else ""
        messages.success(request, action.done or f"{action.label}: done", extra_tags=f"undo:{undo}" if undo else "")
        return resource.url(target)

    return _submit(request, resource, action, record, finish)


def _submit(
    request: HttpRequest, resource: Resource, action: Action, record: Any, finish: Callable[[Any], str]
) -> HttpResponse:
    """Do the verb once per form token; a refusal lands on the form with nothing lost."""
    version = request.POST.get("version", "")

    def run() -> Answer:
        done = perform(
            action,
            row=resource.row,
            noun=resource.noun,
            actor=request.user,
            data=request.POST,
            files=request.FILES,
            record=record,
            version=int(version) if version.isdigit() else None,
            own=resource.own,
        )
        return Answer(302, {"location": finish(done)}, {})

    try:
        with transaction.atomic():
            token = request.POST.get("form_token", "")
            if token:
                answer = once(
                    principal=f"user:{request.user.pk}", route=request.path, key=token, content_hash="", run=run
                )
            else:
                answer = run()
    except FormRefused as error:
        return _show(request, resource, action, error.form, record, status=422)
    except Refused as error:
        return _show_refusal(request, resource, action, record, error)
    return _go(request, answer.body["location"])


def _show_refusal(
    request: HttpRequest, resource: Resource, action: Action, record: Any, error: Refused
) -> HttpResponse:
    """The form again with everything typed, the refusal at its field, and both versions after a conflict."""
    form = action.form(request.POST, request.FILES, actor=request.user, record=record)
    form.is_valid()
    here = error.field in form.fields
    form.add_error(
        error.field if here else None, error.message if here or not error.field else f"{error.field}: {error.message}"
    )
    conflict = _compare(form, type(record).objects.get(pk=record.pk)) if isinstance(error, Conflict) else ()
    return _show(request, resource, action, form, record, status=409 if conflict else 422, conflict=conflict)


def _go(request: HttpRequest, url: str) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def _initial(action: Action, record: Any) -> dict[str, Any]:
    if action.kind != "change":
        return {}
    found = {}
    for name in action.form.base_fields:
        value = getattr(record, name, None)
        found[name] = value.pk if isinstance(value, models.Model) else value
    return found


def _compare(form: Any, theirs: Any) -> tuple[tuple[str, str, str], ...]:
    """Fields in which the person's input differs from what somebody else saved."""
    rows = []
    for name, value in form.cleaned_data.items():
        other = getattr(theirs, name, None)
        if str(value) != str(other):
            rows.append((str(form.fields[name].label or name), str(value), str(other)))
    return tuple(rows)


def _show(
    request: HttpRequest,
    resource: Resource,
    action: Action,
    form: Any,
    record: Any,
    *,
    status: int = 200,
    conflict: tuple[tuple[str, str, str], ...] = (),
) -> HttpResponse:
    if action.kind == "verb":
        context: dict[str, Any] = {"page": _confirm_page(resource, action, form, record)}
        template = "confirm.html"
    else:
        fresh = type(record).objects.get(pk=record.pk) if conflict else record
        context = {"page": _form_page(resource, action, form, fresh, conflict)}
        template = "form.html"
    folder = "panels" if request.htmx else "pages"  # type: ignore[attr-defined]
    return render(request, f"{folder}/{template}", context, status=status)


def _crumbs(resource: Resource, record: Any, label: str) -> tuple[pm.Crumb, ...]:
    middle = (pm.Crumb(resource.number(record), resource.url(record)),) if record is not None else ()
    return (pm.Crumb(resource.plural, resource.list_url()), *middle, pm.Crumb(label))


def _form_page(
    resource: Resource, action: Action, form: Any, record: Any = None, conflict: tuple[tuple[str, str, str], ...] = ()
) -> pm.FormPage:
    title = f"{action.label} {resource.number(record)}" if record is not None else action.label
    return pm.FormPage(
        title=title,
        form=form,
        crumbs=_crumbs(resource, record, action.label),
        facts=action.help,
        submit_label="Save" if record is not None else f"Save {resource.noun}",
        cancel_url=resource.url(record) if record is not None else resource.list_url(),
        version=str(record.version) if record is not None else "",
        form_token=secrets.token_urlsafe(16),
        conflict=conflict,
        conflict_text="Your values are kept below. Save again to use them." if conflict else "",
        draft_key=f"{resource.name}:{record.pk if record is not None else 'new'}",
        keeps_adding=record is None,
    )


def _confirm_page(resource: Resource, action: Action, form: Any, record: Any) -> pm.ConfirmPage:
    return pm.ConfirmPage(
        title=f"{action.label}: {resource.title(record)}",
        text=action.confirm or action.help or f"{action.label} {resource.noun} {resource.number(record)}.",
        crumbs=_crumbs(resource, record, action.label),
        button=pm.Button(
            action.label,
            reverse("act", args=[resource.path, record.pk, action.name]),
            action.icon,
            "danger" if action.danger else "pri",
            method="post",
        ),
        cancel_url=resource.url(record),
        form=form if form.fields else None,
        form_token=secrets.token_urlsafe(16),
    )


def bulk_view(request: HttpRequest, path: str, name: str) -> HttpResponse:
    """One verb on many records: asks first (with its form), then does all or nothing and says what happened."""
    resource = resource_or_404(path)
    action = resource.action(name)
    if action is None or not action.bulk or request.method != "POST":
        raise Http404
    require(request.user, resource.row, action.verb, noun=resource.noun)
    asked = stepup.ask_again(request, action)
    if asked is not None:
        return asked
    try:
        records = _selected(request, resource)
    except Refused as error:
        return errors.refused(request, error)
    form = action.form(request.POST if "confirmed" in request.POST else None, actor=request.user)
    if "confirmed" not in request.POST or not form.is_valid():
        page = _bulk_page(request, resource, action, form, records)
        return render(request, "pages/confirm.html", {"page": page}, status=422 if form.errors else 200)
    try:
        with transaction.atomic():
            for record in records:
                perform(
                    action,
                    row=resource.row,
                    noun=resource.noun,
                    actor=request.user,
                    data=request.POST,
                    record=record,
                    own=resource.own,
                )
    except Refused as error:
        text = f"Nothing was changed. {resource.number(record)}: {error.message}"
        return errors.refused(request, Refused(text, code=error.code))
    messages.success(request, f"{action.label}: {len(records)} {resource.nouns}")
    return HttpResponseRedirect(resource.list_url())


def _selected(request: HttpRequest, resource: Resource) -> list[Any]:
    """The ticked rows, or exactly those that match the filter; a changed count is refused."""
    if request.POST.get("all_matching"):
        rows, _ = matching(request, resource, QueryDict(request.POST.get("filter", "")))
        found = list(rows[: BULK_LIMIT + 1])
        expected = request.POST.get("match_count", "")
        if expected.isdigit() and int(expected) != len(found):
            raise Refused(
                f"{len(found)} records match now, not {expected}. Look at the list and choose again.",
                code="count_changed",
            )
    else:
        keys = [int(key) for key in request.POST.getlist("row") if key.isdigit()]
        found = list(resource.rows(request.user).filter(pk__in=keys).order_by("pk"))
        if len(found) != len(set(keys)):
            raise Refused(
                "Some of the chosen records are gone. Look at the list and choose again.", code="count_changed"
            )
    if not found:
        raise Refused("Choose at least one row first.", code="nothing_chosen")
    if len(found) > BULK_LIMIT:
        raise Refused(f"Choose at most {BULK_LIMIT} records at a time.", code="too_many")
    return found


def _bulk_page(
    request: HttpRequest, resource: Resource, action: Action, form: Any, records: list[Any]
) -> pm.ConfirmPage:
    fields = [("row", str(record.pk)) for record in records]
    return pm.ConfirmPage(
        title=f"{action.label}: {len(records)} {resource.nouns}",
        text=action.confirm or f"{action.label} for {len(records)} {resource.nouns}. All are changed or none.",
        crumbs=_crumbs(resource, None, action.label),
        button=pm.Button(action.label, request.path, action.icon, "danger" if action.danger else "pri", method="post"),
        cancel_url=resource.list_url(),
        effects=tuple(f"{resource.number(one)} {resource.title(one)}" for one in records[:10])
        + ((f"and {len(records) - 10} more",) if len(records) > 10 else ()),
        form=form if form.fields else None,
        fields=(*fields, ("confirmed", "1")),
    )
