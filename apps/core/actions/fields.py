"""Form fields that respect the person: a list of records offers only what that person may see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.db import models
from django.forms.models import fields_for_model
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy


def _choices(model: type[models.Model], actor: Any) -> models.QuerySet[Any]:
    """What the person may choose from: visible (or named as choosable) and not archived."""
    manager: Any = model._default_manager
    if hasattr(manager, "choosable_by"):
        rows: models.QuerySet[Any] = manager.choosable_by(actor)
    else:
        rows = manager.visible_to(actor) if hasattr(manager, "visible_to") else manager.all()
    names = {field.name for field in model._meta.fields}
    for name, rule in (("archived_at", {"archived_at__isnull": True}), ("is_active", {"is_active": True})):
        if name in names:
            rows = rows.filter(**rule)
    return rows


OUT_OF_REACH = gettext_lazy("There is no such record within your reach. Choose another.")
_known: ContextVar[tuple[type[models.Model], dict[Any, Any]] | None] = ContextVar("records_read_once", default=None)


@contextmanager
def records_read_once(*, but: type[models.Model]) -> Iterator[dict[Any, Any]]:
    """While many rows of one person go through their forms, what they name again is not read again.

    `but` is the noun the rows write; its records change on the way and are read each time.
    """
    known: dict[Any, Any] = {}
    held = _known.set((but, known))
    try:
        yield known
    finally:
        _known.reset(held)


class RecordField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Choose one record; the choice is narrowed to what the actor sees when the form is made."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid_choice": OUT_OF_REACH}

    def __init__(self, model: type[models.Model], **kwargs: Any) -> None:
        self.model = model
        kwargs.setdefault("empty_label", "Choose …" if kwargs.get("required", True) else "—")
        super().__init__(queryset=None, **kwargs)

    def narrow(self, actor: Any) -> None:
        self.queryset = _choices(self.model, actor)

    def to_python(self, value: Any) -> Any:
        once = _known.get()
        if once is None or once[0] is self.model or value in self.empty_values:
            return super().to_python(value)
        key = (self.model, str(value))
        if key not in once[1]:
            once[1][key] = super().to_python(value)
        return once[1][key]


class RecordsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Choose several records, narrowed like RecordField."""

    def __init__(self, model: type[models.Model], **kwargs: Any) -> None:
        self.model = model
        super().__init__(queryset=None, **kwargs)

    def narrow(self, actor: Any) -> None:
        self.queryset = _choices(self.model, actor)


class MomentField(forms.DateTimeField):
    """A date and time typed on the person's own wall clock; a value with its own offset is taken as it is."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"))
        super().__init__(**kwargs)
        self.zone = ZoneInfo("UTC")

    def narrow(self, actor: Any) -> None:
        self.zone = ZoneInfo(getattr(actor, "time_zone", "") or settings.TIME_ZONE)

    def to_python(self, value: Any) -> Any:
        with timezone.override(self.zone):
            return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        with timezone.override(self.zone):
            return super().prepare_value(value)


class ActionForm(forms.Form):
    """The input of a verb. `actor` narrows choices; `record` is the noun acted on, if there is one."""

    def __init__(self, *args: Any, actor: Any = None, record: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.record = record
        for field in self.fields.values():
            if isinstance(field, RecordField | RecordsField | MomentField):
                field.narrow(actor)


def _form_field(field: models.Field[Any, Any], **kwargs: Any) -> forms.Field | None:
    if isinstance(field, models.ForeignKey):
        return RecordField(
            field.remote_field.model,
            required=not field.blank,
            label=capfirst(str(field.verbose_name)),
            help_text=field.help_text,
        )
    if isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField):
        kwargs["widget"] = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    if isinstance(field, models.DateTimeField):
        kwargs["form_class"] = MomentField
    form_field: Any = field.formfield(**kwargs)
    if field.choices and form_field is not None:
        form_field.choices = [(value, label if value else "—") for value, label in form_field.choices]
    return form_field  # type: ignore[no-any-return]


def form_for(model: type[models.Model], names: tuple[str, ...]) -> type[ActionForm]:
    """The automatic form: the model's own fields, labels, limits and help texts."""
    fields = fields_for_model(model, fields=names, formfield_callback=_form_field)
    missing = [name for name in names if fields.get(name) is None]
    if missing:
        raise ValueError(f"{model.__name__} has no form field for {', '.join(missing)}.")
    return type(f"{model.__name__}Form", (ActionForm,), dict(fields))
