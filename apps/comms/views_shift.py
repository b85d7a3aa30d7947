"""The page on which one shift writes for the next and the next takes over; made for a phone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from apps.comms.forms import CorrectEntryForm
from apps.comms.models import Shift, ShiftEntry, ShiftTakeover, Topic
from apps.core.access.rights import rights_of
from apps.core.actions.action import FormRefused, perform
from apps.core.actions.fields import ActionForm, RecordField
from apps.core.errors import Refused
from apps.core.resources.resource import resources
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.core.web.middleware import undo
from apps.core.web.navigation import NavPage, add_page
from apps.org.models import Department

add_page(
    NavPage(
        "shift_log",
        "Shift log",
        "notebook-pen",
        "Operate",
        25,
        lambda user: rights_of(user).can_somewhere("announcement", "r"),
    )
)
CARRIED = 50


class PlaceForm(ActionForm):
    """Which shift of which department."""

    department = RecordField(Department)
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    shift = forms.ChoiceField(choices=Shift.choices)


class NoteForm(forms.Form):
    """What the one who takes over adds."""

    note = forms.CharField(max_length=300, required=False, label="Note")


def shift_at(moment: datetime) -> tuple[date, str]:
    """The shift that runs at a moment of local time; the night belongs to the day on which it began."""
    hour = moment.hour
    if 6 <= hour < 14:
        return moment.date(), Shift.EARLY
    if 14 <= hour < 22:
        return moment.date(), Shift.LATE
    return (moment.date() if hour >= 22 else moment.date() - timedelta(days=1)), Shift.NIGHT


def _place(request: HttpRequest) -> tuple[PlaceForm, dict[str, Any] | None]:
    """The chosen place, else one's own department and the shift that runs."""
    homes = Department.objects.visible_to(request.user).filter(archived_at__isnull=True)
    own = homes.filter(pk__in=rights_of(request.user).homes).select_related("site").order_by("-pk").first()
    own = own or homes.order_by("pk").first()
    zone = own.site.time_zone if own and own.site else settings.TIME_ZONE
    day, shift = shift_at(timezone.now().astimezone(ZoneInfo(zone)))
    data = {"department": own.pk if own else "", "day": day.isoformat(), "shift": str(shift)}
    form = PlaceForm({**data, **{name: request.GET[name] for name in data if name in request.GET}}, actor=request.user)
    return form, form.cleaned_data if form.is_valid() else None


@page("announcement", "r")
def shift_log(request: HttpRequest) -> HttpResponse:
    form, place = _place(request)
    context: dict[str, Any] = {"place_form": form, "place": place, "entry_form": CorrectEntryForm(actor=request.user)}
    context["note_form"] = NoteForm()
    status = 200 if place else 422
    if place and request.method == "POST":
        try:
            _do(request, place)
            return HttpResponseRedirect(request.get_full_path())
        except FormRefused as error:
            undo(request)
            context["entry_form"] = CorrectEntryForm(request.POST, actor=request.user)
            messages.error(request, error.message)
            status = 422
        except Refused as error:
            undo(request)
            messages.error(request, error.message)
            status = 422
    if place:
        context |= _shown(request, place)
    context["page"] = pm.SettingsPage(
        title="Shift log",
        crumbs=(pm.Crumb("Operate"), pm.Crumb("Shift log")),
        facts="What one shift leaves to the next.",
    )
    return render(request, "comms/shift_log.html", context, status=status)


def _do(request: HttpRequest, place: dict[str, Any]) -> None:
    """Write an entry, or take the shift over; the same verbs as everywhere."""
    where = {"department": place["department"].pk, "day": place["day"].isoformat(), "shift": place["shift"]}
    taking = request.POST.get("do") == "take"
    resource = resources["shift_takeover" if taking else "shift_entry"]
    action = resource.action_of_kind("create")
    assert action is not None
    data = {**request.POST.dict(), **where}
    perform(action, row=resource.row, noun=resource.noun, actor=request.user, data=data)
    messages.success(request, "Shift taken over" if taking else "Written down")


def _shown(request: HttpRequest, place: dict[str, Any]) -> dict[str, Any]:
    rows = ShiftEntry.objects.visible_to(request.user).filter(department=place["department"], archived_at__isnull=True)
    here = list(rows.filter(day=place["day"], shift=place["shift"]).select_related("author").order_by("pk"))
    carried = rows.filter(open=True).exclude(day=place["day"], shift=place["shift"]).order_by("day", "pk")
    taken = ShiftTakeover.objects.visible_to(request.user).filter(
        department=place["department"], day=place["day"], shift=place["shift"], archived_at__isnull=True
    )
    may = rights_of(request.user).covers("announcement", "c", ShiftEntry(department=place["department"]))
    return {
        "topics": [
            (label, [_line(one, request) for one in here if one.topic == code]) for code, label in Topic.choices
        ],
        "carried": [_line(one, request) for one in carried.select_related("author")[:CARRIED]],
        "taken": taken.select_related("taken_by").first(),
        "may": may,
        "here": here,
    }


def _line(one: ShiftEntry, request: HttpRequest) -> dict[str, Any]:
    today = timezone.now().astimezone(cells.zone_of(request.user)).date()
    return {
        "one": one,
        "url": reverse("record", args=["shift-entries", one.pk]),
        "close_url": reverse("act", args=["shift-entries", one.pk, "close"]) if one.open else "",
        "age": (today - one.day).days,
    }
