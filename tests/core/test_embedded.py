"""The servers we bring along: they start from nothing, keep what was committed, and say plainly why they cannot start."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import stat
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import psycopg2
import pytest

from apps.core.embedded import broker, database, identity, paths, postgres
from apps.core.embedded.environment import embedded_variables
from apps.core.embedded.keyring import Keyring, ensure_keyring
from apps.core.embedded.platform import Wishes, choose_port, lock_home, prepare_own_database
from apps.core.errors import Refused


class Home:
    """A durable embedded installation in a folder of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.keys: Keyring = ensure_keyring(path)
        self.cluster = postgres.Cluster(home=path, password=self.keys.postgres)
        self.urls = embedded_variables(path, self.keys)

    def start(self) -> None:
        postgres.start(self.cluster, death_signal=signal.SIGINT)

    def query(self, url: str, statement: str) -> list[tuple[object, ...]]:
        with database.session(url) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    installation = Home(tmp_path_factory.mktemp("embedded"))
    installation.start()
    prepare_own_database(installation.path)
    yield installation
    postgres.stop(installation.cluster)


def test_a_second_start_uses_the_running_server(home: Home) -> None:
    assert postgres.start(home.cluster, death_signal=None) is None


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit", "data_checksums"])
def test_data_is_written_durably(home: Home, setting: str) -> None:
    assert home.query(home.cluster.url(), f"SHOW {setting}") == [("on",)]


def test_nobody_else_can_reach_sockets_or_keys(home: Home) -> None:
    assert stat.S_IMODE(paths.run_directory(home.path).stat().st_mode) in (0o700, 0o711)
    assert stat.S_IMODE((home.path / "secrets.json").stat().st_mode) == 0o600
    assert home.query(home.cluster.url(), "SHOW listen_addresses") == [("",)]


def test_a_wrong_password_is_refused_by_the_server(home: Home) -> None:
    wrong = home.urls["DATABASE_URL"].replace(home.keys.ops_app, "guess")
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(wrong)


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE kept",
        "DROP TABLE kept",
        "CREATE TABLE more ()",
        "ALTER TABLE kept ADD COLUMN x int",
        "SET ROLE ops_owner",
        "SET session_replication_role = replica",
    ],
)
def test_the_application_role_changes_rows_and_nothing_else(home: Home, statement: str) -> None:
    home.query(home.urls["DATABASE_OWNER_URL"], "CREATE TABLE IF NOT EXISTS kept (id serial, word text)")
    home.query(home.urls["DATABASE_URL"], "INSERT INTO kept (word) VALUES ('a')")
    with pytest.raises(psycopg2.Error, match="permission denied|must be owner"):
        home.query(home.urls["DATABASE_URL"], statement)


def test_the_application_role_stays_behind_the_fence_and_the_owner_sees_over_it(home: Home) -> None:
    for statement in (
        "CREATE TABLE fenced (department int)",
        "ALTER TABLE fenced ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE fenced FORCE ROW LEVEL SECURITY",
        "CREATE POLICY mine ON fenced USING (department = 1)",
        "INSERT INTO fenced VALUES (1), (2)",
    ):
        home.query(home.urls["DATABASE_OWNER_URL"], statement)
    assert home.query(home.urls["DATABASE_URL"], "SELECT department FROM fenced") == [(1,)]
    assert home.query(home.urls["DATABASE_OWNER_URL"], "SELECT count(*) FROM fenced") == [(2,)]


def test_extensions_are_there(home: Home) -> None:
    found = home.query(home.urls["DATABASE_URL"], "SELECT extname FROM pg_extension")
    assert set(database.EXTENSIONS) <= {name for (name,) in found}


def test_text_folds_accents_whatever_the_platform(home: Home) -> None:
    assert home.query(home.urls["DATABASE_URL"], "SELECT 'Änderung' ILIKE 'ä%', lower('ÅÖ')") == [(True, "åö")]


def test_committed_rows_survive_a_kill_of_the_server(home: Home) -> None:
    home.query(home.urls["DATABASE_OWNER_URL"], "CREATE TABLE survivors (id int)")
    for number in range(20):
        home.query(home.urls["DATABASE_URL"], f"INSERT INTO survivors VALUES ({number})")
    pid = postgres.live_pid(home.cluster)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)
    _start_when_the_old_one_is_gone(home)
    assert home.query(home.urls["DATABASE_URL"], "SELECT count(*) FROM survivors") == [(20,)]


def _start_when_the_old_one_is_gone(home: Home) -> None:
    for _ in range(20):
        with suppress(Refused):
            home.start()
            return
    home.start()


def test_a_killed_first_start_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    half = Home(tmp_path)
    (tmp_path / "pg.init").mkdir()
    (tmp_path / "pg.init" / "PG_VERSION").write_text("18\n")
    assert postgres.initialise(half.cluster) is True
    assert not (tmp_path / "pg.init").exists()
    assert postgres.initialise(half.cluster) is False


def test_a_lock_file_whose_pid_another_program_got_is_no_obstacle(tmp_path: Path) -> None:
    fresh = Home(tmp_path)
    postgres.initialise(fresh.cluster)
    (fresh.cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{fresh.cluster.data}x\n")
    assert postgres.live_pid(fresh.cluster) is None
    assert not (fresh.cluster.data / "postmaster.pid").exists()


def test_data_of_another_major_names_both_and_the_way(tmp_path: Path) -> None:
    old = Home(tmp_path)
    old.cluster.data.mkdir(mode=0o700)
    (old.cluster.data / "PG_VERSION").write_text("13\n")
    with pytest.raises(Refused, match=r"PostgreSQL 13, the installed program is \d+.*OPS_PG_BIN.*restore") as refused:
        postgres.initialise(old.cluster)
    assert refused.value.code == "postgres_major"


def test_data_of_another_user_names_both_and_the_way(tmp_path: Path) -> None:
    foreign = Home(tmp_path)
    if os.geteuid() == 0:
        postgres.initialise(foreign.cluster)
        os.chown(foreign.cluster.data, 1, 1)
        cluster = foreign.cluster
    else:
        cluster = postgres.Cluster(home=Path("/etc/opsplatform"), password="x")
    with pytest.raises(Refused, match=r"belongs to user \w+, but this is user \w+.*sudo chown") as refused:
        postgres.initialise(cluster)
    assert refused.value.code == "foreign_directory"


def test_root_in_a_private_home_gets_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where user namespaces are refused, root steps down to an account that cannot enter a private folder."""
    monkeypatch.setenv("OPS_NO_USER_NAMESPACE", "1")
    identity.server_identity.cache_clear()
    try:
        if os.geteuid() != 0:
            assert identity.server_identity().kind == "self"
            return
        tmp_path.chmod(0o700)
        with pytest.raises(Refused, match="ordinary user, or move the checkout") as refused:
            postgres.initialise(Home(tmp_path / "deep").cluster)
        assert refused.value.code == "private_home"
    finally:
        identity.server_identity.cache_clear()


def test_a_long_path_still_gives_a_working_socket(tmp_path: Path) -> None:
    deep = Home(tmp_path / ("folder" * 20))
    try:
        deep.start()
        assert deep.query(deep.cluster.url(), "SELECT 1") == [(1,)]
        broker.start(deep.path, death_signal=signal.SIGTERM)
        assert broker.process_id(deep.path) is not None
    finally:
        broker.stop(deep.path)
        postgres.stop(deep.cluster)
        shutil.rmtree(paths.run_directory(deep.path))


def test_redis_refuses_rather_than_forgets(tmp_path: Path) -> None:
    ensure_keyring(tmp_path)
    assert re.search("--maxmemory-policy noeviction", " ".join(broker.command(tmp_path)))
    try:
        broker.start(tmp_path, death_signal=signal.SIGTERM)
        assert broker.is_ready(tmp_path)
    finally:
        broker.stop(tmp_path)
    assert not broker.is_ready(tmp_path)


def test_one_checkout_runs_once(tmp_path: Path) -> None:
    with lock_home(tmp_path), pytest.raises(Refused, match="already runs.*Ctrl-C"):
        lock_home(tmp_path)
    lock_home(tmp_path).close()


def test_a_named_busy_port_is_refused_and_an_unnamed_one_avoided() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = taken.getsockname()[1]
        with pytest.raises(Refused, match=f"Port {busy} is in use.*--port"):
            choose_port(Wishes(port=busy))
    assert choose_port(Wishes(port=busy)) == busy
    assert 8000 <= choose_port(Wishes()) <= 8020


def test_damaged_keys_are_named(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{")
    with pytest.raises(Refused, match="restore"):
        ensure_keyring(tmp_path)
