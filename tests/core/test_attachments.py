"""Files beside records: stored once, checked by content, reached only through their record."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.models import Attachment, Event
from apps.core.records.attaching import attach, content_of
from apps.kpis.models import Definition
from tests.factories import people
from tests.factories.kpis import kpi

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def test_the_same_file_is_kept_once_and_told_once() -> None:
    with scope.system("test"):
        record = kpi("one", people.company().plant)
        first = attach(record, content=PDF, filename="plan.pdf", actor=None)
        assert attach(record, content=PDF, filename="again.pdf", actor=None).pk == first.pk
        assert content_of(first) == PDF
        assert Event.objects.filter(name="core.file_attached").count() == 1


def test_a_file_that_is_not_what_it_says_is_refused() -> None:
    with scope.system("test"):
        record = kpi("one", people.company().plant)
        with pytest.raises(Refused):
            attach(record, content=b"<html><script>1</script></html>", filename="photo.png", actor=None)
        assert Attachment.objects.count() == 0


def test_only_readers_of_the_record_reach_its_file() -> None:
    with scope.system("test"):
        cast = people.cast()
        record: Definition = kpi("one", cast.company.plant)
    client = Client()
    client.force_login(cast.manager, backend=BACKEND)
    answer = client.post(f"/kpis/{record.pk}/files/", {"file": SimpleUploadedFile("plan.pdf", PDF)})
    assert answer.status_code == 302
    with scope.system("test"):
        key = Attachment.objects.get().pk
    got = client.get(f"/files/{key}/")
    assert got.content == PDF
    assert got.headers["Content-Disposition"].startswith("attachment")
    listed = client.get(f"/api/v1/files/of/kpi:{record.pk}/").json()["results"]
    assert [one["name"] for one in listed] == ["plan.pdf"]
    client.force_login(cast.neighbour, backend=BACKEND)
    assert client.get(f"/files/{key}/").status_code == 404
    assert client.get(f"/api/v1/files/{key}/").status_code == 404
    assert client.post(f"/kpis/{record.pk}/files/", {"file": SimpleUploadedFile("x.pdf", PDF)}).status_code == 404
    client.force_login(cast.worker, backend=BACKEND)
    assert client.get(f"/files/{key}/").status_code == 200
    assert client.post(f"/kpis/{record.pk}/files/", {"file": SimpleUploadedFile("x.pdf", PDF)}).status_code == 403
