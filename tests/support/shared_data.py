"""Where published cases lie that are read here and not committed to the product."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("OPS_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
RULES = SHARED / "rules_conformance"
needs_rules = pytest.mark.skipif(not RULES.exists(), reason="the published cases are not on this machine")
