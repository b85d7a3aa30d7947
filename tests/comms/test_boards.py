"""Letters come from KPIs day by day unless a person says otherwise; issues go up a tier and come back with an answer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from apps.comms import services
from apps.comms.boardpage import letters_of
from apps.comms.models import Notice, TierBoard, TierIssue, TierMark
from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.models import Event
from apps.kpis import services as kpis
from tests.comms.test_notices import run, signed_in
from tests.factories import people
from tests.factories.kpis import kpi

pytestmark = pytest.mark.django_db
MONTH, TODAY = date(2026, 3, 1), date(2026, 3, 10)


@pytest.fixture
def cast() -> people.Cast:
    with scope.system("test"):
        return people.cast()


@pytest.fixture
def board(cast: people.Cast) -> TierBoard:
    """The line's board under the plant's; delivery comes from a KPI with target 10 and amber 8."""
    with scope.system("test"):
        one = kpi("parts", cast.company.root, rule="sum", direction="higher", grain="day")
        kpis.set_target(
            kpi=one,
            department=cast.company.root,
            valid_from=date(2026, 1, 1),
            per="day",
            target=Decimal(10),
            amber=Decimal(8),
            actor=None,
        )
        rows = [
            (one.pk, cast.company.line.pk, datetime(2026, 3, day, 12, tzinfo=UTC), Decimal(value), None)
            for day, value in ((2, "11"), (3, "9"), (4, "3"))
        ]
        kpis.roll_up_batch(kpis.record_readings(rows, source="api", department=cast.company.line, actor=None).pk)
        plant = services.set_board(
            name="Plant", department=cast.company.plant, tier=2, lead=cast.manager, delivery="parts", actor=None
        )
        return services.set_board(
            name="Line", department=cast.company.line, above=plant, delivery="parts", actor=cast.by_role["OPM"]
        )


def tones(board: TierBoard, user: Any, letter: str = "D") -> dict[int, str]:
    with transaction.atomic(), scope.of(user):
        found = next(one for one in letters_of(board, month=MONTH, today=TODAY, user=user) if one.code == letter)
    return {one.day.day: one.tone for one in found.days if one.tone}


def test_days_come_from_the_kpi_and_a_mark_stands_above(cast: people.Cast, board: TierBoard) -> None:
    assert tones(board, cast.worker) == {2: "good", 3: "warn", 4: "bad"}
    assert tones(board, cast.worker, "S") == {}
    with transaction.atomic(), scope.of(cast.worker):
        for day, tone in ((4, "good"), (3, "none"), (5, "bad")):
            services.mark_day(board=board, topic="D", day=date(2026, 3, day), tone=tone, actor=cast.worker)
        services.mark_day(board=board, topic="D", day=date(2026, 3, 5), tone="good", note="Counted", actor=cast.worker)
    assert tones(board, cast.worker) == {2: "good", 4: "good", 5: "good"}
    with scope.system("test"):
        assert TierMark.objects.filter(day=date(2026, 3, 5)).count() == 1
        assert Event.objects.filter(name="comms.tier_mark_changed").count() == 1
    assert tones(board.above, cast.manager) == {2: "good", 3: "warn", 4: "bad"}, "the plant sees the line's values"


def test_the_page_and_the_api_say_the_same(cast: people.Cast, board: TierBoard) -> None:
    client = signed_in(cast.worker)
    page = client.get(f"/tier-boards/{board.pk}/board/?month=2026-03").content.decode()
    assert page.count('class="is-good"') == 1 and page.count('class="is-bad"') == 1 and "3 Mar: At risk" in page
    letters = client.get(f"/api/v1/tier-boards/{board.pk}/days/?month=2026-03").json()["letters"]
    assert {one["letter"]: {day["day"]: day["tone"] for day in one["days"] if day["tone"]} for one in letters}["D"] == {
        "2026-03-02": "good",
        "2026-03-03": "warn",
        "2026-03-04": "bad",
    }
    assert client.get(f"/api/v1/tier-boards/{board.pk}/days/?month=soon").status_code == 400
    assert client.get(f"/tier-boards/{board.pk}/board/?month=soon").status_code == 422
    assert signed_in(cast.neighbour).get(f"/tier-boards/{board.pk}/board/").status_code == 404
    assert signed_in(cast.stranger).get(f"/tier-boards/{board.pk}/board/").status_code == 403


def test_marks_and_issues_from_the_page(cast: people.Cast, board: TierBoard) -> None:
    client, url = signed_in(cast.worker), f"/tier-boards/{board.pk}/board/"
    assert client.post(url, {"do": "mark", "topic": "S", "day": "2026-03-09", "tone": "bad"}).status_code == 302
    assert client.post(url, {"do": "raise", "topic": "S", "text": "<b>Guard</b> is loose"}).status_code == 302
    assert client.post(url, {"do": "raise", "topic": "S", "text": ""}).status_code == 422
    assert client.post(url, {"do": "mark", "topic": "Z", "day": "2026-03-09", "tone": "bad"}).status_code == 422
    page = client.get(url).content.decode()
    assert "&lt;b&gt;Guard&lt;/b&gt; is loose" in page and "0 days" in page
    above = signed_in(cast.manager).post(
        f"/tier-boards/{board.above_id}/board/", {"do": "raise", "topic": "Q", "text": "x"}
    )
    assert above.status_code == 302
    assert (
        client.post(f"/tier-boards/{board.above_id}/board/", {"do": "raise", "topic": "Q", "text": "x"}).status_code
        == 422
    )


def test_an_issue_goes_up_and_comes_back_with_reasons(cast: people.Cast, board: TierBoard) -> None:
    with transaction.atomic(), scope.of(cast.worker):
        issue = services.raise_issue(origin=board, topic="D", text="Castings are late", actor=cast.worker)
    worker, manager = signed_in(cast.worker), signed_in(cast.manager)
    assert worker.post(f"/tier-issues/{issue.pk}/pass-up/", {}).status_code == 422, "a reason is asked"
    assert worker.post(f"/tier-issues/{issue.pk}/pass-up/", {"reason": "Not ours"}).status_code == 302
    run("comms.notify")
    with scope.system("test"):
        assert Notice.objects.filter(owner=cast.manager, fact="comms.tier_issue_passed").count() == 1
        issue.refresh_from_db()
        assert (issue.board_id, issue.passed_because) == (board.above_id, "Not ours")
    assert "Castings are late" in manager.get(f"/tier-boards/{board.above_id}/board/").content.decode()
    assert "Castings are late" not in worker.get(f"/tier-boards/{board.pk}/board/").content.decode()
    assert manager.post(f"/tier-issues/{issue.pk}/pass-up/", {"reason": "Higher"}).status_code == 422
    assert (
        manager.post(f"/tier-issues/{issue.pk}/pass-back/", {"reason": "Truck leaves at noon now"}).status_code == 302
    )
    page = worker.get(f"/tier-issues/{issue.pk}/").content.decode()
    assert "Truck leaves at noon now" in page and page.count("Issue passed to another tier") == 2
    assert worker.post(f"/tier-issues/{issue.pk}/finish/", {"outcome": "On time for a week"}).status_code == 302
    with scope.system("test"):
        assert TierIssue.objects.get().state == "done"


def test_boards_stand_in_order(cast: people.Cast, board: TierBoard) -> None:
    with scope.system("test"):
        for values, field in (
            ({"above": board, "tier": 1}, "above"),
            ({"above": board.above, "tier": 3}, "above"),
            ({"safety": "no-such"}, "safety"),
        ):
            with pytest.raises(Refused) as refused:
                services.set_board(name="x", department=cast.company.line, actor=cast.by_role["OPM"], **values)
            assert refused.value.field == field
        with pytest.raises(Refused):
            services.change_board(board.above, tier=1, actor=None)
        services.raise_issue(origin=board, topic="S", text="Open", actor=None)
        with pytest.raises(Refused):
            services.archive_board(board, actor=None)


def test_old_issues_are_called_old(cast: people.Cast, board: TierBoard) -> None:
    with scope.system("test"):
        one = services.raise_issue(origin=board, topic="S", text="Long ago", actor=None)
        TierIssue.objects.filter(pk=one.pk).update(
            created_at=one.created_at - timedelta(days=8) if one.created_at else None
        )
    page = signed_in(cast.worker).get(f"/tier-boards/{board.pk}/board/").content.decode()
    assert "8 days" in page and "Old" in page
