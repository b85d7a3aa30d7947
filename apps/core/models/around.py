"""What surrounds records on every page: attachments, saved views, drafts, search entries and import batches."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Now


class Attachment(models.Model):
    """A checked file beside a record; the bytes lie under their content hash."""

    subject = models.CharField(max_length=120, db_index=True)
    departments = ArrayField(models.BigIntegerField(), default=list)
    sha256 = models.CharField(max_length=64, db_index=True)
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    added_by_id = models.BigIntegerField(null=True)
    added_at = models.DateTimeField(db_default=Now())


class SavedView(models.Model):
    """A named list state: filters, sort, columns and grouping, kept as the address query."""

    resource = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    query = models.TextField(default="")
    owner_id = models.BigIntegerField()
    shared = models.BooleanField(default=False)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["resource", "owner_id", "name"], name="a person names a view once per list"
            ),
            models.UniqueConstraint(
                fields=["resource", "owner_id"], condition=models.Q(is_default=True), name="one default view per person"
            ),
        ]


class Draft(models.Model):
    """What a person typed into a form and has not sent yet."""

    owner_id = models.BigIntegerField()
    form = models.CharField(max_length=200)
    values = models.JSONField(default=dict)
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner_id", "form"], name="one draft per person and form")]


class SearchEntry(models.Model):
    """One record as search sees it; written with the record, filtered by department like the record."""

    subject = models.CharField(max_length=120, primary_key=True)
    resource = models.CharField(max_length=60, db_index=True)
    number = models.CharField(max_length=60, default="")
    title = models.CharField(max_length=300)
    body = models.TextField(default="")
    departments = ArrayField(models.BigIntegerField(), default=list)
    words = models.GeneratedField(
        expression=models.Func(
            models.F("number"),
            models.F("title"),
            models.F("body"),
            function="ops_search_words",
        ),
        output_field=SearchVectorField(),
        db_persist=True,
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            GinIndex(fields=["words"], name="search_words"),
            GinIndex(fields=["title"], name="search_title", opclasses=["gin_trgm_ops"]),
        ]


class ImportBatch(models.Model):
    """One imported file: its row report, and what it wrote, so that it can be undone."""

    class State(models.TextChoices):
        NEW = "new", "Not checked yet"
        CHECKED = "checked", "Checked"
        IMPORTED = "imported", "Imported"
        REFUSED = "refused", "Refused"
        UNDONE = "undone", "Undone"

    resource = models.CharField(max_length=60)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    owner_id = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.CHECKED)
    job_id = models.BigIntegerField(null=True)  # the last slow step, where there was one
    rows = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)
    effects = models.JSONField(default=list)
    created_at = models.DateTimeField(db_default=Now())
    imported_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["owner_id", "-id"], name="import_owner")]
