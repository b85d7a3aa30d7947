"""What every noun of the platform has: a version against lost updates and the time it was recorded."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.functions import Now


class Noun(models.Model):
    """A business record that people edit; services write it, the version makes stale writes fail."""

    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    def subject(self) -> str:
        """Text that names this record everywhere: resource name and key, such as 'site:3'."""
        return f"{self.resource_name()}:{self.pk}"

    @classmethod
    def resource_name(cls) -> str:
        return str(getattr(cls, "RESOURCE", cls._meta.model_name))

    def departments_concerned(self) -> tuple[int, ...]:
        """Departments whose people may see events about this record; empty means company-wide staff of the system."""
        department_id: Any = getattr(self, "department_id", None)
        return (department_id,) if department_id else ()


def plain(value: Any) -> Any:
    """Turn a field value into JSON data without losing digits."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def snapshot(record: models.Model) -> dict[str, Any]:
    """The record's own columns as plain values, without bookkeeping."""
    skipped = {"id", "version", "created_at", "archived_at", "password"}
    return {
        field.attname: plain(getattr(record, field.attname))
        for field in record._meta.concrete_fields
        if field.name not in skipped
    }
