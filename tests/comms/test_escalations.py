"""What waits too long goes up in working time, past whoever is gone, until somebody has it; facts start and end it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from apps.accounts.models import User
from apps.comms import services
from apps.comms.models import Escalation, EscalationPolicy, Notice
from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.models import Event
from apps.org import services as org
from apps.org.models import Site, Team
from tests.comms.test_notices import run, signed_in
from tests.factories import people

pytestmark = pytest.mark.django_db
# A Friday afternoon; the calendar works on weekdays from 08:00 to 16:00 in UTC.
FRIDAY = datetime(2026, 3, 6, 15, 30, tzinfo=UTC)


@pytest.fixture
def cast() -> people.Cast:
    with scope.system("test"):
        found = people.cast()
        calendar = org.add_calendar(
            code="office", name="Office", time_zone="UTC", hours=[[["08:00", "16:00"]]] * 5 + [[], []], actor=None
        )
        Site.objects.filter(pk=found.company.site.pk).update(calendar=calendar, time_zone="UTC")
        return found


@pytest.fixture
def team(cast: people.Cast) -> Team:
    with scope.system("test"):
        return org.form_team(department=cast.company.line, code="EARLY", name="Early shift", actor=None)


def policy(cast: people.Cast, *steps: dict[str, Any], **values: Any) -> EscalationPolicy:
    with transaction.atomic(), scope.system("test"):
        one = services.set_policy(
            name="Too long", department=cast.company.plant, owner=cast.by_role["OPM"], actor=None, **values
        )
        for position, step in enumerate(steps, 1):
            services.set_step(policy=one, position=position, actor=None, **step)
        return one


def start(one: EscalationPolicy, team: Team, now: datetime = FRIDAY) -> Escalation:
    with transaction.atomic(), scope.system("test"):
        return services.escalate(
            policy=one, about=team.subject(), why="Press stands", department=team.department, actor=None, now=now
        )


def move(now: datetime) -> int:
    with transaction.atomic(), scope.system("test"):
        count = services.move_on(now=now)
    run("comms.notify")
    return count


def told(user: User) -> int:
    with scope.system("test"):
        return Notice.objects.filter(owner=user, fact="comms.escalation_reached").count()


def state() -> Escalation:
    with scope.system("test"):
        return Escalation.objects.get()  # type: ignore[no-any-return]


def test_it_goes_up_in_working_time(cast: people.Cast, team: Team) -> None:
    one = policy(
        cast,
        {"after_minutes": 60, "kind": "person", "person": cast.worker},
        {"after_minutes": 120, "kind": "role", "role": "DPM"},
    )
    start(one, team)
    assert state().next_at == datetime(2026, 3, 9, 8, 30, tzinfo=UTC), "half an hour on Friday, half on Monday"
    assert move(datetime(2026, 3, 9, 8, 29, tzinfo=UTC)) == 0
    assert move(datetime(2026, 3, 9, 8, 30, tzinfo=UTC)) == 1
    assert (told(cast.worker), told(cast.manager)) == (1, 0)
    assert state().next_at == datetime(2026, 3, 9, 10, 30, tzinfo=UTC)
    assert move(datetime(2026, 3, 9, 10, 30, tzinfo=UTC)) == 1
    assert told(cast.manager) == 1 and state().next_at is None
    assert move(datetime(2026, 4, 1, tzinfo=UTC)) == 0


def test_a_step_without_anybody_is_passed_over_and_the_owner_is_last(cast: people.Cast, team: Team) -> None:
    with scope.system("test"):
        gone = people.user("gone", role="OPR", department=cast.company.line)
        User.objects.filter(pk=gone.pk).update(is_active=False)
        empty = org.form_team(department=cast.company.line, code="NONE", name="Nobody", actor=None)
    one = policy(
        cast,
        {"after_minutes": 10, "kind": "person", "person": gone},
        {"after_minutes": 10, "kind": "person", "person": cast.neighbour},
        {"after_minutes": 10, "kind": "team", "team": empty},
        {"after_minutes": 10, "kind": "line"},
    )
    start(one, team)
    move(FRIDAY + timedelta(minutes=10))
    assert state().reached == 4 and told(cast.neighbour) == 0, "who may not read the record is nobody here"
    assert told(cast.manager) == 1
    start(policy(cast), team)
    move(FRIDAY)
    assert told(cast.by_role["OPM"]) == 1, "without steps the owner is told at once"


def test_whoever_takes_it_stops_it(cast: people.Cast, team: Team) -> None:
    one = policy(
        cast,
        {"after_minutes": 0, "kind": "person", "person": cast.worker},
        {"after_minutes": 5, "kind": "role", "role": "DPM"},
    )
    row = start(one, team)
    move(FRIDAY)
    client = signed_in(cast.worker)
    assert client.post(f"/escalations/{row.pk}/take/").status_code == 302
    assert (state().state, state().seen_by, state().next_at) == ("seen", cast.worker, None)
    assert move(FRIDAY + timedelta(hours=5)) == 0 and told(cast.manager) == 0
    assert signed_in(cast.manager).post(f"/escalations/{row.pk}/take/").status_code == 422
    assert signed_in(cast.neighbour).post(f"/escalations/{row.pk}/take/").status_code == 404


def test_facts_start_and_end_it_for_the_department_and_below(cast: people.Cast, team: Team) -> None:
    policy(
        cast,
        {"after_minutes": 30, "kind": "line"},
        starts_with="org.team_changed",
        ends_with="org.team_members_set, kpis.none",
    )
    with transaction.atomic(), scope.system("test"):
        foreign = org.form_team(department=cast.company.other, code="F", name="Foreign", actor=None)
        org.change_team(foreign, name="Elsewhere", actor=None)
        org.change_team(team, name="Changed", actor=None)
        org.change_team(team, name="Changed again", actor=None)
    run("comms.escalate")
    row = state()
    assert (row.about, row.department, row.state) == (team.subject(), cast.company.line, "running")
    with scope.system("test"):
        cause = Event.objects.get(name="comms.escalation_started").cause
        assert cause is not None and cause.name == "org.team_changed"
        name = Event.objects.filter(subject=team.subject()).order_by("-id").values_list("name", flat=True)
        EscalationPolicy.objects.update(ends_with=f"{name[0]}", starts_with="")
    with transaction.atomic(), scope.system("test"):
        org.change_team(team, name="Third", actor=None)
    run("comms.escalate")
    assert state().state == "over"


def test_it_runs_once_per_record_and_policy(cast: people.Cast, team: Team) -> None:
    one = policy(cast, {"after_minutes": 30, "kind": "line"})
    assert start(one, team).pk == start(one, team).pk


@pytest.mark.parametrize("about", ["team:999999", "nothing:1", "team:x", ""])
def test_only_a_record_within_reach_is_sent_up(cast: people.Cast, team: Team, about: str) -> None:
    one = policy(cast)
    answer = signed_in(cast.manager).post("/escalations/new/", {"policy": one.pk, "about": about, "why": "x"})
    assert answer.status_code == 422


@pytest.mark.parametrize("kind", ["person", "role", "team"])
def test_a_step_names_whom_it_tells(cast: people.Cast, kind: str) -> None:
    with scope.system("test"), pytest.raises(Refused) as refused:
        services.set_step(policy=policy(cast), kind=kind, actor=None)
    assert refused.value.field == kind


def test_dates_are_those_of_the_calendar(cast: people.Cast, team: Team) -> None:
    with scope.system("test"):
        calendar = Site.objects.get(pk=cast.company.site.pk).calendar
        org.add_holiday(calendar=calendar, day=date(2026, 3, 9), name="Closed", actor=None)
    start(policy(cast, {"after_minutes": 60, "kind": "line"}), team)
    assert state().next_at == datetime(2026, 3, 10, 8, 30, tzinfo=UTC)
