"""A cell in place is no side door: only fields of the change form, only for whoever may change the record."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.core.access import scope
from apps.kpis.models import Definition
from tests.factories import people
from tests.factories.kpis import kpi

pytestmark = pytest.mark.django_db
IN_PAGE = {"HX-Request": "true"}


@pytest.fixture
def cast() -> people.Cast:
    with scope.system("test"):
        return people.cast()


def door(person: object) -> Client:
    client = Client()
    client.force_login(person)  # type: ignore[arg-type]
    return client


def test_only_who_may_change_the_record_changes_its_cell(cast: people.Cast) -> None:
    with scope.system("test"):
        one = kpi("celled", cast.company.plant)
    url, body = f"/kpis/{one.pk}/cells/name/", {"name": "Through the cell", "version": "1"}
    for person in (cast.neighbour, cast.by_role["AUD"], cast.by_role["EXE"], cast.worker, cast.stranger):
        client = door(person)
        assert client.get(url, headers=IN_PAGE).status_code in {403, 404}, person
        assert client.post(url, body, headers=IN_PAGE).status_code in {403, 404}, person
        assert "data-edit" not in client.get("/kpis/").content.decode(), person
    with scope.system("test"):
        assert Definition.objects.get(pk=one.pk).name == "Celled"
    manager = door(cast.manager)
    assert f'hx-get="{url}"' in manager.get("/kpis/").content.decode()
    assert manager.post(url, body, headers=IN_PAGE).status_code == 200
    assert manager.post(url, body | {"name": "Late"}, headers=IN_PAGE).status_code == 409
    with scope.system("test"):
        assert Definition.objects.get(pk=one.pk).name == "Through the cell"


@pytest.mark.parametrize("name", ["id", "version", "archived_at", "created_at", "owner", "nonsense", "department"])
def test_what_is_no_field_on_one_line_has_no_cell(cast: people.Cast, name: str) -> None:
    with scope.system("test"):
        one = kpi("celled", cast.company.plant)
    assert door(cast.manager).get(f"/kpis/{one.pk}/cells/{name}/", headers=IN_PAGE).status_code == 404
