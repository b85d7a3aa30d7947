"""Checks that nothing was lost or doubled."""

from __future__ import annotations

from typing import Any

from apps.core.embedded.offline import as_owner, with_database
from apps.core.embedded.paths import state_home
from apps.core.invariants import check_all
from apps.core.management.plain import PlainCommand


class Command(PlainCommand):
    help = "Run every invariant over the data; exit code 1 when one is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        with with_database(state_home()), as_owner():
            verdicts = check_all()
        width = max(len(verdict.invariant.id) for verdict in verdicts)
        for verdict in verdicts:
            mark = "ok    " if verdict.holds else "BROKEN"
            self.stdout.write(f"{mark} {verdict.invariant.id:<{width}}  {verdict.invariant.sentence}")
            for row in verdict.rows:
                self.stdout.write("         " + ", ".join(str(value) for value in row))
        broken = sum(not verdict.holds for verdict in verdicts)
        self.stdout.write(f"{len(verdicts)} invariants, {broken} broken.")
        if broken:
            raise SystemExit(1)
