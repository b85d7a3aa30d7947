"""The starter rules about purchasing, switched on: what they make of real happenings."""

from __future__ import annotations

from typing import Any

import pytest

from apps.core.models import Event
from apps.procurement import services
from apps.work.models import Task
from apps.workflows import matching, runner, starter
from apps.workflows.services import rules
from tests.factories.procurement import placed
from tests.procurement.test_ledgers import LINE, plan_line
from tests.procurement.test_story import invoice

pytestmark = pytest.mark.django_db


def switched_on(cast: Any, code: str) -> None:
    made = {one.code: one for one in starter.add_starter_rules(cast.company.root)}
    rules.switch_on(made[code], anyway=True, actor=cast.by_role["OPM"])


def happen(after: int) -> list[str]:
    for event in Event.objects.filter(pk__gt=after).order_by("pk"):
        matching.match_event(event)
    runner.work_off()
    return list(Task.objects.values_list("title", flat=True))


def newest() -> int:
    return Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def test_a_blocked_invoice_becomes_a_task(cast: Any) -> None:
    switched_on(cast, "invoice-blocked")
    order, before = placed(cast.company.line, lines=[LINE]), newest()
    blocked = invoice(order, [{"line": 1, "quantity": "1", "price": "10"}])
    assert happen(before) == [f"Clear invoice {blocked.number}"]


def test_rejected_goods_become_a_task_and_good_ones_do_not(cast: Any) -> None:
    switched_on(cast, "goods-rejected")
    order, before = placed(cast.company.line, lines=[LINE]), newest()
    services.receive_goods(order=order, lines=[{"line": 1, "quantity": "1"}], actor=None)
    assert happen(before) == []
    bad = services.receive_goods(
        order=order, lines=[{"line": 1, "quantity": "2", "rejected": "1", "reason": "Wet"}], actor=None
    )
    assert happen(before) == [f"Inspect rejected goods of {bad.code}"]


def test_an_overridden_budget_becomes_a_task(cast: Any) -> None:
    switched_on(cast, "budget-overridden")
    line, before = plan_line(cast, "50"), newest()
    need = services.write_requisition(title="Grease", department=cast.company.line, lines=[LINE], actor=cast.manager)
    services.submit_requisition(need, override="Line stands still", actor=cast.by_role["OPM"])
    assert happen(before) == [f"Over budget: {line.code}"]
