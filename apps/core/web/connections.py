"""What is connected to a record in other areas: apps say it, every record page shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.core.access.rights import rights_of
from apps.core.registry import Registry
from apps.core.resources.resource import of_subject
from apps.core.web.pageparts import Connection

# (subject of the record, reader) → what of this app hangs on it.
Connected = Callable[[str, Any], list[Connection]]
connected: Registry[Connected] = Registry("connection")


def connect(name: str) -> Callable[[Connected], Connected]:
    return lambda find: connected.add(name, find)


def connections_of(subject: str, user: Any) -> tuple[Connection, ...]:
    return tuple(one for find in connected for one in find(subject, user))


def subject_link(subject: str, user: Any) -> Connection | None:
    """The record a subject names, as a link, where the reader may open it."""
    found = of_subject(subject)
    if found is None:
        return None
    resource, key = found
    if not rights_of(user).can_somewhere(resource.row, "r"):
        return None
    record = resource.rows(user).filter(pk=key).first()
    if record is None:
        return None
    status = resource.status(record)
    return Connection(
        resource.title(record),
        resource.url(record),
        resource.icon,
        f"{resource.label} {resource.number(record)}",
        status[0] if status else "idle",  # type: ignore[arg-type]
        status[1] if status else "",
    )
