"""A day of the company begins and ends at its seat, wherever the server's clock stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from apps.core.access import scope
from apps.core.access.rights import rights_of
from apps.core.errors import Refused
from apps.inventory import services as stock
from apps.org import services as org
from opsplatform import env
from tests.factories import inventory as make
from tests.factories import people
from tests.org.test_services import fresh


@pytest.fixture
def far() -> Iterator[int]:
    """A seat whose day is not the day of UTC now; by how many days it differs."""
    ahead = datetime.now(UTC).hour >= 10
    zone = "Pacific/Kiritimati" if ahead else "Pacific/Pago_Pago"
    with override_settings(TIME_ZONE=zone):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('ops.time_zone', %s, false)", [zone])
        yield 1 if ahead else -1
    with connection.cursor() as cursor:
        cursor.execute("RESET ops.time_zone")


@pytest.fixture
def cast(db: None, far: int) -> Iterator[Any]:
    with scope.system("a test"):
        yield people.cast()


def test_a_role_of_one_day_counts_on_the_day_of_the_seat(cast: Any, far: int) -> None:
    today = timezone.localdate()
    assert today == datetime.now(UTC).date() + timedelta(days=far)
    org.grant_role(
        user=cast.stranger,
        role="SUP",
        department=cast.company.plant,
        valid_from=today,
        valid_until=today + timedelta(days=1),
        actor=cast.admin,
    )
    assert rights_of(fresh(cast.stranger)).can_somewhere("kpi", "r")
    assert fresh(cast.stranger).departments == [cast.company.plant.pk]


def test_a_stock_period_closes_with_the_day_of_the_seat(cast: Any) -> None:
    item, shelf = make.stocked(cast.company.plant, cast.manager)
    today = timezone.localdate()
    stock.close_period(shelf, closed_until=today - timedelta(days=1), actor=cast.manager)
    stock.issue_stock(item=item, at=shelf, quantity=Decimal(1), actor=cast.manager)
    stock.close_period(shelf, closed_until=today, actor=cast.manager)
    with pytest.raises(Refused, match="closed"):
        stock.issue_stock(item=item, at=shelf, quantity=Decimal(1), actor=cast.manager)


def test_a_zone_nobody_knows_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPS_TIME_ZONE", "Mars/Olympus")
    with pytest.raises(SystemExit, match="use a time zone's name"):
        env.zone("OPS_TIME_ZONE", "UTC")
