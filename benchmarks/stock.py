"""P10: a stock move through the service and the API against the same writes in SQL; fifty at one item; the past of many moves."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

from benchmarks.measure import Report, interleaved
from benchmarks.place import installation

MOVES = {"XS": 5, "S": 150, "M": 500}
ROUNDS = {"XS": 1, "S": 3, "M": 5}
HISTORY = {"XS": 500, "S": 50_000, "M": 2_000_000}
THREADS = {"XS": 4, "S": 50, "M": 50}
EACH = {"XS": 1, "S": 6, "M": 20}
ONE = Decimal(1)


class Bench:
    """An item at a place with plenty of stock, a person who moves it, and one event to copy by hand."""

    def __init__(self) -> None:
        from datetime import date

        from django.db import transaction

        from apps.accounts import services as accounts
        from apps.core.access import scope
        from apps.core.models import Event
        from apps.inventory import services as stock
        from apps.org import services as org

        with transaction.atomic(), scope.system("benchmark"):
            self.root = org.open_department(code="ROOT", name="Company", actor=None)
            self.person = accounts.invite_user(
                username="bench", first_name="B", last_name="B", actor=None, password="bench-bench-9"
            )
            org.grant_role(user=self.person, role="OPM", department=self.root, valid_from=date(2020, 1, 1), actor=None)
            self.shelf = stock.set_location(code="S", name="Shelf", department=self.root, actor=None)
            self.items = [self._item(number) for number in range(50)]
            (move,) = stock.issue_stock(item=self.items[0], at=self.shelf, quantity=ONE, actor=self.person)
            self.move, self.event = move.pk, Event.objects.latest("id").pk

    def _item(self, number: int) -> Any:
        from apps.inventory import services as stock

        item = stock.set_item(name=f"Bolt {number}", department=self.root, actor=None)
        stock.receive_stock(item=item, to=self.shelf, quantity=Decimal(10**9), actor=None)
        return item

    def ours(self, count: int) -> None:
        from django.db import transaction

        from apps.core.access import scope
        from apps.inventory import services as stock

        for _ in range(count):
            with transaction.atomic(), scope.of(self.person):
                stock.issue_stock(item=self.items[0], at=self.shelf, quantity=ONE, actor=self.person)

    def api(self, client: Any, count: int) -> None:
        body = {"kind": "issue", "item": self.items[0].pk, "location": self.shelf.pk, "quantity": "1"}
        for _ in range(count):
            answer = client.post("/api/v1/stock-moves/", body, content_type="application/json")
            assert answer.status_code == 201, answer.content

    def raw(self, count: int) -> None:
        """A move, its event and what is owed for it, copied row by row: what nobody could leave out."""
        from django.db import connection, transaction

        from apps.core.access import scope

        with transaction.atomic(), scope.system("benchmark"), connection.cursor() as cursor:
            copies = [_copy(cursor, *one) for one in (("inventory_move", self.move), ("core_event", self.event))]
            owed = _copy(cursor, "core_delivery", self.event, by="event_id")
        for _ in range(count):
            with transaction.atomic(), scope.of(self.person), connection.cursor() as cursor:
                cursor.execute(copies[0])
                cursor.execute(copies[1] + " RETURNING id")
                cursor.execute(owed, {"event": cursor.fetchone()[0]})

    def crowd(self, threads: int, each: int, *, together: bool) -> float:
        """Seconds until everybody has taken their pieces, from one item or each from their own."""
        from django.db import connections, transaction

        from apps.core.access import scope
        from apps.inventory import services as stock

        def take(number: int) -> None:
            item = self.items[0 if together else number]
            for _ in range(each):
                with transaction.atomic(), scope.of(self.person):
                    stock.issue_stock(item=item, at=self.shelf, quantity=ONE, actor=self.person)
            connections.close_all()

        crowd = [threading.Thread(target=take, args=(number,)) for number in range(threads)]
        start = time.perf_counter()
        for one in crowd:
            one.start()
        for one in crowd:
            one.join()
        return time.perf_counter() - start

    def history(self, count: int) -> None:
        """Many moves of the past, written by the database itself."""
        from django.db import connection, transaction

        from apps.core.access import scope

        with transaction.atomic(), scope.system("benchmark"), connection.cursor() as cursor:
            names = [one for one in _columns(cursor, "inventory_move") if one not in ("id", "effective_at")]
            listed = ", ".join(f'"{one}"' for one in names)
            cursor.execute(
                f"INSERT INTO inventory_move ({listed}, effective_at) SELECT {listed},"
                f" now() - (n % 1000) * interval '1 hour' FROM inventory_move, generate_series(1, {count}) n"
                f" WHERE id = {self.move}"
            )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def past(self) -> Decimal:
        from django.db import transaction
        from django.utils import timezone

        from apps.core.access import scope
        from apps.inventory import queries

        with transaction.atomic(), scope.of(self.person):
            return queries.on_hand(self.items[0], at=timezone.now() - timedelta(hours=500))

    def past_by_hand(self) -> None:
        from django.db import connection, transaction

        from apps.core.access import scope

        with transaction.atomic(), scope.of(self.person), connection.cursor() as cursor:
            cursor.execute(
                "SELECT sum(CASE WHEN to_location_id = %(at)s THEN quantity ELSE -quantity END) FROM inventory_move"
                " WHERE item_id = %(item)s AND %(at)s IN (from_location_id, to_location_id)"
                " AND effective_at <= now() - interval '500 hours'",
                {"at": self.shelf.pk, "item": self.items[0].pk},
            )


def _columns(cursor: Any, table: str) -> list[str]:
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'"
        " ORDER BY ordinal_position",
        [table],
    )
    return [name for (name,) in cursor.fetchall()]


def _copy(cursor: Any, table: str, key: int, *, by: str = "id") -> str:
    """A statement that writes the row (or rows) once more under new keys."""
    names = [one for one in _columns(cursor, table) if one != "id" and not (table == "core_event" and one == "xact")]
    listed = ", ".join(f'"{one}"' for one in names)
    taken = ", ".join("%(event)s" if one == by else f'"{one}"' for one in names)
    return f'INSERT INTO {table} ({listed}) SELECT {taken} FROM {table} WHERE "{by}" = {key}'


def run(size: str) -> Report:
    report = Report("stock", size)
    with installation():
        from django.db import connection
        from django.test import Client

        bench = Bench()
        client, count = Client(SERVER_NAME="localhost"), MOVES[size]
        client.force_login(bench.person)
        bench.api(client, 2)  # loads what the first request loads
        found = interleaved(
            {
                "ours": lambda: bench.ours(count),
                "api": lambda: bench.api(client, count),
                "raw": lambda: bench.raw(count),
            },
            rounds=ROUNDS[size],
        )
        report.add("P10", f"{count} moves through the service", found["raw"][0], found["ours"][0], 2.5)
        report.add("P10", f"{count} moves through the API", found["raw"][0], found["api"][0], 5.0)
        threads, each = THREADS[size], EACH[size]
        apart = bench.crowd(threads, each, together=False)
        together = bench.crowd(threads, each, together=True)
        total = threads * each
        report.add(
            "P10", f"{threads} at one item, moves a second", total / apart, total / together, 0.6, "1/s", at_least=True
        )
        bench.history(HISTORY[size])
        found = interleaved({"ours": bench.past, "raw": bench.past_by_hand}, rounds=ROUNDS[size])
        report.add("P10", f"stock at a time over {HISTORY[size]} moves", found["raw"][0], found["ours"][0], 3.0)
        connection.close()
    return report
