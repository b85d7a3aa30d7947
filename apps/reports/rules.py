"""A report that says it is ready has its file, whole and unchanged."""

from __future__ import annotations

from django.conf import settings
from django.db import connection

from apps.core.files import stored
from apps.core.invariants import SHOWN_ROWS, Invariant, Rows, register
from apps.reports.services import STORE


def _reports_without_file() -> Rows:
    root, broken = settings.MEDIA_ROOT / STORE, []
    with connection.cursor() as cursor:
        cursor.execute("SELECT number, sha256, size FROM reports_reportrun WHERE state IN ('ready', 'issued')")
        for number, sha256, size in cursor.fetchall():
            place = stored.path_of(sha256, root)
            if not stored.verify(sha256, root) or place.stat().st_size != size:
                broken.append((number, str(place)))
    return broken[:SHOWN_ROWS]


register(
    Invariant(
        id="I11.file", sentence="Every ready report has its file, unchanged", find_violations=_reports_without_file
    )
)
