"""The small parts pages are made of, as plain frozen values; pagemodel.py joins them into pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from django.forms import BaseForm
from django.utils.safestring import SafeString

Tone = Literal["", "good", "warn", "bad", "info", "hold", "idle"]
CellKind = Literal[
    "text",
    "link",
    "number",
    "status",
    "person",
    "date",
    "spark",
    "money",
    "bullet",
    "level",
    "html",
]
Density = Literal["default", "compact", "comfortable"]
Theme = Literal["light", "dark", "system"]


@dataclass(frozen=True, slots=True)
class Crumb:
    label: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class NavItem:
    label: str
    url: str
    icon: str = "circle"
    current: bool = False
    count: str = ""
    hot: bool = False  # a hot count is red: something here waits and costs
    key: str = ""  # pressed after G
    waits: str = ""  # where a count that comes late takes its place


@dataclass(frozen=True, slots=True)
class NavGroup:
    label: str  # empty for the group on top
    items: tuple[NavItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    role: str = ""
    initials: str = ""
    tint: Tone = ""  # empty: chosen by the name, the same everywhere


@dataclass(frozen=True, slots=True)
class Button:
    label: str
    url: str = ""
    icon: str = ""
    kind: Literal["", "pri", "soft", "ghost", "danger"] = ""
    method: Literal["get", "post"] = "get"
    confirm: str = ""  # a question; when set, the act waits for a yes
    fields: tuple[tuple[str, str], ...] = ()  # hidden inputs of a posting button
    key: str = ""  # the single key that presses it, shown to the user
    dialog: bool = False  # a GET whose answer opens in the dialog when JavaScript runs


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str
    icon: str = ""
    current: bool = False
    key: str = ""  # pressed after C on what "+ New" offers


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    label: str
    align: Literal["start", "end", "center"] = "start"
    sort_url: str = ""
    aria_sort: Literal["", "ascending", "descending"] = ""
    sticky: bool = False
    wide: bool = False  # takes the rest of the width and is cut with an ellipsis
    # Its place on a phone's card: the last two begin the end of the second row and fill a third one.
    phone: Literal["", "title", "meta", "end", "person", "hide", "sum", "line"] = ""


@dataclass(frozen=True, slots=True)
class Cell:
    text: str = ""
    kind: CellKind = "text"
    url: str = ""
    tone: Tone = ""
    icon: str = ""
    svg: SafeString | Literal[""] = ""
    title: str = ""
    unit: str = ""
    level: int = 0  # 1..3 bars for kind "level"
    person: Person | None = None
    note: str = ""  # grey words after the text
    edit_url: str = ""  # where a form for just this cell lives


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    url: str = ""
    cells: tuple[Cell, ...] = ()
    title: str = ""  # names the row for screen readers, as "Select NC-12892"
    meta: str = ""
    group: str = ""  # set on the first row of a group
    group_count: str = ""
    form_url: str = ""  # the change form, for whoever cannot edit in place


@dataclass(frozen=True, slots=True)
class Table:
    columns: tuple[Column, ...] = ()
    rows: tuple[Row, ...] = ()
    label: str = ""
    empty: str = "Nothing here yet."


@dataclass(frozen=True, slots=True)
class ViewTab:
    label: str
    url: str
    current: bool = False
    count: str = ""
    count_url: str = ""  # counts may come late


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    op: str = ""
    value: str = ""
    remove_url: str = ""


@dataclass(frozen=True, slots=True)
class Pager:
    text: str  # "1–50 of 12 480"
    previous_url: str = ""
    next_url: str = ""


@dataclass(frozen=True, slots=True)
class BulkAction:
    name: str
    label: str
    icon: str = ""
    url: str = ""
    danger: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Empty:
    title: str
    text: str = ""
    button: Button | None = None
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    cell: Cell


@dataclass(frozen=True, slots=True)
class Property:
    label: str
    cell: Cell


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    who: str
    text: str
    at: str  # as shown: "06:58", "21 Nov"
    icon: str = "circle"
    kind: Literal["change", "comment", "event"] = "event"
    body: str = ""  # the words of a comment, or before and after of a change
    at_full: str = ""
    person: Person | None = None
    url: str = ""
    changes: tuple[tuple[str, str, str], ...] = ()  # field, before, after
    name: str = ""  # anchor
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    label: str
    state: Literal["done", "current", "todo"] = "todo"


@dataclass(frozen=True, slots=True)
class Connection:
    label: str
    url: str
    icon: str = "link"
    meta: str = ""
    tone: Tone = "idle"
    state: str = ""  # the short word in the pill


@dataclass(frozen=True, slots=True)
class Alert:
    lead: str  # the bold words: what it is
    text: str = ""  # what it costs and by when
    tone: Tone = "bad"
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A card on a record or settings page: text, facts, a table, a chart, or several of them."""

    title: str
    note: str = ""
    text: str = ""
    facts: tuple[Fact, ...] = ()
    table: Table | None = None
    svg: SafeString | Literal[""] = ""
    button: Button | None = None
    form: BaseForm | None = None
    form_url: str = ""
    submit_label: str = "Save"
    name: str = ""  # anchor
    status: Cell | None = None
    links: tuple[Connection, ...] = ()
    body: SafeString | Literal[""] = ""  # already rendered and escaped by the server
    data_table: SafeString | Literal[""] = ""  # the chart's numbers as a table
    error: str = ""  # this part failed; the rest of the page lives
    retry_url: str = ""


@dataclass(frozen=True, slots=True)
class KpiTile:
    name: str
    value: str
    url: str = ""
    unit: str = ""
    tone: Tone = ""
    target: str = "no target set"
    change: str = ""  # "1.1 pt"
    change_direction: Literal["", "up", "down"] = ""
    svg: SafeString | Literal[""] = ""
    status: str = ""  # the word for the tone: "at risk"


@dataclass(frozen=True, slots=True)
class NeedsRow:
    title: str
    url: str
    why: str = ""
    icon: str = "circle-alert"
    tone: Tone = "warn"
    cost: str = ""
    due: str = ""
    buttons: tuple[Button, ...] = ()  # at most two
    key: str = ""
    cost_per_day: Decimal = Decimal(0)  # what waiting costs, for the order
    due_on: date | None = None  # for the order
