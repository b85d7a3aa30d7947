"""What must always be true of the data, each as one query that returns no row; apps add theirs by importing this."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

Rows = Sequence[Sequence[object]]
SHOWN_ROWS = 5


@dataclass(frozen=True, kw_only=True)
class Invariant:
    """A sentence about the data and the way to find what breaks it."""

    id: str
    sentence: str
    find_violations: Callable[[], Rows]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a run of one invariant found; `rows` are the first violations."""

    invariant: Invariant
    rows: Rows

    @property
    def holds(self) -> bool:
        return not self.rows


_registry: dict[str, Invariant] = {}


def invariant(id: str, sentence: str, sql: str) -> None:
    """Register a query that must return no row."""

    def find() -> Rows:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            rows: Rows = cursor.fetchmany(SHOWN_ROWS)
        return rows

    register(Invariant(id=id, sentence=sentence, find_violations=find))


def register(item: Invariant) -> None:
    """Register an invariant that one query cannot say; a second one with the same id is a mistake."""
    if item.id in _registry:
        raise ValueError(f"The invariant {item.id} is already registered.")
    _registry[item.id] = item


def all_invariants() -> list[Invariant]:
    return sorted(_registry.values(), key=lambda item: (len(item.id.split(".")[0]), item.id))


def check_all() -> list[Verdict]:
    """Run every invariant; call it under the owner's role, which sees every row."""
    return [Verdict(invariant=item, rows=item.find_violations()) for item in all_invariants()]


def unapplied_migrations() -> Rows:
    """Migrations of this version that the database has not seen; all of them on an empty one."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [(f"{migration.app_label}.{migration.name}",) for migration, _ in plan][:SHOWN_ROWS]


def needs_migration() -> bool:
    """Asked by the launcher in its own process, because starting another one only to hear "no" takes seconds."""
    try:
        return bool(unapplied_migrations())
    finally:
        connection.close()


invariant(
    "I16.index",
    "Every index is valid",
    "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid",
)
invariant(
    "I16.constraint",
    "Every constraint was checked against the rows that were there before it",
    "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE NOT convalidated",
)
register(
    Invariant(
        id="I16.migration",
        sentence="Every migration is applied",
        find_violations=unapplied_migrations,
    )
)
invariant(
    "I16.prepared",
    "No transaction waits for a second phase",
    "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()",
)
invariant(
    "I16.idle",
    "No transaction is left open for more than a minute",
    """SELECT pid, application_name, now() - state_change FROM pg_stat_activity
       WHERE datname = current_database() AND state LIKE 'idle in transaction%'
       AND now() - state_change > interval '60 seconds'""",
)
