"""The demo company: each app adds its part from its own demo.py, in order, deterministically from one seed."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings

from apps.core.domain import DomainConfig
from apps.core.registry import Registry

SEED = 1912


@dataclass
class Demo:
    """What the parts share: the last day of history, a source of chance, and what earlier parts made, by name."""

    until: date
    password: str
    rng: random.Random = field(default_factory=lambda: random.Random(SEED))
    made: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DemoPart:
    name: str
    position: int
    build: Callable[[Demo], None]


parts: Registry[DemoPart] = Registry("demo part")


def demo_part(name: str, position: int) -> Callable[[Callable[[Demo], None]], Callable[[Demo], None]]:
    """Declare an app's share of the demo company; lower positions are built first."""

    def declare(build: Callable[[Demo], None]) -> Callable[[Demo], None]:
        parts.add(name, DemoPart(name, position, build))
        return build

    return declare


def load_parts() -> list[DemoPart]:
    for config in apps.get_app_configs():
        if isinstance(config, DomainConfig) and find_spec(f"{config.name}.demo") is not None:
            import_module(f"{config.name}.demo")
    return sorted(parts, key=lambda part: part.position)


def password_file() -> Path:
    return Path(settings.OPS_HOME) / "demo-password"


def token_file() -> Path:
    return Path(settings.OPS_HOME) / "demo-token"


def keep_secret(path: Path, text: str) -> None:
    """Written for this account's eyes only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def demo_password(*, create: bool) -> str:
    """One password for all demo sign-ins, made at random for this installation."""
    path = password_file()
    if path.exists():
        return path.read_text(encoding="utf-8").strip()
    if not create:
        return ""
    word = "-".join(secrets.choice(WORDS) for _ in range(4))
    keep_secret(path, word)
    return word


WORDS = (
    "anchor",
    "basket",
    "copper",
    "delta",
    "engine",
    "forest",
    "garden",
    "harbour",
    "island",
    "jacket",
    "kettle",
    "ladder",
    "marble",
    "needle",
    "orchard",
    "pencil",
    "quarry",
    "ribbon",
    "saddle",
    "timber",
    "velvet",
    "walnut",
    "yellow",
    "zephyr",
)
