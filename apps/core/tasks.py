"""The kernel's own hourly duties: check that nothing was lost, and publish the audit chain's head outside the database."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from apps.core.access import scope
from apps.core.events import seal
from apps.core.events.schedule import every
from apps.core.invariants import check_all

HEADS = "audit-heads.log"


class InvariantBroken(Exception):
    """Something that must always be true is not; the delivery fails and ends up parked, where admins see it."""


@every(timedelta(hours=1), name="core.verify", max_backfill=1, slow=True)
def verify(period_start: datetime) -> None:
    with transaction.atomic(), scope.system("hourly check of the invariants"):
        broken = [verdict for verdict in check_all() if not verdict.holds]
    if broken:
        first = broken[0]
        raise InvariantBroken(f"{len(broken)} invariants are broken, first {first.invariant.id}: {first.rows[:3]}")


@every(timedelta(hours=1), name="core.publish_audit_head", max_backfill=1)
def publish_audit_head(period_start: datetime) -> None:
    """A chain cannot see that its tail was cut; a head kept elsewhere can."""
    path = Path(settings.OPS_HOME) / HEADS
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{period_start.isoformat()} {seal.head()}\n")
