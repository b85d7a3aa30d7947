"""Parts of the pages of processes, documents, hand-offs and practices."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.template.loader import render_to_string
from django.urls import reverse

from apps.core.access.rights import rights_of
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.connections import connect, subject_link
from apps.processes import queries
from apps.processes.models import Document, Handoff, Practice, Process, Revision

PROCESS_TONES: dict[str, pm.Tone] = {"draft": "idle", "active": "good", "retired": "idle"}
REVISION_TONES: dict[str, pm.Tone] = {
    "draft": "idle",
    "review": "hold",
    "approved": "info",
    "effective": "good",
    "obsolete": "idle",
}
HANDOFF_TONES: dict[str, pm.Tone] = {
    "offered": "hold",
    "accepted": "info",
    "returned": "warn",
    "done": "good",
    "cancelled": "idle",
}
PRACTICE_TONES: dict[str, pm.Tone] = {"proposed": "hold", "accepted": "good", "retired": "idle"}
MOST_DIFFERENCES = 400


def process_state(one: Process) -> tuple[pm.Tone, str]:
    return PROCESS_TONES[one.state], str(one.get_state_display())


def revision_state(one: Revision) -> tuple[pm.Tone, str]:
    return REVISION_TONES[one.state], str(one.get_state_display())


def handoff_state(one: Handoff) -> tuple[pm.Tone, str]:
    return HANDOFF_TONES[one.state], str(one.get_state_display())


def practice_state(one: Practice) -> tuple[pm.Tone, str]:
    return PRACTICE_TONES[one.state], str(one.get_state_display())


def duration(passed: timedelta) -> str:
    """Working time in the two largest units: "2 h 05 min"."""
    minutes = int(passed.total_seconds() // 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02d} min" if hours else f"{rest} min"


def sipoc_panel(process: Process, user: Any) -> pm.Section | None:
    """Suppliers, inputs, process, outputs, customers side by side."""
    parts = [process.suppliers, process.inputs, process.steps, process.outputs, process.customers]
    columns = [[line for line in text.splitlines() if line.strip()] for text in parts]
    if not any(columns):
        return None
    height = max(len(one) for one in columns)
    rows = tuple(
        pm.Row(str(place), cells=tuple(pm.Cell(one[place] if place < len(one) else "") for one in columns))
        for place in range(height)
    )
    heads = (("s", "Suppliers"), ("i", "Inputs"), ("p", "Process"), ("o", "Outputs"), ("c", "Customers"))
    return pm.Section("SIPOC", table=pm.Table(tuple(pm.Column(name, label) for name, label in heads), rows, "SIPOC"))


def _links(title: str, found: Any, path: str, state: Any) -> pm.Section | None:
    links = tuple(
        pm.Connection(str(one), reverse("record", args=[path, one.pk]), "file-text", one.code, *state(one))
        for one in found
    )
    return pm.Section(title, links=links) if links else None


def process_documents(process: Process, user: Any) -> pm.Section | None:
    found = Document.objects.visible_to(user).filter(process=process, archived_at__isnull=True)[:20]
    return _links("Documents", found, "documents", lambda one: ("idle", one.get_kind_display()))


def process_parts(process: Process, user: Any) -> pm.Section | None:
    found = Process.objects.visible_to(user).filter(parent=process, archived_at__isnull=True)[:20]
    return _links("Parts", found, "processes", process_state)


def revisions_panel(document: Document, user: Any) -> pm.Section:
    """All revisions, the one that holds first; superseded ones stay readable."""
    found = list(document.revisions.order_by("-number").select_related("author"))
    zone = cells.zone_of(user)
    rows = tuple(
        pm.Row(
            str(one.pk),
            url=reverse("record", args=["document-revisions", one.pk]),
            cells=(
                pm.Cell(one.code, "link", url=reverse("record", args=["document-revisions", one.pk])),
                pm.Cell(one.get_state_display(), "status", tone=REVISION_TONES[one.state]),
                pm.Cell(one.change),
                pm.Cell(cells.when(one.effective_at, zone)[0] if one.effective_at else cells.DASH),
                pm.Cell(str(one.author or cells.DASH)),
            ),
        )
        for one in found
    )
    columns = (
        pm.Column("code", "Revision"),
        pm.Column("state", "State"),
        pm.Column("change", "What changed", wide=True),
        pm.Column("from", "Effective"),
        pm.Column("author", "Author"),
    )
    button = None
    if rights_of(user).covers("document", "c", document):
        url = f"{reverse('create', args=['document-revisions'])}?document={document.pk}"
        button = pm.Button("Draft a revision", url, "file-pen")
    table = pm.Table(columns, rows, "Revisions", "No revision yet: the document has no words.")
    return pm.Section("Revisions", table=table, button=button)


def words_panel(revision: Revision, user: Any) -> pm.Section:
    """The words themselves, with a mark where they do not hold."""
    marks = {
        "draft": "Draft. Do not work by it.",
        "review": "In review. Do not work by it yet.",
        "approved": "Approved, not effective yet.",
        "obsolete": "Obsolete. It shows what held before.",
    }
    body = render_to_string("processes/words.html", {"revision": revision, "mark": marks.get(revision.state, "")})
    url = reverse("print_revision", args=[revision.pk])
    return pm.Section("Contents", body=body, button=pm.Button("Print uncontrolled copy", url, "printer"))


def difference_panel(revision: Revision, user: Any) -> pm.Section | None:
    """What this revision takes out and puts in."""
    before, lines = queries.changes_of(revision)
    if before is None or not any(kind != " " for kind, _ in lines):
        return None
    body = render_to_string("processes/difference.html", {"lines": lines[:MOST_DIFFERENCES], "before": before})
    return pm.Section(f"Changes since {before.code}", body=body)


def signatures_panel(revision: Revision, user: Any) -> pm.Section | None:
    zone = cells.zone_of(user)
    rows = tuple(
        pm.Row(
            str(one.pk),
            cells=(
                pm.Cell(one.name),
                pm.Cell(one.get_meaning_display()),
                pm.Cell(cells.when(one.signed_at, zone)[0], title=cells.when(one.signed_at, zone)[1]),
                pm.Cell(
                    "these words" if (one.round, one.sha256) == (revision.round, revision.sha256) else "earlier words"
                ),
                pm.Cell(one.sha256[:12]),
            ),
        )
        for one in revision.signatures.order_by("pk")
    )
    if not rows:
        return None
    names = (("who", "Signed by"), ("meaning", "Meaning"), ("at", "When"), ("for", "For"), ("hash", "SHA-256"))
    return pm.Section(
        "Signatures", table=pm.Table(tuple(pm.Column(name, label) for name, label in names), rows, "Signatures")
    )


def reading_panel(revision: Revision, user: Any) -> pm.Section | None:
    """For those who answer for the document: who has read it, who has not."""
    if revision.state != Revision.State.EFFECTIVE or not rights_of(user).covers("document", "u", revision):
        return None
    found = queries.reading_of(revision)
    if found.share is None:
        return None
    missing = [(one, pm.Cell("Not yet", "status", tone="hold")) for one in found.missing[:100]]
    read = [(one, pm.Cell("Read", "status", tone="good")) for one in found.read[:100]]
    rows = tuple(pm.Row(str(one.pk), cells=(pm.Cell(str(one)), cell)) for one, cell in (*missing, *read))
    note = f"{len(found.read)} of {len(found.read) + len(found.missing)} have read it"
    columns = (pm.Column("who", "Person", wide=True), pm.Column("state", "State"))
    return pm.Section("Read and understood", note=note, table=pm.Table(columns, rows, "Read and understood"))


def handoff_panel(handoff: Handoff, user: Any) -> pm.Section:
    """Required contents and both clocks in working time."""
    rows = [
        pm.Row(str(place), cells=(pm.Cell(one["text"]), pm.Cell("found" if one["done"] else "required")))
        for place, one in enumerate(handoff.contents, 1)
    ]
    for label, passed in (
        (f"Waited at {handoff.to_department}", handoff.waited),
        (f"In work at {handoff.to_department}", handoff.worked),
        (f"Back at {handoff.department}", handoff.mended),
    ):
        rows.append(pm.Row(label, cells=(pm.Cell(label), pm.Cell(duration(passed)))))
    if handoff.reason:
        rows.append(pm.Row("reason", cells=(pm.Cell("Reason"), pm.Cell(handoff.reason))))
    columns = (pm.Column("what", "What", wide=True), pm.Column("state", "State"))
    note = f"returned {handoff.returns} times" if handoff.returns else ""
    return pm.Section("Contents and clocks", note=note, table=pm.Table(columns, tuple(rows), "Contents and clocks"))


def about_panel(record: Any, user: Any) -> pm.Section | None:
    link = subject_link(record.about, user) if record.about else None
    return pm.Section("About", links=(link,)) if link else None


def adoptions_panel(practice: Practice, user: Any) -> pm.Section | None:
    rows = tuple(
        pm.Row(str(one.pk), cells=(pm.Cell(str(one.department)), pm.Cell(str(one.person)), pm.Cell(one.note)))
        for one in practice.adoptions.select_related("department", "person").order_by("pk")
    )
    columns = (pm.Column("where", "Department"), pm.Column("who", "By"), pm.Column("note", "Note", wide=True))
    return (
        pm.Section("Taken over by", table=pm.Table(columns, rows, "Taken over by", "No department yet."))
        if rows
        else None
    )


@connect("processes")
def about_it(subject: str, user: Any) -> list[pm.Connection]:
    """Hand-offs about a record."""
    found = Handoff.objects.visible_to(user).filter(about=subject, archived_at__isnull=True).order_by("-id")[:8]
    return [
        pm.Connection(
            str(one), reverse("record", args=["handoffs", one.pk]), "handshake", one.code, *handoff_state(one)
        )
        for one in found
    ]
