"""Makes a person inside a running stack, from a process of its own: python -m tests.accounts.newcomer NAME."""

from __future__ import annotations

import os
import subprocess
import sys

import django

from apps.core.embedded.paths import REPOSITORY
from tests.support.stack import Stack


def make_person(stack: Stack, name: str) -> str:
    """Add the person; returns the password."""
    command = [sys.executable, "-m", "tests.accounts.newcomer", name]
    done = subprocess.run(command, env=stack.env, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"The person could not be made:\n{done.stderr}")
    return done.stdout.strip()


def main(name: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsplatform.settings")
    django.setup()
    from django.db import transaction

    from apps.core.access import scope
    from tests.factories import people

    with transaction.atomic(), scope.system("test person"):
        people.user(name)
    sys.stdout.write(people.PASSWORD + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
