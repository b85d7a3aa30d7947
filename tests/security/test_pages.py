"""What every answer carries and what no source of ours contains: headers, no inline script or style, no raw SQL."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.test import Client

from tests.factories.world import World

pytestmark = pytest.mark.usefixtures("world")
ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*ROOT.glob("apps/**/*.py"), *ROOT.glob("opsplatform/*.py")])
INLINE = re.compile(
    r"<style|\sstyle=|\son[a-z]+=|hx-on|javascript:|<script(?![^>]*\bsrc=)(?![^>]*application/json)", re.IGNORECASE
)
ADDRESSES = [
    "/",
    "/kpis/",
    "/kpis/new/",
    "/nothing-here/",
    "/kpis/999999/",
    "/api/v1/kpis/",
    "/api/v1/nothing/",
    "/account/login/",
    "/-/alive",
    "/static/nothing.css",
    "/kpis/export.csv",
]


@pytest.mark.parametrize("url", ADDRESSES)
def test_every_answer_carries_the_headers(world: World, url: str) -> None:
    for client in (world.clients["OPM"], Client()):
        answer = client.get(url)
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example/", "\\\\evil.example", "javascript:alert(1)", "https:evil.example"],
)
def test_sign_in_leads_to_no_other_host(world: World, target: str) -> None:
    answer = world.clients["OPM"].get("/account/login/", {"next": target})
    assert "evil" not in answer.headers.get("Location", "")
    assert not answer.headers.get("Location", "").startswith("javascript")


def test_a_foreign_host_name_is_refused(world: World) -> None:
    assert Client().get("/account/login/", headers={"Host": "evil.example"}).status_code == 400


def test_templates_hold_no_inline_script_or_style() -> None:
    pages = [one for one in ROOT.glob("templates/**/*.html") if "pdf" not in one.parts]
    assert len(pages) > 20
    assert [f"{one.relative_to(ROOT)}: {found[0]}" for one in pages if (found := INLINE.findall(one.read_text()))] == []


def test_sources_call_nothing_that_runs_text() -> None:
    wrong = []
    for file in SOURCES:
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            bare = isinstance(node.func, ast.Name) and name in {"eval", "exec", "__import__"}
            if (
                bare
                or name in {"raw", "extra", "RawSQL", "system"}
                and isinstance(node.func, ast.Attribute)
                and name != "system"
            ):
                wrong.append(f"{file.relative_to(ROOT)}:{node.lineno} {name}")
            if any(word.arg == "shell" and getattr(word.value, "value", None) is True for word in node.keywords):
                wrong.append(f"{file.relative_to(ROOT)}:{node.lineno} shell=True")
    assert wrong == []
