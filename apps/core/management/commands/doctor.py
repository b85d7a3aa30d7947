"""Says what is installed and what to do about the rest."""

from __future__ import annotations

from typing import Any

from apps.core.embedded.doctor import examine
from apps.core.embedded.paths import state_home
from apps.core.management.plain import PlainCommand


class Command(PlainCommand):
    help = "Look at every part of the installation; exit code 1 when something needs attention."

    def handle(self, *args: Any, **options: Any) -> None:
        findings = examine(state_home())
        width = max(len(finding.subject) for finding in findings)
        for finding in findings:
            self.stdout.write(f"{'LOOK' if finding.advice else 'ok  '} {finding.subject:<{width}}  {finding.fact}")
            if finding.advice:
                self.stdout.write(f"     {'':<{width}}  → {finding.advice}")
        if any(finding.advice for finding in findings):
            raise SystemExit(1)
