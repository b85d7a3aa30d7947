"""The record page of any noun: facts, panels, history, properties, and its verbs as buttons."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from apps.core.access.rights import require
from apps.core.actions.action import Action, allowed
from apps.core.events.facts import facts, sentence_of
from apps.core.models import Event
from apps.core.records.audit import opens_event
from apps.core.resources.resource import Resource
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.around import arounds
from apps.core.web.connections import connections_of
from apps.core.web.filecard import files_section
from apps.core.web.views_list import group_crumb, resource_or_404

HISTORY = 50

MOST_LETTERS = 1500


def record_or_404(request: HttpRequest, resource: Resource, key: int) -> Any:
    """A record outside the person's reach does not exist for them."""
    record = resource.rows(request.user).filter(pk=key).first()
    if record is None:
        raise Http404
    return record


def record_view(request: HttpRequest, path: str, key: int) -> HttpResponse:
    resource = resource_or_404(path)
    require(request.user, resource.row, "r", noun=resource.noun)
    record = record_or_404(request, resource, key)
    return render(request, "pages/record.html", {"page": build_record(request, resource, record)})


def build_record(request: HttpRequest, resource: Resource, record: Any) -> pm.RecordPage:
    user = request.user
    status = resource.status(record)
    tab = request.GET.get("history", "all")
    return pm.RecordPage(
        title=resource.title(record),
        number=resource.number(record),
        url=resource.url(record),
        crumbs=(
            *group_crumb(resource),
            pm.Crumb(resource.plural, resource.list_url()),
            pm.Crumb(resource.number(record)),
        ),
        statuses=(pm.Cell(status[1], "status", tone=status[0]),) if status else (),  # type: ignore[arg-type]
        origin=f"version {record.version}" if hasattr(record, "version") else "",
        sections=_sections(resource, record, user),
        timeline=timeline(resource, record, user, tab),
        timeline_tabs=tuple(
            pm.ViewTab(label, f"{resource.url(record)}?history={name}", current=tab == name)
            for name, label in (("all", "All"), ("comments", "Comments"), ("changes", "Changes"))
        ),
        **_comment_form(subject_of(resource, record), user),
        properties=tuple(
            pm.Property(cells.field_label(resource.model, name), _property(resource, record, name, user))
            for name in resource.fields
            if not _has_its_panel(getattr(record, name))
        ),
        connections=connections_of(f"{resource.name}:{record.pk}", user),
        list_url=resource.list_url(),
        **_verbs(resource, record, user),
    )


def _property(resource: Resource, record: Any, name: str, user: Any) -> pm.Cell:
    """As the list writes it, where the noun writes it in a way of its own: a year is not 2 026."""
    own = next((one for one in resource.columns if one.name == name and one.value and one.kind == "text"), None)
    return cells.cell(own, record, resource, user) if own else cells.field_cell(record, name, user)


def _has_its_panel(value: Any) -> bool:
    """Structured data and very long texts, such as a drawing, are shown by a panel of the noun."""
    if isinstance(value, list):
        return any(isinstance(one, dict) for one in value)
    return isinstance(value, dict) or (isinstance(value, str) and len(value) > MOST_LETTERS)


def subject_of(resource: Resource, record: Any) -> str:
    return f"{resource.name}:{record.pk}"


def _comment_form(subject: str, user: Any) -> dict[str, Any]:
    one = next(iter(arounds), None)
    if one is None:
        return {}
    url, form = one.form(subject, user)
    return {"comment_url": url, "comment_form": form}


def _sections(resource: Resource, record: Any, user: Any) -> tuple[pm.Section, ...]:
    sections = [made for panel in resource.panels if (made := panel.make(record, user)) is not None]
    files = files_section(resource, record, user)
    return (*sections, files) if files else tuple(sections)


def _verbs(resource: Resource, record: Any, user: Any) -> dict[str, Any]:
    """What this person may do next: one primary, change beside it, the rest in the menu."""
    offered = [
        one
        for one in resource.actions
        if one.kind != "create" and allowed(one, resource.row, user, record, own=resource.own)
    ]
    primary = next((one for one in offered if one.primary), None)
    change = next((one for one in offered if one.kind == "change"), None)
    return {
        "primary": button(resource, record, primary, "pri") if primary else None,
        "buttons": (
            *(made for one in arounds for made in one.buttons(subject_of(resource, record), user)),
            *((button(resource, record, change),) if change else ()),
        ),
        "menu": tuple(button(resource, record, one) for one in offered if one not in (primary, change)),
    }


def button(resource: Resource, record: Any, action: Action, kind: str = "") -> pm.Button:
    return pm.Button(
        action.label,
        reverse("act", args=[resource.path, record.pk, action.name]),
        action.icon,
        "danger" if action.danger and kind != "pri" else kind,  # type: ignore[arg-type]
        dialog=action.kind == "verb",
    )


def timeline(resource: Resource, record: Any, user: Any, tab: str) -> tuple[pm.TimelineEntry, ...]:
    """What happened to the record and what people say about it, newest first."""
    subject = subject_of(resource, record)
    stream = [] if tab == "comments" else _history(resource, subject, user, changes_only=tab == "changes")
    if tab != "changes":
        stream += [entry for one in arounds for entry in one.entries(subject, user)]
    return tuple(entry for _, entry in sorted(stream, key=lambda one: one[0], reverse=True))


def _history(
    resource: Resource, subject: str, user: Any, *, changes_only: bool
) -> list[tuple[datetime, pm.TimelineEntry]]:
    found = Event.objects.filter(subject=subject).order_by("-id")
    if hidden := {name for one in arounds for name in one.hides}:
        found = found.exclude(name__in=hidden)
    if changes_only:
        found = found.exclude(changes={})
    events = list(found[:HISTORY])
    people = get_user_model()._default_manager.in_bulk({one.actor_id for one in events if one.actor_id})
    return [(event.at, _entry(event, people, user, resource)) for event in events]


def _entry(event: Event, people: dict[int, Any], user: Any, resource: Resource) -> pm.TimelineEntry:
    kind = facts.get(event.name)
    actor = people.get(event.actor_id) if event.actor_id else None
    short, full = cells.when(event.at, cells.zone_of(user))
    return pm.TimelineEntry(
        who=str(actor) if actor else "System",
        text=sentence_of(event.name),
        at=short,
        at_full=full,
        icon=kind.icon if kind else "circle",
        kind="change" if event.changes else "event",
        person=pm.Person(str(actor), "", actor.initials) if actor else None,
        changes=tuple(
            (cells.field_label(resource.model, name.removesuffix("_id")), _words(pair[0]), _words(pair[1]))
            for name, pair in event.changes.items()
            if isinstance(pair, list) and len(pair) == 2
        ),
        url=reverse("audit_event", args=[event.pk]) if opens_event(event, user) else "",
    )


def _words(value: Any) -> str:
    if value is None or value == "":
        return cells.DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "details" if _has_its_panel(value) else str(value)
