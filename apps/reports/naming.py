"""Titles of report sections by their names, filled as apps contribute them; below the models, so that a pack can tell its own."""

from __future__ import annotations

titles: dict[str, str] = {}
