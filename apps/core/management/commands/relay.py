"""Run the relay and scheduler process."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.core.events.relay import Relay


class Command(BaseCommand):
    help = "Publish owed deliveries, plan scheduled jobs and seal the event log. Start as many as you like; one leads."

    def handle(self, *args: Any, **options: Any) -> None:
        Relay().run()
