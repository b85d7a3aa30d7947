"""Fill an empty installation with the demo company."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from apps.core.access import scope
from apps.core.demo import Demo, demo_password, load_parts
from apps.core.models import Event


class Command(BaseCommand):
    help = (
        "Make the demo company: deterministic, without third-party data, through the same services as everything else."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--until", type=date.fromisoformat, default=None, help="Last day of history, default yesterday"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic(), scope.system("is the installation empty?"):
            if Event.objects.exists():
                raise CommandError("This installation already has data. The demo company needs an empty one.")
        demo = Demo(
            until=options["until"] or timezone.localdate() - timedelta(days=1), password=demo_password(create=True)
        )
        with transaction.atomic(), scope.system("making the demo company"):
            for part in load_parts():
                started = time.monotonic()
                part.build(demo)
                self.stdout.write(f"  demo company: {part.name} ({time.monotonic() - started:.1f} s)")
