"""Controlled documents and their revisions at both doors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.core.actions.action import Action
from apps.core.actions.shelf import in_use, shelf
from apps.core.resources.resource import Column, Panel, Resource, Tab, register
from apps.processes import events, forms, panels, services
from apps.processes.models import Document, Revision

State = Revision.State


def _in(*states: str) -> Callable[[Any], bool]:
    return lambda one: one.archived_at is None and one.state in states


@register
class DocumentResource(Resource):
    model = Document
    path = "documents"
    label, plural, icon = "Document", "Documents", "file-text"
    nav = ("Operate", 12)
    help = "Procedures, policies and instructions under control: exactly one revision of each holds at any time."
    columns = (
        Column("code", "No.", sort="code"),
        Column("title", "Document", sort="title"),
        Column("kind", "Kind", value=lambda one: one.get_kind_display(), sort="kind"),
        Column("department", "Department", sort="department__code"),
        Column("owner", "Owner"),
        Column("process", "Process"),
    )
    filters = ("kind", "department", "owner", "process")
    search = ("code", "title")
    fields = (*forms.DOCUMENT_FIELDS, "readers")
    import_key = ("code",)
    tabs = (Tab("sop", "SOPs", "kind=sop"), Tab("policy", "Policies", "kind=policy"))
    changed_fact = events.DocumentChanged
    panels = (Panel("revisions", panels.revisions_panel),)
    actions = (
        Action(
            name="open",
            label="New document",
            verb="c",
            kind="create",
            run=services.open_document,
            form=forms.DocumentForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_document,
            form=forms.DocumentForm,
            icon="pencil",
            when=in_use,
        ),
        *shelf("Document", services.archive_document, services.restore_document),
    )


@register
class RevisionResource(Resource):
    model = Revision
    path = "document-revisions"
    label, plural, icon = "Revision", "Revisions", "file-pen"
    nav = ("Operate", 13)
    help = "Draft, review, approval, effective, obsolete. Signatures hold for exact words."
    columns = (
        Column("code", "No.", sort="code"),
        Column("document", "Document"),
        Column("state", "State", "status", value=panels.revision_state, sort="state"),
        Column("change", "What changes"),
        Column("effective_on", "Effective from", "date", sort="effective_on"),
        Column("author", "Author"),
        Column("department", "Department", sort="department__code"),
    )
    filters = ("state", "document", "department", "author", "effective_on")
    search = ("code", "change", "scope")
    fields = (
        "document",
        *forms.REVISION_FIELDS,
        "steps",
        "code",
        "number",
        "state",
        "author",
        "sha256",
        "approved_at",
        "effective_at",
        "obsolete_at",
    )
    import_key = ("code",)
    tabs = (
        Tab("effective", "Effective", "state=effective"),
        Tab("review", "In review", "state=review"),
        Tab("draft", "Drafts", "state=draft"),
    )
    changed_fact = events.RevisionChanged
    panels = (
        Panel("words", panels.words_panel),
        Panel("difference", panels.difference_panel),
        Panel("signatures", panels.signatures_panel),
        Panel("reading", panels.reading_panel),
    )
    actions = (
        Action(
            name="draft",
            label="New revision",
            verb="c",
            kind="create",
            run=services.draft_revision,
            form=forms.RevisionForm,
            icon="plus",
            help="Steps left empty begin with the words that hold now.",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_revision,
            form=forms.ChangeRevisionForm,
            icon="pencil",
            when=_in(State.DRAFT),
        ),
        Action(
            name="submit",
            label="Send to review",
            verb="u",
            run=services.submit_revision,
            icon="send",
            primary=True,
            when=_in(State.DRAFT),
            done="Sent to review",
            confirm="The words are frozen until they come back to draft.",
        ),
        Action(
            name="review",
            label="Sign the review",
            verb="e",
            run=services.review_revision,
            icon="signature",
            fresh=True,
            automation=False,
            when=_in(State.REVIEW),
            done="Review signed",
            confirm="You sign exactly these words with the meaning: review.",
        ),
        Action(
            name="approve",
            label="Sign the approval",
            verb="e",
            run=services.approve_revision,
            icon="badge-check",
            primary=True,
            fresh=True,
            automation=False,
            when=_in(State.REVIEW),
            done="Approval signed",
            confirm="You sign exactly these words with the meaning: approval. They hold from their day on.",
        ),
        Action(
            name="send_back",
            label="Back to draft",
            verb="u",
            run=services.send_back,
            form=forms.ReasonForm,
            icon="undo-2",
            when=_in(State.REVIEW, State.APPROVED),
            done="Back to draft",
        ),
        Action(
            name="confirm",
            label="I have read and understood it",
            verb="r",
            run=services.confirm_reading,
            icon="book-check",
            automation=False,
            when=_in(State.EFFECTIVE),
            done="Reading confirmed",
        ),
        Action(
            name="withdraw",
            label="Withdraw",
            verb="a",
            run=services.withdraw_revision,
            form=forms.ReasonForm,
            icon="archive",
            danger=True,
            when=_in(State.EFFECTIVE),
            done="Revision withdrawn",
        ),
        Action(
            name="discard",
            label="Discard draft",
            verb="u",
            run=services.discard_revision,
            icon="trash-2",
            danger=True,
            when=_in(State.DRAFT),
            done="Draft discarded",
            confirm="It becomes obsolete without ever having held.",
        ),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return panels.revision_state(record)
