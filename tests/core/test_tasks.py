"""The kernel's hourly duties."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from apps.core import tasks
from apps.core.access import scope
from apps.org import services as org

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


def test_a_healthy_database_passes_and_a_broken_promise_is_told() -> None:
    with scope.system("test"):
        org.open_site(code="A", name="A", actor=None)
    tasks.verify(NOW)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_job (kind, label, owner_id, params, state, step, done_count, total_count, cancel_requested,"
            " result, problem) SELECT 'x', 'x', 1, '{}', 'waiting', '', 0, 0, false, '{}', ''"
            " WHERE set_config('app.scope', 'all', true) = 'all'"
        )
    with pytest.raises(tasks.InvariantBroken):
        tasks.verify(NOW)


def test_the_audit_head_is_kept_outside_the_database(tmp_path: Path, settings: Any) -> None:
    settings.OPS_HOME = tmp_path
    tasks.publish_audit_head(NOW)
    tasks.publish_audit_head(NOW)
    lines = (tmp_path / tasks.HEADS).read_text().splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("2026-11-24T08:00:00+00:00 ")
