"""Makes a small company inside a running stack, from a process of its own: python -m tests.support.company [KPI code …]."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import django

from apps.core.embedded.paths import REPOSITORY
from tests.support.stack import Stack


def make_company(stack: Stack, *kpis: str) -> dict[str, Any]:
    """Five departments, an operations manager, an executive, an administrator, a buyer, an operator, an API token, and these KPIs."""
    command = [sys.executable, "-m", "tests.support.company", *kpis]
    done = subprocess.run(command, env=stack.env, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"The company could not be made:\n{done.stderr}")
    made: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return made


def main(codes: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsplatform.settings")
    django.setup()
    from django.db import transaction

    from apps.accounts import services as accounts
    from apps.core.access import scope
    from tests.factories import people
    from tests.factories.kpis import kpi

    with transaction.atomic(), scope.system("test company"):
        places = people.company()
        manager = people.user("opm", role="OPM", department=places.root)
        people.user("adm", role="ADM", department=places.root)
        people.user("buy", role="BUY", department=places.root)
        people.user("exe", role="EXE", department=places.root)
        people.user("opr", role="OPR", department=places.root)
        made: dict[str, Any] = {"password": people.PASSWORD, "root": places.root.pk, "opm": manager.pk}
        made |= {code: kpi(code, places.root).pk for code in codes}
    with transaction.atomic(), scope.of(manager):
        scopes = [one for one in accounts.possible_scopes(manager) if one.startswith(("kpi", "reading"))]
        _, made["token"] = accounts.make_token(name="test", scopes=scopes, actor=manager)
    sys.stdout.write(json.dumps(made) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
