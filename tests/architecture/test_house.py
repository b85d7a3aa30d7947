"""The house law that a machine can check."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps as django_apps
from django.db import models

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
KERNEL_LINES, APP_LINES, FUNCTION_LINES = 300, 400, 40
FLOORS = {
    "core": 1,
    "accounts": 2,
    "org": 3,
    "work": 4,
    "comms": 4,
    "reports": 4,
    "dashboard": 4,
    "integrations": 4,
    "workflows": 5,
    "processes": 6,
    "kpis": 6,
    "budgets": 6,
    "inventory": 6,
    "assets": 6,
    "staff": 6,
    "procurement": 7,
    "qa": 7,
    "compliance": 7,
    "risk": 7,
    "improvement": 7,
    "strategy": 7,
    "planning": 7,
}


def sources() -> Iterator[Path]:
    for folder in ("apps", "opsplatform"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "command",
    [["lint-imports", "--no-cache"], ["ruff", "check", "."], ["ruff", "format", "--check", "apps", "opsplatform"]],
    ids=["floors and rooms", "lint", "format"],
)
def test_tools_agree(command: list[str]) -> None:
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": "."},
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_types_hold() -> None:
    done = subprocess.run([str(BIN / "mypy"), "apps", "opsplatform"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]


def test_files_and_functions_stay_small() -> None:
    large = []
    for path in sources():
        limit = KERNEL_LINES if "core" in path.relative_to(ROOT).parts else APP_LINES
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > limit:
            large.append(f"{path.relative_to(ROOT)}: {lines} lines, limit {limit}")
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_LINES:
                    large.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {length} lines")
    assert large == []


def test_every_module_says_why_it_exists() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in sources()
        if path.stat().st_size and not ast.get_docstring(tree_of(path))
    ]
    assert silent == []


def test_own_code_is_imported_at_the_top() -> None:
    hidden = []
    for path in sources():
        for function in (n for n in ast.walk(tree_of(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)):
            for node in ast.walk(function):
                module = node.module if isinstance(node, ast.ImportFrom) else None
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [module or ""]
                if isinstance(node, ast.Import | ast.ImportFrom) and any(
                    n.split(".")[0] in {"apps", "opsplatform"} for n in names
                ):
                    hidden.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert hidden == []


def test_heavy_libraries_are_never_imported_by_the_web() -> None:
    code = (
        "import os,sys; os.environ['DJANGO_SETTINGS_MODULE']='opsplatform.settings'; import django; django.setup();"
        "import opsplatform.urls;"
        "print([m for m in ('pandas','numpy','scipy','weasyprint','ortools','xlsxwriter') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_foreign_keys_point_down() -> None:
    upward = [
        f"{model.__name__}.{field.name}"
        for model in django_apps.get_models()
        if model._meta.app_label in FLOORS
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.related_model._meta.app_label in FLOORS
        if FLOORS[field.related_model._meta.app_label] > FLOORS[model._meta.app_label]
    ]
    assert upward == []


def test_only_the_relay_publishes_and_nobody_overrides_save_or_listens_to_signals() -> None:
    found = []
    for path in sources():
        text = path.read_text(encoding="utf-8")
        place = str(path.relative_to(ROOT))
        if place != "apps/core/events/relay.py" and any(
            word in text for word in (".delay(", ".apply_async(", "on_commit(")
        ):
            found.append(f"{place} publishes")
        if any(word in text for word in ("post_save", "pre_save", "post_delete", "m2m_changed")):
            found.append(f"{place} listens to model signals")
        if "def save(self" in text:
            found.append(f"{place} overrides save()")
    assert found == []


def test_no_stray_migration() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_psycopg2_is_the_driver() -> None:
    from django.db.backends.postgresql.psycopg_any import is_psycopg3

    assert not is_psycopg3
