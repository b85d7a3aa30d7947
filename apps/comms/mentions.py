"""Who is meant by @name and @DEPARTMENT/TEAM in a text, and who of them may not see what it is about."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from apps.accounts.models import User
from apps.comms.queries import readable
from apps.core.access import matrix
from apps.core.errors import Refused
from apps.org.models import Membership, Team

HANDLE = re.compile(r"(?<![\w@./])@([A-Za-z0-9][\w.+-]{0,149}(?:/[A-Za-z0-9][\w.-]{0,19})?)", re.ASCII)
MOST_NAMES = 20
MOST_PEOPLE = 50


def handles(text: str) -> list[str]:
    """The names after @, each once, in the order of the text; a full stop after a name is not part of it."""
    return list(dict.fromkeys(found.rstrip(".-") for found in HANDLE.findall(text)))


def mentioned(text: str) -> list[User]:
    """The people behind the names; a word that names nobody is only a word."""
    names = handles(text)
    if len(names) > MOST_NAMES:
        raise Refused(f"Mention at most {MOST_NAMES} people or teams at once.", code="too_many_mentions", field="text")
    if not names:
        return []
    wanted = {one for name in names if "/" not in name for one in (name, name.lower())}
    keys = set(User.objects.filter(username__in=wanted, is_active=True).values_list("pk", flat=True))
    for name in names:
        department, slash, team = name.partition("/")
        if slash:
            found = Team.objects.filter(department__code__iexact=department, code__iexact=team)
            members = Membership.objects.filter(team__in=found, user__is_active=True)
            keys |= set(members.values_list("user_id", flat=True))
    if len(keys) > MOST_PEOPLE:
        raise Refused(
            f"This would call {len(keys)} people. Mention at most {MOST_PEOPLE}; for more, make an announcement.",
            code="too_many_mentions",
            field="text",
        )
    return list(User.objects.filter(pk__in=keys).order_by("pk"))


def refuse_strangers(people: Iterable[User], subject: str, *, actor: Any) -> None:
    """Nobody is called to a record they may not open: the writer is told whom and who can let them in."""
    outside = [str(one) for one in people if one.pk != actor.pk and readable(one, subject) is None]
    if not outside:
        return
    names = ", ".join(outside)
    who = " or ".join(matrix.roles_with("user", "u")[:3])
    raise Refused(
        f"{names} cannot see this record. Take the name out, or ask somebody with the role {who} to give access; "
        "your text is kept.",
        code="mention_no_access",
        field="text",
        details={"people": outside},
    )
