"""The production description names every part, reads only settings that exist, and opens only the proxy's ports."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from apps.core.embedded.paths import REPOSITORY

COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {"web", "worker", "worker-slow", "relay", "migrate"}


def known_settings() -> set[str]:
    sources = [*(REPOSITORY / "opsplatform").glob("*.py"), *(REPOSITORY / "apps").rglob("*.py")]
    words = " ".join(path.read_text() for path in sources)
    return set(re.findall(r'"((?:OPS|DATABASE|REDIS)_[A-Z_]+)"', words))


def test_every_part_is_there() -> None:
    assert {"web", "worker", "relay", "postgres", "redis", "proxy"} <= set(SERVICES)
    assert SERVICES["worker"]["deploy"]["replicas"] >= 2


@pytest.mark.parametrize("name", sorted(OURS))
def test_only_settings_that_exist_are_set(name: str) -> None:
    environment = SERVICES[name]["environment"]
    assert len(environment) > 5
    unknown = {variable for variable in environment if variable.removesuffix("_FILE") not in known_settings()}
    assert unknown == set()


@pytest.mark.parametrize("name", ["web", "postgres", "redis"])
def test_what_others_wait_for_says_when_it_is_ready(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


def test_the_web_is_asked_for_the_ready_page() -> None:
    assert "/-/ready" in SERVICES["web"]["healthcheck"]["test"][-1]


def test_only_the_proxy_has_open_ports() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert "443:443" in SERVICES["proxy"]["ports"]


def test_every_volume_secret_config_and_service_that_is_named_is_declared() -> None:
    for service in SERVICES.values():
        assert {volume.split(":")[0] for volume in service.get("volumes", [])} <= set(COMPOSE["volumes"])
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
        assert {config["source"] for config in service.get("configs", [])} <= set(COMPOSE["configs"])
        assert set(service.get("depends_on", {})) <= set(SERVICES)


def test_only_the_migration_has_the_owner_role() -> None:
    holders = {name for name, service in SERVICES.items() if "database_owner_url" in service.get("secrets", [])}
    assert holders == {"migrate"}


def test_the_two_roles_are_as_strong_as_in_the_embedded_default() -> None:
    script = COMPOSE["configs"]["make_roles"]["content"]
    assert "ops_owner LOGIN CREATEDB BYPASSRLS" in script
    assert "ops_app LOGIN NOBYPASSRLS" in script
    assert "SUPERUSER" not in script
    assert "TRUNCATE" not in script


def test_no_password_stands_in_the_file() -> None:
    text = (REPOSITORY / "docker-compose.yml").read_text()
    assert not re.search(r"(PASSWORD|SECRET_KEY|PEPPER):\s*\S", text)
    assert {entry["file"].split("/")[1] for entry in COMPOSE["secrets"].values()} == {"var"}


def test_the_image_installs_by_hash_and_runs_as_nobody_special() -> None:
    lines = (REPOSITORY / "Dockerfile").read_text().splitlines()
    assert sum("--require-hashes" in line for line in lines) == 2
    assert "USER ops" in lines
    for line in lines:
        if line.startswith("COPY") and "--from" not in line and line != "COPY . .":
            *sources, _ = line.split()[1:]
            assert all((REPOSITORY / source).exists() for source in sources), line
