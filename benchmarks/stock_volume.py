"""P10, much of it: reading a long ledger, and order proposals for many items, against the same in hand-written SQL."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from benchmarks.measure import Report, interleaved

HISTORY = {"XS": 500, "S": 100_000, "M": 2_000_000}
POLICIES = {"XS": 100, "S": 1_000, "M": 20_000}
ROUNDS = {"XS": 1, "S": 3, "M": 3}
TODAY = date(2026, 11, 24)


def columns(cursor: Any, table: str) -> list[str]:
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'"
        " ORDER BY ordinal_position",
        [table],
    )
    return [name for (name,) in cursor.fetchall()]


def grow_ledger(item_ids: list[int], move: int, count: int) -> None:
    """Many moves of the past, spread over the items: the owner lays the trigger aside and books the levels as their sum."""
    import psycopg2

    owner = psycopg2.connect(os.environ["DATABASE_OWNER_URL"])
    owner.autocommit = True
    with closing(owner), owner.cursor() as cursor:
        names = [
            one for one in columns(cursor, "inventory_move")
            if one not in ("id", "effective_at", "item_id", "from_location_id", "to_location_id", "kind")
        ]  # fmt: skip
        listed = ", ".join(f'"{one}"' for one in names)
        taken = ", ".join(f'move."{one}"' for one in names)
        cursor.execute("ALTER TABLE inventory_move DISABLE TRIGGER inventory_apply_move")
        # Two in and one out by turns, so that every moment has stock.
        cursor.execute(
            f"INSERT INTO inventory_move ({listed}, item_id, kind, from_location_id, to_location_id, effective_at)"
            f" SELECT {taken}, (%(items)s::bigint[])[1 + n %% %(many)s],"
            " CASE WHEN n / %(many)s %% 3 = 2 THEN 'issue' ELSE 'receive' END,"
            " CASE WHEN n / %(many)s %% 3 = 2 THEN move.from_location_id ELSE outer_end.id END,"
            " CASE WHEN n / %(many)s %% 3 = 2 THEN outer_end.id ELSE move.from_location_id END,"
            " now() - (%(count)s - n) * (interval '1000 hours' / %(count)s)"
            " FROM inventory_move move, inventory_location outer_end, generate_series(0, %(count)s - 1) n"
            " WHERE move.id = %(move)s AND outer_end.code = 'SUPPLIER'",
            {"items": item_ids, "many": len(item_ids), "count": count, "move": move},
        )
        cursor.execute(
            "UPDATE inventory_level level SET quantity = found.total FROM (SELECT item_id, place, sum(signed) total FROM ("
            "SELECT item_id, to_location_id place, quantity signed FROM inventory_move UNION ALL"
            " SELECT item_id, from_location_id, -quantity FROM inventory_move) ends GROUP BY 1, 2) found"
            " WHERE level.item_id = found.item_id AND level.location_id = found.place"
        )
        cursor.execute("ALTER TABLE inventory_move ENABLE TRIGGER inventory_apply_move")
        cursor.execute("VACUUM ANALYZE inventory_move")


def read_ledger(report: Report, size: str, *, person: Any, item: Any, shelf: Any) -> None:
    """The past of one item and of all, and the newest page of the list, from within a person's reach."""
    from django.db import connection, transaction
    from django.test import Client
    from django.utils import timezone

    from apps.core.access import scope
    from apps.inventory import queries

    client = Client(SERVER_NAME="localhost")
    client.force_login(person)

    def by_hand(sql: str, **values: Any) -> list[Any]:
        with transaction.atomic(), scope.of(person), connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall()

    def of_item() -> Decimal:
        with transaction.atomic(), scope.of(person):
            return queries.on_hand(item, at=timezone.now() - timedelta(hours=500))

    def of_all() -> list[Any]:
        with transaction.atomic(), scope.of(person):
            return queries.as_of(timezone.now() - timedelta(hours=500))

    def page(query: str) -> Any:
        answer = client.get(f"/api/v1/stock-moves/?{query}")
        assert answer.status_code == 200, answer.content
        return answer

    past = (
        "SELECT item_id, sum(CASE WHEN to_location_id = %(at)s THEN quantity ELSE -quantity END) FROM inventory_move"
        " WHERE %(at)s IN (from_location_id, to_location_id) AND effective_at <= now() - interval '500 hours'"
    )
    newest = (
        "SELECT move.*, item.code, source.code, target.code FROM inventory_move move"
        " JOIN inventory_item item ON item.id = move.item_id JOIN inventory_location source ON source.id = from_location_id"
        " JOIN inventory_location target ON target.id = to_location_id {where} ORDER BY effective_at DESC NULLS LAST, move.id DESC LIMIT 51"
    )
    one, all_, first, mine = (
        past + " AND item_id = %(item)s GROUP BY 1", past + " GROUP BY 1", newest.format(where=""),
        newest.format(where="WHERE item_id = %(item)s"),
    )  # fmt: skip
    values = {"at": shelf.pk, "item": item.pk}
    rows = (
        ("stock of an item at a time", of_item, one, 3.0),
        ("stock of all items at a time", of_all, all_, 3.0),
        ("newest page of the ledger", lambda: page(""), first, 8.0),
        ("newest page of one item", lambda: page(f"item={item.pk}"), mine, 8.0),
    )
    for name, ours, sql, goal in rows:
        ours()
        found = interleaved({"ours": ours, "raw": lambda sql=sql: by_hand(sql, **values)}, rounds=ROUNDS[size] * 3)  # type: ignore[misc]
        report.add("P10", f"{name}, {HISTORY[size]} moves", found["raw"][0], found["ours"][0], goal)


def grow_policies(shelf: Any, item: Any, count: int) -> None:
    """Items with some stock, thirty days of issues and a policy each; half of them stand below their reorder point."""
    from django.db import connection, transaction

    from apps.core.access import scope
    from apps.inventory import services

    services_policy = {
        "item": item,
        "location": shelf,
        "order_quantity": Decimal(50),
        "lead_days": Decimal(7),
        "actor": None,
    }
    with transaction.atomic(), scope.system("benchmark"), connection.cursor() as cursor:
        pattern = services.set_policy(**services_policy)
        items = ", ".join(f'"{one}"' for one in columns(cursor, "inventory_item") if one not in ("id", "code"))
        moves = ", ".join(
            f'move."{one}"' for one in columns(cursor, "inventory_move")
            if one not in ("id", "item_id", "quantity", "entered", "effective_at")
        )  # fmt: skip
        bare = moves.replace("move.", "")
        cursor.execute(
            f"INSERT INTO inventory_item (code, {items}) SELECT 'MRP-' || n, {items} FROM inventory_item, generate_series(1, {count}) n"
            f" WHERE id = {item.pk}"
        )
        for kind, quantity, days in (
            ("receive", "100 + item.id %% 2 * 400", "40"),
            ("issue", "3 + (item.id + n) %% 4", "30 - n"),
        ):
            cursor.execute(
                f"INSERT INTO inventory_move ({bare}, item_id, quantity, entered, effective_at) SELECT {moves}, item.id, {quantity}, 1,"
                f" %(today)s::timestamptz - ({days}) * interval '1 day' FROM inventory_item item, generate_series(0, {0 if kind == 'receive' else 19}) n,"
                f" (SELECT * FROM inventory_move WHERE kind = '{kind}' ORDER BY id LIMIT 1) move WHERE item.code LIKE 'MRP-%%'",
                {"today": TODAY},
            )
        names = ", ".join(
            f'policy."{one}"'
            for one in columns(cursor, "inventory_stockpolicy")
            if one not in ("id", "code", "item_id")
        )
        cursor.execute(
            f"INSERT INTO inventory_stockpolicy (code, item_id, {names.replace('policy.', '')}) SELECT item.code || '@S', item.id, {names}"
            f" FROM inventory_item item, inventory_stockpolicy policy WHERE policy.id = {pattern.pk} AND item.code LIKE 'MRP-%%'"
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


# Demand of ninety days with its deviation, s with safety stock, position with what is on its way; then number, proposal, fact and search.
BY_HAND = """
WITH days AS (
    SELECT item_id, effective_at::date AS day, sum(quantity) AS used FROM inventory_move
    WHERE kind IN ('issue', 'consume') AND from_location_id = %(at)s AND effective_at::date > %(today)s::date - 90
      AND effective_at::date <= %(today)s GROUP BY 1, 2
), demand AS (
    SELECT item_id, sum(used) / 90 AS mean, sqrt(greatest(0, sum(used * used) - sum(used) * sum(used) / 90) / 89) AS spread
    FROM days GROUP BY 1
), position AS (
    SELECT policy.id, policy.item_id, policy.department_id, coalesce(sum(level.quantity), 0)
           + coalesce((SELECT sum(quantity) FROM inventory_proposal open WHERE open.item_id = policy.item_id
                       AND open.location_id = policy.location_id AND open.state IN ('open', 'accepted')), 0) AS stock,
           policy.order_quantity AS lot, policy.lead_days, demand.mean * policy.lead_days
           + 1.6448536 * sqrt(policy.lead_days * demand.spread ^ 2 + demand.mean ^ 2 * policy.lead_sd ^ 2) AS point
    FROM inventory_stockpolicy policy JOIN demand ON demand.item_id = policy.item_id
    LEFT JOIN inventory_level level ON level.item_id = policy.item_id AND level.location_id = policy.location_id
    WHERE policy.archived_at IS NULL GROUP BY policy.id, demand.mean, demand.spread
), made AS (
    INSERT INTO inventory_proposal (code, policy_id, item_id, location_id, department_id, quantity, needed_on, arithmetic, state,
                                    reason, version, created_at)
    SELECT 'HAND' || id, id, item_id, %(at)s, department_id, lot * (floor((point - stock) / lot) + 1), %(today)s::date + 7,
           format('s = %%s, position %%s', round(point, 2), stock), 'open', '', 1, now()
    FROM position WHERE stock <= point RETURNING *
), told AS (
    INSERT INTO core_event (name, subject, departments, payload, changes, request_id, at)
    SELECT 'inventory.proposal_made', 'stock_proposal:' || id, ARRAY[department_id], to_jsonb(made), '{}', '', now() FROM made
)
INSERT INTO core_searchentry (subject, resource, number, title, body, departments, updated_at)
SELECT 'stock_proposal:' || id, 'stock_proposal', code, code, arithmetic, ARRAY[department_id], now() FROM made
"""


def propose(report: Report, size: str, *, shelf: Any, item: Any) -> None:
    from django.db import connection, transaction

    from apps.core.access import scope
    from apps.inventory import services
    from apps.inventory.models import Proposal

    count = POLICIES[size]
    grow_policies(shelf, item, count)

    class Undone(Exception):
        """Takes back what was written, so that every round begins alike."""

    made: list[int] = []

    def undone(run: Any) -> None:
        try:
            with transaction.atomic(), scope.system("benchmark"):
                run()
                made.append(Proposal.objects.count())
                raise Undone
        except Undone:
            pass

    def by_hand() -> None:
        with connection.cursor() as cursor:
            cursor.execute(BY_HAND, {"at": shelf.pk, "today": TODAY})

    found = interleaved(
        {"ours": lambda: undone(lambda: services.propose_orders(today=TODAY)), "raw": lambda: undone(by_hand)},
        rounds=ROUNDS[size],
    )
    assert len(set(made)) == 1 and made[0] > count // 3, made
    report.add("P10", f"{made[0]} proposals for {count} items", found["raw"][0], found["ours"][0], 10.0)
