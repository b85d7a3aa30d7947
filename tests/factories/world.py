"""The whole cast, signed in, with a record of every noun in each position, and a checksum of everything stored."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.test import Client

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.core.access import scope
from apps.core.resources.resource import Resource, resources
from tests.factories import people
from tests.factories.nouns import MAKERS
from tests.factories.people import Cast, Company

# Tables that a request may touch by being a request.
BOOKKEEPING = {
    "django_session": "the session's own row",
    "usersessions_usersession": "when and where a person was last seen",
    "django_migrations": "never changes in a test",
    "core_idempotencykey": "answers kept for replay",
    "accounts_securityevent": "a denial is written down for the auditors",
}


@dataclass
class World:
    """Everything a conformity test needs; made once per module inside a transaction that is rolled back."""

    cast: Cast
    clerk: User
    clients: dict[str, Client]
    token_headers: dict[str, str]
    records: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def company(self) -> Company:
        return self.cast.company

    def person(self, role: str) -> User:
        return self.cast.by_role["DPM" if role == "TOK" else role]

    def record(self, resource: Resource, position: str, role: str) -> Any:
        found = self.records[resource.name]
        return found.get(f"mine:{role}") if position == "mine" else found[position]

    def api(self, role: str, method: str, url: str, data: Any = None, **headers: str) -> Any:
        """One API call as a role: a token for TOK, the browser's session for people."""
        client = Client() if role == "TOK" else self.clients[role]
        if role == "TOK":
            headers |= self.token_headers
        body = {} if data is None else {"data": json.dumps(data), "content_type": "application/json"}
        return getattr(client, method)(url, headers=headers, **body)


def _stay_fresh(client: Client) -> None:
    """A long run of tests is no old sign-in; what asks again is tested with the accounts."""
    session = client.session
    session["signed_in_at"] = int(time.time()) + 3600
    session.save()


def make_world() -> World:
    with scope.system("making the test world"):
        cast = people.cast()
        clerk = people.user("clerk", role="OPM", department=cast.company.root)
        people.grant(clerk, "ADM", cast.company.root)
        _, text = accounts.make_token(
            name="Everything", scopes=accounts.possible_scopes(cast.by_role["DPM"]), actor=cast.by_role["DPM"]
        )
        world = World(cast, clerk, {}, {"Authorization": f"Bearer {text}"})
        for role, person in {**cast.by_role, "stranger": cast.stranger, "clerk": clerk}.items():
            world.clients[role] = Client()
            world.clients[role].force_login(person)
            _stay_fresh(world.clients[role])
        for resource in resources:
            world.records[resource.name] = _positions(resource, world)
    world.api("TOK", "get", "/api/v1/changes/")  # notes the token's first use, so that later calls note nothing
    return world


def _positions(resource: Resource, world: World) -> dict[str, Any]:
    maker, places = MAKERS[resource.name], world.company
    if resource.name == "department":
        return {"own": places.plant, "child": places.line, "other": places.other, "above": places.root}
    found = {
        position: maker.make(places, place, world.clerk)
        for position, place in (
            ("own", places.plant),
            ("child", places.line),
            ("other", places.other),
            ("above", places.root),
        )
    }
    for role in world.cast.by_role:
        person = world.person(role)
        if resource.own or resource.name == "delegation":
            found[f"mine:{role}"] = maker.make(places, places.plant, person)
        elif resource.name == "user":
            found[f"mine:{role}"] = person
        elif resource.name == "role_grant":
            found[f"mine:{role}"] = person.role_grants.first()
    if "mine:DPM" in found:
        found["mine:TOK"] = found["mine:DPM"]
    return found


Counts = tuple[int, int, int]
Digest = tuple[int, str]
# Of partitions the counters stand at their parent, which is what a test may read.
WRITTEN = """
SELECT coalesce(parent.relname, stat.relname), sum(n_tup_ins), sum(n_tup_upd), sum(n_tup_del), txid_current_if_assigned()
FROM pg_stat_xact_user_tables stat LEFT JOIN pg_inherits ON inhrelid = relid LEFT JOIN pg_class parent ON parent.oid = inhparent
GROUP BY 1
"""


class _Read:
    """What was read of each table, and how much had been written to it then: a table nobody wrote to is not read again."""

    def __init__(self) -> None:
        self.transaction = 0
        self.names: list[str] = []
        self.digests: dict[str, tuple[Counts, Digest]] = {}

    def written(self) -> dict[str, Counts]:
        """Rows inserted, updated and deleted per table in this transaction, attempts that were taken back included."""
        with connection.cursor() as cursor:
            if not self.names:
                self.names = [one for one in connection.introspection.table_names(cursor) if one not in BOOKKEEPING]
            cursor.execute(WRITTEN)
            found = cursor.fetchall()
        if found and found[0][4] != self.transaction:
            self.transaction, self.digests = found[0][4], {}
        counts = {name: (int(ins), int(upd), int(gone)) for name, ins, upd, gone, _ in found}
        return {name: counts.get(name, (0, 0, 0)) for name in self.names}


_read = _Read()


@contextmanager
def rolled_back() -> Iterator[None]:
    """What happens inside did not happen."""
    before = _read.written() if _read.digests else {}
    kept = {name: digest for name, (counts, digest) in _read.digests.items() if before.get(name) == counts}
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        if _read.digests:  # the tables are again as they were; only their counters have gone on
            now = _read.written()
            _read.digests = {name: (now[name], digest) for name, digest in kept.items()} if _read.digests else {}


def checksum() -> dict[str, Digest]:
    """Rows and their hash per table, seen with all eyes."""
    assert connection.in_atomic_block, "the counters that save reading begin anew with each transaction"
    now = _read.written()
    stale = [name for name, counts in now.items() if _read.digests.get(name, (None,))[0] != counts]
    for name, rows, digest in _digests(stale) if stale else ():
        _read.digests[name] = (now[name], (rows, digest))
    return {name: _read.digests[name][1] for name in now}


def _digests(names: list[str]) -> list[tuple[str, int, str]]:
    query = " UNION ALL ".join(
        f"SELECT '{name}', count(*), coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '') FROM \"{name}\" t"
        for name in names
    )
    with transaction.atomic():
        with scope.system("checking that nothing changed"), connection.cursor() as cursor:
            cursor.execute(query)
            found: list[tuple[str, int, str]] = cursor.fetchall()
        transaction.set_rollback(True)
    return found


def changed(before: dict[str, tuple[int, str]]) -> list[str]:
    after = checksum()
    return sorted(name for name in after if after[name] != before.get(name))
