"""The elements every page is written in: each tag renders one tiny template, so a look is changed in one place."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.contrib.messages.storage.base import Message
from django.forms import BoundField
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.core.templatetags import markup
from apps.core.web import pagemodel as pm

register = template.Library()

ALERT_TONE = {"success": "good", "info": "info", "warning": "warn", "error": "bad", "debug": "idle"}


@register.simple_tag
def icon(name: str, size: int = 16, label: str = "") -> SafeString:
    return markup.icon_markup(name, size, label)


@register.simple_tag
def font_link() -> SafeString | str:
    """Links the font only where it is installed: without it the system font stands in and nothing is missing."""
    file = getattr(settings, "FONT_FILE", None)
    if not _is_file(file):
        return ""
    font = settings.STATIC_URL + "inter/inter-latin-wght-normal.woff2"
    return format_html(
        '<link rel="preload" href="{}" as="font" type="font/woff2" crossorigin><link rel="stylesheet" href="{}">',
        font, static("css/font.css"),
    )  # fmt: skip


@lru_cache(maxsize=2)
def _is_file(path: Path | None) -> bool:
    return path is not None and path.is_file()


@register.filter
def frame_or_plain(frame: pm.Frame | None) -> str:
    """An error page keeps the frame for those signed in."""
    return "base/frame.html" if frame else "base/plain.html"


BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
MACHINES = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@register.filter
def browser(agent: str) -> str:
    """'Firefox on Windows' out of what a browser says about itself; strange ones are shown as they are."""
    name = next((word for mark, word in BROWSERS if mark in agent), "")
    machine = next((word for mark, word in MACHINES if mark in agent), "")
    return f"{name} on {machine}" if name and machine else agent[:60]


@register.inclusion_tag("elements/button.html", name="button")
def button_tag(button: pm.Button | str, **options: Any) -> dict[str, Any]:
    """`{% button page.primary %}` or `{% button "Save" kind="pri" type="submit" %}`; extra: size, wide, name, value, form."""
    known = {key: options.pop(key) for key in ("url", "icon", "kind", "method", "confirm", "key") if key in options}
    made = button if isinstance(button, pm.Button) else pm.Button(button, **known)
    size, wide = options.pop("size", ""), "wide" if options.pop("wide", False) else ""
    look = " ".join(["o-btn", *(f"is-{name}" for name in (made.kind, size, wide) if name)])
    return {"b": made, "type": options.pop("type", ""), "look": look, **options}


@register.simple_tag
def status(what: pm.Cell | str, tone: str = "", icon: str = "", bare: bool = False) -> SafeString:
    if isinstance(what, pm.Cell):
        return markup.status_markup(what.text, what.tone, icon=what.icon, bare=bare)
    return markup.status_markup(what, tone, icon=icon, bare=bare)


@register.simple_tag
def tone_icon(tone: str, size: int = 16, label: str = "") -> SafeString:
    return markup.icon_markup(markup.TONE_ICON.get(tone, "circle-dashed"), size, label)


@register.simple_tag
def avatar(person: pm.Person, large: bool = False, named: bool = False) -> SafeString:
    return markup.avatar_markup(person, large=large, named=named)


@register.simple_tag
def person(person: pm.Person) -> SafeString:
    return markup.person_markup(person)


@register.simple_tag
def cell(cell: pm.Cell) -> SafeString:
    return markup.cell_markup(cell)


@register.simple_tag
def phone_places(columns: tuple[pm.Column, ...], rows: tuple[pm.Row, ...]) -> list[str]:
    return markup.phone_places(columns, rows[0] if rows else None)


@register.simple_tag
def row_cells(row: pm.Row, columns: tuple[pm.Column, ...], places: list[str]) -> SafeString:
    return markup.row_cells(row, columns, places)


@register.simple_block_tag
def card(content: str, title: str = "", note: str = "", flush: bool = False, name: str = "") -> str:
    """A card; `flush` lets a table touch its edges."""
    return render_to_string(
        "elements/card.html", {"content": content, "title": title, "note": note, "flush": flush, "name": name}
    )


@register.simple_block_tag
def menu(content: str, label: str, *, icon: str = "", side: str = "", kind: str = "", text: bool = True) -> str:
    """A button that unfolds what it wraps; native details, so it works without JavaScript. `side`: start, up."""
    return render_to_string(
        "elements/menu.html",
        {"content": content, "label": label, "icon": icon, "side": side, "kind": kind, "text": text},
    )


@register.simple_block_tag
def dialog(content: str, id: str, title: str) -> str:
    return render_to_string("elements/dialog.html", {"content": content, "id": id, "title": title})


@register.simple_block_tag
def chart(content: str, *, svg: str = "", data: str = "", label: str = "", fit: bool = False) -> str:
    """A drawn chart, its caption (the wrapped text), and the same numbers as a table behind "Data"."""
    return render_to_string(
        "elements/chart.html", {"content": content.strip(), "svg": svg, "data": data, "label": label, "fit": fit}
    )


@register.inclusion_tag("elements/kpi.html")
def kpi(tile: pm.KpiTile) -> dict[str, Any]:
    return {"tile": tile}


@register.inclusion_tag("elements/needs_row.html")
def needs_row(row: pm.NeedsRow) -> dict[str, Any]:
    return {"row": row}


@register.inclusion_tag("elements/table.html")
def table(table: pm.Table, label: str = "") -> dict[str, Any]:
    return {"table": table, "label": table.label or label}


@register.inclusion_tag("elements/views.html")
def views(tabs: tuple[pm.ViewTab, ...], label: str = "", small: bool = False, save_url: str = "") -> dict[str, Any]:
    return {"tabs": tabs, "label": label, "small": small, "save_url": save_url}


@register.inclusion_tag("elements/segmented.html")
def segmented(links: tuple[pm.Link | pm.ViewTab, ...], label: str = "", small: bool = False) -> dict[str, Any]:
    return {"links": links, "label": label, "small": small}


@register.inclusion_tag("elements/chip.html")
def chip(chip: pm.Chip) -> dict[str, Any]:
    return {"chip": chip}


@register.inclusion_tag("elements/bulk.html")
def bulk(page: pm.ListPage) -> dict[str, Any]:
    return {"page": page}


@register.inclusion_tag("elements/pager.html")
def pager(pager: pm.Pager | None, target: str = "") -> dict[str, Any]:
    return {"pager": pager, "target": target}


@register.inclusion_tag("elements/stepper.html")
def stepper(steps: tuple[pm.Step, ...]) -> dict[str, Any]:
    at = next((index for index, step in enumerate(steps, 1) if step.state == "current"), 0)
    return {"steps": steps, "at": at, "now": steps[at - 1].label if at else ""}


@register.inclusion_tag("elements/facts.html")
def facts(facts: tuple[pm.Fact | pm.Property, ...]) -> dict[str, Any]:
    return {"facts": facts}


@register.inclusion_tag("elements/timeline.html")
def timeline(entries: tuple[pm.TimelineEntry, ...]) -> dict[str, Any]:
    return {"entries": entries}


@register.inclusion_tag("elements/links.html")
def links(links: tuple[pm.Connection, ...]) -> dict[str, Any]:
    return {"links": links}


@register.inclusion_tag("elements/alert.html")
def alert(alert: pm.Alert | str, tone: str = "bad", text: str = "") -> dict[str, Any]:
    return {"a": alert if isinstance(alert, pm.Alert) else pm.Alert(alert, text, tone)}  # type: ignore[arg-type]


@register.inclusion_tag("elements/field.html")
def field(field: BoundField, unit: str = "") -> dict[str, Any]:
    return {"field": field, "unit": unit}


@register.inclusion_tag("elements/progress.html")
def progress(label: str, value: float, maximum: float = 100, text: str = "", tone: str = "") -> dict[str, Any]:
    return {"label": label, "value": str(min(value, maximum)), "maximum": str(maximum), "text": text, "tone": tone}


@register.inclusion_tag("elements/empty.html")
def empty(empty: pm.Empty, icon: str = "inbox") -> dict[str, Any]:
    return {"empty": empty, "icon": icon}


@register.inclusion_tag("elements/section.html", takes_context=True)
def section(context: template.Context, section: pm.Section) -> dict[str, Any]:
    return {"s": section, "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("elements/toast.html")
def toast(message: Message | str, tone: str = "", undo_url: str = "") -> dict[str, Any]:
    """A Django message; `extra_tags="undo:/url/"` gives it an Undo button that posts there."""
    if isinstance(message, str):
        return {"text": message, "tone": tone or "good", "undo_url": undo_url}
    tags = message.extra_tags or ""
    return {
        "text": message.message,
        "tone": ALERT_TONE.get(message.level_tag, "info"),
        "undo_url": tags.removeprefix("undo:") if tags.startswith("undo:") else "",
    }
