"""What every benchmark shares: interleaved medians of wall and CPU seconds, a row with goal and verdict, JSON on disk."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("results")


def cpu_of(pids: list[int]) -> float:
    """CPU seconds of these processes and their children so far, this process included."""
    total = sum(os.times()[:4])
    tick = os.sysconf("SC_CLK_TCK")
    for pid in pids:
        for entry in _family(pid):
            try:
                fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            total += sum(int(one) for one in fields[11:15]) / tick
    return total


def _family(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        try:
            found += [int(child) for child in Path(f"/proc/{one}/task/{one}/children").read_text().split()]
        except OSError:
            continue
    return found


def interleaved(
    work: dict[str, Callable[[], Any]], *, rounds: int, pids: list[int] | None = None
) -> dict[str, tuple[float, float]]:
    """Median wall and CPU seconds of each piece of work, measured in turns so that drift hits all alike."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, run in work.items():
            cpu, start = cpu_of(pids or []), time.perf_counter()
            run()
            taken[name].append((time.perf_counter() - start, cpu_of(pids or []) - cpu))
    return {
        name: (statistics.median(wall for wall, _ in runs), statistics.median(cpu for _, cpu in runs))
        for name, runs in taken.items()
    }


def unit_cpu() -> float:
    """Seconds for 200 000 SHA-256: how fast this machine is at this moment."""
    start = time.perf_counter()
    for number in range(200_000):
        hashlib.sha256(number.to_bytes(8, "big")).digest()
    return time.perf_counter() - start


@dataclass
class Row:
    """One figure: ours against a limit of the same run; `goal` is the highest ratio we want."""

    id: str
    work: str
    limit: float
    ours: float
    goal: float
    unit: str = "s"
    at_least: bool = False
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.limit if self.limit else float("inf")

    @property
    def verdict(self) -> str:
        met = self.ratio >= self.goal if self.at_least else self.ratio <= self.goal
        return "met" if met else "missed"


@dataclass
class Report:
    """The rows of one benchmark."""

    name: str
    size: str
    rows: list[Row] = field(default_factory=list)

    def add(self, *args: Any, **kwargs: Any) -> None:
        self.rows.append(Row(*args, **kwargs))

    def text(self) -> str:
        lines = [f"{'id':<6} {'work':<52} {'limit':>10} {'ours':>10} {'ratio':>7} {'goal':>7}  verdict"]
        for row in self.rows:
            sign = "≥" if row.at_least else "≤"
            lines.append(
                f"{row.id:<6} {row.work:<52} {row.limit:>10.4g} {row.ours:>10.4g} {row.ratio:>7.2f}"
                f" {sign}{row.goal:>6.4g}  {row.verdict}{f'  ({row.note})' if row.note else ''}"
            )
        return "\n".join(lines)

    def save(self) -> Path:
        RESULTS.mkdir(exist_ok=True)
        place = RESULTS / f"{self.name}.json"
        rows = [asdict(row) | {"ratio": round(row.ratio, 3), "verdict": row.verdict} for row in self.rows]
        about = {
            "name": self.name,
            "size": self.size,
            "unit_cpu": round(unit_cpu(), 4),
            "python": platform.python_version(),
        }
        place.write_text(
            json.dumps(about | {"cores": os.cpu_count(), "rows": rows}, indent=1, ensure_ascii=False) + "\n"
        )
        return place
