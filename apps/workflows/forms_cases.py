"""Inputs of the verbs of workflows and cases, where the automatic form is not enough."""

from __future__ import annotations

from typing import Any

from django import forms

from apps.accounts.models import User
from apps.core.actions.fields import ActionForm, RecordField, form_for
from apps.org.models import Department
from apps.workflows.models import Case, Workflow

FIELDS = ("code", "name", "purpose", "department", "owner", "xml")
_Automatic = form_for(Workflow, FIELDS)
_AutomaticChange = form_for(Workflow, FIELDS[1:])


class WorkflowForm(_Automatic):  # type: ignore[misc, valid-type]
    """A new workflow."""


class ChangeWorkflowForm(_AutomaticChange):  # type: ignore[misc, valid-type]
    """What surrounds the diagram, and the diagram itself as text."""


class DrawForm(ActionForm):
    """A diagram in the place of the draft."""

    xml = forms.CharField(label="BPMN 2.0", widget=forms.Textarea(attrs={"rows": 14}), strip=False)


class PublishForm(ActionForm):
    """What is new, for those who read the list of versions."""

    note = forms.CharField(label="What is new", max_length=200, required=False)


class TakeBackForm(ActionForm):
    """Which earlier version becomes the draft."""

    number = forms.IntegerField(min_value=1, label="Version", help_text="The draft of now is replaced")


class StartForm(ActionForm):
    """A new case. The values are those its start form asks for."""

    workflow = RecordField(Workflow, label="Workflow")
    department = RecordField(Department)
    title = forms.CharField(max_length=160, required=False, help_text="Empty: the name of the workflow")
    business_key = forms.CharField(
        max_length=120, required=False, help_text="Number of the order, complaint or person it is about"
    )
    about = forms.CharField(max_length=120, required=False, help_text="The record it concerns, such as supplier:12")
    responsible = RecordField(User, required=False, help_text="On whose behalf its service tasks act. Empty: you")
    values = forms.JSONField(required=False, help_text='By name, such as {"amount": 1200, "urgent": true}')


CHANGE_FIELDS = ("title", "business_key", "about", "responsible")
ChangeCaseForm: Any = form_for(Case, CHANGE_FIELDS)


class CancelForm(ActionForm):
    reason = forms.CharField(max_length=120)


class RetryForm(ActionForm):
    token = forms.IntegerField(
        min_value=1, required=False, label="Step number", help_text="Empty: every step that needs help"
    )
    values = forms.JSONField(required=False, label="Values to put right", help_text='Such as {"amount": 1200}')


class ValuesForm(ActionForm):
    values = forms.JSONField(help_text='By name, such as {"amount": 1200, "urgent": true}')


class MessageForm(ActionForm):
    message = forms.CharField(max_length=200, help_text="The name the diagram waits for")
    values = forms.JSONField(required=False, help_text='What the message tells, such as {"paid": true}')


class MigrateForm(ActionForm):
    number = forms.IntegerField(min_value=1, required=False, label="To version", help_text="Empty: the published one")
