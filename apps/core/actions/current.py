"""A record's present values as input of an action, for changes that name only some fields."""

from __future__ import annotations

import json
from typing import Any

from django.db import models

from apps.core.actions.action import Action
from apps.core.models import plain


def current_input(action: Action, record: Any) -> dict[str, Any]:
    """In the form's terms; what is empty is left out."""
    found: dict[str, Any] = {}
    for name in action.form.base_fields:
        value: Any = getattr(record, name, None)
        if isinstance(value, models.Model):
            found[name] = value.pk
        elif isinstance(value, list | dict):
            found[name] = json.dumps(plain(value))
        elif isinstance(value, bool):
            found[name] = value
        elif value is not None:
            found[name] = plain(value)
    return found
