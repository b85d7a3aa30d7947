"""What the words of other books mean here: columns, departments, categories, sites, scenarios and natures, mapped once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from apps.budgets.meanings import AMOUNTS, FIXED, NAMES, by_word, folded
from apps.budgets.models import Category, Synonym
from apps.core.access.rights import rights_of
from apps.core.errors import Refused
from apps.core.tabular import Cell
from apps.org.models import Department, Site

NEEDED = ("department", "day", "amount")
MAP_IT = "Map it once under mapped spellings."
NEW = "+"


def text_of(cell: Cell | None) -> str:
    return str(cell if cell is not None else "").strip()


@dataclass(slots=True)
class Miss:
    """A spelling that nobody has mapped yet, how many rows have it, and the nature they have where the file tells."""

    field: str
    text: str
    rows: int = 0
    nature: str = ""


class Words:
    """Reads cells by what is mapped; remembers what it could not read."""

    def __init__(self, actor: Any) -> None:
        self.synonyms = {(one.field, one.text): one.means for one in Synonym.objects.filter(archived_at__isnull=True)}
        reach = rights_of(actor).reach("budget_ledger", "c")
        departments = Department.objects.filter(archived_at__isnull=True).order_by("code")
        self.departments = [one for one in departments if reach.everything or one.pk in reach.departments]
        self.categories = list(Category.objects.filter(archived_at__isnull=True).order_by("code"))
        self.sites = list(Site.objects.filter(archived_at__isnull=True).order_by("code"))
        self.known: dict[str, dict[str, Any]] = {
            "department": by_word(self.departments),
            "category": by_word(self.categories),
            "site": by_word(self.sites),
            "scenario": {one: one for one in AMOUNTS},
            "nature": {str(one): str(one) for one in Category.Nature.values},
        }
        self.misses: dict[tuple[str, str], Miss] = {}

    def columns(self, header: Iterable[str]) -> dict[str, str]:
        """Our name → the file's own title, by our names or by mapped spellings; other columns are left alone."""
        found: dict[str, str] = {}
        for title in header:
            word = folded(title)
            name = self.synonyms.get(("column", word)) or next((one for one, own in NAMES.items() if word in own), "")
            if name in AMOUNTS:
                found.setdefault("amount", title)
                found.setdefault("scenario of amounts", name)
            elif name in NAMES:
                found.setdefault(name, title)
            elif not name:
                self.misses[("column", word)] = Miss("column", title)
        return found

    def meant(self, field: str, cell: Cell | None, *, nature: str = "") -> Any:
        """The department, category, site, scenario or nature a cell names, or a refusal that says how to mend it."""
        text = text_of(cell)
        if not text:
            raise Refused(f"The {field} is missing.", code="missing", field=field)
        found = self.look_up(field, text)
        if found is None:
            raise self._missed(field, text, nature, f"“{text}” is no {field} we know.")
        return found

    def category(self, cell: Cell | None, nature: str) -> Category | None:
        """What earns and what costs are two categories, even where other books call both the same."""
        if not text_of(cell):
            return None
        found: Category = self.meant("category", cell, nature=nature)
        if not nature or found.nature == nature:
            return found
        text = f"{text_of(cell)} ({nature})"
        twin = self.look_up("category", text) or self.look_up("category", f"{found.code}-{nature}")
        if twin is None or twin.nature != nature:
            raise self._missed(
                "category", text, nature, f"“{found}” is {found.get_nature_display().lower()}, this row is {nature}."
            )
        return twin  # type: ignore[no-any-return]

    def look_up(self, field: str, text: str) -> Any:
        word = folded(text)
        return self.known[field].get(folded(self.synonyms.get((field, word), word)))

    def _missed(self, field: str, text: str, nature: str, told: str) -> Refused:
        miss = self.misses.setdefault((field, folded(text)), Miss(field, text))
        miss.rows += 1
        miss.nature = miss.nature or nature
        return Refused(f"{told} {MAP_IT}", code="unmapped", field=field)

    def choices(self, field: str) -> list[tuple[str, str]]:
        """Meaning and words of everything a spelling in this place can be mapped to."""
        if field == "column":
            return [(one, one if one not in AMOUNTS else f"amount: {one}") for one in FIXED["column"]]
        if field == "scenario":
            return [(one, one) for one in AMOUNTS]
        if field == "nature":
            return [(str(key), str(label)) for key, label in Category.Nature.choices]
        rows: list[Any] = {"department": self.departments, "category": self.categories, "site": self.sites}[field]
        named = [(one.code, f"{one.code} · {one.name}") for one in rows]
        return [(NEW, "New category of this name"), *named] if field == "category" else named

    def suggestion(self, miss: Miss) -> str:
        """What differs by &, /, hyphens, “and” or an ending only; an initial where choices are few."""
        sketch = sketch_of(miss.text)
        for value, words in self.choices(miss.field):
            if sketch in {sketch_of(value), sketch_of(words.partition(" · ")[2] or words)}:
                return value
        few = self.choices(miss.field) if miss.field in ("scenario", "nature") else []
        likely = (value for value, _ in few if sketch and (value.startswith(sketch) or sketch.startswith(value)))
        return next(likely, {"column": "nothing", "category": NEW}.get(miss.field, ""))


def sketch_of(text: str) -> str:
    """The bare words, so that spellings of one thing fall together."""
    words = [word for word in re.sub(r"[^a-z0-9]+", " ", text.lower()).split() if word != "and"]
    return "".join(word.removesuffix("s") for word in words)
