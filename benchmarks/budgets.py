"""P10 for money: asking and reserving through the service against the same reads and writes in SQL; a race at one line; the report."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal
from typing import Any

from benchmarks.measure import Report, interleaved
from benchmarks.place import installation, postgres_pid
from benchmarks.stock_volume import columns

TIMES = {"XS": 5, "S": 150, "M": 500}
ROUNDS = {"XS": 1, "S": 3, "M": 7}
THREADS = {"XS": 4, "S": 24, "M": 50}
EACH = {"XS": 1, "S": 8, "M": 20}
LINES = {"XS": 20, "S": 1_000, "M": 10_000}
ONE, DAY = Decimal(1), date(2026, 6, 10)

# What nobody could leave out: the line with the plan that says whether the day is open, and its balances.
LINE = """SELECT line.id, line.department_id, plan.state, plan.period_ends, plan.closed_through, plan.over_at, plan.warn_at
FROM budgets_line line JOIN budgets_plan plan ON plan.id = line.plan_id WHERE line.id = %s"""
STANDING = """SELECT account, sum(amount), sum(amount) FILTER (WHERE period <= 6), sum(amount) FILTER (WHERE period = 6)
FROM budgets_balance WHERE line_id = %s GROUP BY account"""
HELD = """INSERT INTO budgets_commitment (line_id, department_id, document, ref, reserved, encumbered, spent)
VALUES (%s, %s, %s, '', 1, 0, 0) ON CONFLICT (line_id, document, ref) DO UPDATE SET reserved = budgets_commitment.reserved + 1"""
LEGS = """INSERT INTO budgets_entry (txn, line_id, department_id, period, effective_on, account, kind, amount, document, ref, override, actor_id)
SELECT one.txn, %(line)s, %(department)s, 6, %(day)s, leg.account, 'reserve', leg.amount, %(document)s, '', '', %(actor)s
FROM (SELECT nextval('budgets_txn') AS txn) one, (VALUES ('reserve', 1), ('free', -1)) leg (account, amount)"""
REPORT = """SELECT department.code, department.name,
    -coalesce(sum(balance.amount) FILTER (WHERE account = 'budget'), 0), coalesce(sum(balance.amount) FILTER (WHERE account = 'reserve'), 0),
    coalesce(sum(balance.amount) FILTER (WHERE account = 'encumber'), 0), coalesce(sum(balance.amount) FILTER (WHERE account = 'actual'), 0),
    coalesce(sum(balance.amount) FILTER (WHERE account = 'free'), 0),
    -coalesce(sum(balance.amount) FILTER (WHERE account = 'budget' AND period <= 6), 0),
    coalesce(sum(balance.amount) FILTER (WHERE account = 'actual' AND period <= 6), 0), count(DISTINCT line.id)
FROM budgets_line line JOIN org_department department ON department.id = line.department_id
LEFT JOIN budgets_balance balance ON balance.line_id = line.id
WHERE line.plan_id = %s AND line.root_id IS NULL AND line.archived_at IS NULL GROUP BY department.code, department.name ORDER BY 1"""


class Bench:
    """A plan of many lines with some money set aside and spent on each, a person who buys, and one event to copy by hand."""

    def __init__(self, size: str) -> None:
        from django.db import transaction

        from apps.accounts import services as accounts
        from apps.budgets import services as budgets
        from apps.budgets.models import Line
        from apps.core.access import scope
        from apps.org import services as org

        with transaction.atomic(), scope.system("benchmark"):
            root = org.open_department(code="ROOT", name="Company", actor=None)
            parts = [org.open_department(code=f"D{n}", name=f"Part {n}", parent=root, actor=None) for n in range(10)]
            self.person = accounts.invite_user(
                username="bench", first_name="B", last_name="B", actor=None, password="bench-bench-9"
            )
            org.grant_role(user=self.person, role="OPM", department=root, valid_from=date(2020, 1, 1), actor=None)
            plan = budgets.draft_plan(
                name="Bench", department=root, owner=self.person, fiscal_year=2026, to_date_check="block", actor=None
            )
            for number in range(max(THREADS[size], LINES[size])):
                budgets.add_line(
                    plan=plan,
                    department=parts[number % 10],
                    project=f"P{number}",
                    total=Decimal(12_000_000),
                    actor=None,
                )
            budgets.approve_plan(plan, actor=None)
            self.lines = list(Line.objects.filter(plan=plan).select_related("plan").order_by("pk"))
            self.plan = self.lines[0].plan
        self._spend_everywhere()
        with transaction.atomic(), scope.of(self.person):
            budgets.reserve_funds(line=self.lines[0], amount=ONE, on=DAY, document="requisition:1", actor=self.person)
        self.event = self._newest_event()

    def _newest_event(self) -> int:
        from django.db import transaction

        from apps.core.access import scope
        from apps.core.models import Event

        with transaction.atomic(), scope.system("benchmark"):
            return int(Event.objects.filter(name="budgets.funds_booked").latest("id").pk)

    def _spend_everywhere(self) -> None:
        """Each line spent something in six months; booked as a file is, many legs in a statement."""
        from django.db import connection, transaction

        from apps.core.access import scope

        with transaction.atomic(), scope.system("benchmark"), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO budgets_entry (txn, line_id, department_id, period, effective_on, account, kind, amount, document,"
                " ref, override) SELECT spent.txn, spent.id, spent.department_id, spent.period, make_date(2026, spent.period, 1),"
                " leg.account, 'spend', leg.amount, 'bill', '', '' FROM (SELECT nextval('budgets_txn') txn, line.id,"
                " line.department_id, period FROM budgets_line line, generate_series(1, 6) period WHERE plan_id = %s) spent,"
                " (VALUES ('actual', 70), ('free', -70)) leg (account, amount)",
                [self.plan.pk],
            )

    def check(self, count: int) -> None:
        from django.db import transaction

        from apps.budgets import services as budgets
        from apps.core.access import scope

        for _ in range(count):
            with transaction.atomic(), scope.of(self.person):
                assert budgets.check_funds(line=self.lines[0], amount=ONE, on=DAY).verdict == "ok"

    def check_by_hand(self, count: int) -> None:
        from django.db import connection, transaction

        from apps.core.access import scope

        for _ in range(count):
            with transaction.atomic(), scope.of(self.person), connection.cursor() as cursor:
                with scope.system("benchmark"):
                    cursor.execute(STANDING, [self.lines[0].pk])
                    sums = {row[0]: row[1:] for row in cursor.fetchall()}
                assert all(left >= ONE for left in sums["free"][:2])

    def reserve(self, count: int, *, at: int = 0) -> None:
        from django.db import transaction

        from apps.budgets import services as budgets
        from apps.core.access import scope

        for number in range(count):
            with transaction.atomic(), scope.of(self.person):
                budgets.reserve_funds(
                    line=self.lines[at], amount=ONE, on=DAY, document=f"requisition:{number}", actor=self.person
                )

    def reserve_by_hand(self, count: int) -> None:
        """Lock, decide, hold, book, tell: one statement each."""
        from django.db import connection, transaction

        from apps.core.access import scope

        with transaction.atomic(), scope.system("benchmark"), connection.cursor() as cursor:
            told = _copy(cursor, "core_event", self.event) + " RETURNING id"
            owed = _copy(cursor, "core_delivery", self.event, by="event_id")
        for number in range(count):
            with transaction.atomic(), scope.of(self.person), connection.cursor() as cursor, scope.system("benchmark"):
                cursor.execute(LINE + " FOR UPDATE OF line", [self.lines[0].pk])
                line, department = cursor.fetchone()[:2]
                cursor.execute(STANDING, [line])
                assert cursor.fetchone() is not None
                values = {"line": line, "department": department, "day": DAY, "document": f"requisition:{number}"}
                cursor.execute(HELD, [line, department, values["document"]])
                cursor.execute(LEGS, values | {"actor": self.person.pk})
                cursor.execute(told)
                cursor.execute(owed, {"event": cursor.fetchone()[0]})

    def crowd(self, threads: int, each: int, *, together: bool) -> None:
        """Everybody sets money aside, at one line or each at their own."""
        from django.db import connections

        def buy(number: int) -> None:
            self.reserve(each, at=0 if together else number)
            connections.close_all()

        crowd = [threading.Thread(target=buy, args=(number,)) for number in range(threads)]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join()

    def report(self) -> None:
        from django.db import transaction

        from apps.budgets import variance
        from apps.core.access import scope

        with transaction.atomic(), scope.of(self.person):
            groups = variance.grouped(variance.report(self.plan, self.person, through=6), "department")
            assert sum(len(one.rows) for one in groups) == len(self.lines)

    def report_by_hand(self) -> None:
        from django.db import connection, transaction

        from apps.core.access import scope

        with transaction.atomic(), scope.of(self.person), connection.cursor() as cursor:
            cursor.execute(REPORT, [self.plan.pk])
            assert sum(row[-1] for row in cursor.fetchall()) == len(self.lines)


def _copy(cursor: Any, table: str, key: int, *, by: str = "id") -> str:
    """A statement that writes the row (or rows) once more under new keys."""
    names = [one for one in columns(cursor, table) if one != "id" and not (table == "core_event" and one == "xact")]
    listed = ", ".join(f'"{one}"' for one in names)
    taken = ", ".join("%(event)s" if one == by else f'"{one}"' for one in names)
    return f'INSERT INTO {table} ({listed}) SELECT {taken} FROM {table} WHERE "{by}" = {key}'


def run(size: str) -> Report:
    report = Report("budgets", size)
    with installation() as home:
        from django.db import connection

        bench, count = Bench(size), TIMES[size]
        works = {
            "check": (lambda: bench.check(count), lambda: bench.check_by_hand(count), f"{count} availability checks"),
            "reserve": (lambda: bench.reserve(count), lambda: bench.reserve_by_hand(count), f"{count} reservations"),
            "report": (bench.report, bench.report_by_hand, f"report of {len(bench.lines)} lines by department"),
        }
        for ours, by_hand, words in works.values():
            ours()  # loads what the first call loads
            found = interleaved({"ours": ours, "raw": by_hand}, rounds=ROUNDS[size], pids=[postgres_pid(home)])
            (raw, raw_cpu), (wall, cpu) = found["raw"], found["ours"]
            report.add("P10", words, raw, wall, 2.5, note=f"{cpu / (raw_cpu or 0.01):.2f} x in CPU")
        threads, each = THREADS[size], EACH[size]
        crowds = {
            "apart": lambda: bench.crowd(threads, each, together=False),
            "together": lambda: bench.crowd(threads, each, together=True),
        }
        found = interleaved(crowds, rounds=ROUNDS[size])
        apart, together = (threads * each / found[name][0] for name in ("apart", "together"))
        report.add("P10", f"{threads} at one line, reservations a second", apart, together, 0.6, "1/s", at_least=True)
        connection.close()
    return report
