"""P18: a warm `up` until it answers, and `manage.py check`, against bare Django on the same servers."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from apps.core.embedded.paths import REPOSITORY
from apps.core.embedded.platform import answers
from benchmarks.measure import Report, interleaved
from benchmarks.place import installation
from tests.support.stack import free_port

ROUNDS = {"XS": 1, "S": 5, "M": 9}
HEAVY = ("pandas", "numpy", "scipy", "ortools", "weasyprint")
BARE_SETTINGS = """
from opsplatform.settings import DATABASES
SECRET_KEY = "bare"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"]
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "bare_urls"
"""
BARE_URLS = """
from django.http import HttpResponse
from django.urls import path
urlpatterns = [path("-/ready", lambda request: HttpResponse("ready"))]
"""
BARE_WSGI = """
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
"""
LOADED = (
    f"import sys, django; django.setup(); import opsplatform.asgi; print([n for n in {HEAVY!r} if n in sys.modules])"
)


def call(*command: str, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        env=os.environ | variables,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return done.stdout


def until_ready(command: list[str], port: int, **variables: str) -> float:
    """Seconds from the start of the command to its ready page; it is stopped afterwards."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, env=os.environ | variables, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not answers(f"http://127.0.0.1:{port}/-/ready"):
            assert process.poll() is None and time.perf_counter() - start < 120, "it did not become ready"
            time.sleep(0.02)
        return time.perf_counter() - start
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(90)


def bare_up(bare: dict[str, str]) -> float:
    """Migrate (nothing to do) and serve, as a plain Django project does it."""
    start = time.perf_counter()
    call("-m", "django", "migrate", "-v", "0", **bare)
    migrated, port = time.perf_counter() - start, free_port()
    granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "bare_wsgi:application"]
    return migrated + until_ready(granian, port, **bare)


def our_up(home: str) -> float:
    port = free_port()
    command = [sys.executable, "manage.py", "up", "--no-demo", "--port", str(port)]
    return until_ready(command, port, OPS_HOME=home, OPS_ALLOWED_HOSTS="127.0.0.1,localhost")


def run(size: str) -> Report:
    report = Report("start", size)
    with installation(), tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as home:
        for name, text in (("settings", BARE_SETTINGS), ("urls", BARE_URLS), ("wsgi", BARE_WSGI)):
            (Path(folder) / f"bare_{name}.py").write_text(text)
        bare = {"PYTHONPATH": f"{folder}:{REPOSITORY}", "DJANGO_SETTINGS_MODULE": "bare_settings", "OPS_DB_AS": "owner"}
        checks = interleaved(
            {"bare": lambda: call("-m", "django", "check", **bare), "ours": lambda: call("manage.py", "check")},
            rounds=ROUNDS[size],
        )
        pairs = [(bare_up(bare), our_up(home)) for _ in range(ROUNDS[size])]
        loaded = call("-c", LOADED).strip()
    bare_start, our_start = (statistics.median(column) for column in zip(*pairs, strict=True))
    report.add("P18", "warm up until it answers / bare Django, wall", bare_start, our_start, 2.5)
    report.add("P18", "manage.py check / bare Django check, wall", checks["bare"][0], checks["ours"][0], 2.5)
    note = f"loaded: {loaded}"
    report.add("P18", "1 + heavy libraries in the web process", 1, 1 + loaded.count("'") / 2, 1.0, "", note=note)
    return report
