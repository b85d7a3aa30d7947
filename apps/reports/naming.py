"""Titles of report sections by their names, filled as apps contribute them; below the models, so that a pack can tell its own."""

from __future__ import annotations

from apps.core.registry import Registry

titles: Registry[str] = Registry("title of a report part")
