"""Questions about documents and hand-offs: who must read what, what is due for review, how old offers are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from apps.accounts.models import User
from apps.core.access import scope
from apps.core.access.rights import rights_of
from apps.org.models import Closure, RoleGrant
from apps.processes.models import Acknowledgement, Document, Handoff, Revision, Signature
from apps.processes.steps import Line, as_lines, difference

MOST = 100


def readers_of(document: Document) -> list[User]:
    """Active people who hold one of the document's reader roles today, in its department or below."""
    if not document.readers:
        return []
    today = timezone.localdate()
    with scope.system("finding everybody who must read a document"):
        below = Closure.objects.filter(ancestor=document.department_id).values("descendant_id")
        grants = RoleGrant.objects.filter(
            Q(valid_until__isnull=True) | Q(valid_until__gt=today),
            role__in=document.reader_roles,
            department_id__in=below,
            valid_from__lte=today,
            user__is_active=True,
        ).select_related("user")
        return sorted({one.user for one in grants}, key=str)


@dataclass(frozen=True)
class Reading:
    """Who has confirmed a revision, and who has not."""

    read: tuple[User, ...]
    missing: tuple[User, ...]

    @property
    def share(self) -> float | None:
        total = len(self.read) + len(self.missing)
        return len(self.read) / total if total else None


def reading_of(revision: Revision) -> Reading:
    with scope.system("confirmations stand in the readers' own departments"):
        confirmed = set(Acknowledgement.objects.filter(revision=revision).values_list("person_id", flat=True))
    people = readers_of(revision.document)
    return Reading(
        tuple(one for one in people if one.pk in confirmed), tuple(one for one in people if one.pk not in confirmed)
    )


def to_read(user: Any) -> list[Revision]:
    """Effective revisions the person must read and has not confirmed."""
    rights = rights_of(user)
    rule = Q(pk__in=[])
    for grant in rights.grants:
        rule |= Q(document__readers__contains=grant.role, department_id__in=grant.ancestors | {grant.department_id})
    confirmed = Acknowledgement.objects.filter(revision=OuterRef("pk"), person_id=user.pk)
    found = Revision.objects.filter(rule, state=Revision.State.EFFECTIVE).exclude(Exists(confirmed))
    return list(found.select_related("document").order_by("effective_at")[:MOST])


def to_sign(user: Any) -> list[Revision]:
    """Revisions in review that the person may sign: not their own words, not signed by them since they went to review."""
    found = Revision.objects.visible_to(user, "e").filter(state=Revision.State.REVIEW).exclude(author_id=user.pk)
    signed = Signature.objects.filter(revision=OuterRef("pk"), round=OuterRef("round"), person_id=user.pk)
    mine = found.exclude(writers__contains=[user.pk]).exclude(Exists(signed))
    return list(mine.select_related("document").order_by("pk")[:MOST])


def due_for_review(user: Any, *, today: date) -> list[Revision]:
    """The owner's effective revisions that are older than the document's review interval."""
    found = Revision.objects.filter(
        state=Revision.State.EFFECTIVE, document__owner_id=user.pk, document__review_months__isnull=False
    ).select_related("document")
    return [one for one in found[:MOST] if review_day(one) <= today]


def review_day(revision: Revision) -> date:
    since = timezone.localdate(revision.effective_at)
    months = since.month - 1 + (revision.document.review_months or 0)
    year, month = since.year + months // 12, months % 12 + 1
    day = min(since.day, 28)
    return date(year, month, day)


def changes_of(revision: Revision) -> tuple[Revision | None, list[Line]]:
    """The revision before this one that ever held (or was last written), and what differs."""
    earlier = Revision.objects.filter(document_id=revision.document_id, number__lt=revision.number)
    before = (
        earlier.filter(effective_at__isnull=False).order_by("-number").first() or earlier.order_by("-number").first()
    )
    old = as_lines(before.scope, before.steps) if before is not None else []
    return before, difference(old, as_lines(revision.scope, revision.steps))


def waiting_handoffs(user: Any) -> list[Handoff]:
    """Offers to the person's departments, and what came back to them."""
    homes = set().union(*(one.subtree for one in rights_of(user).grants)) if rights_of(user).grants else set()
    found = Handoff.objects.filter(
        Q(state=Handoff.State.OFFERED, to_department_id__in=homes)
        | Q(state=Handoff.State.RETURNED, offered_by_id=user.pk),
        archived_at__isnull=True,
    )
    return list(found.select_related("department", "to_department").order_by("since")[:MOST])


AGES = (
    ("under 4 h", timedelta(hours=4)),
    ("under 1 day", timedelta(days=1)),
    ("under 3 days", timedelta(days=3)),
    ("older", None),
)


def ageing(user: Any, *, now: datetime) -> dict[str, list[int]]:
    """Open hand-offs by receiving department and age of the present state, oldest bucket last."""
    table: dict[str, list[int]] = {}
    found = Handoff.objects.visible_to(user).filter(
        state__in=[Handoff.State.OFFERED, Handoff.State.ACCEPTED, Handoff.State.RETURNED], archived_at__isnull=True
    )
    for one in found.select_related("to_department"):
        row = table.setdefault(one.to_department.name, [0] * len(AGES))
        age = now - (one.since or now)
        row[next(place for place, (_, limit) in enumerate(AGES) if limit is None or age < limit)] += 1
    return dict(sorted(table.items()))
