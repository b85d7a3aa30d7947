"""Hand-offs: both departments see them, each side's working time is measured, a return says why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from apps.core.access import scope
from apps.core.errors import Refused
from apps.org import services as org
from apps.processes import queries, services
from apps.processes.models import Handoff
from tests.factories import people

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 3, 6, 14, 0, tzinfo=UTC)


@pytest.fixture
def cast(db: Any) -> Any:
    with transaction.atomic(), scope.system("a test"):
        made = people.cast()
        hours = [[["08:00", "16:00"]]] * 5 + [[], []]
        calendar = org.add_calendar(code="week", name="Week", actor=None, hours=hours, time_zone="UTC")
        org.change_site(made.company.site, calendar=calendar, time_zone="UTC", actor=None)
        yield made


def offer(cast: Any, **values: Any) -> Handoff:
    return services.offer_handoff(
        title="Tested blocks",
        department=cast.company.line,
        to_department=cast.company.other,
        contents=["Test record", "Label"],
        answer_minutes=240,
        actor=cast.worker,
        now=FRIDAY,
        **values,
    )


def test_each_side_has_its_own_clock_in_working_time(cast: Any) -> None:
    handoff = offer(cast)
    assert handoff.answer_by == datetime(2026, 3, 9, 10, 0, tzinfo=UTC)
    monday = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
    back = services.return_handoff(handoff, reason="No label", actor=cast.neighbour, now=monday)
    assert (back.waited, back.returns, back.reason) == (timedelta(hours=3), 1, "No label")
    again = services.offer_again(back, actor=cast.worker, now=monday + timedelta(hours=2))
    assert again.mended == timedelta(hours=2)
    taken = services.accept_handoff(again, checked=["1", "2"], actor=cast.neighbour, now=monday + timedelta(hours=3))
    assert (taken.waited, taken.taken_by) == (timedelta(hours=4), cast.neighbour)
    done = services.finish_handoff(taken, actor=cast.neighbour, now=monday + timedelta(hours=5))
    assert (done.state, done.worked) == ("done", timedelta(hours=2))


def test_accepting_needs_everything_that_must_be_there(cast: Any) -> None:
    with pytest.raises(Refused, match="Not found yet: Label"):
        services.accept_handoff(offer(cast), checked=["1"], actor=cast.neighbour)


def test_only_the_receiving_side_accepts_and_only_once(cast: Any) -> None:
    handoff = offer(cast)
    with pytest.raises(Refused) as said:
        services.accept_handoff(handoff, checked=["1", "2"], actor=cast.worker)
    assert said.value.code == "other_side"
    services.accept_handoff(handoff, checked=["1", "2"], actor=cast.neighbour)
    with pytest.raises(Refused, match="accepted already"):
        services.accept_handoff(handoff, checked=["1", "2"], actor=cast.neighbour)


def test_both_departments_see_it_and_nobody_else(cast: Any) -> None:
    handoff = offer(cast)
    assert handoff in Handoff.objects.visible_to(cast.neighbour)
    assert handoff in Handoff.objects.visible_to(cast.manager)
    elsewhere = org.open_department(code="THIRD", name="Third", parent=cast.company.root, actor=None)
    third = people.user("third", role="DPM", department=elsewhere)
    assert handoff not in Handoff.objects.visible_to(third)
    assert handoff in queries.waiting_handoffs(cast.neighbour)


def test_the_board_counts_open_ones_by_age(cast: Any) -> None:
    offer(cast)
    table = queries.ageing(cast.by_role["OPM"], now=FRIDAY + timedelta(hours=5))
    assert table == {cast.company.other.name: [0, 1, 0, 0]}
