"""Workflows that ship with the platform, as BPMN files to begin with and to change."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).with_name("diagrams")


def starter(code: str) -> str:
    """The diagram of one of them."""
    return (FOLDER / f"{code}.bpmn").read_text(encoding="utf-8")
