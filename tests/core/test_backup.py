"""The drills: a backup comes back whole, and everything that could go wrong is refused with nothing half-restored."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections

from apps.core.embedded import backup, database
from apps.core.embedded.paths import REPOSITORY
from apps.core.embedded.restore import restore_backup
from apps.core.embedded.sealing import seal, unseal
from apps.core.errors import Refused
from tests.support.databases import RunDatabase, app_url, owner_url, superuser_url
from tests.support.stack import Stack

PASSPHRASE = "three wet stones"


class Site:
    """An installation on an outside server: its own database, files and home."""

    def __init__(self, *, run: RunDatabase, home: Path) -> None:
        self.database, self.home = run, home
        self.media = home / "media"

    def write(self, *names: str) -> None:
        with database.session(owner_url(self.database.name)) as connection, connection.cursor() as cursor:
            for name in names:
                cursor.execute("INSERT INTO auth_group (name) VALUES (%s)", [name])

    def names(self) -> list[str]:
        with database.session(owner_url(self.database.name)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT name FROM auth_group ORDER BY name")
            return [name for (name,) in cursor.fetchall()]

    def back_up(self) -> Path:
        return backup.write_backup(folder=self.home / "backups", passphrase=PASSPHRASE)

    def restore(self, source: Path, *, passphrase: str = PASSPHRASE, confirm: bool = True) -> None:
        name = self.database.name if confirm else None
        restore_backup(home=self.home, source=source, passphrase=passphrase, confirm=name)


@pytest.fixture
def site(template_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    run = RunDatabase(template=template_database, suffix="backup")
    run.create()
    connections.close_all()
    monkeypatch.setenv("DATABASE_URL", app_url(run.name))
    monkeypatch.setenv("DATABASE_OWNER_URL", owner_url(run.name))
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path / "media")
    here = Site(run=run, home=tmp_path)
    (here.media / "ab").mkdir(parents=True)
    (here.media / "ab" / "plan.txt").write_text("line 2 stops at six")
    here.write("before")
    yield here
    run.drop()


def databases_like(name: str) -> set[str]:
    with database.session(superuser_url()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [name])
        return {found for (found,) in cursor.fetchall()}


def change_manifest(source: Path, **changes: object) -> None:
    manifest = replace(backup.read_manifest(source), **changes)  # type: ignore[arg-type]
    (source / backup.MANIFEST).write_text(json.dumps(vars(manifest)))


def test_what_was_saved_comes_back_and_what_came_after_is_in_the_safety_backup(site: Site) -> None:
    saved = site.back_up()
    site.write("after")
    (site.media / "ab" / "plan.txt").write_text("changed")
    site.restore(saved)
    assert site.names() == ["before"]
    assert (site.media / "ab" / "plan.txt").read_text() == "line 2 stops at six"
    (safety,) = (site.home / "backups" / "before-restore").iterdir()
    site.restore(safety)
    assert site.names() == ["after", "before"]
    assert databases_like(site.database.name) == {site.database.name}


def test_rights_and_fences_come_back_too(site: Site) -> None:
    def facts() -> list[tuple[object, ...]]:
        with database.session(owner_url(site.database.name)) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname, relkind::text, relrowsecurity, relforcerowsecurity, pg_get_userbyid(relowner), "
                "array(SELECT unnest(relacl)::text ORDER BY 1) FROM pg_class "
                "WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
            )
            relations = cursor.fetchall()
            cursor.execute(
                "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2"
            )
            triggers = cursor.fetchall()
            cursor.execute("SELECT defaclobjtype::text, defaclacl::text FROM pg_default_acl ORDER BY 1")
            return [*relations, *triggers, *cursor.fetchall()]

    before = facts()
    assert len(before) > 40
    site.restore(site.back_up())
    assert facts() == before


def test_new_events_stand_after_restored_ones(site: Site) -> None:
    """A server that counts lower than the one saved would put tomorrow's events before yesterday's."""
    with database.session(owner_url(site.database.name)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_event (name, subject, departments, payload, changes, request_id, xact)"
            " SELECT 'x', 'x:1', '{}', '{}', '{}', '', (pg_current_xact_id()::text::bigint + 3000)::text::xid8"
            " RETURNING xact::text::bigint"
        )
        newest = cursor.fetchone()[0]
    site.restore(site.back_up())
    with database.session(owner_url(site.database.name)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        assert cursor.fetchone()[0] > newest
        cursor.execute("SELECT name FROM core_event ORDER BY core_event.xact DESC, id DESC LIMIT 1")
        assert cursor.fetchone() == ("core.restored",), "the restore stands in the log, after what it restored"


def test_a_backup_during_work_is_of_one_moment(site: Site) -> None:
    """Rows written between dump and count may not make a good backup look damaged."""
    writer = (
        f"import psycopg2, itertools; c = psycopg2.connect({owner_url(site.database.name)!r}); c.autocommit = True; k = c.cursor()\n"
        "for n in itertools.count(): k.execute('INSERT INTO auth_group (name) VALUES (%s)', [f'busy {n}'])"
    )
    busy = subprocess.Popen([sys.executable, "-c", writer])
    try:
        while len(site.names()) < 10:
            pass
        saved = site.back_up()
    finally:
        busy.kill()
        busy.wait()
    site.restore(saved)
    assert len(site.names()) == backup.read_manifest(saved).row_counts["auth_group"] >= 10


def refuse(site: Site, saved: Path, code: str, words: str, **options: object) -> None:
    site.write("after")
    with pytest.raises(Refused, match=words) as refused:
        site.restore(saved, **options)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert site.names() == ["after", "before"]
    assert (site.media / "ab" / "plan.txt").read_text() == "line 2 stops at six"
    assert databases_like(site.database.name) == {site.database.name}
    assert not site.media.with_name("media.restoring").exists()


def test_a_backup_of_a_newer_version_is_refused(site: Site) -> None:
    saved = site.back_up()
    change_manifest(saved, app_version="99.1.0")
    refuse(site, saved, "wrong_version", "Install version 99.1.0 or newer")


def test_a_backup_with_unknown_tables_is_refused(site: Site) -> None:
    saved = site.back_up()
    change_manifest(saved, migrations=[*backup.read_manifest(saved).migrations, "core.9999_future"])
    refuse(site, saved, "wrong_version", "or newer, then restore")


def test_a_backup_in_another_format_is_refused(site: Site) -> None:
    saved = site.back_up()
    change_manifest(saved, format=7)
    refuse(site, saved, "wrong_format", "format 7")


@pytest.mark.parametrize("part", [backup.DUMP, backup.MEDIA, backup.KEYS])
def test_a_damaged_part_is_refused(site: Site, part: str) -> None:
    saved = site.back_up()
    content = bytearray((saved / part).read_bytes())
    content[len(content) // 2] ^= 1
    (saved / part).write_bytes(content)
    refuse(site, saved, "damaged", f"damaged: {part}")


def test_a_missing_part_is_refused(site: Site) -> None:
    saved = site.back_up()
    (saved / backup.MEDIA).unlink()
    refuse(site, saved, "damaged", "media.tar is missing")


def test_a_damaged_manifest_is_refused(site: Site) -> None:
    saved = site.back_up()
    (saved / backup.MANIFEST).write_text('{"format": 1')
    refuse(site, saved, "damaged", "manifest.json is damaged")


def test_a_truncated_dump_is_refused_even_when_its_sum_was_made_to_fit(site: Site) -> None:
    saved = site.back_up()
    whole = (saved / backup.DUMP).read_bytes()
    (saved / backup.DUMP).write_bytes(whole[: len(whole) * 2 // 3])
    parts = backup.read_manifest(saved).parts | {backup.DUMP: backup.sha256_of(saved / backup.DUMP)}
    change_manifest(saved, parts=parts)
    refuse(site, saved, "pg_restore_failed", "pg_restore could not finish")


def test_a_dump_with_other_rows_than_promised_is_refused(site: Site) -> None:
    saved = site.back_up()
    change_manifest(saved, row_counts=backup.read_manifest(saved).row_counts | {"auth_group": 2})
    refuse(site, saved, "damaged", "differ from the backup's list: auth_group")


def test_files_that_would_land_outside_are_refused(site: Site) -> None:
    saved = site.back_up()
    outside = site.home / "outside.txt"
    outside.write_text("x")
    with tarfile.open(saved / backup.MEDIA, "w") as archive:
        archive.add(outside, arcname="../escaped.txt")
    parts = backup.read_manifest(saved).parts | {backup.MEDIA: backup.sha256_of(saved / backup.MEDIA)}
    change_manifest(saved, parts=parts)
    refuse(site, saved, "damaged", "outside its folder")
    assert not (site.home / "escaped.txt").exists()


def test_a_wrong_passphrase_is_refused(site: Site) -> None:
    refuse(site, site.back_up(), "wrong_passphrase", "passphrase does not open", passphrase="two dry stones")


def test_an_older_server_is_refused(site: Site) -> None:
    saved = site.back_up()
    change_manifest(saved, postgres_major=99)
    refuse(site, saved, "postgres_major", "Use a server of version 99 or newer")


def test_data_is_not_replaced_without_its_name(site: Site) -> None:
    refuse(site, site.back_up(), "confirmation_missing", f"--confirm {site.database.name}", confirm=False)


def test_a_folder_that_is_no_backup_is_refused(site: Site, tmp_path: Path) -> None:
    refuse(site, tmp_path, "no_backup", "is no backup")


def test_keys_are_unreadable_without_the_passphrase() -> None:
    sealed = seal({"OPS_SECRET_KEY": "very secret"}, PASSPHRASE)
    assert "very secret" not in sealed
    assert unseal(sealed, PASSPHRASE) == {"OPS_SECRET_KEY": "very secret"}
    assert seal({"OPS_SECRET_KEY": "very secret"}, PASSPHRASE) != sealed


def manage(*command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, str(REPOSITORY / "manage.py"), *command]
    return subprocess.run(program, env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_backup_comes_up_on_another_machine_and_passes_verify(site: Site, tmp_path: Path) -> None:
    """From an outside server into an empty folder with the embedded one, keys included, by the commands people use."""
    saved = site.back_up()
    theirs = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "REDIS_", "OPS_"))}
    theirs |= {"OPS_HOME": str(tmp_path / "other"), "OPS_BACKUP_PASSPHRASE": PASSPHRASE, "OPS_TEST": "1"}
    done = manage("restore", str(saved), environment=theirs)
    assert done.returncode == 0, done.stderr
    assert "Everybody signs in again" in done.stdout
    keys = json.loads((tmp_path / "other" / "secrets.json").read_text())
    assert keys["secret_key"] == settings.SECRET_KEY
    assert (tmp_path / "other" / "media" / "ab" / "plan.txt").read_text() == "line 2 stops at six"
    verdict = manage("verify", environment=theirs)
    assert verdict.returncode == 0, verdict.stdout
    assert " 0 broken" in verdict.stdout
    again = manage("restore", str(saved), environment=theirs)
    assert again.returncode == 1
    assert "--confirm opsplatform" in again.stderr
    assert "Traceback" not in again.stderr


@pytest.mark.slow
@pytest.mark.chaos
def test_a_running_platform_is_backed_up_but_not_restored_over(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPS_BACKUP_PASSPHRASE", PASSPHRASE)
    words = stack.manage("backup", "--to", str(tmp_path))
    (saved,) = tmp_path.iterdir()
    assert str(saved) in words
    environment = stack.env | {"OPS_BACKUP_PASSPHRASE": PASSPHRASE}
    refused = manage("restore", str(saved), "--confirm", stack.database.name, environment=environment)
    assert refused.returncode == 1
    assert "The platform is running. Stop it" in refused.stderr
    stack.wait_ready(timeout=5)
