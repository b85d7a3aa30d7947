"""A company whose line has a site in euro, a buyer and people who approve."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from apps.core.access import scope
from apps.core.models import Event
from apps.procurement import handlers
from apps.work import services as work
from apps.work.models import Approval
from tests.factories import people


@pytest.fixture
def cast(db: Any) -> Any:
    with transaction.atomic(), scope.system("a test"):
        made = people.cast()
        people.grant(made.by_role["BUY"], "BUY", made.company.root)
        yield made


def decide(record: Any, *people_: Any, answer: str = "yes", note: str = "") -> None:
    """Everybody named answers, and the decision reaches procurement as the relay would bring it."""
    approval = Approval.objects.get(about=record.subject(), state="pending")
    for one in people_:
        work.answer_approval(approval, answer=answer, note=note, actor=one)
    handlers.apply_decision(Event.objects.filter(name="work.approval_decided").latest("pk"))
    record.refresh_from_db()
