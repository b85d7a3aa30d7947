"""Twenty faults in a minute against web, worker, relay, Redis and PostgreSQL: nothing acknowledged is lost or doubled.

Run other profiles with OPS_CHAOS_SEED, OPS_CHAOS_FAULTS and OPS_CHAOS_SECONDS.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.chaos.clients import Client, Journal
from tests.chaos.faults import Injector
from tests.chaos.naive import NAIVE, NaiveSystem
from tests.chaos.oracle import broken_invariants, examine, settle, unfinished
from tests.support.company import make_company
from tests.support.stack import Stack

pytestmark = [pytest.mark.chaos, pytest.mark.slow]
SEED = int(os.environ.get("OPS_CHAOS_SEED", "20261124"))
FAULTS = int(os.environ.get("OPS_CHAOS_FAULTS", "20"))
SECONDS = float(os.environ.get("OPS_CHAOS_SECONDS", "60"))
CODES = ("chaos_a", "chaos_b")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The embedded default with its own PostgreSQL (fsync on) and Redis under the real supervisor."""
    running = Stack(home=tmp_path_factory.mktemp("chaos"), database=None)
    running.start(timeout=180)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def made(own: Stack) -> dict[str, Any]:
    return make_company(own, *CODES)


def test_without_faults_the_control_passes_the_same_judge(stack: Stack) -> None:
    """What the control loses below is lost to the faults, not to a mistake in the control or to an unfair judge."""
    naive, journal = NaiveSystem(stack, patience=30), Journal(stack.home / "calm.jsonl")
    naive.start()
    client = Client(0, naive.url, "", journal, CODES)
    client.start()
    enough = time.monotonic() + 60
    while len(journal.acknowledged()) < 20 and time.monotonic() < enough:
        time.sleep(0.5)
    client.finish()
    naive.finish()
    assert len(journal.acknowledged()) >= 20
    assert examine(stack, journal, NAIVE) == []


def test_nothing_acknowledged_is_lost_or_doubled(own: Stack, made: dict[str, Any]) -> None:
    journal, control = Journal(own.home / "journal.jsonl"), Journal(own.home / "control.jsonl")
    naive = NaiveSystem(own)
    naive.start()
    clients = [
        Client(number, url, made["token"], book, CODES)
        for number in range(3)
        for url, book in ((own.url, journal), (naive.url, control))
    ]
    injector = Injector(own, seed=SEED, faults=FAULTS, seconds=SECONDS, also=naive.strike)
    for client in clients:
        client.start()
    injector.run()
    for client in clients:
        client.finish()
    settled = settle(own, seconds=60)
    naive.finish()
    problems = [*settled, *examine(own, journal), *broken_invariants(own)]
    found = examine(own, control, NAIVE)
    acked = journal.acknowledged()
    print(  # noqa: T201 - the seed makes a failure repeatable
        f"\nseed {SEED}: {len(injector.done)} faults, {len(acked)} acknowledged of {journal.tries()} tries,"
        f" {journal.first_try_share():.0%} at the first try; the control: {found}"
    )
    assert not problems, own_story(own, injector, problems)
    assert len(injector.done) == FAULTS
    assert len(acked) >= 30
    assert len(control.acknowledged()) >= 30
    lost = "the control must lose work before the same judge, or this test would not notice a loss"
    assert any(one.startswith("batches without roll-up") for one in found), lost
    assert unfinished(own, NAIVE) < len(control.acknowledged()) / 2, "a control that hardly works proves nothing"


def own_story(own: Stack, injector: Injector, problems: list[str]) -> str:
    """Everything needed to understand and repeat a failure."""
    logs = "\n".join(f"--- {name}\n{own.log(name)[-3000:]}" for name in ("web", "worker", "relay"))
    faults = "\n".join(f"{at:5.1f} s {name}" for at, name in injector.done)
    return "\n".join([*problems, f"seed {SEED}", faults, logs, time.strftime("%H:%M:%S")])
