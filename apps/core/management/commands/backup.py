"""Saves database, files and keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from apps.core.embedded.backup import write_backup
from apps.core.embedded.offline import with_database
from apps.core.embedded.paths import state_home
from apps.core.embedded.sealing import ask_passphrase
from apps.core.management.plain import PlainCommand


class Command(PlainCommand):
    help = "Write a backup of database, files and keys, also while the platform runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, help="the folder for backups (default: var/backups)")

    def handle(self, *args: Any, **options: Any) -> None:
        home = state_home()
        passphrase = ask_passphrase(twice=True)
        with with_database(home):
            written = write_backup(folder=options["to"] or home / "backups", passphrase=passphrase)
        size = sum(part.stat().st_size for part in written.iterdir()) / 1_000_000
        self.stdout.write(f"Backup written: {written} ({size:.1f} MB). Keep it on another machine.")
