"""The contract between views and templates: what each kind of page shows, as plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.forms import BaseForm

from apps.core.web.pageparts import (
    Alert,
    BulkAction,
    Button,
    Cell,
    CellKind,
    Chip,
    Column,
    Connection,
    Crumb,
    Density,
    Empty,
    Fact,
    KpiTile,
    Link,
    NavGroup,
    NavItem,
    NeedsRow,
    Pager,
    Person,
    Property,
    Row,
    Section,
    Step,
    Table,
    Theme,
    TimelineEntry,
    Tone,
    ViewTab,
)
from apps.core.web.pagesteps import (
    ConfirmPage,
    ErrorPage,
    ImportPage,
    ImportRow,
    JobPanel,
    SearchGroup,
    SearchPage,
    SettingsPage,
)

__all__ = [
    "Alert",
    "BulkAction",
    "Button",
    "Cell",
    "CellKind",
    "ChartPage",
    "Chip",
    "Column",
    "ConfirmPage",
    "Connection",
    "Crumb",
    "Density",
    "Empty",
    "ErrorPage",
    "Fact",
    "FormPage",
    "Frame",
    "ImportPage",
    "ImportRow",
    "JobPanel",
    "KpiTile",
    "Link",
    "ListPage",
    "NavGroup",
    "NavItem",
    "NeedsRow",
    "OverviewPage",
    "Pager",
    "Person",
    "Property",
    "RecordPage",
    "Row",
    "SearchGroup",
    "SearchPage",
    "Section",
    "SettingsPage",
    "Step",
    "Table",
    "Theme",
    "TimelineEntry",
    "Tone",
    "ViewTab",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What surrounds every page of a signed-in person; a context processor makes it as `frame`."""

    nav: tuple[NavGroup, ...] = ()
    me: Person
    site: str = ""
    product: str = "Opsplatform"
    theme: Theme = "light"
    density: Density = "default"
    language: str = "en"
    direction: Literal["ltr", "rtl"] = "ltr"
    home_url: str = "/"
    search_url: str = "/search/"
    waiting_url: str = ""  # answers with the counts of the side bar
    notices_url: str = ""
    notices_count: str = ""
    notices_text: str = ""  # for screen readers: "3 notices"
    scan_url: str = ""
    more_url: str = ""  # a page with the whole menu, for phones without JavaScript
    me_url: str = ""
    sign_out_url: str = ""
    theme_url: str = ""  # POST theme=light|dark|system
    help_url: str = ""
    create: tuple[Link, ...] = ()  # what "+ New" offers
    phone_bar: tuple[NavItem, ...] = ()
    single_keys: bool = True
    warning: str = ""  # a banner for all pages: "Jobs are not running"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    title: str
    url: str
    crumbs: tuple[Crumb, ...] = ()
    facts: str = ""
    primary: Button | None = None
    tabs: tuple[ViewTab, ...] = ()
    save_view_url: str = ""
    search_name: str = "q"
    search_value: str = ""
    chips: tuple[Chip, ...] = ()
    clear_url: str = ""
    filter_form: BaseForm | None = None
    kept: tuple[tuple[str, str], ...] = ()  # the URL's state (sort, columns, filters) a text search keeps
    kept_by_filter: tuple[tuple[str, str], ...] = ()  # the state the filter form keeps (not its own fields)
    columns: tuple[Column, ...] = ()
    rows: tuple[Row, ...] = ()
    pager: Pager | None = None
    count_text: str = ""  # "312 results", spoken after a swap
    match_count: int | None = None
    match_text: str = ""  # "12 480" or "about 1.2 million"
    bulk_actions: tuple[BulkAction, ...] = ()
    filter_query: str = ""  # sent with "all that match"
    exports: tuple[Link, ...] = ()
    import_url: str = ""
    file_pages: tuple[Link, ...] = ()
    column_choices: tuple[tuple[str, str, bool], ...] = ()  # name, label, shown
    kept_by_columns: tuple[tuple[str, str], ...] = ()
    group_choices: tuple[Link, ...] = ()
    density_choices: tuple[Link, ...] = ()
    density: Density = "default"
    empty: Empty | None = None
    filtered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPage:
    title: str
    number: str = ""
    url: str = ""
    crumbs: tuple[Crumb, ...] = ()
    statuses: tuple[Cell, ...] = ()
    origin: str = ""
    origin_link: Link | None = None
    primary: Button | None = None
    buttons: tuple[Button, ...] = ()  # watch, edit
    menu: tuple[Button, ...] = ()  # under "…"
    steps: tuple[Step, ...] = ()
    alert: Alert | None = None
    sections: tuple[Section, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    timeline_tabs: tuple[ViewTab, ...] = ()
    timeline_more_url: str = ""
    comment_url: str = ""
    comment_form: BaseForm | None = None
    properties: tuple[Property, ...] = ()
    connections: tuple[Connection, ...] = ()
    connections_note: str = ""
    similar: tuple[Connection, ...] = ()
    previous_url: str = ""
    next_url: str = ""
    list_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPage:
    title: str
    form: BaseForm
    crumbs: tuple[Crumb, ...] = ()
    facts: str = ""
    url: str = ""  # where it posts; empty for here
    submit_label: str = "Save"
    cancel_url: str = ""
    version: str = ""
    form_token: str = ""  # makes a double click one effect
    conflict: tuple[tuple[str, str, str], ...] = ()  # field, yours, theirs
    conflict_text: str = ""
    draft_key: str = ""  # what a local draft is kept under; empty for none
    danger: bool = False
    keeps_adding: bool = False  # offers "Save and add another"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage:
    title: str
    crumbs: tuple[Crumb, ...] = ()
    facts: str = ""
    periods: tuple[Link, ...] = ()
    buttons: tuple[Button, ...] = ()
    tiles: tuple[KpiTile, ...] = ()
    needs: tuple[NeedsRow, ...] = ()
    needs_note: str = ""
    needs_url: str = ""
    needs_title: str = "Needs you now"
    needs_empty: str = "Nothing waits for you."
    exceptions: Table | None = None
    exceptions_title: str = "Exceptions"
    exceptions_note: str = ""
    sections: tuple[Section, ...] = ()
    rail: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartPage:
    title: str
    verdict: Alert
    crumbs: tuple[Crumb, ...] = ()
    facts: str = ""
    periods: tuple[Link, ...] = ()
    buttons: tuple[Button, ...] = ()
    primary: Button | None = None
    sections: tuple[Section, ...] = ()  # charts, then the signals table
    rail: tuple[Section, ...] = ()
