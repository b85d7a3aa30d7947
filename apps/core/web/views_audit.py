"""The audit log: what happened, by whom, because of what; parked deliveries and their replay; explain access."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from apps.core.access.rights import require, rights_of
from apps.core.events import delivery as deliveries
from apps.core.events import outbound
from apps.core.events.facts import DeliveryReplayed, facts, sentence_of
from apps.core.events.log import emit
from apps.core.models import Delivery, Event
from apps.core.records.audit import opens_event, visible_events
from apps.core.resources.resource import of_subject
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.navigation import SETUP, NavPage, add_page

add_page(
    NavPage(
        "audit", "Audit log", "scroll-text", "Settings", 40, lambda user: rights_of(user).can_somewhere("audit", "r")
    )
)
add_page(
    NavPage(
        "deliveries",
        "Event deliveries",
        "send",
        SETUP,
        50,
        lambda user: rights_of(user).can_somewhere("settings", "r"),
    )
)
SIZE = 50


# What the clock does every minute would bury what people did.
CLOCK = "core.job_due"


def audit_view(request: HttpRequest) -> HttpResponse:
    require(request.user, "audit", "r", noun="audit log")
    asked = {key: request.GET.get(key, "") for key in ("subject", "name", "q", "all")}
    rows = _narrowed(visible_events(request.user), asked)
    before = request.GET.get("before", "")
    if before.isdigit():
        rows = rows.filter(pk__lt=int(before))
    found = list(rows[: SIZE + 1])
    people = get_user_model()._default_manager.in_bulk({one.actor_id for one in found if one.actor_id})
    kept = {key: value for key, value in asked.items() if value}
    page = pm.ListPage(
        title="Audit log",
        url=reverse("audit"),
        crumbs=(pm.Crumb("Settings"), pm.Crumb("Audit log")),
        tabs=(
            pm.ViewTab("People and records", "?", current=not any(asked[key] for key in ("all", "subject", "name"))),
            pm.ViewTab("With the clock", "?all=1", current=bool(asked["all"])),
        ),
        search_value=asked["q"],
        kept=tuple((key, value) for key, value in kept.items() if key != "q"),
        columns=(
            pm.Column("at", "When"),
            pm.Column("what", "What", wide=True),
            pm.Column("subject", "Record"),
            pm.Column("who", "Who"),
            pm.Column("cause", "Because of"),
        ),
        rows=tuple(_event_row(one, people, request.user) for one in found[:SIZE]),
        pager=pm.Pager("", "", "?" + urlencode({"before": found[SIZE - 1].pk, **kept}) if len(found) > SIZE else ""),
        density=request.user.density,  # type: ignore[union-attr,arg-type]
        empty=pm.Empty(
            "No events match", "Search for a person, for what was done, or for a record: purchase_order:12."
        ),
    )
    template = "panels/list_rows.html" if request.htmx else "pages/list.html"  # type: ignore[attr-defined]
    return render(request, template, {"page": page})


def _narrowed(rows: models.QuerySet[Event], asked: dict[str, str]) -> models.QuerySet[Event]:
    """By record and fact exactly, by words in the name of a person or of what was done; indexes answer all of it."""
    if asked["subject"]:
        rows = rows.filter(subject=asked["subject"])
    if asked["name"]:
        rows = rows.filter(name=asked["name"])
    if not (asked["subject"] or asked["name"] or asked["all"]):
        rows = rows.exclude(name=CLOCK)
    if words := asked["q"].strip():
        named = [name for name in facts.names() if words.lower() in facts[name].sentence.lower()]
        match = Q(username__icontains=words) | Q(first_name__icontains=words) | Q(last_name__icontains=words)
        people = get_user_model()._default_manager.filter(match).values_list("pk", flat=True)[:100]
        rows = rows.filter(Q(subject=words) | Q(name__in=named) | Q(actor_id__in=list(people)))
    return rows


def _event_row(event: Event, people: dict[int, Any], user: Any) -> pm.Row:
    url = reverse("audit_event", args=[event.pk])
    short, full = cells.when(event.at, cells.zone_of(user))
    actor = people.get(event.actor_id or 0)
    cause = reverse("audit_event", args=[event.cause_id]) if event.cause_id else ""
    return pm.Row(
        str(event.pk),
        url,
        (
            pm.Cell(short, "link", url=url, title=full),
            pm.Cell(sentence_of(event.name)),
            _subject_cell(event.subject, user),
            pm.Cell(str(actor) if actor else "System"),
            pm.Cell(f"event {event.cause_id}", "link", url=cause) if cause else pm.Cell(cells.DASH),
        ),
        title=f"event {event.pk}",
    )


def _subject_cell(subject: str, user: Any) -> pm.Cell:
    found = of_subject(subject)
    if found is None or not found[0].may(user, "r"):
        return pm.Cell(subject)
    return pm.Cell(subject, "link", url=reverse("record", args=[found[0].path, found[1]]))


def event_view(request: HttpRequest, key: int) -> HttpResponse:
    """One event: its values, its causes back to the first, its effects and their deliveries."""
    user = request.user
    event = Event.objects.filter(pk=key).first()
    if event is None or not opens_event(event, user):
        raise Http404
    zone = cells.zone_of(user)
    log_url = reverse("audit") if rights_of(user).can_somewhere("audit", "r") else ""
    chain: list[Event] = []
    cause = event.cause
    while cause is not None and len(chain) < 20:
        chain.append(cause)
        cause = cause.cause
    page = pm.RecordPage(
        title=sentence_of(event.name),
        number=f"Event {event.pk}",
        crumbs=(pm.Crumb("Audit log", log_url), pm.Crumb(f"Event {event.pk}")),
        sections=(
            pm.Section(
                "Values",
                facts=tuple(
                    pm.Fact(cells.field_label(Event, k), cells.plain_cell(_flat(v), zone))
                    for k, v in event.payload.items()
                ),
            ),
            pm.Section("Changes", table=_changes(event)),
            pm.Section("Deliveries", table=_deliveries(event)),
        ),
        properties=(
            pm.Property("Record", _subject_cell(event.subject, user)),
            pm.Property("When", cells.plain_cell(event.at, zone)),
            pm.Property("Request", pm.Cell(event.request_id[:12] or cells.DASH)),
        ),
        connections=tuple(_link(one, "cause") for one in chain)
        + tuple(_link(one, "effect") for one in event.effects.all()[:50]),
        list_url=log_url,
    )
    return render(request, "pages/record.html", {"page": page})


def _flat(value: Any) -> str:
    return (
        str(value)
        if not isinstance(value, dict)
        else ", ".join(f"{k}: {v}" for k, v in value.items() if v not in (None, ""))
    )


def _link(event: Event, state: str) -> pm.Connection:
    kind = facts.get(event.name)
    label = sentence_of(event.name)
    return pm.Connection(
        label, reverse("audit_event", args=[event.pk]), kind.icon if kind else "circle", event.subject, state=state
    )


def _changes(event: Event) -> pm.Table:
    rows = [
        pm.Row(name, cells=(pm.Cell(name), pm.Cell(str(pair[0])), pm.Cell(str(pair[1]))))
        for name, pair in event.changes.items()
        if isinstance(pair, list) and len(pair) == 2
    ]
    columns = (pm.Column("field", "Field"), pm.Column("before", "Before"), pm.Column("after", "After"))
    return pm.Table(columns, tuple(rows), "Changes", "This event changed no fields.")


def _deliveries(event: Event) -> pm.Table:
    rows = [
        pm.Row(str(one.pk), cells=(pm.Cell(one.handler), _state_cell(one), pm.Cell(str(one.attempts), "number")))
        for one in event.deliveries.all()
    ]
    columns = (pm.Column("to", "To"), pm.Column("state", "State"), pm.Column("tries", "Attempts", align="end"))
    return pm.Table(columns, tuple(rows), "Deliveries", "Nobody was owed this event.")


def _state_cell(one: Delivery) -> pm.Cell:
    tone = {"done": "good", "parked": "bad", "retrying": "warn"}.get(one.state, "idle")
    return pm.Cell(one.state, "status", tone=tone)  # type: ignore[arg-type]


def deliveries_view(request: HttpRequest) -> HttpResponse:
    """Parked and waiting deliveries, parked first."""
    require(request.user, "settings", "r", noun="page")
    rows = Delivery.objects.filter(done_at__isnull=True).select_related("event").order_by("-parked_at", "id")
    may = rights_of(request.user).can_somewhere("settings", "u")
    page = pm.SettingsPage(
        title="Event deliveries",
        crumbs=(pm.Crumb("Settings"), pm.Crumb("Event deliveries")),
        facts="What is owed and not done. Parked ones failed too often and wait for a person.",
        sections=_paused_mail(may)
        + tuple(
            pm.Section(
                f"{one.handler}",
                note=f"event {one.event_id} · {one.event.name} · {one.attempts} attempts",
                text=one.last_error.strip().splitlines()[-1] if one.last_error else "",
                status=_state_cell(one),
                button=pm.Button("Start again", reverse("replay", args=[one.pk]), "rotate-cw", "", "post")
                if may and one.parked_at
                else None,
            )
            for one in rows[:100]
        )
        or (pm.Section("Nothing waits", text="Every event reached everybody it was owed to."),),
    )
    return render(request, "pages/settings.html", {"page": page})


def _paused_mail(may: bool) -> tuple[pm.Section, ...]:
    if not outbound.paused():
        return ()
    button = pm.Button(
        "Let mail out",
        reverse("let_mail_out"),
        "send",
        "pri",
        "post",
        confirm="Is this the platform that people use, and not a copy? All mail that waits goes out.",
    )
    text = "A copy of a platform may not write to people. Reports and password links wait and go out after this."
    return (pm.Section("Outgoing mail is paused", note=outbound.WAITS, text=text, button=button if may else None),)


@require_POST
def resume_view(request: HttpRequest) -> HttpResponse:
    require(request.user, "settings", "u", noun="pause of outgoing mail")
    count = outbound.resume(actor=request.user)
    messages.success(request, f"Mail goes out again; {count} waited")
    return HttpResponseRedirect(reverse("deliveries"))


@require_POST
def replay_view(request: HttpRequest, key: int) -> HttpResponse:
    require(request.user, "settings", "u", noun="delivery")
    one = Delivery.objects.filter(pk=key, parked_at__isnull=False).first()
    if one is None:
        raise Http404
    deliveries.replay(one)
    emit(DeliveryReplayed(subject=f"delivery:{one.pk}", delivery_id=one.pk, handler=one.handler), actor=request.user)
    messages.success(request, "Started again")
    return HttpResponseRedirect(reverse("deliveries"))
