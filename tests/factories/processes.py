"""Makers of processes, documents, revisions, hand-offs and practices."""

from __future__ import annotations

from typing import Any

from apps.accounts.models import User
from apps.org.models import Department
from apps.processes import services
from tests.factories import people
from tests.factories.maker import Maker, number
from tests.factories.people import Company


def _process(company: Company, department: Department, owner: User) -> Any:
    return services.set_process(name=f"Make {number()}", department=department, owner=owner, actor=owner)


def _document(company: Company, department: Department, owner: User) -> Any:
    return services.open_document(title=f"How to {number()}", department=department, owner=owner, actor=owner)


def _revision(company: Company, department: Department, owner: User) -> Any:
    return services.draft_revision(
        document=_document(company, department, owner),
        change=f"First words {number()}",
        steps=[{"title": "Begin", "text": "Here"}],
        actor=owner,
    )


def _handoff(company: Company, department: Department, owner: User) -> Any:
    target = company.root if department != company.root else company.other
    return services.offer_handoff(title=f"Parts {number()}", department=department, to_department=target, actor=owner)


def _practice(company: Company, department: Department, owner: User) -> Any:
    return services.propose_practice(
        title=f"Board {number()}",
        problem="Search",
        way="Outline",
        department=department,
        author=people.user(),
        actor=owner,
    )


MAKERS: dict[str, Maker] = {
    "process": Maker(
        _process,
        lambda c, d, a: {
            "name": f"New {number()}",
            "department": d.pk,
            "owner": a.pk,
            "level": "core",
            "state": "draft",
        },
        {"name": "Changed"},
    ),
    "document": Maker(
        _document,
        lambda c, d, a: {"title": f"New {number()}", "kind": "sop", "department": d.pk, "owner": a.pk},
        {"title": "Changed"},
    ),
    "document_revision": Maker(
        _revision,
        lambda c, d, a: {"document": _document(c, d, a).pk, "change": f"New {number()}"},
        {"change": "Changed"},
        verb_data={"send_back": {"reason": "Typo"}, "withdraw": {"reason": "Wrong"}},
    ),
    "handoff": Maker(
        _handoff,
        lambda c, d, a: {
            "title": f"New {number()}",
            "department": d.pk,
            "to_department": (c.root if d != c.root else c.other).pk,
        },
        {"title": "Changed"},
        verb_data={"return": {"reason": "Papers missing"}, "cancel": {"reason": "Not needed"}},
    ),
    "practice": Maker(
        _practice,
        lambda c, d, a: {
            "title": f"New {number()}",
            "problem": "Search",
            "way": "Outline",
            "department": d.pk,
            "author": a.pk,
        },
        {"title": "Changed"},
    ),
}
