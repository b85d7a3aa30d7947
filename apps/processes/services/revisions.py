"""Revisions: drafted, reviewed, approved, effective, obsolete; exactly one holds at any time, and each signature holds for exact words."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from apps.core.access import scope
from apps.core.access.rights import rights_of
from apps.core.errors import Refused
from apps.core.events.log import emit
from apps.core.records import write
from apps.processes import events
from apps.processes.models import Acknowledgement, Document, Revision, Signature
from apps.processes.steps import check_steps

State = Revision.State
BATCH = 200


def draft_revision(*, document: Document, change: str, actor: Any, **values: Any) -> Revision:
    """Begins with the words that hold now, unless others are given."""
    with transaction.atomic():
        locked = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
        if locked.archived_at is not None:
            raise Refused("The document is archived. Restore it first.", code="archived", field="document")
        under_way = locked.revisions.filter(state__in=[State.DRAFT, State.REVIEW, State.APPROVED]).first()
        if under_way is not None:
            raise Refused(f"{under_way.code} is in preparation. Finish or discard it first.", code="in_preparation")
        number = (locked.revisions.aggregate(last=Max("number"))["last"] or 0) + 1
        before = locked.revisions.filter(state=State.EFFECTIVE).first()
        values["steps"] = check_steps(values.get("steps") or (before.steps if before else []))
        if before is not None and not values.get("scope"):
            values["scope"] = before.scope
        values["code"] = values.get("code") or f"{locked.code}.{number}"
        revision = Revision(
            document=locked, department=locked.department, number=number, change=change, author=actor, **values
        )
        revision.writers = _writers(revision, actor)
        return write.create(revision, actor=actor, fact=events.RevisionDrafted)


def _writers(revision: Revision, actor: Any) -> list[int]:
    return sorted({*revision.writers, *filter(None, (revision.author_id, getattr(actor, "pk", None)))})


def change_revision(revision: Revision, *, actor: Any, version: int | None = None, **values: Any) -> Revision:
    """Drafts only: from review on the words are frozen."""
    _require(revision, State.DRAFT, "Only a draft can be edited. Send it back to draft first.")
    if "steps" in values:
        values["steps"] = check_steps(values["steps"] or [])
    values["code"] = values.get("code") or revision.code
    values["writers"] = _writers(revision, actor)
    return write.change(revision, values, actor=actor, fact=events.RevisionChanged, version=version)


def _require(revision: Revision, state: str, words: str) -> None:
    if revision.state != state:
        raise Refused(words, code="wrong_state")


def _locked(revision: Revision) -> Revision:
    """The document's row is locked first, so that two revisions never become effective side by side."""
    Document.objects.select_for_update(of=("self",)).get(pk=revision.document_id)
    locked: Revision = (
        Revision.objects.select_for_update(of=("self",)).select_related("document", "author").get(pk=revision.pk)
    )
    return locked


def words_hash(revision: Revision) -> str:
    """SHA-256 over everything a reader acts on."""
    words = {"document": revision.document_id, "number": revision.number, "scope": revision.scope}
    words |= {"steps": revision.steps, "change": revision.change}
    return hashlib.sha256(json.dumps(words, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def submit_revision(revision: Revision, *, actor: Any) -> Revision:
    """To review: the words are frozen and hashed."""
    with transaction.atomic():
        locked = _locked(revision)
        _require(locked, State.DRAFT, "Only a draft goes to review.")
        if not locked.steps and not locked.scope:
            raise Refused("Write a scope or at least one step first.", code="empty", field="steps")
        values = {"state": State.REVIEW, "sha256": words_hash(locked)}
        return write.change(locked, values, actor=actor, fact=events.RevisionChanged)


def send_back(revision: Revision, *, reason: str, actor: Any) -> Revision:
    """Back to draft; signatures so far count no more, even if the words come back as they were."""
    with transaction.atomic():
        locked = _locked(revision)
        if locked.state not in {State.REVIEW, State.APPROVED}:
            raise Refused("Only what is in review or approved goes back to draft.", code="wrong_state")
        values = {"state": State.DRAFT, "sha256": "", "approved_at": None, "round": locked.round + 1}
        return write.change(locked, values, actor=actor, fact=events.RevisionChanged, reason=reason)


def discard_revision(revision: Revision, *, actor: Any) -> Revision:
    """A draft nobody needs becomes obsolete without ever having held."""
    with transaction.atomic():
        locked = _locked(revision)
        _require(locked, State.DRAFT, "Only a draft can be discarded.")
        values = {"state": State.OBSOLETE, "obsolete_at": timezone.now()}
        return write.change(locked, values, actor=actor, fact=events.RevisionChanged)


def _sign(revision: Revision, meaning: str, actor: Any) -> None:
    if revision.author_id == actor.pk or actor.pk in revision.writers:
        raise Refused("Somebody else reviews and approves what you wrote.", code="own_words")
    if words_hash(revision) != revision.sha256:
        raise Refused("The words are not the ones sent to review. Send it back to draft.", code="hash")
    signed = Signature.objects.filter(revision=revision, round=revision.round, person=actor)
    if signed.exists():
        raise Refused("You have signed these words already.", code="signed")
    Signature.objects.create(
        revision=revision,
        department=revision.department,
        person=actor,
        name=str(actor),
        meaning=meaning,
        sha256=revision.sha256,
        round=revision.round,
    )
    emit(
        events.RevisionSigned(
            subject=revision.subject(),
            departments=revision.departments_concerned(),
            title=str(revision),
            changes={meaning: [None, str(actor)]},
            meaning=meaning,
            sha256=revision.sha256,
        ),
        actor=actor,
    )


def review_revision(revision: Revision, *, actor: Any) -> Revision:
    """Signed with the meaning "Review" by somebody other than the author."""
    with transaction.atomic():
        locked = _locked(revision)
        _require(locked, State.REVIEW, "It is not in review.")
        _sign(locked, Signature.Meaning.REVIEW, actor)
        return locked


def approve_revision(revision: Revision, *, actor: Any) -> Revision:
    """Signed with the meaning "Approval", by somebody other than author and reviewer, after a review of these words."""
    with transaction.atomic():
        locked = _locked(revision)
        _require(locked, State.REVIEW, "It is not in review.")
        reviews = Signature.objects.filter(
            revision=locked, round=locked.round, sha256=locked.sha256, meaning=Signature.Meaning.REVIEW
        ).exclude(person=actor)
        if not reviews.exists():
            raise Refused("Somebody other than you signs the review first.", code="not_reviewed")
        _sign(locked, Signature.Meaning.APPROVAL, actor)
        locked = write.change(
            locked,
            {"state": State.APPROVED, "approved_at": timezone.now()},
            actor=actor,
            fact=events.RevisionChanged,
        )
        if locked.effective_on is None or locked.effective_on <= timezone.localdate():
            _make_effective(locked, actor=actor)
        return locked


def _make_effective(revision: Revision, *, actor: Any) -> None:
    """The old one ends in the same transaction as the new one begins."""
    now = timezone.now()
    before = Revision.objects.filter(document_id=revision.document_id, state=State.EFFECTIVE).first()
    if before is not None:
        _end(before, now, actor=actor)
    write.change(
        revision,
        {"state": State.EFFECTIVE, "effective_at": now},
        actor=actor,
        fact=events.RevisionEffective,
        document_id=revision.document_id,
        number=revision.number,
        supersedes_id=before.pk if before is not None else None,
    )


def _end(revision: Revision, now: Any, *, actor: Any, reason: str = "") -> None:
    write.change(
        revision,
        {"state": State.OBSOLETE, "obsolete_at": now},
        actor=actor,
        fact=events.RevisionObsolete,
        document_id=revision.document_id,
        reason=reason,
    )


def withdraw_revision(revision: Revision, *, reason: str, actor: Any) -> Revision:
    """Nothing holds in its place until another revision does."""
    with transaction.atomic():
        locked = _locked(revision)
        _require(locked, State.EFFECTIVE, "Only the effective revision can be withdrawn.")
        _end(locked, timezone.now(), actor=actor, reason=reason)
        return locked


def make_due_effective(*, today: date) -> int:
    """Approved revisions whose day has come."""
    made = 0
    due = Revision.objects.filter(state=State.APPROVED, effective_on__lte=today).order_by("pk")[:BATCH]
    for one in due:
        with transaction.atomic():
            locked = _locked(one)
            if locked.state == State.APPROVED:
                _make_effective(locked, actor=None)
                made += 1
    return made


def confirm_reading(revision: Revision, *, actor: Any) -> Revision:
    """Read and understood: of exactly this revision, while it holds."""
    _require(revision, State.EFFECTIVE, "Only the effective revision is read and confirmed.")
    homes = sorted(rights_of(actor).homes) or [revision.department_id]
    with transaction.atomic():
        if Acknowledgement.objects.filter(revision=revision, person=actor).exists():
            raise Refused("You have confirmed this revision already.", code="confirmed")
        with scope.system("a confirmation stands in the reader's own department"):
            Acknowledgement.objects.create(revision=revision, department_id=homes[0], person=actor)
        emit(
            events.RevisionRead(
                subject=revision.subject(),
                departments=(revision.department_id, homes[0]),
                title=str(revision),
                changes={"read_by": [None, str(actor)]},
                person_id=actor.pk,
            ),
            actor=actor,
        )
    return revision


def record_print(revision: Revision, *, actor: Any) -> None:
    """An uncontrolled copy is on the record."""
    with transaction.atomic():
        emit(
            events.RevisionPrinted(
                subject=revision.subject(), departments=revision.departments_concerned(), title=str(revision)
            ),
            actor=actor,
        )
