"""Every address of the URLconf, whoever asks and however: declared, closed to strangers, silent about foreign rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from apps.core.access import matrix, scope
from apps.core.api.auth import SignedIn
from apps.core.resources.resource import resources
from apps.org import services as org
from tests.conformity.test_resources import NOUNS, sees
from tests.factories.world import World, changed, checksum, rolled_back

pytestmark = pytest.mark.usefixtures("world")
ROLES = [role for role in matrix.ROLES if role != "TOK"]
# Open to everybody, each with the reason.
PUBLIC = {
    "-/alive": "the supervisor asks whether the process lives",
    "-/ready": "the proxy asks whether it may send requests",
    "-/ping": "answers 401 itself; the unit that benchmarks compare with",
    "sw.js": "the script of the browser's offline store; holds addresses of static files only",
    "manifest.webmanifest": "name and icon for installing the platform on a phone",
    "offline/": "says that there is no network",
    "reports/shared/<str:token>/": "a report by the signed link of a mail, until it expires",
    "reports/leave/<str:token>/": "leaving a report by the signed link of a mail",
    "hooks/in/<str:key>/": "messages of other systems, proven by their signature",
    "notices/leave/<str:token>/": "stopping mail by the signed link of a mail",
    "setup/<str:text>/": "the one-time link that makes the first admin; a wrong text opens nothing",
    "api/v1/^.*$": "says in the API's own words that there is no such address",
}
PUBLIC_PREFIXES = {"account/": "sign-in, reset and second factor; the library guards its own pages"}
# A GET here writes one event on purpose: who took data out.
TELLING = ("export.", "report.pdf")


def routes(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for one in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, route)
        elif isinstance(one, URLPattern):
            yield route, one.callback


def is_public(route: str) -> bool:
    return route in PUBLIC or any(route.startswith(prefix) for prefix in PUBLIC_PREFIXES)


def declaration(view: Any) -> str:
    """How a view says who may open it; empty when it does not."""
    endpoint = getattr(view, "cls", None)
    if endpoint is not None:
        closed = [kind for kind in endpoint.permission_classes if isinstance(kind, type) and issubclass(kind, SignedIn)]
        return "endpoint" if closed else ""
    return getattr(view, "opens_with", "")


def addresses(world: World, role: str = "OPM") -> list[str]:
    """Every route with real keys: each noun's own and foreign record, each verb."""
    found = []
    for route, _ in routes():
        if is_public(route) or "styleguide" in route:
            continue
        if "<slug:path>" in route:
            for resource in resources:
                names = [action.name for action in resource.actions if action.kind != "create"]
                for position in ("own", "other"):
                    key = str(world.record(resource, position, role).pk)
                    for name in names if "<slug:name>" in route else [""]:
                        found.append(filled(route.replace("<slug:path>", resource.path), key, name))
        else:
            noun = next((one for one in resources if f"/{one.path}/<" in f"/{route}"), None)
            if "<str:subject>" in route:
                route, noun = route.replace("<str:subject>", "team:<int:key>"), NOUNS["team"]
            for position in ("own", "other"):
                key = str(world.record(noun, position, role).pk) if noun else "1"
                found.append(filled(route, key, "x"))
    return list(dict.fromkeys(found))


def filled(route: str, key: str, name: str) -> str:
    words = {
        "<slug:name>": name,
        "<slug:verb>": name,
        "<str:kind>": "csv",
        "<str:form>": "kpi:new",
        "<str:element>": "task",
    }
    for old, new in {"<int:key>": key, "<int:number>": "1", **words}.items():
        route = route.replace(old, new)
    assert "<" not in route, f"{route} has a part that the walker cannot fill"
    return "/" + route


def test_every_route_declares_who_may_open_it() -> None:
    bare = [route for route, view in routes() if not is_public(route) and not declaration(view)]
    assert [route for route in bare if not route.startswith("styleguide")] == []
    assert set(PUBLIC) <= {route for route, _ in routes()}


def test_a_visitor_reaches_nothing(world: World) -> None:
    visitor = Client()
    before = checksum()
    for url in addresses(world):
        for method in ("get", "post"):
            answer = getattr(visitor, method)(url)
            sent_away = answer.status_code == 302 and answer["Location"].startswith("/account/login/")
            assert sent_away or answer.status_code in {401, 403}, f"{method} {url}: {answer.status_code}"
            if url.startswith("/api/"):
                assert answer.status_code == 401, f"{method} {url}: {answer.status_code}"
    assert changed(before) == []


def test_methods_that_mean_nothing_are_refused(world: World) -> None:
    client = world.clients["OPM"]
    for url in addresses(world):
        assert client.generic("TRACE", url).status_code == 405, url
        assert client.generic("BREW", url).status_code == 405, url
        if not url.startswith("/api/"):
            assert client.generic("DELETE", url).status_code == 405, url


def test_every_unsafe_request_needs_the_forgery_token(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.cast.by_role["OPM"])
    before = checksum()
    for url in addresses(world):
        assert client.post(url, {"name": "forged"}).status_code == 403, url
    assert changed(before) == []


def plant(world: World) -> dict[str, str]:
    """A word in a foreign row of each kind → the noun's name."""
    words = {}
    with scope.system("planting words"):
        for name, change in (("team", org.change_team), ("department", org.change_department)):
            words[f"canary{name}"] = name
            record = world.records[name]["other"]
            record.refresh_from_db()
            change(record, name=f"canary{name}", actor=None)
        for name, field in (("kpi", "name"), ("reading_batch", "note"), ("report", "number"), ("user", "last_name")):
            words[f"canary{name}"] = name
            record = world.records[name]["other"]
            type(record)._base_manager.filter(pk=record.pk).update(**{field: f"canary{name}"})
    return words


@pytest.mark.parametrize("role", [*ROLES, "stranger"])
def test_reading_writes_nothing_and_tells_nothing_foreign(world: World, role: str) -> None:
    client, words = world.clients[role], plant(world)
    hidden = [word for word, name in words.items() if role == "stranger" or not sees(NOUNS[name], role, "other")]
    before = checksum()
    for url in [*addresses(world), "/search/?q=canary", "/overview/", "/audit/?name=", "/my-work/"]:
        with rolled_back() if any(part in url for part in TELLING) else nullcontext():
            answer = client.get(url)
            assert answer.status_code in {200, 302, 400, 403, 404, 405, 422}, f"{url}: {answer.status_code}"
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            if answer.status_code == 200:
                leaks = [word for word in hidden if word.encode() in body]
                assert leaks == [], f"{url} tells {role} about {leaks}"
    assert changed(before) == []


def test_the_three_lists_agree(world: World) -> None:
    """The document names exactly the addresses that exist, both ways (S43)."""
    document = world.clients["OPM"].get("/api/v1/openapi.json").json()
    described = {
        (path, method) for path, methods in document["paths"].items() for method in methods if method != "parameters"
    }
    real = set()
    for route, view in routes():
        endpoint = getattr(view, "cls", None)
        if endpoint is None or not route.startswith("api/v1/") or route.endswith(("openapi.json", "docs/")):
            continue
        path = "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route)
        for method in ("get", "post", "patch", "put", "delete"):
            if hasattr(endpoint, method) and method in endpoint.http_method_names:
                real.add((path, method))
    names = {(path.replace("{id}", "{key}"), method) for path, method in described}
    assert names == real
