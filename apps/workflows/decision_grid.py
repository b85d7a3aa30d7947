"""The table editor's form: a grid of plain fields, read and changed row by row, so that it works without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.workflows.dmn.reading import split_list
from apps.workflows.dmn.table import MOST_COLUMNS, MOST_RULES

Grid = dict[str, Any]


def from_post(post: Mapping[str, str]) -> Grid:
    """The grid as it was typed; sizes come from hidden fields and are bounded."""
    inputs, outputs = _size(post, "inputs", MOST_COLUMNS), _size(post, "outputs", MOST_COLUMNS)

    def text(name: str) -> str:
        return post.get(name, "").strip()

    def column(key: str) -> dict[str, Any]:
        plain = {name: text(f"{key}-{name}") for name in ("name", "type", "label")}
        return {**plain, "values": split_list(text(f"{key}-values"))}

    def rule(key: str) -> dict[str, Any]:
        when = [text(f"{key}-i{at}") for at in range(inputs)]
        return {"when": when, "then": [text(f"{key}-o{at}") for at in range(outputs)], "note": text(f"{key}-note")}

    def case(key: str) -> dict[str, Any]:
        values = {text(f"i{at}-name"): text(f"{key}-i{at}") for at in range(inputs)}
        return {"name": text(f"{key}-name"), "values": values, "expect": text(f"{key}-expect")}

    return {
        "policy": text("policy") or "U",
        "inputs": [column(f"i{at}") for at in range(inputs)],
        "outputs": [{**column(f"o{at}"), "default": text(f"o{at}-default")} for at in range(outputs)],
        "rules": [rule(f"r{row}") for row in range(_size(post, "rules", MOST_RULES))],
        "cases": [case(f"k{row}") for row in range(_size(post, "cases", 200))],
    }


def _size(post: Mapping[str, str], name: str, most: int) -> int:
    text = post.get(name, "0")
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def changed(grid: Grid, act: str) -> Grid:
    """The grid after “add-rule”, “remove-input-2”, “up-rule-3”, …; an act that fits nothing changes nothing."""
    verb, _, rest = act.partition("-")
    what, _, number = rest.partition("-")
    at = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else -1
    lists = {"rule": "rules", "input": "inputs", "output": "outputs", "case": "cases"}
    if what not in lists:
        return grid
    rows = grid[lists[what]]
    if verb == "add":
        _add(grid, what, at)
    elif 0 <= at < len(rows):
        if verb == "remove" and not (what == "output" and len(rows) == 1):
            _remove(grid, what, at)
        elif verb in ("up", "down") and what in ("rule", "case"):
            other = at - 1 if verb == "up" else at + 1
            if 0 <= other < len(rows):
                rows[at], rows[other] = rows[other], rows[at]
    return grid


def _add(grid: Grid, what: str, at: int) -> None:
    if what == "rule":
        empty = {"when": ["-"] * len(grid["inputs"]), "then": [""] * len(grid["outputs"]), "note": ""}
        place = at + 1 if at >= 0 else len(grid["rules"])
        grid["rules"].insert(place, empty)
    elif what == "input":
        grid["inputs"].append({"name": _free(grid["inputs"], "input"), "type": "", "values": [], "label": ""})
        for rule in grid["rules"]:
            rule["when"].append("-")
    elif what == "output":
        name = _free(grid["outputs"], "outcome")
        grid["outputs"].append({"name": name, "type": "", "values": [], "default": "", "label": ""})
        for rule in grid["rules"]:
            rule["then"].append("")
    else:
        grid["cases"].append({"name": f"Case {len(grid['cases']) + 1}", "values": {}, "expect": ""})


def _free(columns: list[dict[str, Any]], stem: str) -> str:
    taken = {one["name"] for one in columns}
    return next(name for at in range(1, MOST_COLUMNS + 2) if (name := f"{stem}_{at}") not in taken)


def _remove(grid: Grid, what: str, at: int) -> None:
    if what == "input":
        name = grid["inputs"].pop(at)["name"]
        for rule in grid["rules"]:
            rule["when"].pop(at)
        for case in grid["cases"]:
            case["values"].pop(name, None)
    elif what == "output":
        grid["outputs"].pop(at)
        for rule in grid["rules"]:
            rule["then"].pop(at)
    else:
        grid["rules" if what == "rule" else "cases"].pop(at)


def table_of(grid: Grid) -> dict[str, Any]:
    return {name: grid[name] for name in ("policy", "inputs", "outputs", "rules")}


def cases_of(grid: Grid) -> list[dict[str, Any]]:
    """Saved cases, without inputs that were left empty."""
    return [
        {**one, "values": {name: text for name, text in one["values"].items() if name and text}}
        for one in grid["cases"]
    ]
