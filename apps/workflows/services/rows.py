"""The rows of a moving case, read and written in one round trip each: a step of a case costs as little as one by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from apps.core.access import scope
from apps.core.models.prepared import fetch
from apps.workflows.models import Case, Step

READ = [one.attname for one in Case._meta.concrete_fields if one.name != "migrated_engine"]
HOLD = f"""
SELECT {", ".join(f"c.{name}" for name in READ)}, r.sha256, w.code
FROM workflows_case c JOIN workflows_revision r ON r.id = c.revision_id JOIN workflows_workflow w ON w.id = c.workflow_id
WHERE c.id = %s FOR UPDATE OF c
"""
LEAVE = """
gone AS (UPDATE workflows_step s SET left_at = %s, state = one.state FROM (VALUES {rows}) one (token, state)
  WHERE s.case_id = %s AND s.token = one.token)
"""
NEW = [one.attname for one in Step._meta.concrete_fields if not one.primary_key]
ENTER = f"made AS (INSERT INTO workflows_step ({', '.join(NEW)}) VALUES {{rows}})"
KEPT = ("engine", "moves", "state", "outcome", "stuck", "finished_at", "began_with")
KEEP = f"UPDATE workflows_case SET version = version + 1, {', '.join(f'{name} = %s' for name in KEPT)} WHERE id = %s"


@dataclass
class Held:
    """A case under its lock, with what every move needs to know of its workflow."""

    case: Case
    sha256: str
    workflow: str


@dataclass
class Steps:
    """Steps entered and left in a move; those entered before are only told apart by their token."""

    made: dict[int, Step] = field(default_factory=dict)
    left: dict[int, str] = field(default_factory=dict)


def hold(case_id: int) -> Held:
    """The case, locked until the transaction ends. Its workflow and version are read when somebody asks for them."""
    scope.current()
    found = fetch(HOLD, [case_id])
    if not found:
        raise Case.DoesNotExist(f"There is no case {case_id} here.")
    *columns, sha256, code = found[0]
    case = Case.from_db(connection.alias, READ, columns)
    case.engine = json.loads(case.engine)
    return Held(case, sha256, code)


def save(case: Case, steps: Steps, *, now: datetime) -> None:
    """Writes where the case stands and the steps it entered and left, in one statement."""
    parts: list[str] = []
    values: list[Any] = []
    if steps.left:
        parts.append(LEAVE.format(rows=", ".join(["(%s::int, %s)"] * len(steps.left))))
        values += [now, *(value for pair in steps.left.items() for value in pair), case.pk]
    if steps.made:
        row = f"({', '.join(['%s'] * len(NEW))})"
        parts.append(ENTER.format(rows=", ".join([row] * len(steps.made))))
        values += [getattr(step, name) for step in steps.made.values() for name in NEW]
    kept = {name: getattr(case, name) for name in KEPT} | {"engine": json.dumps(case.engine)}
    fetch((f"WITH {', '.join(parts)} " if parts else "") + KEEP, [*values, *kept.values(), case.pk])
    case.version += 1
