"""Tells the kernel which roles a person holds today, delegations included, in one query."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.utils import timezone

from apps.core.access.rights import Grant, provide_grants

# Own grants, then those of people this person stands in for today; each with the subtree and the chain above.
_GRANTS = """
WITH held AS (
  SELECT g.role, g.department_id, NULL::bigint AS principal_id FROM org_rolegrant g
  WHERE g.user_id = %(user)s AND g.valid_from <= %(today)s AND (g.valid_until IS NULL OR g.valid_until > %(today)s)
  UNION
  SELECT g.role, g.department_id, d.principal_id FROM org_delegation d
  JOIN org_rolegrant g ON g.user_id = d.principal_id
  JOIN accounts_user u ON u.id = d.principal_id AND u.is_active
  WHERE d.substitute_id = %(user)s AND d.archived_at IS NULL
    AND d.valid_from <= %(today)s AND d.valid_until > %(today)s
    AND g.valid_from <= %(today)s AND (g.valid_until IS NULL OR g.valid_until > %(today)s)
    AND g.role NOT IN ('ADM', 'TOK'))
SELECT h.role, h.department_id, h.principal_id,
  ARRAY(SELECT c.descendant_id FROM org_closure c WHERE c.ancestor_id = h.department_id),
  ARRAY(SELECT c.ancestor_id FROM org_closure c WHERE c.descendant_id = h.department_id AND c.depth > 0)
FROM held h ORDER BY h.principal_id NULLS FIRST, h.role
"""


@provide_grants
def grants_of(user: Any) -> list[Grant]:
    with connection.cursor() as cursor:
        cursor.execute(_GRANTS, {"user": user.pk, "today": timezone.localdate()})
        return [
            Grant(
                role=role,
                department_id=department_id,
                subtree=frozenset(subtree) | {department_id},
                ancestors=frozenset(ancestors),
                source="delegation" if principal_id else "direct",
                on_behalf_of_id=principal_id,
            )
            for role, department_id, principal_id, subtree, ancestors in cursor.fetchall()
        ]
