"""Clients that send readings until they are acknowledged, and a journal on disk that outlives every crash."""

from __future__ import annotations

import json
import os
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

START = datetime(2026, 1, 5, tzinfo=UTC)
LONGEST_SECONDS = 60.0


class Journal:
    """What was sent and what was acknowledged; each line is on disk before the next step."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a")
        self._turn = threading.Lock()
        self.path = path

    def write(self, **entry: Any) -> None:
        with self._turn:
            self._file.write(json.dumps(entry) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())

    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.path.read_text().splitlines()]

    def acknowledged(self) -> dict[str, dict[str, Any]]:
        """Key → the answer it was acknowledged with."""
        return {entry["key"]: entry["answer"] for entry in self.entries() if entry["what"] == "ack"}

    def sent(self) -> dict[str, list[dict[str, Any]]]:
        return {entry["key"]: entry["readings"] for entry in self.entries() if entry["what"] == "send"}

    def tries(self) -> int:
        return sum(1 for entry in self.entries() if entry["what"] == "send")

    def first_try_share(self) -> float:
        sends = Counter(entry["key"] for entry in self.entries() if entry["what"] == "send")
        acked = self.acknowledged()
        return sum(1 for key in acked if sends[key] == 1) / max(len(acked), 1)


class Client(threading.Thread):
    """Three readings per request, each at a time of its own; the same key until the answer is 2xx."""

    def __init__(self, number: int, url: str, token: str, journal: Journal, codes: tuple[str, ...]) -> None:
        super().__init__(daemon=True)
        self.number, self.url, self.token, self.journal, self.codes = number, url, token, journal, codes
        self.stopping = threading.Event()
        self.problem = ""

    def run(self) -> None:
        count = 0
        while not self.stopping.is_set():
            self._send(f"client-{self.number}-{count}", self._readings(count))
            count += 1
            time.sleep(0.15)

    def _readings(self, count: int) -> list[dict[str, Any]]:
        places = ("PLANT", "LINE", "OTHER")
        at = START + timedelta(minutes=count * 7)
        return [
            {"kpi": code, "department": places[self.number], "at": at.isoformat(), "value": str(count % 10 + 1)}
            for code in self.codes
        ]

    def _send(self, key: str, readings: list[dict[str, Any]]) -> None:
        deadline = time.monotonic() + LONGEST_SECONDS
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{self.url}/api/v1/kpi-readings/bulk/",
            data=json.dumps({"readings": readings}).encode(),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                "Idempotency-Key": key,
            },
        )
        while time.monotonic() < deadline:
            self.journal.write(what="send", key=key, readings=readings)
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                    self.journal.write(what="ack", key=key, answer=json.load(answer))
                return
            except urllib.error.HTTPError as error:
                if error.code < 500 and error.code not in {409, 429}:
                    self.problem = f"{key}: {error.code} {error.read()[:300]!r}"
                    return
            except (OSError, ValueError):
                pass
            time.sleep(0.3)
        self.problem = f"{key}: no acknowledgement within {LONGEST_SECONDS:.0f} s"

    def finish(self) -> None:
        self.stopping.set()
        self.join(LONGEST_SECONDS + 15)
        assert not self.problem, self.problem
