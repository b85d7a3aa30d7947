"""A person's rights: role grants turned into 'which rows may this person touch with this verb'."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from apps.core.access import matrix
from apps.core.errors import NotAllowed


@dataclass(frozen=True)
class Grant:
    """One role held in one department, with the departments below it and above it."""

    role: str
    department_id: int
    subtree: frozenset[int]
    ancestors: frozenset[int] = frozenset()
    source: str = "direct"
    on_behalf_of_id: int | None = None


@dataclass(frozen=True)
class Reach:
    """Where a verb may be used: everywhere, in some departments, on own rows, or nowhere."""

    everything: bool = False
    departments: frozenset[int] = frozenset()
    own: bool = False

    def __bool__(self) -> bool:
        return self.everything or self.own or bool(self.departments)


@dataclass(frozen=True)
class Rights:
    """All grants of one person at one moment, optionally narrowed by an API token's scopes."""

    user_id: int | None
    grants: tuple[Grant, ...] = ()
    token_scopes: frozenset[str] | None = None
    _reaches: dict[tuple[str, str], Reach] = field(default_factory=dict, compare=False, repr=False)

    def reach(self, row: str, verb: str) -> Reach:
        known = self._reaches.get((row, verb))
        if known is None:
            known = self._reaches[(row, verb)] = self._work_out(row, verb)
        return known

    def _work_out(self, row: str, verb: str) -> Reach:
        if self.token_scopes is not None and not self._token_allows(row, verb):
            return Reach()
        departments: set[int] = set()
        everything = own = False
        for grant in self.grants:
            found = matrix.cell(row, grant.role)
            if verb not in found.verbs:
                continue
            everything |= found.reach == "G"
            own |= found.reach == "S"
            if found.reach == "T":
                departments |= grant.subtree
            elif found.reach == "D":
                departments.add(grant.department_id)
        return Reach(everything, frozenset(departments), own)

    def _token_allows(self, row: str, verb: str) -> bool:
        """The most a token may be given is the TOK column; its own scopes narrow that further."""
        scopes = self.token_scopes or frozenset()
        if verb not in matrix.cell(row, "TOK").verbs:
            return False
        return f"{row}:{matrix.VERBS[verb]}" in scopes or f"{row}:*" in scopes

    def can_somewhere(self, row: str, verb: str) -> bool:
        return bool(self.reach(row, verb))

    def filter(self, row: str, verb: str, *, own: str | None = None, inherit: bool = False) -> Q:
        """The rows this verb reaches, as a filter on department (and on the own-rows field, where the noun has one)."""
        reach = self.reach(row, verb)
        if reach.everything:
            return Q()
        condition = Q(pk__in=[])
        departments = set(reach.departments)
        if inherit and verb == "r" and departments:
            departments |= self.above
        if inherit and verb == "r" and reach.own:
            departments |= self.above
        if departments:
            condition |= Q(department_id__in=departments)
        if reach.own and own:
            condition |= Q(**{own: self.user_id})
        return condition

    def covers(self, row: str, verb: str, record: Any, *, own: str | None = None) -> bool:
        """The same rule as filter(), asked of one record in hand."""
        reach = self.reach(row, verb)
        if reach.everything:
            return True
        department_id = getattr(record, "department_id", None)
        if department_id is not None and department_id in reach.departments:
            return True
        return bool(reach.own and own and getattr(record, own, None) == self.user_id)

    @property
    def homes(self) -> frozenset[int]:
        return frozenset(grant.department_id for grant in self.grants)

    @property
    def above(self) -> frozenset[int]:
        return frozenset().union(*(grant.ancestors for grant in self.grants)) if self.grants else frozenset()

    @property
    def principals(self) -> frozenset[int]:
        """People this person stands in for today."""
        return frozenset(grant.on_behalf_of_id for grant in self.grants if grant.on_behalf_of_id)

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(grant.role for grant in self.grants)

    def widest(self) -> tuple[bool, frozenset[int]]:
        """The outer fence for the database's own wall: the union over all kinds of records."""
        departments: set[int] = set()
        for grant in self.grants:
            reaches = {cells[grant.role].reach for cells in matrix.MATRIX.values() if cells[grant.role]}
            if "G" in reaches:
                return True, frozenset()
            departments |= grant.subtree if "T" in reaches else {grant.department_id}
        return False, frozenset(departments)


Provider = Callable[[Any], Iterable[Grant]]
_provider: list[Provider] = []


def provide_grants(provider: Provider) -> Provider:
    """Register the one function that knows people's role grants (the kernel itself knows no organisation)."""
    if _provider:
        raise ValueError("Role grants already have a provider.")
    _provider.append(provider)
    return provider


def rights_of(user: Any) -> Rights:
    """The user's rights, read once per loaded user object; inactive and unknown users have none."""
    if user is None or not getattr(user, "is_active", False) or not user.pk:
        return Rights(None)
    known: Rights | None = user.__dict__.get("_rights")
    if known is None:
        grants = tuple(_provider[0](user)) if _provider else ()
        token = user.__dict__.get("acting_token")
        known = Rights(user.pk, grants, frozenset(token.scopes) if token is not None else None)
        user.__dict__["_rights"] = known
    return known


def reaches(user: Any, row: str, verb: str, record: Any, *, own: str | None = None) -> bool:
    """covers(), except that reading is decided by the noun's own visible rows (inherited ones and one's own among them).

    A noun whose "own" is more than one column has a method own_for(rights) that says it of a record in hand; what one
    makes as one's own, one makes in a department in which one holds a role.
    """
    rights = rights_of(user)
    manager = type(record)._default_manager
    if verb == "r" and hasattr(manager, "visible_to"):
        return rights.can_somewhere(row, verb) and bool(manager.visible_to(user).filter(pk=record.pk).exists())
    if not hasattr(record, "own_for"):
        return rights.covers(row, verb, record, own=own)
    if rights.covers(row, verb, record):
        return True
    reach = rights.reach(row, verb)
    return reach.own and record.department_id in rights.homes if verb == "c" else bool(reach) and record.own_for(rights)


def require(
    user: Any, row: str, verb: str, record: Any = None, *, own: str | None = None, noun: str = "record"
) -> None:
    """Refuse, naming who may, unless the user holds the verb (on this record, when one is given)."""
    rights = rights_of(user)
    allowed = rights.can_somewhere(row, verb) if record is None else reaches(user, row, verb, record, own=own)
    if not allowed:
        who = ", ".join(matrix.roles_with(row, verb)) or "nobody"
        raise NotAllowed(f"You may not {matrix.VERBS[verb]} this {noun}. People with this right: {who}.", who_may=who)
