"""Controlled documents: revisions of which exactly one is effective, signatures with meaning, and who has read what."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.core.access import matrix
from apps.core.access.scope import ScopedManager
from apps.core.models import Noun
from apps.org.models import Department
from apps.processes.models.process import Process

ROLE_CHOICES = [(code, name) for code, name in matrix.ROLES.items() if code != "TOK"]


class Document(Noun):
    """A procedure, policy, work instruction or form under control; its words are in its revisions."""

    class Kind(models.TextChoices):
        SOP = "sop", "Standard operating procedure"
        POLICY = "policy", "Policy"
        INSTRUCTION = "wi", "Work instruction"
        FORM = "form", "Form"

    RESOURCE: ClassVar[str] = "document"
    ACCESS_ROW: ClassVar[str] = "document"
    INHERIT: ClassVar[bool] = True

    code = models.CharField(max_length=20, unique=True, blank=True, help_text="Empty: the next number, such as SOP-12")
    title = models.CharField(max_length=160)
    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.SOP)
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", help_text="It holds there and below"
    )
    owner: Any = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    process = models.ForeignKey(Process, null=True, blank=True, on_delete=models.PROTECT, related_name="documents")
    readers = models.CharField(
        "who must read it",
        max_length=80,
        blank=True,
        help_text="Roles whose holders confirm that they have read and understood each revision, such as OPR, SUP",
    )
    review_months = models.PositiveSmallIntegerField(
        "review every, in months",
        null=True,
        blank=True,
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
    )

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        indexes = [models.Index(fields=["department", "-id"], name="document_department")]

    def __str__(self) -> str:
        return self.title

    @property
    def reader_roles(self) -> list[str]:
        return [one.strip() for one in self.readers.split(",") if one.strip()]


class Revision(Noun):
    """The words of a document at one time. A draft is edited; from review on they are frozen."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        REVIEW = "review", "In review"
        APPROVED = "approved", "Approved"
        EFFECTIVE = "effective", "Effective"
        OBSOLETE = "obsolete", "Obsolete"

    RESOURCE: ClassVar[str] = "document_revision"
    ACCESS_ROW: ClassVar[str] = "document"
    INHERIT: ClassVar[bool] = True

    code = models.CharField(max_length=30, unique=True, blank=True, help_text="Empty: the document's, such as SOP-12.3")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="revisions")
    department = models.ForeignKey(Department, editable=False, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField(editable=False)
    state = models.CharField(max_length=9, choices=State.choices, default=State.DRAFT, editable=False)
    change = models.CharField("what changes", max_length=300, help_text="For people who know the one before")
    scope = models.TextField("purpose and scope", blank=True)
    steps = models.JSONField(
        default=list, blank=True, help_text="Each step: its title on one line, its words below, an empty line after it"
    )
    effective_on = models.DateField(
        "effective from", null=True, blank=True, help_text="Empty: as soon as it is approved"
    )
    author: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    # Everybody who put words into it; none of them signs it.
    writers = models.JSONField(default=list, editable=False)
    # Counts the times it went to review: a signature holds for one of them, whatever the words.
    round = models.PositiveSmallIntegerField(default=1, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    approved_at = models.DateTimeField(null=True, editable=False)
    effective_at = models.DateTimeField(null=True, editable=False)
    obsolete_at = models.DateTimeField(null=True, editable=False)

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="a document numbers its revisions once"),
            models.UniqueConstraint(
                fields=["document"],
                condition=Q(state="effective"),
                name="exactly one revision of a document is effective",
            ),
            models.UniqueConstraint(
                fields=["document"],
                condition=Q(state__in=["draft", "review", "approved"]),
                name="a document has one revision in preparation",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "effective"]) | ~Q(sha256=""),
                name="an approved revision carries the hash of its words",
            ),
        ]
        indexes = [models.Index(fields=["department", "-id"], name="revision_department")]

    def __str__(self) -> str:
        return f"{self.document.title}, revision {self.number}"


class Signature(models.Model):
    """Who signed which words with which meaning; append-only."""

    class Meaning(models.TextChoices):
        AUTHOR = "author", "Authorship"
        REVIEW = "review", "Review"
        APPROVAL = "approval", "Approval"

    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="signatures")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    person: Any = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=160)
    meaning = models.CharField(max_length=8, choices=Meaning.choices)
    sha256 = models.CharField(max_length=64)
    round = models.PositiveSmallIntegerField(default=1)
    signed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "round", "person", "meaning"],
                name="a person signs a revision once a round with each meaning",
            )
        ]


class Acknowledgement(models.Model):
    """A person has read and understood exactly this revision."""

    revision = models.ForeignKey(Revision, on_delete=models.PROTECT, related_name="acknowledgements")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    person: Any = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["revision", "person"], name="a person confirms a revision once")]
