"""The settings of a real installation pass the framework's own examination."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_production_settings_pass_the_deployment_check() -> None:
    environment = os.environ | {
        "OPS_SECRET_KEY": secrets.token_urlsafe(60),
        "OPS_BASE_URL": "https://ops.example",
        "OPS_ALLOWED_HOSTS": "ops.example",
    }
    for name in ("OPS_TEST", "DJANGO_ALLOW_ASYNC_UNSAFE"):
        environment.pop(name, None)
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
