"""Pages of a passing nature, as frozen values: confirm, import, job, search, settings, error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.forms import BaseForm

from apps.core.web.pageparts import (
    Button,
    Connection,
    Crumb,
    Link,
    Pager,
    Section,
    Table,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPage:
    title: str
    text: str
    button: Button
    crumbs: tuple[Crumb, ...] = ()
    cancel_url: str = ""
    effects: tuple[str, ...] = ()
    form: BaseForm | None = None
    form_token: str = ""
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ImportRow:
    line: str
    outcome: Literal["new", "changed", "same", "refused"]
    what: str = ""
    url: str = ""
    problems: tuple[tuple[str, str], ...] = ()  # field, message


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPage:
    """Three steps on one shape: upload (form only), check (rows, nothing written yet), done (job or result)."""

    title: str
    crumbs: tuple[Crumb, ...] = ()
    facts: str = ""
    state: Literal["upload", "check", "done"] = "upload"
    form: BaseForm | None = None
    template_urls: tuple[Link, ...] = ()
    column_help: Table | None = None
    summary: str = ""
    rows: tuple[ImportRow, ...] = ()
    pager: Pager | None = None
    confirm: Button | None = None
    errors_url: str = ""  # the refused rows as a file
    cancel_url: str = ""
    job: JobPanel | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPanel:
    title: str
    url: str  # answers with the panel again when asked by htmx
    state: Literal["waiting", "running", "done", "failed", "cancelled"] = "waiting"
    text: str = ""
    done: int = 0
    total: int | None = None
    left: str = ""  # "about 2 min left"
    every: int = 1  # seconds until the panel asks again
    cancel_url: str = ""
    result: Button | None = None
    results: Table | None = None
    back_url: str = ""
    crumbs: tuple[Crumb, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchGroup:
    label: str
    links: tuple[Connection, ...] = ()
    more_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    query: str = ""
    title: str = "Search"
    crumbs: tuple[Crumb, ...] = (Crumb("Search"),)
    groups: tuple[SearchGroup, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsPage:
    title: str
    crumbs: tuple[Crumb, ...] = ()
    facts: str = ""
    index: tuple[Link, ...] = ()  # other settings pages
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPage:
    title: str
    text: str
    code: int = 500
    reference: str = ""
    buttons: tuple[Button, ...] = ()
    search: bool = False
    crumbs: tuple[Crumb, ...] = ()
