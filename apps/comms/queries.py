"""Questions about comments, followers and notices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.comms.models import Comment, Follow, Notice, NoticeSettings
from apps.core.access import scope
from apps.core.access.rights import rights_of
from apps.core.events.facts import sentence_of
from apps.core.resources.resource import of_subject, resources


def readable(person: Any, subject: str) -> Any | None:
    """The record behind a subject with this person's eyes, or None where they may not read it."""
    found = of_subject(subject)
    if found is None:
        return None
    resource, key = found
    with scope.of(person):
        return resource.rows(person).filter(pk=key).first() if resource.may(person, "r") else None


def comments_on(subject: str) -> QuerySet[Comment]:
    return Comment.objects.filter(subject=subject).select_related("author").order_by("-id")


def tie_of(user: Any, subject: str) -> Follow | None:
    return Follow.objects.filter(subject=subject, owner_id=user.pk).first()


def unread_count(user: Any) -> int:
    return Notice.objects.filter(owner_id=user.pk, read_at__isnull=True)[:100].count()


def settings_of(person_id: int) -> NoticeSettings:
    return NoticeSettings.objects.filter(owner_id=person_id).first() or NoticeSettings(owner_id=person_id)


def whom_to_name(user: Any, words: str) -> list[User]:
    """People offered while a name is typed: those one may choose, and those of the departments above."""
    rights = rights_of(user)
    near = sorted(rights.homes | rights.above)
    rows = User.objects.filter(Q(pk__in=User.objects.choosable_by(user)) | Q(departments__overlap=near), is_active=True)
    for word in words.split()[:3]:
        rows = rows.filter(
            Q(first_name__istartswith=word) | Q(last_name__istartswith=word) | Q(username__istartswith=word)
        )
    return list(rows.exclude(pk=user.pk).order_by("first_name", "last_name")[:8])


@dataclass(frozen=True)
class Told:
    """A notice as its owner may read it now, or several like it folded into one."""

    notice: Notice
    title: str
    url: str
    keys: tuple[int, ...]

    @property
    def count(self) -> int:
        return len(self.keys)

    @property
    def sentence(self) -> str:
        return sentence_of(self.notice.fact)


FOLD_FROM = 4


def told(user: Any, notices: Sequence[Notice]) -> list[Told]:
    """Newest first, without what the person may no longer read; many alike become one line."""
    titles = titles_of(user, {one.subject for one in notices})
    shown = [one for one in notices if one.subject in titles]
    alike: dict[tuple[str, str, bool], list[Notice]] = defaultdict(list)
    for one in shown:
        alike[_likeness(one)].append(one)
    result, done = [], set()
    for one in shown:
        like = _likeness(one)
        group = alike[like]
        if len(group) < FOLD_FROM:
            result.append(Told(one, *titles[one.subject], (one.pk,)))
        elif like not in done:
            done.add(like)
            result.append(Told(one, *titles[one.subject], tuple(other.pk for other in group)))
    return result


def _likeness(one: Notice) -> tuple[str, str, bool]:
    # What a person wrote is never folded: its words matter.
    own = str(one.pk) if one.excerpt else ""
    return one.fact, own or one.subject.partition(":")[0], one.read_at is not None


def titles_of(user: Any, subjects: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Subject → (title, address) of those this person may read now; one query per kind of record."""
    wanted: dict[str, list[int]] = defaultdict(list)
    for subject in subjects:
        found = of_subject(subject)
        if found is not None:
            wanted[found[0].name].append(found[1])
    titles = {}
    with scope.of(user):
        for name, keys in wanted.items():
            resource = resources[name]
            if resource.may(user, "r"):
                for record in resource.rows(user).filter(pk__in=keys):
                    titles[f"{name}:{record.pk}"] = (resource.title(record), resource.url(record))
    return titles
