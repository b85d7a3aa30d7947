"""A company whose every text is a script, for the browser to stumble over: python -m tests.support.script_words FOLDER."""

from __future__ import annotations

import json
import os
import sys
from itertools import count
from pathlib import Path
from typing import Any

import django

LONG, SHORT = "\"'><img src=nowhere onerror=alert(1)>", "<svg/onload=alert(1)>"
# Texts that are no words but parts of the machine.
NOT_WORDS = {"formula", "sha256", "time_zone", "currency", "password", "period_key", "audit_head", "theme", "density"}
_numbers = count(1)


def spoil(record: Any, actor: Any) -> list[str]:
    """Write the script into each text field that takes it; the names of those fields."""
    from django.db import DatabaseError, models

    from apps.core.errors import Refused
    from apps.core.records import write
    from apps.kpis.events import KpiChanged

    done: list[str] = []
    if not hasattr(record, "version"):  # a line of a ledger is never changed
        return done
    for field in record._meta.concrete_fields:
        if not isinstance(field, models.CharField | models.TextField) or field.choices or field.name in NOT_WORDS:
            continue
        room = field.max_length or 500
        number = str(next(_numbers))
        words = next((one + number for one in (LONG, SHORT) if len(one + number) <= room), "")
        before = getattr(record, field.name)
        try:
            if words:
                write.change(record, {field.name: words}, actor=actor, fact=KpiChanged)
                done.append(field.name)
        except (Refused, DatabaseError):  # what is only added to takes no other words
            setattr(record, field.name, before)
    return done


def main(folder: Path) -> None:
    """Prints who signs in, the records by their lists' addresses, and the fields that hold the script."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsplatform.settings")
    django.setup()
    from django.db import transaction
    from django.utils import timezone

    from apps.core.access import scope
    from apps.core.pdf import pack_html
    from apps.core.resources.resource import resources
    from apps.dashboard.services import make_dashboard
    from apps.reports import services as reports
    from apps.reports.composing import compose
    from tests.factories import people
    from tests.factories.nouns import MAKERS

    with transaction.atomic(), scope.system("a company of scripts"):
        places = people.company("X")
        manager = people.user("scripted_opm", role="OPM", department=places.root)
        keeper = people.user("scripted_adm", role="ADM", department=places.root)
        made: dict[str, Any] = {"password": people.PASSWORD, "records": {}, "fields": {}, "forms": []}
        for resource in resources:
            record = MAKERS[resource.name].make(places, places.plant, manager)
            made["fields"][resource.name] = spoil(record, manager)
            made["records"][resource.path] = record.pk
            change = resource.action_of_kind("change")
            if change is not None and resource.may(manager, change.verb):
                made["forms"].append(f"/{resource.path}/{record.pk}/{change.name}/")
        for person in (manager, keeper):
            person.first_name, person.last_name, person.title = SHORT, LONG, LONG
            person.save(update_fields=["first_name", "last_name", "title"])
        pack = reports.set_pack(
            code="scripts", title=LONG, department=places.root, owner=manager, layout="pack", actor=manager
        )
        reports.make_promise(
            pack=pack, period_key="2026-W09", action=LONG, owner=manager, due_on=timezone.localdate(), actor=manager
        )
        run = reports.request_pack_run(pack, actor=manager, period_key="2026-W10", commentary=LONG, decisions=LONG)
    with transaction.atomic(), scope.of(manager):
        (folder / "pack.html").write_text(pack_html(compose(run, owner=manager, now=timezone.now()).report))
        shown = make_dashboard(
            title=LONG,
            cards=[{"card": name} for name in ("kpis.figures", "strategy.objectives", "dashboard.needs")],
            actor=manager,
            shared=True,
        )
        made["dashboard"] = shown.pk
    sys.stdout.write(json.dumps(made) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
