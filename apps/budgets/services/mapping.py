"""The answers to what a file left open: each spelling mapped once, a new category where there was none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from apps.budgets.meanings import folded
from apps.budgets.models import Category, Synonym
from apps.budgets.services.around import change_synonym, map_synonym, restore_synonym
from apps.budgets.services.plans import add_category
from apps.budgets.spellings import NEW, Miss, sketch_of


def map_spellings(answers: Iterable[tuple[Miss, str]], *, actor: Any) -> int:
    """Each spelling to the code that it means; “+” adds a category of that name, in the nature its rows have."""
    made: dict[tuple[str, str], str] = {}
    count = 0
    with transaction.atomic():
        for miss, means in answers:
            code = means
            if means == NEW:
                # “Fees and Fines” and “Fees & Fines” become one.
                alike = (sketch_of(miss.text), miss.nature)
                code = made[alike] = made.get(alike) or _new_category(miss, actor)
            _map(miss.field, miss.text, code, actor)
            count += 1
    return count


def _map(field: str, text: str, means: str, actor: Any) -> None:
    known = Synonym.objects.filter(field=field, text=folded(text)).first()
    if known is None:
        map_synonym(field=field, text=text, means=means, actor=actor)
        return
    if known.archived_at is not None:
        restore_synonym(known, actor=actor)
    change_synonym(known, means=means, actor=actor)


def _new_category(miss: Miss, actor: Any) -> str:
    stem = slugify(miss.text)[:34] or "category"
    taken = set(Category.objects.filter(code__startswith=stem).values_list("code", flat=True))
    code = next(one for one in (stem, *(f"{stem}-{at}" for at in range(2, 10_000))) if one not in taken)
    nature = miss.nature or str(Category.Nature.EXPENSE)
    made = add_category(code=code, name=" ".join(miss.text.split())[:120], nature=nature, actor=actor)
    return str(made.code)
