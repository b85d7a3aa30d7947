"""What happened to processes, documents, hand-offs and practices."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.events.facts import Changed, Recorded


@dataclass(frozen=True, kw_only=True)
class ProcessSet(Recorded, name="processes.process_set", sentence="Process described", icon="workflow"):
    """A process came into the catalogue."""


@dataclass(frozen=True, kw_only=True)
class ProcessChanged(Changed, name="processes.process_changed", sentence="Process changed", icon="workflow"):
    """A process was described anew, put in use or retired."""


@dataclass(frozen=True, kw_only=True)
class DocumentSet(Recorded, name="processes.document_set", sentence="Document opened", icon="file-text"):
    """A document came under control."""


@dataclass(frozen=True, kw_only=True)
class DocumentChanged(Changed, name="processes.document_changed", sentence="Document changed", icon="file-text"):
    """The frame of a document changed: title, owner, readers."""


@dataclass(frozen=True, kw_only=True)
class RevisionDrafted(Recorded, name="processes.revision_drafted", sentence="Revision drafted", icon="file-pen"):
    """New words for a document were begun."""


@dataclass(frozen=True, kw_only=True)
class RevisionChanged(Changed, name="processes.revision_changed", sentence="Revision changed", icon="file-pen"):
    """A draft was edited, sent to review or taken back."""

    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class RevisionSigned(Changed, name="processes.revision_signed", sentence="Revision signed", icon="signature"):
    """A person signed exactly these words."""

    meaning: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class RevisionEffective(
    Changed, name="processes.revision_effective", sentence="Revision is effective", icon="badge-check"
):
    """These words hold from now on; the ones before are obsolete, and so are confirmations of having read them."""

    document_id: int
    number: int
    supersedes_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class RevisionObsolete(Changed, name="processes.revision_obsolete", sentence="Revision is obsolete", icon="archive"):
    """These words hold no more; they stay readable with a mark."""

    document_id: int
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class RevisionRead(Changed, name="processes.revision_read", sentence="Read and understood", icon="book-check"):
    """A person confirmed that they have read and understood exactly this revision."""

    person_id: int


@dataclass(frozen=True, kw_only=True)
class RevisionPrinted(Changed, name="processes.revision_printed", sentence="Uncontrolled copy printed", icon="printer"):
    """An uncontrolled copy left the platform."""


@dataclass(frozen=True, kw_only=True)
class HandoffOffered(Recorded, name="processes.handoff_offered", sentence="Hand-off offered", icon="handshake"):
    """A department offers work to another one."""

    people: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class HandoffMoved(Changed, name="processes.handoff_moved", sentence="Hand-off moved on", icon="handshake"):
    """A hand-off was accepted, returned, offered again, done or cancelled."""

    state: str
    reason: str = ""
    people: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class HandoffChanged(Changed, name="processes.handoff_changed", sentence="Hand-off changed", icon="pencil"):
    """The words of a hand-off changed."""


@dataclass(frozen=True, kw_only=True)
class PracticeProposed(Recorded, name="processes.practice_proposed", sentence="Practice proposed", icon="lightbulb"):
    """Somebody wrote down what worked."""


@dataclass(frozen=True, kw_only=True)
class PracticeChanged(Changed, name="processes.practice_changed", sentence="Practice changed", icon="lightbulb"):
    """A practice was edited, accepted or retired."""


@dataclass(frozen=True, kw_only=True)
class PracticeAdopted(Changed, name="processes.practice_adopted", sentence="Practice adopted", icon="copy-check"):
    """A department took a practice over."""

    department_id: int
