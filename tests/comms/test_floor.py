"""Announcements reach their audience in their time; a shift leaves its open points to the next until they are closed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.comms import services
from apps.comms.audience import audience_of, showing_to
from apps.comms.models import Announcement, Notice, Receipt, ShiftEntry, ShiftTakeover
from apps.comms.views_shift import shift_at
from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.models import Event
from apps.org import services as org
from tests.comms.test_notices import run, signed_in
from tests.factories import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> people.Cast:
    with scope.system("test"):
        return people.cast()


def announce(cast: people.Cast, **values: Any) -> Announcement:
    today = timezone.localdate()
    values = {"title": "Fire drill", "text": "At ten", "department": cast.company.plant, "starts_on": today} | values
    with transaction.atomic(), scope.system("test"):
        return services.announce(actor=cast.by_role["OPM"], **values)


def show(now: datetime | None = None) -> int:
    with transaction.atomic(), scope.system("test"):
        count = services.show_due(now=now or timezone.now())
    run("comms.notify")
    return count


def sees(person: User, now: datetime | None = None) -> list[str]:
    person.__dict__.pop("_rights", None)
    with transaction.atomic(), scope.of(person):
        return [one.title for one in showing_to(person, now or timezone.now())]


def test_it_reaches_the_department_and_below_and_nobody_else(cast: people.Cast) -> None:
    announce(cast)
    assert sees(cast.worker) == [] and show() == 1 and show() == 0
    assert sees(cast.worker) == sees(cast.manager) == ["Fire drill"]
    assert sees(cast.neighbour) == sees(cast.by_role["EXE"]) == sees(cast.stranger) == []
    with scope.system("test"):
        told = set(Notice.objects.filter(fact="comms.announcement_shown").values_list("owner_id", flat=True))
        one = Announcement.objects.get()
        assert told == set(audience_of(one).values_list("pk", flat=True)) - {cast.by_role["OPM"].pk}
    assert cast.worker.pk in told and cast.neighbour.pk not in told


def test_role_and_site_narrow_it(cast: people.Cast) -> None:
    with transaction.atomic(), scope.system("test"):
        away = org.open_site(code="AWAY", name="Away", actor=None)
        far = org.open_department(code="FAR", name="Far", parent=cast.company.plant, actor=None, site=away)
        far_worker = people.user("far", role="OPR", department=far)
    announce(cast, title="Operators", role="OPR")
    announce(cast, title="Away", site=away)
    show()
    assert sees(cast.worker) == ["Operators"] and sees(cast.manager) == []
    assert sees(far_worker) == ["Away", "Operators"]


def test_it_begins_and_ends_on_its_days(cast: people.Cast) -> None:
    announce(cast, starts_on=date(2026, 3, 2), ends_on=date(2026, 3, 3))
    assert show(datetime(2026, 3, 1, 12, tzinfo=UTC)) == 0
    assert show(datetime(2026, 3, 2, 0, 30, tzinfo=UTC)) == 1
    assert sees(cast.worker, datetime(2026, 3, 3, 12, tzinfo=UTC)) == ["Fire drill"]
    assert sees(cast.worker, datetime(2026, 3, 4, 12, tzinfo=UTC)) == []
    announce(cast, title="Too late", starts_on=date(2026, 3, 2), ends_on=date(2026, 3, 3))
    assert show(datetime(2026, 3, 9, tzinfo=UTC)) == 0
    with scope.system("test"), pytest.raises(Refused):
        services.announce(
            title="x",
            text="x",
            department=cast.company.plant,
            starts_on=date(2026, 3, 2),
            ends_on=date(2026, 3, 1),
            actor=None,
        )


def test_confirmations_are_counted_once_and_the_rest_is_reminded_once(cast: people.Cast) -> None:
    one = announce(cast, must_read=True)
    show()
    client = signed_in(cast.worker)
    assert "I have read this" in client.get("/my-work/").content.decode()
    for _ in range(2):
        assert client.post(f"/announcements/{one.pk}/confirm/").status_code == 302
    assert sees(cast.worker) == [] and "Fire drill" not in client.get("/my-work/").content.decode()
    page = signed_in(cast.manager).get(f"/announcements/{one.pk}/").content.decode()
    with scope.system("test"):
        assert Receipt.objects.count() == 1 and Event.objects.filter(name="comms.announcement_read").count() == 1
        audience = audience_of(one).count()
    assert f"1 of {audience}" in page
    assert show(timezone.now() + timedelta(days=1)) == 0
    assert show(timezone.now() + timedelta(days=2, minutes=1)) == 1
    assert show(timezone.now() + timedelta(days=3)) == 0
    with scope.system("test"):
        reminded = set(Notice.objects.filter(fact="comms.announcement_reminded").values_list("owner_id", flat=True))
    assert cast.manager.pk in reminded and cast.worker.pk not in reminded


def test_markup_in_an_announcement_is_text(cast: people.Cast) -> None:
    one = announce(cast, title="<b>x</b>", text="<script>alert(1)</script>")
    show()
    for url in (f"/announcements/{one.pk}/", "/announcements/", "/overview/", "/notices/"):
        page = signed_in(cast.manager).get(url).content.decode()
        assert "<script>alert" not in page and "<b>x</b>" not in page


@pytest.mark.parametrize(
    ("moment", "day", "shift"),
    [
        ("2026-03-02T06:00", "2026-03-02", "early"),
        ("2026-03-02T13:59", "2026-03-02", "early"),
        ("2026-03-02T14:00", "2026-03-02", "late"),
        ("2026-03-02T22:00", "2026-03-02", "night"),
        ("2026-03-03T05:59", "2026-03-02", "night"),
    ],
)
def test_which_shift_runs(moment: str, day: str, shift: str) -> None:
    assert shift_at(datetime.fromisoformat(moment)) == (date.fromisoformat(day), shift)


def test_open_points_go_on_until_closed_and_a_shift_is_taken_over_once(cast: people.Cast) -> None:
    client, line = signed_in(cast.worker), cast.company.line
    early = f"/shift-log/?department={line.pk}&day=2026-03-02&shift=early"
    late = f"/shift-log/?department={line.pk}&day=2026-03-02&shift=late"
    assert client.post(early, {"topic": "S", "text": "Guard is loose", "open": "on"}).status_code == 302
    assert client.post(early, {"topic": "Q", "text": "First piece good"}).status_code == 302
    assert client.post(early, {"topic": "X", "text": "Nonsense"}).status_code == 422
    shown = client.get(late).content.decode()
    assert "Guard is loose" in shown and "Still open" in shown and "First piece good" not in shown
    assert client.post(early, {"do": "take", "note": "Seen"}).status_code == 302
    assert client.post(early, {"do": "take"}).status_code == 422, "once"
    with scope.system("test"):
        taken = ShiftTakeover.objects.get()
        assert (taken.taken_by, taken.open_points) == (cast.worker, 1)
        point = ShiftEntry.objects.get(open=True)
    assert (
        client.post(f"/shift-entries/{point.pk}/edit/", {"topic": "S", "text": "Not loose", "version": 1}).status_code
        == 422
    )
    assert client.post(f"/shift-entries/{point.pk}/close/", {}).status_code == 422
    assert client.post(f"/shift-entries/{point.pk}/close/", {"outcome": "Bolted"}).status_code == 302
    assert "Guard is loose" not in client.get(late).content.decode()
    other = signed_in(cast.neighbour)
    assert other.get(early).status_code == 422 and "Guard is loose" not in other.get(early).content.decode()
    assert other.post(early, {"topic": "S", "text": "Foreign"}).status_code == 422
    assert Client().get(early).status_code == 302
