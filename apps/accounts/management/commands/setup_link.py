"""Print the one-time link that makes the first admin of an empty installation."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.accounts import setuplink
from apps.core.errors import Refused


class Command(BaseCommand):
    help = "A one-time link, good for 30 minutes, that makes the first admin. There is no default account."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = setuplink.make()
        except Refused as refused:
            self.stdout.write(refused.message)
            return
        self.stdout.write("Make the first admin within 30 minutes at")
        self.stdout.write(f"  {settings.BASE_URL}/setup/{text}/")
