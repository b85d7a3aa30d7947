"""Elements and page templates: they escape, they are labelled, they obey the strict content policy, they follow swaps."""

from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import brotli
import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory

from apps.core.templatetags import markup
from apps.core.web import pagemodel as pm
from apps.core.web import styleguide, stylepages, stylesamples

ROOT = Path(__file__).resolve().parents[2]
NASTY = '<script>alert("x")</script>'
VOID = {
    "area",
    "br",
    "col",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "path",
    "line",
    "rect",
    "circle",
    "polyline",
    "polygon",
    "ellipse",
}


class Page(HTMLParser):
    """Checks nesting while it reads, and keeps every tag with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
            self.open.pop()

    def with_tag(self, *names: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag in names]


def ask(path: str = "/", *, htmx: bool = False) -> HttpRequest:
    request = RequestFactory().get(path, headers={"HX-Request": "true"} if htmx else {})
    request.user = AnonymousUser()
    request.htmx = htmx  # type: ignore[attr-defined]
    return request


def shown(name: str, query: str = "", *, htmx: bool = False) -> str:
    return styleguide.sample_page(ask(f"/styleguide/{name}/{query}", htmx=htmx), name).content.decode()


def drawn(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


SAMPLES = [(name, "") for name in styleguide.PAGES] + [("list", "?empty=1"), ("form", "?wrong=1"), ("search", "?q=nc")]


@pytest.mark.parametrize(("name", "query"), SAMPLES)
def test_every_page_shape_is_well_formed_with_one_heading_and_no_id_twice(name: str, query: str) -> None:
    page = Page(shown(name, query))
    assert len(page.with_tag("h1")) == 1
    assert len(page.with_tag("main")) == 1 and len(page.with_tag("title")) >= 1
    ids = Counter(attrs["id"] for _, attrs in page.tags if attrs.get("id"))
    assert [name for name, count in ids.items() if count > 1] == []


@pytest.mark.parametrize(("name", "query"), SAMPLES)
def test_pages_obey_the_content_policy(name: str, query: str) -> None:
    for tag, attrs in Page(shown(name, query)).tags:
        assert "style" not in attrs and tag != "style"
        assert not [key for key in attrs if key.startswith("on") or key.startswith("hx-on") or key == "hx-vals"]
        if tag == "script":
            assert attrs.get("src", "").startswith("/static/")  # type: ignore[union-attr]
        if "hx-get" in attrs or "hx-post" in attrs:
            assert "hx-target" in attrs, "nothing is inherited: each element names its target"
            assert "[" not in (attrs.get("hx-trigger") or ""), "trigger filters need eval"


@pytest.mark.parametrize(("name", "query"), SAMPLES)
def test_everything_one_can_use_has_a_name_and_every_post_is_guarded(name: str, query: str) -> None:
    text = shown(name, query)
    page = Page(text)
    labels = {attrs.get("for") for attrs in page.with_tag("label")}
    for attrs in page.with_tag("input", "select", "textarea"):
        if attrs.get("type") in ("hidden", "submit"):
            continue
        inside = re.search(
            r"<label[^>]*>(?:(?!</label>).)*name=\"{}\"".format(re.escape(attrs.get("name") or "-")), text, re.S
        )
        assert attrs.get("aria-label") or attrs.get("id") in labels or inside, attrs
    for match in re.finditer(r"<(a|button|summary)\b([^>]*)>(.*?)</\1>", text, re.S):
        words = re.sub(r"<[^>]+>", "", match.group(3)).strip()
        assert words or "aria-label=" in match.group(2), match.group(0)[:200]
    for form in re.findall(r'<form[^>]*method="post".*?</form>', text, re.S):
        assert "csrfmiddlewaretoken" in form


def test_no_template_holds_inline_style_script_or_handlers() -> None:
    forbidden = re.compile(
        r"\sstyle=|<style|<script(?![^>]*\ssrc=)(?![^>]*type=.application/json)|\son[a-z]+=|hx-on|hx-vals|javascript:|\|safe\b"
    )
    allowed = {("field_notes.html", "|safe")}  # help_text is written by us, never by users
    found = [
        (path.name, match.group(0))
        for path in (ROOT / "templates").rglob("*.html")
        for match in forbidden.finditer(path.read_text())
        if (path.name, match.group(0)) not in allowed
    ]
    assert found == []


def test_every_template_opens_by_saying_what_it_is() -> None:
    mine = [
        path
        for folder in ("base", "elements", "panels", "pages")
        for path in (ROOT / "templates" / folder).glob("*.html")
    ]
    assert len(mine) > 40
    assert [path.name for path in mine if "{#" not in path.read_text().split("\n")[0]] == []


def test_colours_live_in_the_tokens_only() -> None:
    css = (ROOT / "static/css/ops.css").read_text()
    after = css.split("@layer base {", 1)[1]
    assert re.findall(r"#[0-9A-Fa-f]{3,8}\b(?![^{]*\{)|rgba?\(", after) == []
    used, known = set(re.findall(r"var\((--[a-z0-9-]+)", css)), set(re.findall(r"(--[a-z0-9-]+)\s*:", css))
    assert used <= known


@pytest.mark.parametrize(
    "kind", ["text", "link", "number", "status", "person", "date", "spark", "money", "bullet", "level", "html"]
)
def test_cells_escape_what_people_typed(kind: str) -> None:
    cell = pm.Cell(NASTY, kind, url='/a/?b="><script>', tone="bad", title=NASTY, unit=NASTY, note=NASTY, level=2)  # type: ignore[arg-type]
    html = markup.cell_markup(cell)
    assert "<script" not in html and "&lt;script&gt;" in html
    Page(html)


def test_elements_escape_what_people_typed() -> None:
    html = drawn(
        '{% button b %}{% kpi t %}{% needs_row n %}{% chip c %}{% alert a %}{% timeline tl %}{% links ln %}{% facts f %}{% empty e %}'
        '{% card x note=x %}{{ x }}{% endcard %}{% menu x %}{{ x }}{% endmenu %}{% dialog "d" x %}{{ x }}{% enddialog %}{% toast x undo_url=x %}{% views v %}{% stepper s %}',
        b=pm.Button(NASTY, NASTY, confirm=NASTY, method="post", fields=((NASTY, NASTY),)), t=pm.KpiTile(NASTY, NASTY, NASTY, NASTY, change=NASTY),
        n=pm.NeedsRow(NASTY, NASTY, NASTY, cost=NASTY, due=NASTY), c=pm.Chip(NASTY, NASTY, NASTY, NASTY), a=pm.Alert(NASTY, NASTY),
        tl=(pm.TimelineEntry(NASTY, NASTY, NASTY, body=NASTY, changes=((NASTY, NASTY, NASTY),)),), ln=(pm.Connection(NASTY, NASTY, meta=NASTY, state=NASTY),),
        f=(pm.Fact(NASTY, pm.Cell(NASTY)),), e=pm.Empty(NASTY, NASTY), x=NASTY, v=(pm.ViewTab(NASTY, NASTY, count=NASTY),), s=(pm.Step(NASTY, "current"),),
    )  # fmt: skip
    assert "<script" not in html
    Page(html)


def test_a_status_is_shape_and_word_and_colour() -> None:
    html = {tone: markup.status_markup("Word", tone) for tone in markup.TONE_ICON}
    shapes = {re.sub(r"<span[^>]*>|Word|</span>", "", text) for text in html.values()}
    assert len(shapes) == 6 and all("Word" in text and f"is-{tone}" in text for tone, text in html.items())


def test_an_unknown_icon_does_not_break_the_page() -> None:
    assert "<circle" in markup.icon_markup("no-such-icon")


def test_icons_are_silent_unless_they_stand_alone() -> None:
    assert 'aria-hidden="true"' in markup.icon_markup("check")
    assert 'aria-label="Done"' in markup.icon_markup("check", 16, "Done")


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Maria Duarte", "MD"), ("M. Duarte", "MD"), ("Cher", "C"), ("Ana de la Cruz", "AC"), ("", "")],
)
def test_initials(name: str, initials: str) -> None:
    assert markup.initials_of(name) == initials


def test_a_posting_button_is_a_form_with_its_fields_and_its_question() -> None:
    button = pm.Button("Approve plan", "/plans/7/approve/", "check", "pri", "post", "Approve it?", (("version", "3"),))
    html = Template("{% button b %}").render(Context({"b": button, "csrf_token": "guard"}))
    page = Page(html)
    assert page.with_tag("form")[0] | {} == {
        "method": "post", "action": "/plans/7/approve/", "class": "o-inline", "data-confirm": "Approve it?",
    }  # fmt: skip
    assert {attrs["name"]: attrs["value"] for attrs in page.with_tag("input")} == {
        "csrfmiddlewaretoken": "guard",
        "version": "3",
    }


def test_asked_by_htmx_the_list_sends_its_rows_and_the_regions_that_follow() -> None:
    page = Page(shown("list", htmx=True))
    assert not page.with_tag("html", "h1", "nav") or not page.with_tag("html")
    out_of_band = {attrs.get("id") for _, attrs in page.tags if attrs.get("hx-swap-oob")}
    assert out_of_band == {"count", "pager", "chips", "bulk-bar", "say"}
    assert [attrs["id"] for _, attrs in page.tags if attrs.get("id") == "rows"] == ["rows"]
    whole = Page(shown("list"))
    assert out_of_band <= {attrs.get("id") for _, attrs in whole.tags} and not [
        a for _, a in whole.tags if a.get("hx-swap-oob")
    ]


def test_rows_post_to_the_bulk_form_without_javascript() -> None:
    page = Page(shown("list"))
    boxes = [attrs for attrs in page.with_tag("input") if attrs.get("name") == "row"]
    assert len(boxes) == 50 and {attrs["form"] for attrs in boxes} == {"bulk"}
    assert boxes[0]["aria-label"] == "Select NC-12892"
    assert [attrs["value"] for attrs in page.with_tag("input") if attrs.get("name") == "match_count"] == ["12480"]
    assert [attrs["formaction"] for attrs in page.with_tag("button") if attrs.get("name") == "action"]


def test_sorted_column_says_so() -> None:
    heads = [attrs for attrs in Page(shown("list")).with_tag("th") if attrs.get("aria-sort")]
    assert [attrs["aria-sort"] for attrs in heads] == ["descending"]


def test_phone_card_places_are_guessed_from_the_cells_or_taken_as_declared() -> None:
    page = stylepages.list_page(rows=1)
    places = markup.phone_places(page.columns, page.rows[0])
    assert places == ["meta", "title", "meta", "hide", "hide", "end", "hide", "hide", "person", "hide", "hide"]
    declared = (pm.Column("a", "A", phone="title"), pm.Column("b", "B"))
    assert markup.phone_places(declared, None) == ["title", "hide"]
    columns = (pm.Column("a", "A", sticky=True), pm.Column("b", "B", wide=True), pm.Column("c", "C"))
    row = pm.Row("1", "", (pm.Cell("1"), pm.Cell("Norda"), pm.Cell("9.00 EUR", "money")))
    assert markup.phone_places(columns, row) == ["meta", "title", "sum"]


def test_a_refused_form_keeps_what_was_typed_and_points_at_the_fault() -> None:
    text = shown("form", "?wrong=1")
    page = Page(text)
    quantity = next(attrs for attrs in page.with_tag("input") if attrs.get("name") == "quantity")
    assert quantity["value"] == "many" and quantity["aria-invalid"] == "true"
    described = (quantity["aria-describedby"] or "").split()
    assert described and set(described) <= {attrs.get("id") for _, attrs in page.tags}
    assert 'href="#id_quantity"' in text and "data-error-summary" in text
    assert "Enter a number." in text and "Porosity on housing flange" in text, "both values of a conflict are shown"


def test_a_running_job_asks_again_and_a_finished_one_does_not() -> None:
    running = stylepages.job_page()
    assert "hx-trigger" in render_to_string("panels/job.html", {"job": running})
    for state in ("done", "failed", "cancelled"):
        over = pm.JobPanel(title="Weekly report", url="/jobs/1/", state=state, cancel_url="/x/")  # type: ignore[arg-type]
        assert "hx-trigger" not in render_to_string("panels/job.html", {"job": over})


def test_an_error_page_stands_alone_for_strangers_and_in_the_frame_for_people() -> None:
    page = pm.ErrorPage(title="No such page", text="The address may be old.", code=404, search=True)
    alone = render_to_string("pages/error.html", {"page": page, "frame": None, "messages": []})
    inside = render_to_string("pages/error.html", {"page": page, "frame": stylesamples.frame(current="")})
    assert "o-plain" in alone and 'role="search"' not in alone
    assert "o-frame" in inside and 'role="search"' in inside


def test_theme_density_language_and_direction_are_the_servers_to_say() -> None:
    frame = stylesamples.frame(current="Overview", theme="dark", direction="rtl")
    html = render_to_string("pages/overview.html", {"page": stylesamples.overview(), "frame": frame})
    root = Page(html).with_tag("html")[0]
    assert (root["data-theme"], root["dir"], root["lang"], root["data-density"]) == ("dark", "rtl", "en", "default")
    assert "data-keys" in root
    current = [attrs for attrs in Page(html).with_tag("a") if attrs.get("aria-current") == "page"]
    assert {attrs["href"] for attrs in current} == {"/styleguide/overview/"}


def test_a_failed_part_says_so_and_the_rest_of_the_page_lives() -> None:
    text = shown("overview")
    assert "Scores could not be read since 06:40." in text and "Try again" in text and "Orders shipped" in text


def test_an_unknown_sample_is_not_found() -> None:
    with pytest.raises(Http404):
        styleguide.sample_page(ask(), "nothing")


def test_first_visit_stays_within_its_budget() -> None:
    sizes = {name: len(brotli.compress(shown(name).encode())) for name in ("overview", "list", "record", "chart")}
    assert max(sizes.values()) <= 25_000, sizes
    assert len(brotli.compress((ROOT / "static/css/ops.css").read_bytes())) <= 20_000
    scripts = [one for one in (ROOT / "static/js").glob("*.js") if one.name != "modeler.js"]  # only the drawing board's
    assert sum(len(brotli.compress(path.read_bytes())) for path in scripts) <= 15_000
