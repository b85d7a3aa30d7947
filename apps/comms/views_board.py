"""The page of a tier board, for the wall and for the phone, and its days in the API."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from apps.comms.boardpage import Letter, letters_of
from apps.comms.models import TierBoard, TierMark, Topic
from apps.comms.panels_board import STALE_DAYS, age_of
from apps.core.access.rights import rights_of
from apps.core.actions.action import perform
from apps.core.errors import Refused
from apps.core.resources.resource import resources
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.core.web.middleware import undo

TONES = {"good": "Good", "warn": "At risk", "bad": "Not good", "": "Nothing known"}


class QuickMarkForm(forms.Form):
    """How today was for one letter."""

    topic = forms.ChoiceField(label="Letter", choices=Topic.choices)
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    tone = forms.ChoiceField(label="How it was", choices=TierMark.Tone.choices)
    note = forms.CharField(max_length=300, required=False)


class QuickIssueForm(forms.Form):
    """What hinders the team."""

    topic = forms.ChoiceField(label="Letter", choices=Topic.choices)
    text = forms.CharField(label="Issue", max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))


def find_board(user: Any, key: int) -> TierBoard:
    found = TierBoard.objects.visible_to(user).select_related("department__site", "above").filter(pk=key).first()
    if found is None:
        raise Http404
    return found  # type: ignore[no-any-return]


def today_of(board: TierBoard) -> date:
    site = board.department.site
    return timezone.now().astimezone(ZoneInfo(site.time_zone if site else settings.TIME_ZONE)).date()


def month_of(text: str, today: date) -> date:
    """The month asked for, such as 2026-03; refuses anything else."""
    if not text:
        return today
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise Refused(f"'{text[:20]}' is no month. Write it like 2026-03.", code="bad_filter", field="month") from None


@page("kpi", "r")
def tier_board(request: HttpRequest, key: int) -> HttpResponse:
    board = find_board(request.user, key)
    today = today_of(board)
    month = month_of(request.GET.get("month", ""), today)
    status, here = 200, request.get_full_path()
    if request.method == "POST":
        try:
            _do(request, board)
            return HttpResponseRedirect(here)
        except Refused as error:
            undo(request)
            messages.error(request, error.message)
            status = 422
    letters = letters_of(board, month=month, today=today, user=request.user)
    context = {
        "page": _page(board, month),
        "board": board,
        "letters": [
            (one, [(day, TONES[day.tone]) for day in one.days], _aged(one), TONES[one.tone]) for one in letters
        ],
        "today": today,
        "may": rights_of(request.user).covers("announcement", "c", board),
        "mark_form": QuickMarkForm(initial={"day": today}),
        "issue_form": QuickIssueForm(request.POST if status == 422 and request.POST.get("do") == "raise" else None),
    }
    return render(request, "comms/tier_board.html", context, status=status)


def _page(board: TierBoard, month: date) -> pm.SettingsPage:
    return pm.SettingsPage(
        title=board.name,
        crumbs=(
            pm.Crumb("Operate"),
            pm.Crumb("Tier boards", reverse("list", args=["tier-boards"])),
            pm.Crumb(board.name),
        ),
        facts=f"Tier {board.tier} · {board.department} · {month:%B %Y}",
    )


def _aged(letter: Letter) -> list[tuple[Any, int, bool]]:
    return [(one, age_of(one), age_of(one) >= STALE_DAYS) for one in letter.issues]


def _do(request: HttpRequest, board: TierBoard) -> None:
    raising = request.POST.get("do") == "raise"
    resource = resources["tier_issue" if raising else "tier_mark"]
    action = resource.action_of_kind("create")
    assert action is not None
    data = {**request.POST.dict(), "origin" if raising else "board": str(board.pk)}
    perform(action, row=resource.row, noun=resource.noun, actor=request.user, data=data)
    messages.success(request, "Issue raised" if raising else "Day marked")
