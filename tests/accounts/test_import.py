"""People come by file, and the undo takes them back: the new cannot sign in, the changed are as before."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.accounts.models import User
from apps.core.access import scope
from apps.core.models import ImportBatch
from tests.factories import people

pytestmark = pytest.mark.django_db
FILE = "username,first_name,title\nold,Olga,Fitter\nnew,Nils,Welder\n"


def test_undoing_an_import_of_people(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    with scope.system("test"):
        places = people.company()
        boss = people.user("boss", role="OPM", department=places.root)
        people.grant(boss, "ADM", places.root)
        old = people.user("old", role="OPR", department=places.plant)
    before = (old.first_name, old.title)
    door = Client()
    door.force_login(boss)
    checked = door.post("/people/import/", {"file": SimpleUploadedFile("people.csv", FILE.encode())})
    assert checked.status_code == 302, checked.context["page"].form.errors
    door.post(checked.url)
    with scope.system("test"):
        assert User.objects.get(username="new").is_active
        assert User.objects.get(username="old").title == "Fitter"
    door.post(checked.url, {"do": "undo"})
    with scope.system("test"):
        assert ImportBatch.objects.get().state == "undone"
        assert not User.objects.get(username="new").is_active
        old.refresh_from_db()
    assert (old.first_name, old.title) == before
