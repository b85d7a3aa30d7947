"""One approval engine: order, counts, bands, never one's own request, stand-ins by both names, escalation."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.models import Event
from apps.org import services as org
from apps.work import forms, queries
from apps.work import services as work
from apps.work.models import Approval, ApprovalStep, Seat
from tests.factories import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(db: Any) -> Any:
    with transaction.atomic(), scope.system("a test"):
        yield people.cast()


def ask(cast: Any, *steps: dict[str, Any], actor: Any = None, **values: Any) -> Approval:
    return work.request_approval(
        title="Buy a press", department=cast.company.line, steps=steps or None, actor=actor or cast.worker, **values
    )


def person(one: Any, position: int = 1) -> dict[str, Any]:
    return {"kind": "person", "person": one, "position": position}


def yes(approval: Approval, actor: Any) -> Approval:
    return work.answer_approval(approval, answer="yes", actor=actor)


def test_serial_steps_wait_for_each_other(cast: Any) -> None:
    first, second = cast.manager, cast.by_role["OPM"]
    approval = ask(cast, person(first, 1), person(second, 2))
    with pytest.raises(Refused) as said:
        yes(approval, second)
    assert said.value.code == "no_seat"
    assert str(first) in said.value.message
    assert yes(approval, first).state == "pending"
    assert yes(approval, second).state == "approved"
    decided = Event.objects.filter(subject=approval.subject(), name="work.approval_decided")
    assert [one.payload["outcome"] for one in decided] == ["approved"]


def test_parallel_steps_all_have_to_agree(cast: Any) -> None:
    approval = ask(cast, person(cast.manager), person(cast.by_role["OPM"]))
    assert yes(approval, cast.by_role["OPM"]).state == "pending"
    assert yes(approval, cast.manager).state == "approved"


def test_k_of_n_ends_when_its_count_is_reached_or_out_of_reach(cast: Any) -> None:
    three = [people.user(f"boss{n}", role="DPM", department=cast.company.line) for n in range(3)]
    approval = work.ask_approval(
        title="Two of three", department=cast.company.line, approvers=three, need=2, actor=cast.worker
    )
    yes(approval, three[0])
    assert yes(approval, three[1]).state == "approved"
    again = work.ask_approval(
        title="Two of three", department=cast.company.line, approvers=three, need=2, actor=cast.worker
    )
    no = work.answer_approval(again, answer="no", note="Too dear", actor=three[0])
    assert no.state == "pending"
    assert work.answer_approval(again, answer="no", note="Too dear", actor=three[1]).state == "rejected"


def test_a_no_says_why(cast: Any) -> None:
    approval = ask(cast, person(cast.manager))
    with pytest.raises(Refused) as said:
        work.answer_approval(approval, answer="no", actor=cast.manager)
    assert said.value.field == "note"


def test_nobody_approves_their_own_request(cast: Any) -> None:
    own = cast.manager
    approval = ask(cast, {"kind": "role", "role": "DPM"}, actor=own)
    asked = set(Seat.objects.filter(step__approval=approval).values_list("user_id", flat=True))
    assert own.pk not in asked
    with pytest.raises(Refused, match="own request"):
        yes(approval, own)
    with pytest.raises(Refused) as said:
        ask(cast, person(own), actor=own)
    assert said.value.code == "nobody_to_approve"


def test_the_reporting_line_skips_the_person_who_asks(cast: Any) -> None:
    approval = ask(cast, actor=cast.manager)
    assert Seat.objects.get(step__approval=approval).user == cast.by_role["DPM"]
    cast.by_role["DPM"].is_active = False
    cast.by_role["DPM"].save(update_fields=["is_active"])
    assert Seat.objects.get(step__approval=ask(cast, actor=cast.manager)).user == cast.by_role["OPM"]


@pytest.mark.parametrize(
    ("amount", "roles"), [("0", ["DPM"]), ("999.99", ["DPM"]), ("1000", ["DPM", "OPM"]), ("50000", ["OPM", "EXE"])]
)
def test_the_amount_chooses_the_steps_also_at_the_edges(cast: Any, amount: str, roles: list[str]) -> None:
    policy = work.set_policy(
        code="spending", name="Spending", department=cast.company.root, about="requisition", currency="EUR", actor=None
    )
    for position, role, low, high in (
        (1, "DPM", None, 50000),
        (2, "OPM", 1000, None),
        (3, "EXE", 50000, None),
    ):
        work.add_policy_step(
            policy=policy, position=position, kind="role", role=role, from_amount=low, below_amount=high, actor=None
        )
    approval = ask(cast, about="requisition:7", amount=Decimal(amount), currency="EUR")
    assert approval.policy == policy
    assert [one.role for one in approval.steps.all()] == roles
    with pytest.raises(Refused, match="goes by the amount"):
        ask(cast, about="requisition:7")
    with pytest.raises(Refused, match="counts in EUR"):
        ask(cast, about="requisition:7", amount=Decimal(5), currency="USD")


def test_a_stand_in_answers_for_the_person_named(cast: Any) -> None:
    approval = ask(cast, person(cast.manager))
    today = timezone.localdate()
    org.delegate(
        principal=cast.manager,
        substitute=cast.neighbour,
        valid_from=today,
        valid_until=today + timedelta(days=2),
        actor=cast.manager,
    )
    cast.neighbour.__dict__.pop("_rights", None)
    assert approval in Approval.objects.visible_to(cast.neighbour)
    assert yes(approval, cast.neighbour).state == "approved"
    seat = Seat.objects.select_related("user", "answered_by").get(step__approval=approval)
    assert seat.words == f"{cast.neighbour} for {cast.manager}"


def test_a_step_that_waits_too_long_also_asks_the_people_above(cast: Any) -> None:
    approval = ask(cast, person(cast.by_role["SUP"]) | {"timeout_minutes": 60}, actor=cast.by_role["OPR"])
    step = approval.steps.get()
    assert step.escalates_at is not None
    assert work.escalate_approvals(now=step.escalates_at - timedelta(seconds=1)) == 0
    assert work.escalate_approvals(now=step.escalates_at) == 1
    approval.refresh_from_db()
    above = set(step.taken.values_list("user_id", flat=True))
    assert cast.by_role["SUP"].pk in above
    assert len(above) > 1
    assert set(approval.seats) == above
    told = Event.objects.filter(subject=approval.subject(), name="work.approval_step_opened").last()
    assert told is not None
    assert told.payload["escalated"] is True


def test_nobody_is_named_who_has_no_role_that_approves(cast: Any) -> None:
    with pytest.raises(Refused) as caught:
        ask(cast, person(cast.worker))
    assert caught.value.code == "may_not_approve"
    with pytest.raises(Refused):
        ask(cast, {"kind": "person", "people": [cast.manager, cast.worker], "need": 1})


def test_withdrawing_is_for_whoever_asked_and_ends_it(cast: Any) -> None:
    approval = ask(cast, person(cast.manager))
    with pytest.raises(Refused, match="Only the person who asked"):
        work.withdraw_approval(approval, actor=cast.by_role["OPR"])
    assert work.withdraw_approval(approval, actor=cast.worker).state == "withdrawn"
    with pytest.raises(Refused, match="withdrawn already"):
        yes(approval, cast.manager)
    assert not ApprovalStep.objects.filter(approval=approval, state="open").exists()


def test_an_answer_after_the_decision_changes_nothing(cast: Any) -> None:
    approval = ask(cast, person(cast.manager))
    yes(approval, cast.manager)
    with pytest.raises(Refused, match="approved already"):
        work.answer_approval(approval, answer="no", note="Late", actor=cast.manager)
    assert timezone.now() - Approval.objects.get(pk=approval.pk).decided_at < timedelta(minutes=1)


def stand_in(principal: Any, substitute: Any) -> None:
    today = timezone.localdate()
    days = {"valid_from": today, "valid_until": today + timedelta(days=2)}
    org.delegate(principal=principal, substitute=substitute, actor=principal, **days)
    substitute.__dict__.pop("_rights", None)


@pytest.mark.parametrize("need", [2, None])
def test_one_person_counts_once_also_as_a_stand_in(cast: Any, need: int | None) -> None:
    bosses = [people.user(f"boss{n}", role="DPM", department=cast.company.line) for n in range(3)]
    named = bosses if need else bosses[:2]
    approval = work.ask_approval(
        title="Four eyes", department=cast.company.line, approvers=named, need=need, actor=cast.worker
    )
    stand_in(bosses[1], bosses[0])
    assert yes(approval, bosses[0]).state == "pending"
    with pytest.raises(Refused, match="one person counts once") as said:
        yes(approval, bosses[0])
    assert said.value.code == "answered"
    assert approval not in queries.waiting_approvals(bosses[0])
    assert approval in queries.waiting_approvals(bosses[1])
    assert yes(approval, bosses[1]).state == "approved"


def test_a_person_named_twice_has_one_seat(cast: Any) -> None:
    twice = [cast.manager, cast.manager, cast.by_role["OPM"]]
    approval = work.ask_approval(title="x", department=cast.company.line, approvers=twice, need=2, actor=cast.worker)
    assert yes(approval, cast.manager).state == "pending"
    assert yes(approval, cast.by_role["OPM"]).state == "approved"


def leave(one: Any) -> None:
    one.is_active = False
    one.save(update_fields=["is_active"])


def test_a_later_step_whose_person_has_left_asks_the_people_above(cast: Any) -> None:
    boss = people.user("boss", role="DPM", department=cast.company.line)
    approval = ask(cast, person(cast.manager, 1), person(boss, 2))
    leave(boss)
    yes(approval, cast.manager)
    asked = Seat.objects.filter(step__approval=approval, step__position=2, user__is_active=True)
    assert asked.exists()
    assert yes(approval, asked[0].user).state == "approved"


def test_an_open_step_whose_people_all_left_asks_the_people_above_once(cast: Any) -> None:
    boss = people.user("boss", role="DPM", department=cast.company.line)
    approval = ask(cast, person(boss))
    now = timezone.now()
    assert work.escalate_approvals(now=now) == 0
    leave(boss)
    assert work.escalate_approvals(now=now) == 1
    assert work.escalate_approvals(now=now) == 0
    above = Seat.objects.filter(step__approval=approval, user__is_active=True)
    assert yes(approval, above[0].user).state == "approved"


def test_one_may_name_the_people_above_ones_department(cast: Any) -> None:
    asker, boss = cast.worker, cast.by_role["OPM"]
    assert boss not in User.objects.choosable_by(asker)
    data = {"title": "Buy a press", "department": cast.company.line.pk, "approvers": [str(boss.pk)], "currency": ""}
    form = forms.AskForm(data=data, actor=asker)
    assert form.is_valid(), form.errors
    assert list(form.cleaned_data["approvers"]) == [boss]
    data["approvers"] = [str(cast.stranger.pk)]
    assert "approvers" in forms.AskForm(data=data, actor=asker).errors
