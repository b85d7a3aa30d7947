"""The OKR tree and the strategy map as drawings: boxes that are links, reachable by Tab, with a table beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from textwrap import wrap

from django.utils.safestring import SafeString

from apps.core.charts.svg import FONT, SIZE, el, text
from apps.strategy.panels import WORDS
from apps.strategy.progress import capped

WIDTH, HEIGHT, GAP_X, GAP_Y = 232, 80, 44, 14
LETTERS = 34
LANE = 118
FILL = {"fill": "#FFFFFF", "stroke": "#DFE3EA"}


@dataclass(frozen=True, slots=True)
class Node:
    """One objective as it is drawn; `words` is what a screen reader says for it."""

    key: int
    title: str
    owner: str
    share: Decimal | None
    tone: str
    url: str
    lane: str
    parent: int | None
    depth: int = 0
    row: float = 0.0

    @property
    def words(self) -> str:
        share = "no value yet" if self.share is None else f"{self.share * 100:.0f} per cent, {WORDS[self.tone]}"
        return f"{self.title}, {self.owner}, {share}"


Place = tuple[float, float]


def tree(nodes: Sequence[Node]) -> SafeString:
    """Left to right: each objective beside what it is part of. `depth` and `row` of the nodes say where."""
    places = {node.key: (8.0 + node.depth * (WIDTH + GAP_X), 8.0 + node.row * (HEIGHT + GAP_Y)) for node in nodes}
    width = int(max(x for x, _ in places.values()) + WIDTH + 8) if places else WIDTH
    height = int(max(y for _, y in places.values()) + HEIGHT + 8) if places else HEIGHT
    edges = [_side_edge(places[node.parent], places[node.key]) for node in nodes if node.parent in places]
    return _page(width, height, "Objectives and what they are part of", [*edges, *_boxes(nodes, places)])


def strategy_map(nodes: Sequence[Node], lanes: Sequence[tuple[str, str]]) -> SafeString:
    """Perspectives as lanes from learning below to money on top; an arrow says what an objective serves."""
    places: dict[int, Place] = {}
    marks: list[SafeString] = []
    top, widest = 8.0, 700.0
    for name, label in lanes:
        members = [node for node in nodes if node.lane == name]
        marks.append(text(8, top + 16, label, class_="c-text c-strong", fill="#151A24", font_weight=600))
        for index, node in enumerate(members):
            places[node.key] = (150.0 + index * (WIDTH + 20), top + 8)
        widest = max(widest, 150.0 + len(members) * (WIDTH + 20))
        top += LANE
        marks.append(el("line", x1=8.0, y1=top - 8, x2=widest, y2=top - 8, class_="c-grid", stroke="#DFE3EA"))
    arrows = [_up_edge(places[node.key], places[node.parent]) for node in nodes if node.parent in places]
    return _page(int(widest), int(top), "Strategy map", [*marks, *arrows, *_boxes(nodes, places)])


def _boxes(nodes: Iterable[Node], places: dict[int, Place]) -> list[SafeString]:
    return [_box(node, *places[node.key]) for node in nodes if node.key in places]


def _box(node: Node, x: float, y: float) -> SafeString:
    lines = wrap(node.title, LETTERS)[:2]
    if len(wrap(node.title, LETTERS)) > 2:
        lines[1] = lines[1][: LETTERS - 1] + "…"
    share = float(capped(node.share)) if node.share is not None else 0.0
    track = WIDTH - 70
    parts = [
        el("rect", x=x, y=y, width=float(WIDTH), height=float(HEIGHT), rx=8, class_="c-box", **FILL),
        el("rect", x=x, y=y + 8, width=4.0, height=float(HEIGHT - 16), class_=f"c-{node.tone}", fill="#667085"),
        *(
            text(x + 14, y + 20 + 15 * index, words, class_="c-text c-strong", fill="#151A24", font_weight=600)
            for index, words in enumerate(lines)
        ),
        text(x + 14, y + 53, node.owner[:LETTERS]),
        el("rect", x=x + 14, y=y + 64, width=float(track), height=6.0, rx=3, class_="c-track", fill="#EEF0F4"),
        el("rect", x=x + 14, y=y + 64, width=track * share, height=6.0, rx=3, class_=f"c-{node.tone}", fill="#667085"),
        text(
            x + WIDTH - 12,
            y + 70,
            "–" if node.share is None else f"{node.share * 100:.0f} %",
            text_anchor="end",
            class_="c-text c-strong",
        ),
    ]
    return el("a", el("title", node.words), *parts, href=node.url)


def _side_edge(parent: Place, child: Place) -> SafeString:
    x1, y1, x2, y2 = parent[0] + WIDTH, parent[1] + HEIGHT / 2, child[0], child[1] + HEIGHT / 2
    middle = (x1 + x2) / 2
    return _edge(f"M{x1:g} {y1:g}C{middle:g} {y1:g} {middle:g} {y2:g} {x2:g} {y2:g}")


def _up_edge(child: Place, parent: Place) -> SafeString:
    x1, y1, x2, y2 = child[0] + WIDTH / 2, child[1], parent[0] + WIDTH / 2, parent[1] + HEIGHT
    if y1 <= y2:
        y1, y2 = child[1] + HEIGHT, parent[1] + HEIGHT
        return _edge(f"M{x1:g} {y1:g}C{x1:g} {y1 + 24:g} {x2:g} {y2 + 24:g} {x2:g} {y2:g}")
    middle = (y1 + y2) / 2
    return _edge(f"M{x1:g} {y1:g}C{x1:g} {middle:g} {x2:g} {middle:g} {x2:g} {y2 + 5:g}m-4 5l4 -6l4 6")


def _edge(path: str) -> SafeString:
    return el("path", d=path, fill="none", class_="c-axis", stroke="#7A8394", aria_hidden="true")


def _page(width: int, height: int, title: str, children: Iterable[SafeString]) -> SafeString:
    return el(
        "svg",
        el("title", title),
        *children,
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=height,
        viewBox=f"0 0 {width} {height}",
        role="group",
        aria_label=title,
        direction="ltr",
        font_family=FONT,
        font_size=SIZE,
    )
