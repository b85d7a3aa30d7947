"""Print who can sign in to the demo company."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.db import transaction

from apps.core.access import matrix, scope
from apps.core.access.rights import rights_of
from apps.core.demo import demo_password, token_file
from apps.core.web.frame import RANK


class Command(BaseCommand):
    help = "The demo company's sign-ins, one per role, with their common password."

    def handle(self, *args: Any, **options: Any) -> None:
        password = demo_password(create=False)
        if not password:
            self.stdout.write("There is no demo company here. Make one with `./ops up` on an empty installation.")
            return
        with transaction.atomic(), scope.system("listing demo sign-ins"):
            people = get_user_model()._default_manager.filter(username__startswith="demo.").order_by("username")
            lines = [
                (person, next((role for role in RANK if role in rights_of(person).roles), "")) for person in people
            ]
        for person, role in sorted(lines, key=lambda line: RANK.index(line[1]) if line[1] in RANK else 99):
            self.stdout.write(f"  {person.username:<12} {matrix.ROLES.get(role, ''):<20} {person}")
        self.stdout.write(f"  password for all of them: {password}")
        if token_file().exists():
            self.stdout.write(f"  API token of demo.opm: {token_file().read_text(encoding='utf-8')}")
