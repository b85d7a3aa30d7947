"""Questions about objectives: the tree one may see, with the progress of every branch. They never write."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from apps.strategy import progress
from apps.strategy.models import Initiative, KeyResult, Objective
from apps.strategy.progress import Progress

MOST = 400


@dataclass
class Branch:
    """An objective with its key results, its progress and what is part of it."""

    objective: Objective
    results: list[KeyResult]
    children: list[Branch] = field(default_factory=list)
    progress: Progress = field(default_factory=lambda: Progress(None, Decimal(0)))
    tone: str = "idle"
    initiatives: int = 0

    @property
    def weights(self) -> Decimal:
        """What key results and counting parts sum to; 100 when the objective is complete."""
        parts = sum((one.weight for one in self.results), Decimal(0))
        return parts + sum((child.objective.weight for child in self.children), Decimal(0))

    def walk(self) -> Iterable[Branch]:
        yield self
        for child in self.children:
            yield from child.walk()


def share_of(result: KeyResult) -> Decimal | None:
    return progress.of_result(result.start_value, result.target_value, result.current_value)


def forest(user: Any, *, today: date, period: str = "") -> list[Branch]:
    """The trees of objectives this person sees, highest first; closed ones only when asked for."""
    rows = Objective.objects.visible_to(user).filter(archived_at__isnull=True)
    if period != "all":
        rows = rows.exclude(state=Objective.State.CLOSED)
    found = list(rows.select_related("owner", "department").order_by("starts_on", "id")[:MOST])
    return grown(found, today=today)


def branch_of(objective: Objective, *, today: date) -> Branch:
    """One objective with everything below it."""
    found, fresh = [objective], [objective]
    while fresh and len(found) < MOST:
        rows = Objective.objects.filter(parent__in=[one.pk for one in fresh], archived_at__isnull=True)
        fresh = list(rows.select_related("owner", "department"))
        found += fresh
    return next(one for one in grown(found, today=today) if one.objective.pk == objective.pk)


def grown(objectives: list[Objective], *, today: date) -> list[Branch]:
    """The objectives as trees; one whose parent is not among them stands as a root."""
    keys = [one.pk for one in objectives]
    results: dict[int, list[KeyResult]] = {}
    for one in KeyResult.objects.filter(objective__in=keys, archived_at__isnull=True).order_by("id"):
        results.setdefault(one.objective_id, []).append(one)
    running: dict[int, int] = {}
    for key in Initiative.objects.filter(objective__in=keys, archived_at__isnull=True).values_list(
        "objective_id", flat=True
    ):
        running[key] = running.get(key, 0) + 1
    branches = {one.pk: Branch(one, results.get(one.pk, []), initiatives=running.get(one.pk, 0)) for one in objectives}
    roots: list[Branch] = []
    for one in objectives:
        parent = branches.get(one.parent_id) if one.parent_id else None
        (parent.children if parent else roots).append(branches[one.pk])
    for root in roots:
        _measure(root, today)
    return roots


def _measure(branch: Branch, today: date) -> None:
    for child in branch.children:
        _measure(child, today)
    parts = [(one.weight, share, Decimal(share is not None)) for one in branch.results for share in [share_of(one)]]
    parts += [
        (child.objective.weight, child.progress.share, child.progress.measured)
        for child in branch.children
        if child.objective.weight
    ]
    branch.progress = progress.of_parts(parts)
    pace = progress.expected(branch.objective.starts_on, branch.objective.ends_on, today)
    branch.tone = progress.tone(branch.progress.share, pace)
