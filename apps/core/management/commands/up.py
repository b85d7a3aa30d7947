"""Runs the whole platform in this terminal."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from apps.core.embedded.paths import state_home
from apps.core.embedded.platform import Wishes, run_platform
from apps.core.management.plain import PlainCommand


class Command(PlainCommand):
    help = "Run servers, web, worker and relay in this terminal; Ctrl-C stops them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, help="the web server's port (default: the first free one from 8000)")
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: this machine only)")
        demo = parser.add_mutually_exclusive_group()
        demo.add_argument("--demo", action="store_true", default=None, help="build the demo company on the first run")
        demo.add_argument("--no-demo", dest="demo", action="store_false", help="start with an empty company")

    def handle(self, *args: Any, **options: Any) -> None:
        run_platform(home=state_home(), wishes=Wishes(port=options["port"], host=options["host"], demo=options["demo"]))
