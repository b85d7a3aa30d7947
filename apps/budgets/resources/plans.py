"""Categories, plans, lines and exchange rates at both doors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.budgets import events, forms, panels, queries, services
from apps.budgets.models import Category, Line, Plan, Rate
from apps.core.actions.action import Action
from apps.core.actions.shelf import in_use, shelf
from apps.core.resources.resource import Column, Panel, Resource, Tab, register


def _draft(one: Any) -> bool:
    return bool(one.archived_at is None and one.state == Plan.State.DRAFT)


def _of_draft(one: Any) -> bool:
    return bool(one.archived_at is None and one.plan.state == Plan.State.DRAFT)


@register
class CategoryResource(Resource):
    model = Category
    path = "budget-categories"
    label, plural, icon = "Budget category", "Budget categories", "tag"
    help = "What money is spent on or comes from. A class of the cost of quality makes its actuals count there."
    columns = (
        Column("code", "Code", sort="code"),
        Column("name", "Name", sort="name"),
        Column("nature", "Nature", value=lambda one: one.get_nature_display(), sort="nature"),
        Column("parent", "Part of"),
        Column("quality", "Cost of quality", value=lambda one: one.get_quality_display() or None),
    )
    filters = ("nature", "quality", "parent")
    search = ("code", "name")
    fields = forms.CATEGORY_FIELDS
    order = "code"
    import_key = ("code",)
    changed_fact = events.CategoryChanged
    actions = (
        Action(
            name="add",
            label="New category",
            verb="c",
            kind="create",
            run=services.add_category,
            form=forms.CategoryForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_category,
            form=forms.CategoryForm,
            icon="pencil",
            when=in_use,
        ),
        *shelf("Category", services.archive_category, services.restore_category),
    )


@register
class RateResource(Resource):
    model = Rate
    path = "exchange-rates"
    label, plural, icon = "Exchange rate", "Exchange rates", "arrow-left-right"
    help = "What one unit of a currency is worth from a day on. Without a rate nothing is converted."
    columns = (
        Column("key", "Rate", value=str),
        Column("currency", "Of", sort="currency"),
        Column("into", "In", sort="into"),
        Column("valid_from", "From", "date", sort="valid_from"),
        Column("rate", "Rate", "number"),
    )
    filters = ("currency", "into", "valid_from")
    search = ("currency", "into")
    fields = ("currency", "into", "valid_from", "rate")
    import_key = ("currency", "into", "valid_from")
    changed_fact = events.RateChanged
    actions = (
        Action(
            name="add",
            label="New rate",
            verb="c",
            kind="create",
            run=services.add_rate,
            form=forms.RateForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_rate,
            form=forms.RateForm,
            icon="pencil",
            when=in_use,
        ),
        *shelf("Rate", services.archive_rate, services.restore_rate),
    )


@register
class PlanResource(Resource):
    model = Plan
    path = "budget-plans"
    label, plural, icon = "Budget", "Budget plans", "wallet"
    nav = ("Money & results", 21)
    help = "The budget of a department for a fiscal year. Approved it never changes; a revised version follows it."
    columns = (
        Column("code", "No.", sort="code"),
        Column("name", "Budget", sort="name"),
        Column("state", "State", "status", value=panels.plan_state, sort="state"),
        Column("version_kind", "Version", value=lambda one: one.get_version_kind_display(), sort="version_kind"),
        Column("spending", "Spending", "number", value=panels.spending_cell),
        Column("used", "Used", "status", value=panels.spending_used),
        Column("department", "Department", sort="department__code"),
        Column("fiscal_year", "Fiscal year", value=lambda one: str(one.fiscal_year), sort="fiscal_year"),
        Column("currency", "Currency"),
        Column("owner", "Owner"),
        Column("closed_through", "Closed through", "date"),
    )

    def dress(self, records: Sequence[Any], actor: Any) -> None:
        found = queries.spending_of(records, actor)
        for record in records:
            record.spending = found.get(record.family_id)

    filters = ("state", "version_kind", "department", "owner", "fiscal_year", "currency")
    search = ("code", "name")
    fields = (*forms.PLAN_FIELDS, "version_kind", "state", "root", "closed_through", "approved_by", "approved_at")
    import_key = ("code",)
    tabs = (Tab("draft", "Drafts", "state=draft"), Tab("approved", "In force", "state=approved"))
    changed_fact = events.PlanChanged
    panels = (Panel("lines", panels.lines_panel), Panel("versions", panels.versions_panel))
    actions = (
        Action(
            name="draft",
            label="New budget",
            verb="c",
            kind="create",
            run=services.draft_plan,
            form=forms.PlanForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_plan,
            form=forms.PlanForm,
            icon="pencil",
            when=in_use,
        ),
        Action(
            name="approve",
            label="Approve budget",
            verb="a",
            run=services.approve_plan,
            icon="badge-check",
            when=_draft,
            primary=True,
            confirm="It never changes after this, and its money is free to use.",
            done="Budget approved",
        ),
        Action(
            name="revise",
            label="New version",
            verb="u",
            run=services.revise_plan,
            form=forms.ReviseForm,
            icon="copy-plus",
            when=lambda one: one.archived_at is None and one.state != Plan.State.DRAFT,
            done="Version begun with the budget as it stands",
        ),
        Action(
            name="close",
            label="Close periods",
            verb="u",
            run=services.close_period,
            form=forms.CloseForm,
            icon="lock",
            when=lambda one: one.archived_at is None and one.state != Plan.State.DRAFT,
            done="Periods closed",
        ),
        *(
            Action(**(vars(one) | {"when": _draft})) if one.name == "archive" else one
            for one in shelf("Budget", services.archive_plan, services.restore_plan)
        ),
    )

    def status(self, record: Any) -> tuple[str, str] | None:
        return super().status(record) or panels.plan_state(record)


@register
class LineResource(Resource):
    model = Line
    path = "budget-lines"
    label, plural, icon = "Budget line", "Budget lines", "rows-3"
    help = "An amount for a department, category, site and project, spread over the periods of the year."
    columns = (
        Column("code", "No.", sort="code", phone="meta"),
        Column("title", "Line", value=str, phone="title"),
        Column("plan", "Budget", phone="meta"),
        Column("department", "Department", sort="department__code"),
        Column("category", "Category", sort="category__code"),
        Column("site", "Site"),
        Column("project", "Project", sort="project"),
        Column("total", "Year", "number", sort="total", phone="end"),
        Column("spread", "Spread", value=lambda one: one.get_spread_display()),
        Column("owner", "Owner"),
    )
    filters = ("plan", "department", "category", "site", "project", "owner")
    search = ("code", "project", "note", "category__name", "department__name")
    fields = ("plan", *forms.LINE_FIELDS, "root", "amounts")
    import_key = ("code",)
    changed_fact = events.LineChanged
    panels = (
        Panel("curve", panels.curve_panel),
        Panel("periods", panels.periods_panel),
        Panel("commitments", panels.commitments_panel),
    )
    actions = (
        Action(
            name="add",
            label="New line",
            verb="c",
            kind="create",
            run=services.add_line,
            form=forms.LineForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_line,
            form=forms.ChangeLineForm,
            icon="pencil",
            when=in_use,
        ),
        Action(
            name="explain",
            label="Explain variance",
            verb="u",
            run=services.explain_variance,
            form=forms.ExplainForm,
            icon="message-square",
            when=lambda one: one.archived_at is None and one.plan.state != Plan.State.DRAFT,
            done="Explanation kept",
        ),
        *(
            Action(**(vars(one) | {"when": _of_draft})) if one.name == "archive" else one
            for one in shelf("Line", services.archive_line, services.restore_line)
        ),
    )
