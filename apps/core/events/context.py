"""Who acts, in which request, because of which event: carried along so that every fact records its cause."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Context:
    request_id: str = ""
    cause_id: int | None = None
    token_id: int | None = None
    depth: int = 0


NOWHERE = Context()
_current: ContextVar[Context | None] = ContextVar("ops_context", default=None)


def current() -> Context:
    return _current.get() or NOWHERE


@contextmanager
def entered(**changes: object) -> Iterator[Context]:
    context = replace(current(), **changes)  # type: ignore[arg-type]
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)
