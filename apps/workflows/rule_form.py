"""The rule editor's form: plain fields, nested groups as a flat list with parents, so that it works without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.core.resources.resource import resources
from apps.workflows.automation.conditions import GROUPS, MOST_DEPTH, MOST_ROWS
from apps.workflows.rule_steps import MOST_STEPS, NEW, RECORD

Draft = dict[str, Any]
TRIGGER = ("kind", "fact", "body", "resource", "what", "rule", "zone", "misfire", "start")


def from_post(post: Mapping[str, str]) -> Draft:
    """The definition as it was typed."""
    trigger = {name: post.get(f"t-{name}", "").strip() for name in TRIGGER}
    trigger = {name: value for name, value in trigger.items() if value}
    return {
        "trigger": _fitting(trigger),
        "conditions": _tree(post),
        "steps": [_step(post, at) for at in range(_size(post, "steps", MOST_STEPS))],
    }


def _fitting(trigger: dict[str, str]) -> dict[str, str]:
    """Only what the kind of trigger has."""
    kept = {
        "fact": ("kind", "fact", "resource", "body", "misfire"),
        "change": ("kind", "resource", "what", "misfire"),
        "schedule": ("kind", "rule", "zone", "misfire", "start", "resource"),
    }
    return {name: value for name, value in trigger.items() if name in kept.get(trigger.get("kind", ""), TRIGGER)}


def _size(post: Mapping[str, str], name: str, most: int) -> int:
    text = post.get(name, "0")
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _tree(post: Mapping[str, str]) -> Draft:
    """Nodes 0 … n-1, each naming its parent before it; node 0 is the outermost group."""
    nodes: list[tuple[Draft, int]] = []
    root: Draft = {"all": []}
    for at in range(_size(post, "nodes", MOST_ROWS * 2)):
        kind = post.get(f"n{at}-kind", "row")
        text = post.get(f"n{at}-parent", "")
        parent = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1
        node = {kind: []} if kind in GROUPS else _row(post, at)
        depth = nodes[parent][1] + 1 if 0 <= parent < len(nodes) else 1
        if at == 0 and kind in GROUPS:
            root = node
        elif 0 <= parent < len(nodes) and depth <= MOST_DEPTH:
            _members(nodes[parent][0]).append(node)
        nodes.append((node, depth))
    return root


def _row(post: Mapping[str, str], at: int) -> Draft:
    return {name: post.get(f"n{at}-{name}", "").strip() for name in ("field", "op", "value")}


def _members(node: Draft) -> list[Any]:
    kind = next((name for name in GROUPS if name in node), None)
    found: list[Any] = node[kind] if kind is not None else []
    return found


def _step(post: Mapping[str, str], at: int) -> Draft:
    resource, _, action = post.get(f"s{at}-action", "").partition(".")
    prefix = f"s{at}-in-"
    inputs = {name.removeprefix(prefix): value.strip() for name, value in post.items() if name.startswith(prefix)}
    found: Draft = {"resource": resource, "action": action, "inputs": {k: v for k, v in inputs.items() if v}}
    known = resources.get(resource)
    verb = known.action(action) if known is not None else None
    if verb is not None:
        found["inputs"] = {name: value for name, value in found["inputs"].items() if name in verb.form.base_fields}
        found["target"] = NEW if verb.kind == "create" else post.get(f"s{at}-target", "") or RECORD
    return found


def flat(tree: Draft) -> list[Draft]:
    """The tree as the form shows it: every node with its number, parent and depth."""
    found: list[Draft] = []

    def put(node: Draft, parent: int, depth: int) -> None:
        at = len(found)
        kind = next((name for name in GROUPS if name in node), "row")
        found.append({"at": at, "parent": parent, "depth": depth, "kind": kind, **(node if kind == "row" else {})})
        for one in _members(node):
            put(one, at, depth + 1)

    put(tree if any(name in tree for name in GROUPS) else {"all": [tree]}, -1, 0)
    return found


def changed(draft: Draft, act: str) -> Draft:
    """The draft after “row-0”, “group-0”, “drop-3”, “step”, “drop-step-1”, “up-step-1”; another act changes nothing."""
    verb, _, rest = act.partition("-")
    if verb in ("row", "group", "drop") and rest.isascii() and rest.isdigit() and len(rest) < 6:
        _change_tree(draft, verb, int(rest))
    elif act == "step" and len(draft["steps"]) < MOST_STEPS:
        draft["steps"].append({"resource": "", "action": "", "inputs": {}})
    else:
        what, _, number = rest.partition("-")
        at = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else -1
        if what == "step" and 0 <= at < len(draft["steps"]):
            _move_step(draft["steps"], verb, at)
    return draft


def _move_step(steps: list[Draft], verb: str, at: int) -> None:
    if verb == "drop":
        steps.pop(at)
    elif verb in ("up", "down"):
        other = at - 1 if verb == "up" else at + 1
        if 0 <= other < len(steps):
            steps[at], steps[other] = steps[other], steps[at]


def _change_tree(draft: Draft, verb: str, number: int) -> None:
    """Numbers are those of the flat list."""
    seen = 0

    def visit(node: Draft, owner: list[Any] | None) -> bool:
        nonlocal seen
        here, seen = seen, seen + 1
        if here == number:
            if verb == "drop" and owner is not None:
                owner.remove(node)
            elif verb == "row":
                _members(node).append({"field": "", "op": "is", "value": ""})
            elif verb == "group":
                _members(node).append({"all": []})
            return True
        return any(visit(one, _members(node)) for one in list(_members(node)))

    visit(draft["conditions"], None)
