"""Putting a record away and bringing it back: the pair of verbs most nouns share, declared in one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.core.actions.action import Action


def in_use(record: Any) -> bool:
    return record.archived_at is None


def put_away(record: Any) -> bool:
    return record.archived_at is not None


def shelf(
    noun: str,
    archive: Callable[..., Any],
    restore: Callable[..., Any],
    *,
    verb: str = "u",
    label: str = "Archive",
    confirm: str = "It leaves lists and sums. Its history stays.",
) -> tuple[Action, Action]:
    """Archive and restore, each undoing the other; `archive` and `restore` are services."""
    return (
        Action(
            name="archive",
            label=label,
            verb=verb,
            run=archive,
            icon="archive",
            danger=True,
            bulk=True,
            when=in_use,
            confirm=confirm,
            done=f"{noun} archived",
            undo="restore",
        ),
        Action(
            name="restore",
            label="Restore",
            verb=verb,
            run=restore,
            icon="archive-restore",
            bulk=True,
            when=put_away,
            done=f"{noun} restored",
        ),
    )
