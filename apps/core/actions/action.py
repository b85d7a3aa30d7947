"""The declaration of a verb and the one way to run it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.db import ProgrammingError

from apps.core.access import matrix
from apps.core.access.rights import reaches, require, rights_of
from apps.core.actions.fields import ActionForm
from apps.core.errors import NotAllowed, Refused

# The database's own wall refused a row (insufficient_privilege).
WALL = "42501"
Kind = Literal["create", "change", "verb"]


def always(_record: Any) -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class Action:
    """A verb on a noun.

    create: run(**cleaned, actor). change: run(record, **cleaned, actor, version). verb: run(record, **cleaned, actor).
    """

    name: str
    label: str
    verb: str
    run: Callable[..., Any]
    form: type[ActionForm] = ActionForm
    kind: Kind = "verb"
    icon: str = "play"
    help: str = ""
    confirm: str = ""
    done: str = ""
    undo: str = ""  # the verb that takes it back, offered right after
    primary: bool = False
    danger: bool = False
    bulk: bool = False
    automation: bool = True
    fresh: bool = False  # only right after proving who one is
    when: Callable[[Any], bool] = always

    @property
    def asks(self) -> bool:
        """Whether a person must fill something in or confirm before it runs."""
        return bool(self.form.base_fields) or bool(self.confirm)


class FormRefused(Refused):
    """The input did not pass its form; the bound form carries every complaint."""

    def __init__(self, form: ActionForm) -> None:
        self.form = form
        field, messages = next(iter(form.errors.items()))
        super().__init__(
            str(messages[0]),
            code="not_valid",
            field=None if field == "__all__" else field,
            details={"fields": {name: [str(one) for one in found] for name, found in form.errors.items()}},
        )


def allowed(action: Action, row: str, actor: Any, record: Any = None, *, own: str | None = None) -> bool:
    """Whether to offer the verb: right and state both allow it."""
    if record is None:
        return rights_of(actor).can_somewhere(row, action.verb)
    return reaches(actor, row, action.verb, record, own=own) and action.when(record)


def perform(
    action: Action,
    *,
    row: str,
    noun: str,
    actor: Any,
    data: Mapping[str, Any],
    files: Mapping[str, Any] | None = None,
    record: Any = None,
    version: int | None = None,
    own: str | None = None,
    prefix: str | None = None,
) -> Any:
    """Check right, state and input, then call the service. Raises Refused (FormRefused for input)."""
    require(actor, row, action.verb, record, own=own, noun=noun)
    if record is not None and not action.when(record):
        raise Refused(f"'{action.label}' is not possible in the present state of this {noun}.", code="wrong_state")
    form = action.form(data, files, actor=actor, record=record, prefix=prefix)
    if not form.is_valid():
        raise FormRefused(form)
    return call(action, form.cleaned_data, row=row, noun=noun, actor=actor, record=record, version=version, own=own)


def call(
    action: Action,
    values: Mapping[str, Any],
    *,
    row: str,
    noun: str,
    actor: Any,
    record: Any = None,
    version: int | None = None,
    own: str | None = None,
) -> Any:
    """Run with values that passed the form; what was written must still be within the writer's reach."""
    try:
        if action.kind == "verb":
            return action.run(record, **values, actor=actor)
        if action.kind == "create":
            written = action.run(**values, actor=actor)
        else:
            written = action.run(record, **values, actor=actor, version=version)
    except ProgrammingError as error:
        if getattr(error.__cause__, "pgcode", "") != WALL:
            raise
        raise NotAllowed(
            f"You may not {matrix.VERBS[action.verb]} this {noun} there. Choose a department of your own."
        ) from error
    require(actor, row, action.verb, written, own=own, noun=noun)
    return written
