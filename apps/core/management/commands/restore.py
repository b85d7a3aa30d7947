"""Puts a backup back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from apps.core.embedded.paths import state_home
from apps.core.embedded.restore import restore_backup
from apps.core.embedded.sealing import ask_passphrase
from apps.core.management.plain import PlainCommand


class Command(PlainCommand):
    help = "Replace database, files and keys by those of a backup; the platform must be stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="the backup's folder")
        parser.add_argument("--confirm", help="the name of the database that is replaced, when it holds data")

    def handle(self, *args: Any, **options: Any) -> None:
        done = restore_backup(
            home=state_home(),
            source=options["folder"],
            passphrase=ask_passphrase(twice=False),
            confirm=options["confirm"],
        )
        rows = sum(done.manifest.row_counts.values())
        self.stdout.write(f"Restored the backup of {done.manifest.created_at}: {rows} rows. Everybody signs in again.")
        if done.safety_backup:
            self.stdout.write(f"The data before it is in {done.safety_backup}.")
        if done.keys_file:
            self.stdout.write(
                f"Set OPS_SECRET_KEY and OPS_TOKEN_PEPPER to the values in {done.keys_file}, then remove it."
            )
        self.stdout.write("Outgoing mail waits until an admin lets it out: Settings, Event deliveries.")
        self.stdout.write("Check it with ./ops verify, then start with ./ops up.")
