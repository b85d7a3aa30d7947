"""Search entries: written with the record, found by words and by near-misses, filtered by the reader's departments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank, TrigramWordSimilarity
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest

from apps.core.models import Noun, SearchEntry


@dataclass(frozen=True)
class Indexed:
    """How a noun is found: its number, its title and the text around it."""

    number: Callable[[Any], str]
    title: Callable[[Any], str]
    body: Callable[[Any], str]


_indexed: dict[str, Indexed] = {}


def declare(resource: str, how: Indexed) -> None:
    if resource in _indexed:
        raise ValueError(f"Search already knows '{resource}'.")
    _indexed[resource] = how


def entry_for(record: Noun) -> SearchEntry | None:
    how = _indexed.get(record.resource_name())
    if how is None:
        return None
    return SearchEntry(
        subject=record.subject(),
        resource=record.resource_name(),
        number=how.number(record)[:60],
        title=how.title(record)[:300],
        body=how.body(record)[:4000],
        departments=sorted(record.departments_concerned()),
    )


def index_record(record: Noun) -> None:
    entry = entry_for(record)
    if entry is None:
        return
    if record.archived_at is not None:
        SearchEntry.objects.filter(pk=entry.pk).delete()
    else:
        index_many([entry])


def index_many(entries: list[SearchEntry]) -> None:
    SearchEntry.objects.bulk_create(
        entries,
        update_conflicts=True,
        unique_fields=["subject"],
        update_fields=["number", "title", "body", "departments", "updated_at"],
    )


def search(words: str, *, resources: list[str], limit: int = 20) -> list[SearchEntry]:
    """Records whose number starts with, whose words match, or whose title nearly reads like the words."""
    text = words.strip()[:100]
    if not text or not resources:
        return []
    query = SearchQuery(text, config="simple", search_type="websearch")
    found = SearchEntry.objects.filter(resource__in=resources).filter(
        Q(words=query) | Q(number__istartswith=text) | Q(title__icontains=text) | Q(title__trigram_word_similar=text)
    )
    return list(
        found.annotate(
            rank=Greatest(SearchRank(F("words"), query), TrigramWordSimilarity(text, "title"), Value(0.0))
        ).order_by("-rank", "title")[:limit]
    )
