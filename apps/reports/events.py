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
