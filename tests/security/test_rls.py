"""The second wall on its own: read from the catalogue, so that a new table without a policy fails here (S68)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from apps.core.access import scope
from tests.factories.world import World

pytestmark = pytest.mark.usefixtures("world")
# Tables that name a department and stand outside of the wall, each with the reason.
OPEN = {
    "accounts_user": "people are found at sign-in, before any scope exists; the matrix narrows who lists them",
    "org_rolegrant": "rights are worked out from it before a scope exists",
    "org_placement": "the tree's own history, readable like the tree",
}
SCOPED = """
SELECT c.relname, c.relkind, c.relispartition, c.relrowsecurity, c.relforcerowsecurity,
  (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
  AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname IN ('department_id', 'departments') AND a.attnum > 0)
ORDER BY 1
"""


def ask(query: str, params: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return list(cursor.fetchall()) if cursor.description else []


def fenced() -> list[str]:
    return [row[0] for row in ask(SCOPED) if row[0] not in OPEN and not row[2]]


def refused(query: str, params: list[Any] | None = None) -> str:
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        ask(query, params)
    return str(getattr(caught.value.__cause__, "pgcode", ""))


def test_the_role_of_the_tests_is_the_fenced_one() -> None:
    assert ask("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user") == [(False, False)]


def test_every_table_with_a_department_is_fenced_or_excused() -> None:
    found = {row[0]: row for row in ask(SCOPED)}
    assert set(OPEN) <= set(found), "a table on the list is gone: take it off"
    bare = [
        name
        for name, (_, _, partition, enabled, forced, policies) in found.items()
        if name not in OPEN and not partition and not (enabled and forced and policies)
    ]
    assert bare == []
    assert len(fenced()) >= 8


def test_without_a_scope_every_fenced_table_is_empty(world: World) -> None:
    with scope.system("counting what is there"):
        filled = [name for name in fenced() if ask(f'SELECT count(*) FROM "{name}"')[0][0]]
    assert {"core_event", "org_team", "kpis_definition", "kpis_reading", "reports_reportrun"} <= set(filled)
    # Search entries and attachments of company-wide records carry no department and are for everybody.
    seen = {
        name: ask(
            f"SELECT count(*) FROM \"{name}\" WHERE departments <> '{{}}'"
            if name in {"core_searchentry", "core_attachment"}
            else f'SELECT count(*) FROM "{name}"'
        )[0][0]
        for name in filled
    }
    assert {name: rows for name, rows in seen.items() if rows} == {}


def test_a_neighbour_sees_no_foreign_row_even_by_sql(world: World) -> None:
    team = world.records["team"]["own"]
    with scope.of(world.cast.neighbour):
        assert ask("SELECT id FROM org_team WHERE id = %s", [team.pk]) == []
        assert ask("SELECT count(*) FROM kpis_reading WHERE department_id = %s", [world.company.plant.pk]) == [(0,)]
    with scope.of(world.cast.manager):
        assert ask("SELECT id FROM org_team WHERE id = %s", [team.pk]) == [(team.pk,)]


def test_writing_into_a_foreign_department_is_refused(world: World) -> None:
    plant, other = world.company.plant, world.company.other
    mine = world.records["team"]["other"]
    with scope.of(world.cast.neighbour):
        assert (
            refused("INSERT INTO org_team (code, name, department_id, version) VALUES ('X', 'X', %s, 1)", [plant.pk])
            == "42501"
        )
        assert refused("UPDATE org_team SET department_id = %s WHERE id = %s", [plant.pk, mine.pk]) == "42501"
        assert ask("UPDATE org_team SET name = 'taken' WHERE department_id = %s RETURNING id", [plant.pk]) == []
        assert ask("UPDATE org_team SET name = 'own' WHERE department_id = %s RETURNING id", [other.pk]) == [(mine.pk,)]


def test_partitions_open_only_through_their_parent(world: World) -> None:
    partitions = [row[0] for row in ask(SCOPED) if row[2]]
    assert partitions, "no readings were stored"
    for name in partitions:
        assert refused(f'SELECT 1 FROM "{name}"') == "42501", name
        assert refused(f'DELETE FROM "{name}"') == "42501", name


@pytest.mark.parametrize("table", ["core_event", "core_seal"])
@pytest.mark.parametrize("order", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_log_only_grows(world: World, table: str, order: str) -> None:
    with scope.system("trying to rewrite the past"):
        assert refused(order.format(table)) == "42501"


@pytest.mark.parametrize(
    "order",
    [
        "CREATE TABLE loot (id int)",
        "CREATE SCHEMA loot",
        "TRUNCATE org_team",
        "DROP TABLE org_team",
        "ALTER TABLE org_team DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE core_event DISABLE TRIGGER ALL",
        "DROP POLICY ops_see ON org_team",
        "SET ROLE ops_owner",
        "CREATE ROLE loot",
    ],
)
def test_the_application_changes_no_structure(world: World, order: str) -> None:
    assert refused(order) == "42501"


def test_views_do_not_lend_the_owners_eyes() -> None:
    lending = ask(
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'"
        " AND relkind IN ('v', 'm') AND NOT coalesce(array_to_string(reloptions, ',') LIKE '%security_invoker=true%', false)"
    )
    assert lending == []
