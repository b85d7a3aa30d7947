"""Facts: what happened, in the past tense, as frozen dataclasses of plain values."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from apps.core.models import plain
from apps.core.registry import Registry

facts: Registry[type[Fact]] = Registry("fact")


@dataclass(frozen=True, kw_only=True)
class Fact:
    """The common traits of every fact; subclasses add plain values and are declared with a unique name.

    Declare with ``class SiteOpened(Fact, name="org.site_opened")`` under ``@dataclass(frozen=True, kw_only=True)``.
    """

    fact_name: ClassVar[str] = ""
    sentence: ClassVar[str] = ""
    icon: ClassVar[str] = "activity"

    subject: str
    departments: tuple[int, ...] = ()
    changes: dict[str, Any] = field(default_factory=dict)

    def __init_subclass__(cls, *, name: str = "", sentence: str = "", icon: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if name:
            cls.fact_name = name
            facts.add(name, cls)
        if sentence:
            cls.sentence = sentence
        if icon:
            cls.icon = icon

    def payload(self) -> dict[str, Any]:
        common = {"subject", "departments", "changes"}
        return {item.name: plain(getattr(self, item.name)) for item in fields(self) if item.name not in common}


def sentence_of(name: str) -> str:
    """A fact's name in words people read."""
    kind = facts.get(name)
    return kind.sentence or name if kind is not None else name


@dataclass(frozen=True, kw_only=True)
class Recorded(Fact):
    """A record was created; `values` holds its columns."""

    icon: ClassVar[str] = "plus"
    title: str = ""
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Changed(Fact):
    """A record's columns changed; `changes` holds column → [before, after]."""

    icon: ClassVar[str] = "pencil"
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class JobDue(Fact, name="core.job_due", sentence="Scheduled job is due", icon="alarm-clock"):
    """A scheduled job's period has begun."""

    job: str
    period_start: str


@dataclass(frozen=True, kw_only=True)
class JobRequested(Fact, name="core.job_requested", sentence="Job requested", icon="hourglass"):
    """A person asked for slow work."""

    job_id: int
    kind: str


@dataclass(frozen=True, kw_only=True)
class FileAttached(Fact, name="core.file_attached", sentence="File attached", icon="paperclip"):
    """A checked file was put beside a record."""

    name_of_file: str
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True)
class FileImported(Fact, name="core.file_imported", sentence="File imported", icon="file-up"):
    """A file's rows became records."""

    batch_id: int
    rows: int


@dataclass(frozen=True, kw_only=True)
class ImportUndone(Fact, name="core.import_undone", sentence="Import undone", icon="undo-2"):
    """What an import wrote was taken back."""

    batch_id: int
    rows: int


@dataclass(frozen=True, kw_only=True)
class ListExported(Fact, name="core.list_exported", sentence="List exported", icon="download"):
    """Somebody took rows out of the platform."""

    rows: int
    format: str


@dataclass(frozen=True, kw_only=True)
class Restored(Fact, name="core.restored", sentence="Backup restored", icon="history"):
    """The database came from a backup; the audit chain goes on from its head. Written by the restore itself."""

    backup: str
    head: str


@dataclass(frozen=True, kw_only=True)
class MailResumed(Fact, name="core.mail_resumed", sentence="Outgoing mail let out", icon="send"):
    """An admin confirmed that this restored platform may write to people."""

    waiting: int


@dataclass(frozen=True, kw_only=True)
class DeliveryReplayed(Fact, name="core.delivery_replayed", sentence="Parked effect started again", icon="rotate-cw"):
    """A person started a parked delivery again."""

    delivery_id: int
    handler: str
