"""A base for commands that answer a refusal with its sentence instead of a traceback."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from apps.core.errors import Refused


class PlainCommand(BaseCommand):
    """Runs without Django's checks, which would open the database before it is there."""

    requires_system_checks = ()

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except Refused as refused:
            self.stderr.write(str(refused))
            raise SystemExit(1) from None
