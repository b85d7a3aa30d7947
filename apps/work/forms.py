"""Inputs of the verbs of tasks, recurring tasks, policies and approvals."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from apps.accounts.models import User
from apps.core.access.rights import rights_of
from apps.core.actions.fields import ActionForm, MomentField, RecordField, RecordsField, form_for
from apps.core.errors import Refused
from apps.work.fields import check_answers
from apps.work.models import Approval, Policy, PolicyStep, Seat, Series, Task
from apps.work.widgets import FormDesignField, LinesField

TASK_FIELDS = (
    "title",
    "description",
    "department",
    "assignee",
    "role",
    "team",
    "priority",
    "due_at",
    "sla_minutes",
    "about",
    "instruction",
    "skill",
    "photo",
    "signature",
)
SERIES_FIELDS = (
    "title",
    "description",
    "department",
    "assignee",
    "role",
    "team",
    "priority",
    "rrule",
    "starts_at",
    "on_holiday",
    "missed",
    "due_minutes",
    "instruction",
    "skill",
    "photo",
    "signature",
)
LISTS = ("checklist", "form")
POLICY_FIELDS = ("code", "name", "department", "about", "currency")
STEP_FIELDS = (
    "position",
    "from_amount",
    "below_amount",
    "kind",
    "role",
    "person",
    "team",
    "need",
    "timeout_minutes",
)
APPROVAL_FIELDS = ("title", "reason", "about", "department", "policy", "amount", "currency")


class OnDemandForm(ActionForm):
    """What somebody should do about a record."""

    title = forms.CharField(max_length=160, label="What to do")
    assignee = RecordField(User, required=False, help_text="Empty: the owner of the record")
    due_at = MomentField(required=False, label="Due")


class _Lists(ActionForm):
    checklist = LinesField()
    form = FormDesignField(label="Fields to fill in")


def _with_lists(model: Any, names: tuple[str, ...]) -> type[ActionForm]:
    automatic = form_for(model, names)
    return type(f"{model.__name__}Input", (_Lists, automatic), {})


TaskForm = _with_lists(Task, (*TASK_FIELDS, "code"))
SeriesForm = _with_lists(Series, (*SERIES_FIELDS, "code"))
PolicyForm = form_for(Policy, POLICY_FIELDS)
PolicyStepForm = form_for(PolicyStep, ("code", "policy", *STEP_FIELDS))
ChangePolicyStepForm = form_for(PolicyStep, ("code", *STEP_FIELDS))


class ApproversField(RecordsField):
    """Colleagues, and those above one's departments: whom one asks most often."""

    def narrow(self, actor: Any) -> None:
        super().narrow(actor)
        above = User.objects.filter(is_active=True, departments__overlap=sorted(rights_of(actor).above))
        self.queryset = (self.queryset | above).distinct()


class AskForm(form_for(Approval, APPROVAL_FIELDS)):  # type: ignore[misc]
    """Ask the people named, else the policy, else the reporting line."""

    approvers = ApproversField(
        User, required=False, help_text="Empty: the policy, or whoever answers for the department, decides"
    )
    need = forms.IntegerField(
        required=False, min_value=1, max_value=50, label="How many of them", help_text="Empty: all of them"
    )


class AnswerForm(ActionForm):
    """Yes or no, with a reason for no."""

    answer = forms.ChoiceField(choices=Seat.Answer.choices)
    note = forms.CharField(required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}), label="Reason")


class ApproveForm(ActionForm):
    """A word beside a yes."""

    note = forms.CharField(required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class RejectForm(ActionForm):
    """A no says why."""

    note = forms.CharField(max_length=2000, widget=forms.Textarea(attrs={"rows": 3}), label="Why not")


class ReasonForm(ActionForm):
    """A reason people will read."""

    reason = forms.CharField(max_length=200)


class AssignForm(ActionForm):
    """To whom."""

    assignee = RecordField(User)


class TickForm(ActionForm):
    """Which point, and whether it is done."""

    point = forms.IntegerField(min_value=1)
    done = forms.BooleanField(required=False, initial=True)


def _number(field: dict[str, Any], options: dict[str, Any]) -> forms.Field:
    limits = " – ".join(field.get(side, "…") for side in ("low", "high")) if "low" in field or "high" in field else ""
    help_text = " ".join(part for part in (limits, field.get("unit", ""), options.pop("help_text", "")) if part)
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return forms.CharField(widget=widget, help_text=help_text, max_length=40, **options)


def _choice(field: dict[str, Any], options: dict[str, Any]) -> forms.Field:
    return forms.ChoiceField(choices=[("", "Choose …"), *((one, one) for one in field["choices"])], **options)


def _yesno(field: dict[str, Any], options: dict[str, Any]) -> forms.Field:
    options["required"] = False
    return forms.BooleanField(**options)


BUILDERS: dict[str, Any] = {
    "text": lambda field, options: forms.CharField(max_length=300, **options),
    "signature": lambda field, options: forms.CharField(max_length=120, **options),
    "long": lambda field, options: forms.CharField(
        max_length=8000, widget=forms.Textarea(attrs={"rows": 4}), **options
    ),
    "number": _number,
    "reading": _number,
    "choice": _choice,
    "yesno": _yesno,
    "date": lambda field, options: forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), **options),
    "person": lambda field, options: RecordField(User, **options),
    "photo": lambda field, options: forms.FileField(
        widget=forms.ClearableFileInput(attrs={"accept": "image/*", "capture": "environment"}), **options
    ),
}


def input_for(field: dict[str, Any]) -> forms.Field:
    """The form field of one field of a task's form."""
    options = {"label": field["label"], "required": field.get("required", False), "help_text": field.get("help", "")}
    made: forms.Field = BUILDERS[field["kind"]](field, options)
    made.unit = field.get("unit", "") if field["kind"] not in {"number", "reading"} else ""  # type: ignore[attr-defined]
    return made


class CompleteForm(ActionForm):
    """What a task asks for. The screen shows its fields one by one; the API sends `answers` as one object."""

    answers = forms.JSONField(required=False)
    checked = forms.MultipleChoiceField(
        required=False,
        choices=[(str(one), str(one)) for one in range(1, 201)],
        label="Checklist",
        widget=forms.CheckboxSelectMultiple,
    )
    photo = forms.FileField(
        required=False, widget=forms.ClearableFileInput(attrs={"accept": "image/*", "capture": "environment"})
    )
    signature = forms.CharField(required=False, max_length=120, label="Signed by", help_text="Your name, as you sign")
    note = forms.CharField(required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked: list[str] = []
        from_api = self.is_bound and not isinstance(self.data, QueryDict)
        if self.record is None or from_api or "answers" in self.data:
            return
        del self.fields["answers"]
        self._narrow()
        made = {f"a_{field['name']}": input_for(field) for field in self.record.form}
        self.asked = list(made)
        self.fields = made | self.fields
        for one in made.values():
            if isinstance(one, RecordField):
                one.narrow(self.actor)

    def _narrow(self) -> None:
        """Leave out what this task does not ask for."""
        points = [(str(place), one["text"]) for place, one in enumerate(self.record.checklist, 1)]
        self.fields["checked"].choices = points  # type: ignore[attr-defined]
        self.initial.setdefault(
            "checked", [str(place) for place, one in enumerate(self.record.checklist, 1) if one["done"]]
        )
        for name, wanted in (("checked", points), ("signature", self.record.signature)):
            if not wanted:
                del self.fields[name]
        if not self.record.photo:
            del self.fields["photo"]
        else:
            self.fields["photo"].required = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.asked:
            return cleaned
        answers = {name.removeprefix("a_"): _plain(cleaned.pop(name, None)) for name in self.asked}
        cleaned["answers"] = {name: value for name, value in answers.items() if value not in (None, "")}
        if not self.errors:
            self._check(cleaned["answers"])
        return cleaned

    def _check(self, answers: dict[str, Any]) -> None:
        assert self.record is not None
        kept = {name: 1 if hasattr(value, "read") else value for name, value in answers.items()}
        try:
            check_answers(self.record.form, kept)
        except Refused as error:
            self.add_error(f"a_{error.field}" if f"a_{error.field}" in self.fields else None, error.message)


def _plain(value: Any) -> Any:
    if isinstance(value, User):
        return value.pk
    return value.isoformat() if hasattr(value, "isoformat") else value
