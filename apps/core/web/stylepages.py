"""More made-up pages for the style guide: list, record, form, import, job, search, settings, error."""

from __future__ import annotations

from apps.core.web import pagemodel as pm
from apps.core.web.styleforms import SampleFilter, SampleForm
from apps.core.web.stylesamples import PEOPLE

TITLES = (
    "Porosity on housing flange, lot L-2291", "Wrong torque on M8 joint", "Label mismatch, customer code", "Scratch on sealing face",
    "Missing certificate of conformity", "Bore Ø24 above upper limit", "Leak at test bench 2", "Late calibration: gauge G-118",
    "Mixed lots in bin 14-C", "Coating thickness low", "Weld spatter inside tube", "Packaging damaged in transit",
)  # fmt: skip
STATES: tuple[tuple[str, pm.Tone], ...] = (
    ("Open", "bad"),
    ("Containment", "info"),
    ("On hold", "hold"),
    ("Root cause", "warn"),
)
LEVELS: tuple[tuple[str, int, pm.Tone], ...] = (("Critical", 3, "bad"), ("Minor", 1, ""), ("Major", 2, ""))


def list_row(index: int) -> pm.Row:
    number = f"NC-{12892 - index}"
    state, tone = STATES[(index * 5 + index // 3) % 4]
    severity, level, level_tone = LEVELS[(index * 7) % 3]
    late = index % 5 == 2
    return pm.Row(
        str(index), "/styleguide/record/", title=number,
        cells=(
            pm.Cell(number, "link", "/styleguide/record/"), pm.Cell(TITLES[index % 12], "link", "/styleguide/record/"),
            pm.Cell(state, "status", tone=tone), pm.Cell(severity, "level", level=level, tone=level_tone),
            pm.Cell(f"{index % 8 + 1}", "number", unit="d"),
            pm.Cell(f"{index % 28 + 1} Nov" + (" · late" if late else ""), "date", tone="bad" if late else ""),
            pm.Cell(("Paint", "CNC", "Assembly A", "Incoming")[index % 4]), pm.Cell(("Helix Seals", "—", "Norda Metals")[index % 3]),
            pm.Cell(kind="person", person=PEOPLE[index % 6]), pm.Cell(str(977 - index * 13), "number"), pm.Cell(f"{5049 - index * 71:,}".replace(",", "\u202f"), "money"),
        ),
    )  # fmt: skip


def list_page(*, rows: int = 50) -> pm.ListPage:
    tabs = (
        ("Open", "17"),
        ("Mine", "6"),
        ("Overdue", "5"),
        ("Critical, on hold", "2"),
        ("Supplier claims", "4"),
        ("All this year", "12 480"),
    )
    return pm.ListPage(
        title="Non-conformances", url="/styleguide/list/", crumbs=(pm.Crumb("Quality & risk", "#"), pm.Crumb("Non-conformances")),
        tabs=tuple(pm.ViewTab(label, "#", label.startswith("All"), count) for label, count in tabs), save_view_url="/styleguide/form/",
        chips=(pm.Chip("Opened", "in", "2026", "#"), pm.Chip("Area", "any of", "4", "#"), pm.Chip("Severity", "", "Minor or above", "#")),
        filter_form=SampleFilter(), clear_url="/styleguide/list/",
        columns=(
            pm.Column("number", "No.", sort_url="#", aria_sort="descending", sticky=True), pm.Column("title", "Title", wide=True, sort_url="#"),
            pm.Column("status", "Status"), pm.Column("severity", "Severity"), pm.Column("age", "Age", "end"), pm.Column("due", "Due"), pm.Column("area", "Area"),
            pm.Column("supplier", "Supplier"), pm.Column("owner", "Owner"), pm.Column("qty", "Qty", "end"), pm.Column("cost", "Cost €", "end"),
        ),
        rows=tuple(list_row(index) for index in range(rows)), pager=pm.Pager("1–50 of 12 480", "", "/styleguide/list/?page=2"), count_text="12 480 results",
        match_count=12480, match_text="12 480",
        bulk_actions=(pm.BulkAction("assign", "Assign", "user", "#", key="A"), pm.BulkAction("status", "Status", "circle-dot", "#", key="S"), pm.BulkAction("due", "Due", "calendar", "#")),
        exports=(pm.Link("CSV", "#"), pm.Link("Excel", "#"), pm.Link("PDF", "#")), import_url="/styleguide/import/",
        column_choices=(("number", "No.", True), ("title", "Title", True), ("cost", "Cost", False)), group_choices=(pm.Link("By area", "#"), pm.Link("By status", "#")),
        density_choices=(pm.Link("Compact", "#"), pm.Link("Default", "#", current=True), pm.Link("Comfortable", "#")),
        filtered=True, empty=pm.Empty("No non-conformances match", "Take a filter away to see more.", pm.Button("Clear filters", "/styleguide/list/")),
    )  # fmt: skip


TODO: tuple[tuple[str, str, str, str, str, pm.Tone], ...] = (
    ("Contain", "Block lot L-2291 in all bins", "K. Meyer", "today 07:10", "Done", "good"),
    ("Contain", "X-ray sort 1 180 pcs, 2 shifts", "T. Adeyemi", "today 18:00", "Waits for approval", "hold"),
    ("Correct", "Rework cavity C3 vent at Brightway Cast", "S. Lindqvist", "27 Nov", "In progress", "info"),
    ("Prevent", "Add porosity check to incoming plan IP-12", "A. Rossi", "4 Dec", "Planned", "idle"),
)
CONNECTED: tuple[tuple[str, str, str, str, pm.Tone], ...] = (
    ("Leak test", "workflow", "Process step · bottleneck, +2.1 h", "hot", "bad"), ("INS-7741", "clipboard-check", "Inspection · 7 of 50 failed", "failed", "bad"),
    ("Lot L-2291", "boxes", "Stock · 1 180 pcs in Q-04", "hold", "hold"), ("PO-3312", "shopping-cart", "Brightway Cast · € 14 160", "claim", "warn"),
    ("RSK-18 Single casting source", "shield-alert", "Risk · score 12 → 16", "up", "warn"), ("Scrap & rework, Nov", "wallet", "Budget · 88 % used", "88%", "idle"),
)  # fmt: skip


def record_page() -> pm.RecordPage:
    actions = pm.Table(
        (pm.Column("type", "Type"), pm.Column("action", "Action", wide=True), pm.Column("owner", "Owner"), pm.Column("due", "Due"), pm.Column("status", "Status")),
        tuple(
            pm.Row(what, cells=(pm.Cell(kind), pm.Cell(what, "link", "#"), pm.Cell(owner), pm.Cell(due, "date"), pm.Cell(state, "status", tone=tone)))
            for kind, what, owner, due, state, tone in TODO
        ),
    )  # fmt: skip
    return pm.RecordPage(
        number="NC-12892", title="Porosity on housing flange, lot L-2291",
        crumbs=(pm.Crumb("Quality & risk", "#"), pm.Crumb("Non-conformances", "/styleguide/list/"), pm.Crumb("NC-12892")),
        statuses=(pm.Cell("Critical", "status", tone="bad"), pm.Cell("Containment", "status", tone="info")),
        origin="opened 2 h 10 min ago by QA check on", origin_link=pm.Link("INS-7741", "#"),
        primary=pm.Button("Approve containment", "/styleguide/record/", "check", "pri", "post", confirm="Approve containment of 1 180 pieces?"),
        buttons=(pm.Button("Watch", "#", "bell-ring"),), menu=(pm.Button("Duplicate", "#", "copy"), pm.Button("Archive", "/styleguide/", "archive", "danger", "post")),
        steps=tuple(pm.Step(label, "done" if n == 0 else "current" if n == 1 else "todo") for n, label in enumerate(("Reported", "Containment", "Root cause", "Actions", "Effect check", "Closed"))),
        alert=pm.Alert("1 180 pieces are blocked and order SO-8841 ships tomorrow.", "If containment is not approved by 09:00, the late cost is about € 4 200 and on-time delivery falls to 93.8 %.", icon="timer"),
        sections=(
            pm.Section("What happened", text="Leak test rejected 7 of 50 housings. Section cut shows gas porosity 0.4–0.9 mm near the flange, same cavity (C3) in all rejects. Limit is 0.3 mm.",
                facts=(pm.Fact("Found at", pm.Cell("Leak test, Assembly B, step 4 of Valve block, rev. 7", "link", "#")), pm.Fact("Quantity", pm.Cell("7 rejected of 50 checked · 1 180 on hold · 0 shipped")), pm.Fact("Disposition", pm.Cell("Quarantine, bin Q-04 · sort by X-ray, 90 s each"))),
                button=pm.Button("Edit", "/styleguide/form/", "pencil", "ghost")),
            pm.Section("Actions", "1 of 4 done", table=actions, button=pm.Button("Add action", "/styleguide/form/", "plus", dialog=True)),
        ),
        timeline=(
            pm.TimelineEntry("", "Inspection INS-7741 failed: leak rate 4.2 (limit 2.0)", "06:41", "clipboard-x", "event"),
            pm.TimelineEntry("", "Rule “critical leak” opened this record and blocked lot L-2291", "06:41", "zap", "event"),
            pm.TimelineEntry("Joy Okafor", "", "06:58", kind="comment", body="Same cavity as in March. I asked Brightway for the shot log.", person=PEOPLE[3]),
            pm.TimelineEntry("Maria Duarte", "changed", "07:05", "pencil", "change", changes=(("Owner", "", "T. Adeyemi"), ("Due", "25 Nov", "today 09:00"))),
        ),
        timeline_tabs=(pm.ViewTab("All", "#", True), pm.ViewTab("Comments", "#"), pm.ViewTab("Changes", "#")), comment_url="/styleguide/record/",
        properties=(
            pm.Property("Owner", pm.Cell(kind="person", person=PEOPLE[5], edit_url="/styleguide/form/")), pm.Property("Due", pm.Cell("today 09:00", "date", tone="bad")),
            pm.Property("Severity", pm.Cell("Critical (S9 × O4 × D3 = 108)")), pm.Property("Area", pm.Cell("Assembly B")), pm.Property("Product", pm.Cell("Valve block VB-200")),
            pm.Property("Supplier", pm.Cell("Brightway Cast")), pm.Property("Cost so far", pm.Cell("€ 2 340", "money")),
        ),
        connections=tuple(pm.Connection(label, "#", icon, meta, tone, state) for label, icon, meta, state, tone in CONNECTED), connections_note="9 records",
        similar=(pm.Connection("NC-11207 Porosity, cavity C3", "#", "history", "March · cause: vent blocked"),), previous_url="#", next_url="#",
    )  # fmt: skip


def form_page(*, wrong: bool) -> pm.FormPage:
    form = SampleForm({"quantity": "many"} if wrong else None)
    return pm.FormPage(
        title="Report a non-conformance", form=form, crumbs=(pm.Crumb("Non-conformances", "/styleguide/list/"), pm.Crumb("Report")),
        cancel_url="/styleguide/list/", submit_label="Report non-conformance", draft_key="sample", keeps_adding=True, form_token="sample",
        conflict=(("Title", "Porosity on flange", "Porosity on housing flange"),) if wrong else (), conflict_text="Yours is kept below; check it and save again." if wrong else "",
    )  # fmt: skip


def import_page() -> pm.ImportPage:
    return pm.ImportPage(
        title="Import readings", crumbs=(pm.Crumb("KPIs", "#"), pm.Crumb("Import")), state="check", summary="1 new, 1 changed, 1 refused. Nothing is saved yet.",
        rows=(pm.ImportRow("2", "new", "On-time delivery, W47: 94.2"), pm.ImportRow("3", "changed", "First-pass yield, W47: 98.0 → 98.1"), pm.ImportRow("4", "refused", "Open NCs", problems=(("value", "“seventeen” is no number; write 17."),))),
        confirm=pm.Button("Import 2 rows", "#", "check", "pri", "post"), errors_url="#", cancel_url="#",
    )  # fmt: skip


def job_page() -> pm.JobPanel:
    return pm.JobPanel(
        title="Weekly report",
        url="/styleguide/job/",
        state="running",
        done=312,
        total=1000,
        left="about 2 min left",
        every=600,
        cancel_url="#",
        text="Drawing charts",
    )


def search_page(query: str) -> pm.SearchPage:
    links = (
        pm.Connection("NC-12892 Porosity on housing flange", "/styleguide/record/", "circle-alert", "Containment"),
        pm.Connection("Non-conformances", "/styleguide/list/", "circle-alert", "page"),
    )
    return pm.SearchPage(
        query=query, groups=(pm.SearchGroup("Records", links[:1]), pm.SearchGroup("Pages", links[1:])), note="2 results"
    )


def settings_page() -> pm.SettingsPage:
    return pm.SettingsPage(
        title="Settings", index=(pm.Link("Profile", "#", "user", current=True), pm.Link("Sign-in and devices", "#", "shield-check"), pm.Link("Notices", "#", "bell")),
        sections=(pm.Section("Profile", "shown to your colleagues", form=SampleFilter(), form_url="#", submit_label="Save profile"),),
    )  # fmt: skip


def error_page() -> pm.ErrorPage:
    return pm.ErrorPage(
        title="You may not open budgets",
        text="Anna Rossi or any administrator can grant it.",
        code=403,
        buttons=(pm.Button("Back to overview", "/styleguide/overview/"),),
        search=True,
    )


def confirm_page() -> pm.ConfirmPage:
    return pm.ConfirmPage(
        title="Archive NC-12892?", text="It leaves the lists and can be brought back from the archive.", effects=("2 open actions are closed.",),
        button=pm.Button("Archive non-conformance", "/styleguide/confirm/", "archive", "danger", "post"), cancel_url="/styleguide/record/",
    )  # fmt: skip
