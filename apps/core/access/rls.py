"""Migration operations for the second wall: forced row-level security on every table that carries a department."""

from __future__ import annotations

from typing import Any

from django.db import migrations

FUNCTIONS = """
CREATE OR REPLACE FUNCTION ops_scope_all() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(current_setting('app.scope', true), '') = 'all' $$;
CREATE OR REPLACE FUNCTION ops_departments() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(nullif(current_setting('app.departments', true), ''), '{}')::bigint[] $$;
CREATE OR REPLACE FUNCTION ops_ancestors() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(nullif(current_setting('app.ancestors', true), ''), '{}')::bigint[] $$;
CREATE OR REPLACE FUNCTION ops_user() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.user', true), '')::bigint $$;
"""

_ALL = "(SELECT ops_scope_all())"
_MINE = "(SELECT ops_departments())::bigint[]"
_ABOVE = "(SELECT ops_ancestors())::bigint[]"
_ME = "(SELECT ops_user())"

RULES = {
    # kind: (who may see a row, who may write a row)
    "department": (f"{_ALL} OR department_id = ANY ({_MINE})",) * 2,
    "inherit": (
        f"{_ALL} OR department_id = ANY ({_MINE}) OR department_id = ANY ({_ABOVE})",
        f"{_ALL} OR department_id = ANY ({_MINE})",
    ),
    "task": (f"{_ALL} OR department_id = ANY ({_MINE}) OR assignee_id = {_ME} OR opened_by_id = {_ME}",) * 2,
    "approval": (
        f"{_ALL} OR department_id = ANY ({_MINE}) OR requested_by_id = {_ME} OR seats @> to_jsonb(ARRAY[{_ME}])",
    )
    * 2,
    "handoff": (f"{_ALL} OR department_id = ANY ({_MINE}) OR to_department_id = ANY ({_MINE})",) * 2,
    "job": (f"{_ALL} OR owner_id = {_ME} OR department_id = ANY ({_MINE})", f"{_ALL} OR owner_id = {_ME}"),
    "event": (f"{_ALL} OR departments && {_MINE} OR actor_id = {_ME}", "true"),
    "around": (f"{_ALL} OR departments = '{{}}' OR departments && ({_MINE} || {_ABOVE})", "true"),
    "attachment": (f"{_ALL} OR departments && ({_MINE} || {_ABOVE}) OR added_by_id = {_ME}", "true"),
    "comment": (f"{_ALL} OR departments = '{{}}' OR departments && ({_MINE} || {_ABOVE}) OR author_id = {_ME}", "true"),
    "owner": (f"{_ALL} OR owner_id = {_ME}",) * 2,
    "shared": (f"{_ALL} OR owner_id = {_ME} OR shared", f"{_ALL} OR owner_id = {_ME}"),
    "shared_with": (
        f"{_ALL} OR owner_id = {_ME} OR shared OR shared_with && ({_MINE} || {_ABOVE})",
        f"{_ALL} OR owner_id = {_ME}",
    ),
}


def secure(table: str, kind: str = "department") -> migrations.RunSQL:
    """Fence a table; forced, so that even the owner passes only by role attribute."""
    policies = ("ops_see", "ops_add", "ops_change", "ops_remove")
    undo: list[Any] = [f'DROP POLICY IF EXISTS {policy} ON "{table}"' for policy in policies]
    undo += [f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY', f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY']
    see, write = RULES[kind]
    return migrations.RunSQL(
        sql=[
            f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
            f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
            f'CREATE POLICY ops_see ON "{table}" FOR SELECT USING ({see})',
            f'CREATE POLICY ops_add ON "{table}" FOR INSERT WITH CHECK ({write})',
            f'CREATE POLICY ops_change ON "{table}" FOR UPDATE USING ({see}) WITH CHECK ({write})',
            f'CREATE POLICY ops_remove ON "{table}" FOR DELETE USING ({write})',
        ],
        reverse_sql=undo,
    )


def append_only(table: str) -> migrations.RunSQL:
    """Take UPDATE and DELETE from the application role and refuse them by trigger as well."""
    return migrations.RunSQL(
        sql=[
            f"""CREATE TRIGGER ops_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "{table}"
                FOR EACH STATEMENT EXECUTE FUNCTION ops_refuse_change()""",
            f"""DO $$ BEGIN
                IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'ops_app')
                THEN REVOKE UPDATE, DELETE, TRUNCATE ON "{table}" FROM ops_app; END IF; END $$""",
        ],
        reverse_sql=[f'DROP TRIGGER IF EXISTS ops_append_only ON "{table}"'],
    )


SEARCH_WORDS = """
CREATE OR REPLACE FUNCTION ops_search_words(number text, title text, body text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT setweight(to_tsvector('simple'::regconfig, coalesce(number, '')), 'A')
       || setweight(to_tsvector('simple'::regconfig, coalesce(title, '')), 'B')
       || setweight(to_tsvector('simple'::regconfig, coalesce(body, '')), 'C') $$;
"""

REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION ops_refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'append-only: % may not be changed by %', TG_TABLE_NAME, TG_OP USING ERRCODE = 'check_violation'; END $$;
"""
