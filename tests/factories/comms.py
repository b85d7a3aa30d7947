"""Makers of what people say to many: announcements, the shift log, tier boards and escalation."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from apps.accounts.models import User
from apps.comms import services as comms
from apps.org.models import Department
from tests.factories.maker import Maker, number
from tests.factories.people import Company


def _announcement(company: Company, department: Department, owner: User) -> Any:
    return comms.announce(
        title=f"Read {number()}",
        text="Please",
        department=department,
        starts_on=date(2026, 1, 5),
        must_read=True,
        actor=owner,
    )


def _tier_board(company: Company, department: Department, owner: User) -> Any:
    return comms.set_board(name=f"Board {number()}", department=department, actor=None)


def _tier_mark(company: Company, department: Department, owner: User) -> Any:
    board = _tier_board(company, department, owner)
    day = date(2020, 1, 1) + timedelta(days=number())
    return comms.mark_day(board=board, topic="S", day=day, tone="good", actor=owner)


def _tier_issue(company: Company, department: Department, owner: User) -> Any:
    board = _tier_board(company, department, owner)
    return comms.raise_issue(origin=board, topic="Q", text=f"Gauge is missing {number()}", actor=owner)


def _escalation_policy(company: Company, department: Department, owner: User) -> Any:
    return comms.set_policy(name=f"Call {number()}", department=department, owner=owner, actor=owner)


def _escalation_step(company: Company, department: Department, owner: User) -> Any:
    return comms.set_step(policy=_escalation_policy(company, department, owner), actor=owner)


def _escalation(company: Company, department: Department, owner: User) -> Any:
    return comms.escalate(
        policy=_escalation_policy(company, department, owner),
        about=department.subject(),
        why=f"Nobody answers {number()}",
        actor=owner,
    )


def _shift_entry(company: Company, department: Department, owner: User) -> Any:
    return comms.write_entry(
        department=department,
        day=date(2026, 1, 5),
        shift="early",
        topic="S",
        text=f"Oil on the floor {number()}",
        open=True,
        actor=owner,
    )


def _shift_takeover(company: Company, department: Department, owner: User) -> Any:
    day = date(2026, 1, 5) + timedelta(days=number())
    return comms.take_over(department=department, day=day, shift="early", actor=owner)


MAKERS: dict[str, Maker] = {
    "announcement": Maker(
        _announcement,
        lambda c, d, a: {
            "title": f"New {number()}",
            "text": "Words",
            "department": d.pk,
            "starts_on": "2026-02-01",
            "remind_after_days": 2,
        },
    ),
    "tier_board": Maker(
        _tier_board,
        lambda c, d, a: {
            "name": "New board",
            "department": d.pk,
            "tier": 1,
        },
        {"name": "Changed"},
    ),
    "tier_mark": Maker(
        _tier_mark,
        lambda c, d, a: {
            "board": _tier_board(c, d, a).pk,
            "topic": "D",
            "day": str(date(2030, 1, 1) + timedelta(days=number())),
            "tone": "bad",
        },
    ),
    "tier_issue": Maker(
        _tier_issue,
        lambda c, d, a: {"origin": _tier_board(c, d, a).pk, "topic": "C", "text": f"New {number()}"},
        {"text": "Changed"},
        {"finish": {"outcome": "Found"}, "pass-up": {"reason": "Too large"}, "pass-back": {"reason": "Solved"}},
    ),
    "escalation_policy": Maker(
        _escalation_policy,
        lambda c, d, a: {"name": "New policy", "department": d.pk, "owner": a.pk},
        {"name": "Changed"},
    ),
    "escalation_step": Maker(
        _escalation_step,
        lambda c, d, a: {
            "policy": _escalation_policy(c, d, a).pk,
            "position": 1,
            "after_minutes": 30,
            "kind": "line",
        },
        {"after_minutes": 45},
    ),
    "escalation": Maker(
        _escalation,
        lambda c, d, a: {
            "policy": _escalation_policy(c, d, a).pk,
            "about": d.subject(),
            "why": f"New {number()}",
        },
    ),
    "shift_entry": Maker(
        _shift_entry,
        lambda c, d, a: {
            "department": d.pk,
            "day": "2026-02-01",
            "shift": "late",
            "topic": "Q",
            "text": f"New {number()}",
        },
        {"text": "Changed"},
        {"close": {"outcome": "Cleaned"}},
    ),
    "shift_takeover": Maker(
        _shift_takeover,
        lambda c, d, a: {
            "department": d.pk,
            "day": str(date(2030, 1, 1) + timedelta(days=number())),
            "shift": "night",
        },
    ),
}
