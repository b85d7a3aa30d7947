"""The current scope: whose eyes the database looks through. Without one, scoped tables show nothing and managers raise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import InternalError, connection, models, transaction

from apps.core.access.rights import rights_of


class ScopeMissing(RuntimeError):
    """Code asked for scoped rows without saying on whose behalf."""


@dataclass(frozen=True)
class Scope:
    """Departments the current unit of work may see; everything=True only for the system and for all-department roles."""

    user_id: int | None
    everything: bool = False
    departments: frozenset[int] = frozenset()
    ancestors: frozenset[int] = frozenset()
    reason: str = ""


NOBODY = Scope(user_id=None, reason="nobody is signed in")
_current: ContextVar[Scope | None] = ContextVar("ops_scope", default=None)


def current() -> Scope:
    scope = _current.get()
    if scope is None:
        raise ScopeMissing("Open a scope first: `with scope.of(user):` or `with scope.system('why'):`.")
    return scope


def _array(ids: frozenset[int]) -> str:
    return "{" + ",".join(str(one) for one in sorted(ids)) + "}"


def _tell_database(scope: Scope | None, *, also: str = "") -> None:
    if not connection.in_atomic_block:
        raise ScopeMissing("A scope lives in a transaction: open transaction.atomic() around it.")
    if connection.needs_rollback:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('app.scope', %s, true), set_config('app.departments', %s, true),"
            " set_config('app.ancestors', %s, true), set_config('app.user', %s, true)" + also,
            [
                "all" if scope and scope.everything else "",
                _array(scope.departments) if scope else "{}",
                _array(scope.ancestors) if scope else "{}",
                str(scope.user_id or "") if scope else "",
            ],
        )


@contextmanager
def entered(scope: Scope) -> Iterator[Scope]:
    """Look through this scope inside the block, in the current transaction; the former scope returns afterwards."""
    token = _current.set(scope)
    try:
        _tell_database(scope)
        yield scope
    finally:
        _current.reset(token)
        _restore()


def _restore() -> None:
    if connection.in_atomic_block:
        # An aborted transaction takes no statement and shows no row; its rollback brings the former scope back.
        with suppress(InternalError):
            _tell_database(_current.get())


@contextmanager
def transacted(scope: Scope, *, savepoint: str = "") -> Iterator[None]:
    """A transaction that looks through this scope from its first statement, with a savepoint set in the same round trip.

    The database forgets the scope with the transaction, so only one inside another has to be taken back.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        token = _current.set(scope)
        try:
            _tell_database(scope, also=f"; SAVEPOINT {savepoint}" if savepoint else "")
            yield
        finally:
            _current.reset(token)
            if not outermost:
                _restore()


def for_user(user: Any) -> Scope:
    rights = rights_of(user)
    everything, departments = rights.widest()
    return Scope(rights.user_id, everything, departments, rights.above, reason="signed-in person")


@contextmanager
def of(user: Any) -> Iterator[Scope]:
    with entered(for_user(user)) as scope:
        yield scope


def for_system(reason: str) -> Scope:
    return Scope(user_id=None, everything=True, reason=reason)


@contextmanager
def system(reason: str) -> Iterator[Scope]:
    """All departments, for work that no person does: relay, rollups, migrations of data. The reason is for the reader."""
    with entered(for_system(reason)) as scope:
        yield scope


class ScopedQuerySet(models.QuerySet[Any]):
    """Rows of a table that carries a department."""

    def visible_to(self, user: Any, verb: str = "r") -> ScopedQuerySet:
        model = self.model
        return self.filter(
            rights_of(user).filter(
                model.ACCESS_ROW, verb, own=getattr(model, "OWN_FIELD", None), inherit=getattr(model, "INHERIT", False)
            )
        )


class ScopedManager(models.Manager.from_queryset(ScopedQuerySet)):  # type: ignore[misc]
    """The first wall: raises without a scope, narrows to its departments otherwise (the database is the second)."""

    use_in_migrations = False

    def get_queryset(self) -> ScopedQuerySet:
        rows: ScopedQuerySet = super().get_queryset()
        scope = current()
        if scope.everything:
            return rows
        departments = scope.departments
        if getattr(self.model, "INHERIT", False):
            departments = departments | scope.ancestors
        return rows.filter(department_id__in=departments)


class OpenQuerySet(models.QuerySet[Any]):
    """Rows of a table without departments; the matrix still decides who reads it."""

    def visible_to(self, user: Any, verb: str = "r") -> OpenQuerySet:
        model = self.model
        reach = rights_of(user).reach(model.ACCESS_ROW, verb)
        if reach.everything or reach.departments:
            return self
        own = getattr(model, "OWN_FIELD", None)
        if reach.own and own:
            return self.filter(**{own: rights_of(user).user_id})
        return self.none()


OpenManager = models.Manager.from_queryset(OpenQuerySet)
