"""P10: a stock move through the service and the API against the same writes in SQL; fifty at one item; long ledgers and proposals."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

from benchmarks import stock_volume
from benchmarks.measure import Report, interleaved
from benchmarks.place import installation, postgres_pid
from benchmarks.stock_volume import columns

MOVES = {"XS": 5, "S": 150, "M": 500}
ROUNDS = {"XS": 1, "S": 3, "M": 5}
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

    def crowd(self, threads: int, each: int, *, together: bool) -> None:
        """Everybody takes their pieces, from one item or each from their own."""
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
        for one in crowd:
            one.start()
        for one in crowd:
            one.join()


def _copy(cursor: Any, table: str, key: int, *, by: str = "id") -> str:
    """A statement that writes the row (or rows) once more under new keys."""
    names = [one for one in columns(cursor, table) if one != "id" and not (table == "core_event" and one == "xact")]
    listed = ", ".join(f'"{one}"' for one in names)
    taken = ", ".join("%(event)s" if one == by else f'"{one}"' for one in names)
    return f'INSERT INTO {table} ({listed}) SELECT {taken} FROM {table} WHERE "{by}" = {key}'


def run(size: str) -> Report:
    report = Report("stock", size)
    with installation() as home:
        from django.db import connection
        from django.test import Client

        bench = Bench()
        client, count = Client(SERVER_NAME="localhost"), MOVES[size]
        client.force_login(bench.person)
        bench.api(client, 5)  # loads what the first requests load
        bench.ours(5)
        found = interleaved(
            {
                "ours": lambda: bench.ours(count),
                "api": lambda: bench.api(client, count),
                "raw": lambda: bench.raw(count),
            },
            rounds=ROUNDS[size],
            pids=[postgres_pid(home)],
        )
        for name, words, goal in (("ours", "service", 2.5), ("api", "API", 5.0)):
            (raw, raw_cpu), (wall, cpu) = found["raw"], found[name]
            report.add(
                "P10",
                f"{count} moves through the {words}",
                raw,
                wall,
                goal,
                note=f"{cpu / (raw_cpu or 0.01):.2f} x in CPU",
            )
        _contention(report, bench, size)
        item, shelf = bench.items[0], bench.shelf
        stock_volume.grow_ledger([one.pk for one in bench.items], bench.move, stock_volume.HISTORY[size])
        stock_volume.read_ledger(report, size, person=bench.person, item=item, shelf=shelf)
        stock_volume.propose(report, size, shelf=shelf, item=item)
        connection.close()
    return report


def _contention(report: Report, bench: Bench, size: str) -> None:
    threads, each = THREADS[size], EACH[size]
    total = threads * each
    found = interleaved(
        {
            "apart": lambda: bench.crowd(threads, each, together=False),
            "together": lambda: bench.crowd(threads, each, together=True),
        },
        rounds=ROUNDS[size],
    )
    apart, together = (total / found[name][0] for name in ("apart", "together"))
    report.add("P10", f"{threads} at one item, moves a second", apart, together, 0.6, "1/s", at_least=True)
