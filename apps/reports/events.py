"""What happened to reports."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.events.facts import Changed, Fact, Recorded


@dataclass(frozen=True, kw_only=True)
class ReportRequested(Recorded, name="reports.report_requested", sentence="Report requested", icon="file-clock"):
    """Somebody asked for a report."""


@dataclass(frozen=True, kw_only=True)
class ReportReady(Changed, name="reports.report_ready", sentence="Report ready", icon="file-check"):
    """The file is stored under its hash and can be downloaded."""

    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class ReportFailed(Changed, name="reports.report_failed", sentence="Report failed", icon="file-x"):
    """The report could not be made; nothing was delivered."""

    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class ReportDownloaded(Fact, name="reports.report_downloaded", sentence="Report downloaded", icon="download"):
    """A person took the file."""


@dataclass(frozen=True, kw_only=True)
class ReportIssued(Changed, name="reports.report_issued", sentence="Report issued", icon="file-badge"):
    """The report was signed off or released; from here on it never changes."""

    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class ReportCommented(Changed, name="reports.report_commented", sentence="Report commented", icon="message-square"):
    """A section's commentary, the verdict or the decisions of a draft changed; it is made anew."""


@dataclass(frozen=True, kw_only=True)
class PackSet(Recorded, name="reports.pack_set", sentence="Report pack set", icon="files"):
    """A recurring report was defined."""


@dataclass(frozen=True, kw_only=True)
class PackChanged(Changed, name="reports.pack_changed", sentence="Report pack changed", icon="files"):
    """A recurring report's sections, schedule or people changed."""


@dataclass(frozen=True, kw_only=True)
class RecipientAdded(Recorded, name="reports.recipient_added", sentence="Recipient added", icon="user-plus"):
    """Somebody gets a pack from now on."""


@dataclass(frozen=True, kw_only=True)
class RecipientChanged(Changed, name="reports.recipient_changed", sentence="Recipient changed", icon="user"):
    """A recipient's channel changed, or they left."""


@dataclass(frozen=True, kw_only=True)
class PromiseMade(Recorded, name="reports.promise_made", sentence="Promise made", icon="handshake"):
    """A report promised an action."""


@dataclass(frozen=True, kw_only=True)
class PromiseChanged(Changed, name="reports.promise_changed", sentence="Promise changed", icon="handshake"):
    """A promise was kept, missed or reworded."""


@dataclass(frozen=True, kw_only=True)
class ReportDispatched(Recorded, name="reports.report_dispatched", sentence="Report on its way", icon="send"):
    """An issued report is to be delivered to one person."""


@dataclass(frozen=True, kw_only=True)
class DispatchChanged(Changed, name="reports.dispatch_changed", sentence="Delivery of a report", icon="send"):
    """A delivery was sent, refused, failed or opened."""
