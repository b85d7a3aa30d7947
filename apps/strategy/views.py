"""The strategy page: the OKR tree or the strategy map, each with the same numbers as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from apps.core.access.rights import rights_of
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.core.web.navigation import NavPage, add_page
from apps.strategy import drawing, panels, queries
from apps.strategy.drawing import Node
from apps.strategy.models import Objective
from apps.strategy.queries import Branch

VIEWS = (("tree", "OKR tree"), ("map", "Strategy map"))

add_page(
    NavPage(
        "strategy",
        "Strategy",
        "compass",
        "Money & results",
        30,
        lambda user: rights_of(user).can_somewhere("kpi", "r"),
    )
)


@page("kpi", "r")
def strategy(request: HttpRequest) -> HttpResponse:
    view = request.GET.get("view", "tree")
    view = view if view in dict(VIEWS) else "tree"
    today = timezone.now().astimezone(cells.zone_of(request.user)).date()
    forest = queries.forest(request.user, today=today)
    everything = [one for root in forest for one in root.walk()]
    nodes = _placed(forest)
    svg = drawing.strategy_map(nodes, _lanes()) if view == "map" else drawing.tree(nodes)
    behind = [one for one in everything if one.tone in {"warn", "bad"}]
    shown = pm.ChartPage(
        title="Strategy",
        verdict=_verdict(everything, behind),
        crumbs=(pm.Crumb("Money & results"), pm.Crumb("Strategy")),
        facts=f"{len(everything)} objectives · progress from KPIs as of their last whole period",
        periods=tuple(pm.Link(label, f"?view={name}", current=name == view) for name, label in VIEWS),
        buttons=(
            pm.Button("All objectives", reverse("list", args=["objectives"]), "list"),
            pm.Button("Changes around us", reverse("list", args=["scan-items"]), "radar"),
        ),
        primary=_new_button(request),
        sections=(
            pm.Section(
                dict(VIEWS)[view],
                note="Tab walks the boxes, Enter opens",
                body=format_html('<div class="o-scroll o-map">{}</div>', svg),
            )
            if nodes
            else pm.Section("OKR tree", text="No objectives yet. Write down the first one; key results follow."),
            pm.Section("The same as a table", table=panels.branch_table(everything, "Objectives")),
        ),
    )
    return render(request, "strategy/strategy.html", {"page": shown})


def _new_button(request: HttpRequest) -> pm.Button | None:
    if not rights_of(request.user).can_somewhere("kpi", "c"):
        return None
    return pm.Button("New objective", reverse("create", args=["objectives"]), "plus", "pri")


def _verdict(everything: list[Branch], behind: list[Branch]) -> pm.Alert:
    if not everything:
        return pm.Alert("Nothing to steer by yet.", "An objective says what to reach; key results prove it.", "info")
    if not behind:
        return pm.Alert("All measured objectives keep their pace.", "", "good")
    names = ", ".join(f"“{one.objective.title}”" for one in behind[:2])
    more = f" and {len(behind) - 2} more" if len(behind) > 2 else ""
    tone: pm.Tone = "bad" if any(one.tone == "bad" for one in behind) else "warn"
    return pm.Alert(f"{len(behind)} of {len(everything)} objectives are behind their pace.", f"{names}{more}.", tone)


def _lanes() -> list[tuple[str, str]]:
    return [(str(value), str(label)) for value, label in Objective.Perspective.choices]


def _placed(forest: list[Branch]) -> list[Node]:
    """Depth-first: leaves take the next row, a parent stands in the middle of its parts."""
    rows = iter(range(10_000))
    return [node for root in forest for node in _place(root, 0, rows)]


def _place(branch: Branch, depth: int, rows: Iterator[int]) -> list[Node]:
    below = [_place(child, depth + 1, rows) for child in branch.children]
    row = (below[0][0].row + below[-1][0].row) / 2 if below else float(next(rows))
    own = replace(_node(branch), depth=depth, row=row)
    return [own, *(node for nodes in below for node in nodes)]


def _node(branch: Branch) -> Node:
    one = branch.objective
    return Node(
        key=one.pk,
        title=one.title,
        owner=f"{one.owner} · {one.department.code}",
        share=branch.progress.share,
        tone=branch.tone,
        url=reverse("record", args=["objectives", one.pk]),
        lane=one.perspective,
        parent=one.parent_id,
    )
