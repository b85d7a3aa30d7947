"""What a spelling of other books can mean here; a spelling mapped to nothing we have would never read a row."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apps.budgets.models import Category
from apps.core.errors import Refused
from apps.org.models import Department, Site

NAMES = {
    "department": ("department",),
    "category": ("category", "account"),
    "site": ("site", "organization"),
    "project": ("project",),
    "day": ("day", "date", "on", "year", "fiscal year", "fiscal_year"),
    "amount": ("amount",),
    "scenario": ("scenario",),
    "nature": ("nature",),
    "document": ("document", "reference"),
}
# A column may be the amount of one scenario, in a file that has no column of scenarios.
AMOUNTS = ("actual", "budget", "forecast")
FIXED: dict[str, tuple[str, ...]] = {
    "column": (*NAMES, *AMOUNTS, "nothing"),
    "scenario": AMOUNTS,
    "nature": tuple(str(one) for one in Category.Nature.values),
}
RECORDS: dict[str, Any] = {"department": Department, "category": Category, "site": Site}
SHOWN = 8


def folded(text: str) -> str:
    """Spellings are compared without case and outer spaces."""
    return " ".join(text.split()).lower()


def by_word(rows: Iterable[Any]) -> dict[str, Any]:
    """By code, and by name where only one has it."""
    named: dict[str, list[Any]] = {}
    for one in rows:
        named.setdefault(folded(one.name), []).append(one)
    return {word: found[0] for word, found in named.items() if len(found) == 1} | {
        folded(one.code): one for one in rows
    }


def meaning_of(field: str, text: str) -> str:
    """The meaning as it is kept, or a refusal that names what is allowed."""
    meant = text.strip()
    if field in FIXED:
        known, allowed = {one: one for one in FIXED[field]}, FIXED[field]
    else:
        rows = list(RECORDS[field].objects.filter(archived_at__isnull=True).order_by("code"))
        known, allowed = by_word(rows), tuple(str(one.code) for one in rows)
    if folded(meant) in known:
        return meant
    listed = ", ".join(allowed[:SHOWN]) + (f" and {len(allowed) - SHOWN} more" if len(allowed) > SHOWN else "")
    raise Refused(
        f"“{meant}” is no {field} here. Choose one of: {listed or 'none yet'}.", code="no_meaning", field="means"
    )
