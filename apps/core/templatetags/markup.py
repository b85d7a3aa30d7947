"""Markup of single cells and icons, in Python because a list page has hundreds of them and a template each is slow."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import resources
from xml.etree import ElementTree
from zipfile import ZipFile

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from apps.core.web.pagemodel import Cell, Column, Person, Row

TONE_ICON = {
    "good": "circle-check",
    "warn": "triangle-alert",
    "bad": "octagon-alert",
    "info": "circle-dot",
    "hold": "circle-pause",
    "idle": "circle-dashed",
}
TINTS = ("info", "good", "hold", "warn")
LATE_KINDS = ("date", "number", "money", "text")


@cache
def _shapes() -> ZipFile:
    """The package's archive, opened once: its own reader goes through the list of all icons for each of them."""
    return ZipFile(resources.files("lucide").joinpath("lucide.zip").open("rb"))


@lru_cache(maxsize=512)
def icon_markup(name: str, size: int = 16, label: str = "") -> SafeString:
    """An inline lucide icon; silent for screen readers unless it has a label. An unknown name draws a circle."""
    try:
        drawn = _shapes().read(f"{name}.svg")
    except KeyError:
        drawn = _shapes().read("circle.svg")
    svg = ElementTree.fromstring(drawn)  # noqa: S314 - a package pinned by hash
    for node in svg.iter():
        node.tag = node.tag.rpartition("}")[2]
    spoken = {"role": "img", "aria-label": label} if label else {"aria-hidden": "true"}
    svg.attrib.update({"width": str(size), "height": str(size), "class": "o-i"} | spoken)
    return SafeString(" ".join(ElementTree.tostring(svg, encoding="unicode").split()).replace("> <", "><"))


def status_markup(text: str, tone: str, *, icon: str = "", bare: bool = False) -> SafeString:
    shape = "" if bare else icon_markup(icon or TONE_ICON.get(tone, "circle-dashed"), 12)
    return format_html(
        '<span class="o-st is-{}{}">{}{}</span>',
        tone or "idle",
        " is-bare" if bare else "",
        shape,
        text and gettext(text),
    )


def initials_of(name: str) -> str:
    words = [word for word in name.replace(".", " ").split() if word]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


def avatar_markup(person: Person, *, large: bool = False, named: bool = False) -> SafeString:
    initials = person.initials or initials_of(person.name)
    size = " is-lg" if large else ""
    tint = person.tint or TINTS[sum(map(ord, person.name)) % len(TINTS)]
    if named:
        return format_html(
            '<span class="o-av is-{}{}" role="img" aria-label="{}" title="{}">{}</span>',
            tint, size, person.name, person.name, initials,
        )  # fmt: skip
    return format_html('<span class="o-av is-{}{}" aria-hidden="true">{}</span>', tint, size, initials)


def person_markup(person: Person) -> SafeString:
    return format_html('<span class="o-person">{}<span>{}</span></span>', avatar_markup(person), person.name)


def level_markup(level: int, text: str, tone: str) -> SafeString:
    steps = ((0, 8, 6), (5, 4.5, 9.5), (10, 1, 13))
    bars = format_html_join(
        "",
        '<rect x="{}" y="{}" width="3.5" height="{}" rx="1" class="{}"/>',
        ((x, y, height, "on" if level > at else "off") for at, (x, y, height) in enumerate(steps)),
    )
    drawing = format_html(
        '<svg viewBox="0 0 14 14" width="14" height="14" fill="currentColor" aria-hidden="true">{}</svg>', bars
    )
    return format_html('<span class="o-level is-{}">{}{}</span>', tone or "plain", drawing, text)


def cell_inner(cell: Cell) -> SafeString:
    """What stands in a cell, without its link."""
    match cell.kind:
        case "status":
            return status_markup(cell.text, cell.tone, icon=cell.icon)
        case "person":
            person = cell.person or Person(cell.text)
            return person_markup(person) if person.name else SafeString("—")
        case "spark" | "bullet" | "html":
            return SafeString(cell.svg) if cell.svg else conditional_escape(cell.text)
        case "level":
            return level_markup(cell.level, cell.text, cell.tone)
        case "number" | "money":
            if cell.unit:
                return format_html("<bdi>{} <small>{}</small></bdi>", cell.text, cell.unit)
            return format_html("<bdi>{}</bdi>", cell.text)
    return conditional_escape(cell.text)


def cell_markup(cell: Cell) -> SafeString:
    inner = cell_inner(cell)
    if cell.url:
        inner = format_html('<a href="{}">{}</a>', cell.url, inner)
    elif cell.title and cell.kind in LATE_KINDS:
        inner = format_html('<span title="{}">{}</span>', cell.title, inner)
    if cell.icon and cell.kind not in ("status",):
        inner = format_html("{} {}", icon_markup(cell.icon, 14), inner)
    if cell.note:
        inner = format_html("{} <small>{}</small>", inner, cell.note)
    return inner


def phone_places(columns: tuple[Column, ...], sample: Row | None) -> list[str]:
    """Where each column goes on a two-line phone card: as declared, else guessed from what the first row holds."""
    if any(column.phone for column in columns):
        return [column.phone or "hide" for column in columns]
    cells = sample.cells if sample else ()
    places, free = [], {"title", "end", "sum", "person", "status"}
    if any(cell.kind == "person" for cell in cells):
        free.discard("sum")  # both would stand at the end of the second row
    wide = next((column.name for column in columns if column.wide), columns[0].name if columns else "")
    for index, column in enumerate(columns):
        kind = cells[index].kind if index < len(cells) else "text"
        wish = {"date": "end", "money": "sum", "person": "person", "status": "status"}.get(kind, "")
        if column.name == wide:
            places.append("title")
        elif column.sticky or (wish == "status" and wish in free):
            places.append("meta")
        else:
            places.append(wish if wish in free and wish != "status" else "hide")
        free.discard(wish)
    return places


def _has_place(place: str, cell: Cell) -> bool:
    """A row of its own is only for what is said."""
    return place != "hide" and (place != "line" or cell.text not in ("", "—"))


def row_cells(row: Row, columns: tuple[Column, ...], places: list[str]) -> SafeString:
    """All cells of one list row."""
    out: list[SafeString] = []
    for cell, column, place in zip(row.cells, columns, places, strict=False):
        pencil = _pencil(row) if row.form_url and not out else ""
        classes = [
            "is-end" if column.align == "end" else "is-center" if column.align == "center" else "",
            "is-sticky" if column.sticky else "",
            "is-wide" if column.wide else "",
            "is-late" if cell.tone == "bad" and cell.kind in LATE_KINDS else "",
        ]
        names = " ".join(name for name in classes if name)
        edit = (
            format_html(
                ' data-edit hx-get="{}" hx-trigger="dblclick" hx-target="this" hx-swap="innerHTML"', cell.edit_url
            )
            if cell.edit_url
            else ""
        )
        out.append(
            format_html(
                "<td{}{}{}>{}{}</td>",
                format_html(' class="{}"', names) if names else "",
                format_html(' data-at="{}"', place) if _has_place(place, cell) else "",
                edit,
                cell_markup(cell),
                pencil,
            )
        )
    return format_html_join("", "{}", ((part,) for part in out))


def _pencil(row: Row) -> SafeString:
    """Without scripts no cell opens; this leads to the whole form."""
    label = gettext("Edit %(label)s") % {"label": row.title}
    return format_html(
        ' <a class="o-edit u-nojs" href="{}" aria-label="{}">{}</a>', row.form_url, label, icon_markup("pencil", 12)
    )
