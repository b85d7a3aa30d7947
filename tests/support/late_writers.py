"""Writers whose transactions stay open and commit out of order, in a process of its own: python -m tests.support.late_writers."""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django

WRITERS = 8
ROUNDS = 12
LONGEST_SECONDS = 0.6


def main() -> None:
    """Prints the committed events' ids; one change in five is rolled back."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsplatform.settings")
    django.setup()
    from django.db import connection, transaction

    from apps.accounts.models import User
    from apps.core.access import scope
    from apps.core.models import Event
    from apps.kpis import services
    from apps.kpis.models import Definition
    from tests.factories.kpis import kpi

    with transaction.atomic(), scope.system("late writers"):
        actor = User.objects.get(username="fuzz_opm")
        root = Definition.objects.get(code="fuzz").department
        records = [kpi(f"late_{number}", root) for number in range(WRITERS)]

    start = threading.Barrier(WRITERS)

    def write(number: int) -> list[int]:
        done, rng = [], random.Random(number)
        start.wait()
        for turn in range(ROUNDS):
            with transaction.atomic(), scope.system("late writers"):
                record = Definition.objects.get(pk=records[number].pk)
                services.change_kpi(record, name=f"Turn {turn}", actor=actor)
                made = Event.objects.filter(subject=record.subject()).order_by("-pk").values_list("pk", flat=True)[0]
                time.sleep(rng.uniform(0, LONGEST_SECONDS))
                if rng.random() < 0.2:
                    transaction.set_rollback(True)
                else:
                    done.append(made)
        connection.close()
        return done

    with ThreadPoolExecutor(WRITERS) as crowd:
        written: Any = list(crowd.map(write, range(WRITERS)))
    sys.stdout.write(json.dumps([one for ids in written for one in ids]) + "\n")


if __name__ == "__main__":
    main()
