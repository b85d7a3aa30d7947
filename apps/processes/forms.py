"""Inputs of the verbs of processes, documents, hand-offs and practices."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from apps.core.actions.fields import ActionForm, RecordField, form_for
from apps.core.errors import Refused
from apps.org.models import Department
from apps.processes.models import Document, Handoff, Practice, Process, Revision
from apps.processes.models.document import ROLE_CHOICES
from apps.processes.steps import check_steps, from_text, to_text
from apps.work.widgets import LinesField

SIPOC = ("suppliers", "inputs", "steps", "outputs", "customers")
PROCESS_FIELDS = ("name", "purpose", "department", "owner", "parent", "level", "state", "workflow", *SIPOC, "code")
DOCUMENT_FIELDS = ("title", "kind", "department", "owner", "process", "review_months", "code")
REVISION_FIELDS = ("change", "scope", "effective_on")
HANDOFF_FIELDS = ("title", "note", "about", "department", "to_department", "answer_minutes", "code")
PRACTICE_FIELDS = ("title", "problem", "way", "result", "tags", "department", "process", "author", "code")


class StepsField(forms.JSONField):
    """Steps typed as text: a title on one line, its words below, an empty line between steps."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("help_text", "A title on one line, its words below, an empty line between steps")
        super().__init__(widget=forms.Textarea(attrs={"rows": 14}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return to_text(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.strip() and not value.lstrip().startswith("["):
            return from_text(value)
        return super().to_python(value)

    def clean(self, value: Any) -> Any:
        try:
            return check_steps(super().clean(value) or [])
        except Refused as error:
            raise forms.ValidationError(error.message) from error


class RolesField(forms.MultipleChoiceField):
    """Roles to tick; kept as their codes in one line, which files and the API may write as well."""

    widget = forms.CheckboxSelectMultiple

    def prepare_value(self, value: Any) -> Any:
        return self.to_python(value)

    def to_python(self, value: Any) -> list[str]:
        if isinstance(value, str):
            return [one.strip() for one in value.split(",") if one.strip()]
        return super().to_python(value)

    def clean(self, value: Any) -> Any:
        return ", ".join(super().clean(value))


class _Readers(ActionForm):
    readers = RolesField(
        choices=ROLE_CHOICES,
        required=False,
        label="Who must read it",
        help_text="Holders of these roles confirm that they have read and understood each revision",
    )


class _Steps(ActionForm):
    steps = StepsField()


class _Contents(ActionForm):
    contents = LinesField(label="Required contents", help_text="What must be there, one line each")


ProcessForm = form_for(Process, PROCESS_FIELDS)
DocumentForm = type("DocumentInput", (_Readers, form_for(Document, DOCUMENT_FIELDS)), {})
RevisionForm = type("RevisionInput", (_Steps, form_for(Revision, ("document", *REVISION_FIELDS, "code"))), {})
ChangeRevisionForm = type("ChangeRevisionInput", (_Steps, form_for(Revision, (*REVISION_FIELDS, "code"))), {})
HandoffForm = type("HandoffInput", (_Contents, form_for(Handoff, HANDOFF_FIELDS)), {})
ChangeHandoffForm = type(
    "ChangeHandoffInput", (_Contents, form_for(Handoff, ("title", "note", "about", "answer_minutes", "code"))), {}
)
PracticeForm = form_for(Practice, PRACTICE_FIELDS)


class ReasonForm(ActionForm):
    """A reason people will read."""

    reason = forms.CharField(max_length=300)


class AcceptForm(ActionForm):
    """What was found of the required contents."""

    checked = forms.MultipleChoiceField(
        required=False,
        choices=[(str(one), str(one)) for one in range(1, 201)],
        label="Found",
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.record is None or (self.is_bound and not isinstance(self.data, QueryDict)):
            return
        points = [(str(place), one["text"]) for place, one in enumerate(self.record.contents, 1)]
        if points:
            self.fields["checked"].choices = points  # type: ignore[attr-defined]
        else:
            del self.fields["checked"]


class AdoptForm(ActionForm):
    """Who takes it over."""

    department = RecordField(Department)
    note = forms.CharField(required=False, max_length=300)
