"""The declaration of a noun and the registry of all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from django.db import models
from django.urls import reverse

from apps.core.access.rights import rights_of
from apps.core.actions.action import Action
from apps.core.models import Noun
from apps.core.records import searching
from apps.core.registry import Registry

PhonePlace = Literal["", "title", "meta", "end", "person", "hide", "sum", "line"]


@dataclass(frozen=True)
class Column:
    """One column of a list: a field name or a function, how it is shown, whether it sorts."""

    name: str
    label: str
    kind: str = "text"
    value: Callable[[Any], Any] | None = None
    sort: str | None = None
    tone: Callable[[Any], str] | None = None
    phone: PhonePlace = (
        ""  # its place on a phone's card: title, meta, end, sum, person or line; guessed where no column says
    )

    def of(self, record: Any) -> Any:
        return self.value(record) if self.value else getattr(record, self.name)


@dataclass(frozen=True)
class Tab:
    """A view that ships with the list."""

    name: str
    label: str
    query: str


@dataclass(frozen=True)
class Panel:
    """A part of the record page beyond its facts: returns a pageparts.Section, or None to show nothing."""

    name: str
    make: Callable[[Any, Any], Any]


resources: Registry[Resource] = Registry("resource")


class Resource:
    """Subclass once per noun and register with @register. Everything not named here is an ordinary view."""

    model: ClassVar[type[Any]]
    path: ClassVar[str]
    label: ClassVar[str]
    plural: ClassVar[str]
    icon: ClassVar[str] = "box"
    nav: ClassVar[tuple[str, int] | None] = None
    columns: ClassVar[tuple[Column, ...]]
    filters: ClassVar[tuple[str, ...]] = ()
    search: ClassVar[tuple[str, ...]] = ()
    fields: ClassVar[tuple[str, ...]]
    actions: ClassVar[tuple[Action, ...]] = ()
    order: ClassVar[str] = "-id"
    tabs: ClassVar[tuple[Tab, ...]] = ()
    panels: ClassVar[tuple[Panel, ...]] = ()
    import_key: ClassVar[tuple[str, ...]] = ()
    importer: ClassVar[Callable[..., Any] | None] = None
    changed_fact: ClassVar[Any] = None
    # How the undo of an import takes back a new record that is not simply archived: take_back(record, actor=…).
    take_back: ClassVar[Callable[..., Any] | None] = None
    undo_verb: ClassVar[str] = "u"
    # Pages that read files of other kinds than CSV and Excel: (words, name of the address), for those who may create.
    file_pages: ClassVar[tuple[tuple[str, str], ...]] = ()
    help: ClassVar[str] = ""

    @property
    def name(self) -> str:
        return str(self.model.RESOURCE)

    @property
    def row(self) -> str:
        return str(self.model.ACCESS_ROW)

    @property
    def own(self) -> str | None:
        return getattr(self.model, "OWN_FIELD", None)

    @property
    def archives(self) -> bool:
        return issubclass(self.model, Noun)

    @property
    def noun(self) -> str:
        """The label inside a sentence."""
        return in_sentence(self.label)

    @property
    def nouns(self) -> str:
        return in_sentence(self.plural)

    def number(self, record: Any) -> str:
        return str(getattr(record, "code", record.pk))

    def title(self, record: Any) -> str:
        return str(record)

    def body(self, record: Any) -> str:
        return " ".join(str(_walk(record, name) or "") for name in self.search)

    def status(self, record: Any) -> tuple[str, str] | None:
        """(tone, words) of the record's state, if it has one."""
        if getattr(record, "archived_at", None) is not None:
            return "idle", "Archived"
        return None

    def rows(self, actor: Any) -> models.QuerySet[Any]:
        related = [column.name for column in self.columns if self._is_foreign_key(column.name)]
        found: models.QuerySet[Any] = self.model.objects.visible_to(actor)
        return found.select_related(*related) if related else found

    def dress(self, records: Sequence[Any], actor: Any) -> None:
        """Give the records of one list page what their columns show and no field holds, in few queries."""

    def _is_foreign_key(self, name: str) -> bool:
        return any(field.name == name and field.is_relation for field in self.model._meta.concrete_fields)

    def action(self, name: str) -> Action | None:
        return next((action for action in self.actions if action.name == name), None)

    def action_of_kind(self, kind: str) -> Action | None:
        return next((action for action in self.actions if action.kind == kind), None)

    def may(self, actor: Any, verb: str) -> bool:
        return rights_of(actor).can_somewhere(self.row, verb)

    def opens(self, record: Any, user: Any) -> bool:
        """Whether to offer a link: a cheap answer that never says yes to the wrong kind of record."""
        rights = rights_of(user)
        reach = rights.reach(self.row, "r")
        if reach.everything:
            return True
        if not reach:
            return False
        if hasattr(record, "own_for") and record.own_for(rights):
            return True
        near = reach.departments | (
            rights.above | rights.homes if getattr(self.model, "INHERIT", False) else frozenset()
        )
        concerned = set(record.departments_concerned()) if hasattr(record, "departments_concerned") else set()
        return bool(concerned & near) if concerned or self.own else True

    def list_url(self) -> str:
        return reverse("list", args=[self.path])

    def url(self, record: Any) -> str:
        return reverse("record", args=[self.path, record.pk])


def in_sentence(words: str) -> str:
    """Small first letters, except in abbreviations: "KPI targets", "working calendar"."""
    return " ".join(word if word[:2].isupper() else word[:1].lower() + word[1:] for word in words.split(" "))


def _walk(record: Any, path: str) -> Any:
    for part in path.split("__"):
        record = getattr(record, part, None)
    return record


def register(kind: type[Resource]) -> type[Resource]:
    """Put a resource at both doors."""
    resource = kind()
    if any(known.path == resource.path for known in resources):
        raise ValueError(f"The address '{resource.path}' is used twice.")
    resources.add(resource.name, resource)
    searching.declare(resource.name, searching.Indexed(resource.number, resource.title, resource.body))
    return kind


def by_path(path: str) -> Resource | None:
    return next((resource for resource in resources if resource.path == path), None)


def of_subject(subject: str) -> tuple[Resource, int] | None:
    """The resource and key behind 'name:key', or None when no such noun is registered."""
    name, _, key = subject.partition(":")
    resource = resources.get(name)
    return (resource, int(key)) if resource is not None and key.isdigit() else None


def of_record(record: Any) -> Resource:
    return resources[type(record).RESOURCE]
