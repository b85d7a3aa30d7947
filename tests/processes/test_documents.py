"""Controlled documents: exactly one revision holds, signatures hold for exact words, confirmations for one revision."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.models import Event
from apps.processes import queries, services
from apps.processes.insights import find_instruction
from apps.processes.models import Document, Revision, Signature
from apps.processes.steps import as_lines, difference, from_text, to_text
from tests.factories import people

pytestmark = pytest.mark.django_db
STEPS = [{"title": "Begin", "text": "Here"}, {"title": "End", "text": ""}]


@pytest.fixture
def cast(db: Any) -> Any:
    with transaction.atomic(), scope.system("a test"):
        yield people.cast()


def document(cast: Any) -> Document:
    return services.open_document(
        title="Leak test", department=cast.company.plant, owner=cast.manager, readers="OPR, SUP", actor=cast.manager
    )


def draft(cast: Any, paper: Document, **values: Any) -> Revision:
    values = {"change": "New words", "steps": STEPS, "actor": cast.manager} | values
    return services.draft_revision(document=paper, **values)


def issue(cast: Any, revision: Revision) -> Revision:
    services.submit_revision(revision, actor=cast.manager)
    services.review_revision(revision, actor=cast.by_role["QAI"])
    return services.approve_revision(revision, actor=cast.by_role["OPM"])


def test_the_new_revision_ends_the_old_one_in_the_same_moment(cast: Any) -> None:
    paper = document(cast)
    first = issue(cast, draft(cast, paper))
    second = issue(cast, draft(cast, paper, steps=[*STEPS, {"title": "More", "text": ""}]))
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("obsolete", "effective")
    assert first.obsolete_at == second.effective_at
    told = Event.objects.filter(name="processes.revision_effective", subject=second.subject()).get()
    assert told.payload["supersedes_id"] == first.pk


def test_the_database_refuses_two_effective_revisions(cast: Any) -> None:
    paper = document(cast)
    first = issue(cast, draft(cast, paper))
    other = draft(cast, paper)
    with pytest.raises(IntegrityError, match="exactly one revision"), transaction.atomic():
        Revision.objects.filter(pk=other.pk).update(state="effective", sha256="x")
    first.refresh_from_db()
    assert first.state == "effective"


def test_author_reviewer_and_approver_are_three_people(cast: Any) -> None:
    revision = services.submit_revision(draft(cast, document(cast)), actor=cast.manager)
    with pytest.raises(Refused, match="Somebody other than you signs the review"):
        services.approve_revision(revision, actor=cast.by_role["OPM"])
    with pytest.raises(Refused, match="what you wrote"):
        services.review_revision(revision, actor=cast.manager)
    services.review_revision(revision, actor=cast.by_role["QAI"])
    with pytest.raises(Refused):
        services.approve_revision(revision, actor=cast.by_role["QAI"])
    assert services.approve_revision(revision, actor=cast.by_role["OPM"]).state == "effective"
    meanings = Signature.objects.filter(revision=revision).order_by("pk").values_list("meaning", flat=True)
    assert list(meanings) == ["review", "approval"]


def test_a_signature_is_for_exact_words(cast: Any) -> None:
    revision = services.submit_revision(draft(cast, document(cast)), actor=cast.manager)
    services.review_revision(revision, actor=cast.by_role["QAI"])
    back = services.send_back(revision, reason="Typo", actor=cast.manager)
    services.change_revision(back, steps=[{"title": "Other", "text": ""}], actor=cast.manager)
    again = services.submit_revision(Revision.objects.get(pk=revision.pk), actor=cast.manager)
    with pytest.raises(Refused, match="signs the review first"):
        services.approve_revision(again, actor=cast.by_role["OPM"])


@pytest.mark.parametrize("words", ["other", "as they were"])
def test_after_back_to_draft_everything_is_signed_anew(cast: Any, words: str) -> None:
    reviewer, approver = cast.by_role["QAI"], cast.by_role["OPM"]
    revision = services.submit_revision(draft(cast, document(cast)), actor=cast.manager)
    services.review_revision(revision, actor=reviewer)
    back = services.send_back(revision, reason="Unsafe", actor=approver)
    if words == "other":
        back = services.change_revision(back, steps=[{"title": "Other", "text": ""}], actor=cast.manager)
    again = services.submit_revision(back, actor=cast.manager)
    with pytest.raises(Refused, match="signs the review first"):
        services.approve_revision(again, actor=approver)
    assert again in queries.to_sign(reviewer)
    services.review_revision(again, actor=reviewer)
    assert services.approve_revision(again, actor=approver).state == "effective"
    assert Signature.objects.filter(revision=revision).count() == 3


def test_whoever_put_words_into_a_draft_signs_nothing(cast: Any) -> None:
    second = cast.by_role["OPM"]
    revision = draft(cast, document(cast))
    services.change_revision(revision, steps=[{"title": "Rewritten", "text": ""}], actor=second)
    services.submit_revision(Revision.objects.get(pk=revision.pk), actor=cast.manager)
    fresh = Revision.objects.get(pk=revision.pk)
    services.review_revision(fresh, actor=cast.by_role["QAI"])
    assert fresh not in queries.to_sign(second)
    with pytest.raises(Refused, match="what you wrote"):
        services.approve_revision(fresh, actor=second)


def test_signatures_and_confirmations_cannot_be_changed(cast: Any) -> None:
    revision = issue(cast, draft(cast, document(cast)))
    services.confirm_reading(revision, actor=cast.worker)
    for table in ("processes_signature", "processes_acknowledgement"):
        refused = pytest.raises(DatabaseError, match="append-only|permission denied")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET person_id = person_id")


def test_a_later_day_waits_for_its_day(cast: Any) -> None:
    day = timezone.localdate() + timedelta(days=3)
    revision = issue(cast, draft(cast, document(cast), effective_on=day))
    assert revision.state == "approved"
    assert services.make_due_effective(today=day - timedelta(days=1)) == 0
    assert services.make_due_effective(today=day) == 1
    revision.refresh_from_db()
    assert revision.state == "effective"


def test_reading_is_confirmed_for_one_revision_and_asked_again(cast: Any) -> None:
    paper = document(cast)
    first = issue(cast, draft(cast, paper))
    assert first in queries.to_read(cast.worker)
    services.confirm_reading(first, actor=cast.worker)
    assert first not in queries.to_read(cast.worker)
    assert cast.worker in queries.reading_of(first).read
    with pytest.raises(Refused, match="already"):
        services.confirm_reading(first, actor=cast.worker)
    second = issue(cast, draft(cast, paper))
    assert second in queries.to_read(cast.worker)
    assert cast.worker in queries.reading_of(second).missing


def test_a_task_shows_the_step_that_holds_now(cast: Any) -> None:
    paper = document(cast)
    issue(cast, draft(cast, paper))
    found = find_instruction(f"{paper.code}#1", cast.worker)
    assert found is not None
    assert (found.title, found.text) == ("1. Begin", "Here")
    issue(cast, draft(cast, paper, steps=[{"title": "Begin anew", "text": "There"}]))
    found = find_instruction(f"{paper.code}#1", cast.worker)
    assert found is not None
    assert found.title == "1. Begin anew"
    assert find_instruction("SOP-none#1", cast.worker) is None


def test_steps_are_text_for_people_and_data_for_machines() -> None:
    assert from_text(to_text(STEPS)) == STEPS
    old, new = as_lines("", STEPS), as_lines("", [*STEPS[:1], {"title": "Stop", "text": ""}])
    assert difference(old, new) == [(" ", "1. Begin"), (" ", "Here"), ("-", "2. End"), ("+", "2. Stop")]
