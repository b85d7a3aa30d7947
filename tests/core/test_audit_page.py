"""The audit log as a page: the clock does not bury people, words find acts, people and records."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.core.access import scope
from apps.core.events.facts import JobDue
from apps.core.events.log import emit
from apps.work import services as work
from tests.factories import people


@pytest.fixture
def cast(db: None) -> Any:
    with scope.system("a test"):
        yield people.cast()


def test_words_narrow_the_log_and_the_clock_stands_aside(cast: Any) -> None:
    with scope.system("a test"):
        task = work.open_task(
            title="Check valve", department=cast.company.plant, assignee=cast.manager, actor=cast.manager
        )
        emit(
            JobDue(
                subject="job:work.mark_breaches", job="work.mark_breaches", period_start="2026-01-01T00:00:00+00:00"
            ),
            actor=None,
        )
    auditor = Client()
    auditor.force_login(cast.by_role["AUD"])

    def page(query: str = "") -> str:
        return auditor.get(f"/audit/{query}").content.decode()

    assert "Task opened" in page() and "Scheduled job is due" not in page()
    assert "Scheduled job is due" in page("?all=1") and "Scheduled job is due" in page("?name=core.job_due")
    assert "Task opened" in page("?q=task+OPENED") and "Task opened" in page(f"?q=task:{task.pk}")
    assert "Task opened" in page(f"?q={cast.manager.username}")
    assert "Task opened" not in page("?q=stock") and "No events match" in page("?q=%22%3E%3Cb%3E")
