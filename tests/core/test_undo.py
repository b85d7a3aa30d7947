"""What was archived can be taken back at once."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.core.access import scope
from tests.factories import people
from tests.factories.kpis import kpi

pytestmark = pytest.mark.django_db


def test_archiving_offers_undo_that_restores() -> None:
    with scope.system("test"):
        cast = people.cast()
        record = kpi("one", cast.company.root)
    client = Client()
    client.force_login(cast.by_role["OPM"], backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.post(f"/kpis/{record.pk}/archive/", follow=True)
    assert f'action="/kpis/{record.pk}/restore/"' in page.content.decode()
    client.post(f"/kpis/{record.pk}/restore/")
    with scope.system("test"):
        record.refresh_from_db()
        assert record.archived_at is None
