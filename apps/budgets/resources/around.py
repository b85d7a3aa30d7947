"""Transfers, savings and mapped spellings at both doors."""

from __future__ import annotations

from typing import Any

from apps.budgets import events, forms, panels, services
from apps.budgets.models import Saving, Synonym, Transfer
from apps.core.actions.action import Action
from apps.core.actions.shelf import in_use, shelf
from apps.core.resources.resource import Column, Panel, Resource, Tab, register


@register
class TransferResource(Resource):
    model = Transfer
    path = "budget-transfers"
    label, plural, icon = "Budget transfer", "Budget transfers", "shuffle"
    nav = ("Money & results", 23)
    help = "Budget that moves between two lines once both owners agree. Nobody agrees to their own request."
    columns = (
        Column("code", "No.", sort="code"),
        Column("reason", "Why"),
        Column("state", "State", "status", value=panels.transfer_state, sort="state"),
        Column("from_line", "From"),
        Column("to_line", "To"),
        Column("amount", "Amount", "number", sort="amount"),
        Column("on", "In the period of", "date", sort="on"),
        Column("asked_by", "Asked by"),
    )
    filters = ("state", "department", "from_line", "to_line", "asked_by", "on")
    search = ("code", "reason")
    fields = ("from_line", "to_line", "amount", "on", "reason", "state", "problem", "txn", "asked_by")
    tabs = (Tab("asked", "Waiting", "state=asked"),)
    changed_fact = events.TransferSettled
    actions = (
        Action(
            name="ask",
            label="New transfer",
            verb="c",
            kind="create",
            run=services.ask_transfer,
            form=forms.TransferForm,
            icon="plus",
            done="Both owners are asked",
        ),
    )

    def rows(self, actor: Any) -> Any:
        ends = [f"{end}_line__{name}" for end in ("from", "to") for name in ("department", "category", "site")]
        return super().rows(actor).select_related(*ends)

    def status(self, record: Any) -> tuple[str, str] | None:
        return panels.transfer_state(record)


@register
class SavingResource(Resource):
    model = Saving
    path = "savings"
    label, plural, icon = "Saving", "Savings", "piggy-bank"
    nav = ("Money & results", 24)
    help = "What is saved on a line against its baseline. Finance validates it; what came of it is read from actuals."
    columns = (
        Column("code", "No.", sort="code"),
        Column("title", "Saving", sort="title"),
        Column("state", "State", "status", value=panels.saving_state, sort="state"),
        Column("kind", "Kind", value=lambda one: one.get_kind_display(), sort="kind"),
        Column("rhythm", "Comes", value=lambda one: one.get_rhythm_display()),
        Column("line", "Line"),
        Column("expected", "Expected", "number", sort="expected"),
        Column("ends_on", "Until", "date", sort="ends_on"),
        Column("owner", "Owner"),
    )
    filters = ("state", "kind", "rhythm", "department", "line", "owner", "ends_on")
    search = ("code", "title")
    fields = ("line", *forms.SAVING_FIELDS, "state", "finding", "validated_by")
    import_key = ("code",)
    tabs = (Tab("claimed", "To validate", "state=claimed"), Tab("valid", "Validated", "state=valid"))
    changed_fact = events.SavingChanged
    panels = (Panel("realised", panels.realised_panel),)
    actions = (
        Action(
            name="claim",
            label="New saving",
            verb="c",
            kind="create",
            run=services.claim_saving,
            form=forms.SavingForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_saving,
            form=forms.ChangeSavingForm,
            icon="pencil",
            when=lambda one: one.archived_at is None and one.state == Saving.State.CLAIMED,
        ),
        Action(
            name="judge",
            label="Validate saving",
            verb="a",
            run=services.judge_saving,
            form=forms.JudgeForm,
            icon="badge-check",
            primary=True,
            when=lambda one: one.archived_at is None and one.state == Saving.State.CLAIMED,
            done="Saving judged",
        ),
        *shelf("Saving", services.archive_saving, services.restore_saving),
    )

    def rows(self, actor: Any) -> Any:
        return super().rows(actor).select_related("line__department", "line__category", "line__plan", "line__site")

    def status(self, record: Any) -> tuple[str, str] | None:
        return super().status(record) or panels.saving_state(record)


@register
class SynonymResource(Resource):
    model = Synonym
    path = "budget-synonyms"
    label, plural, icon = "Mapped spelling", "Mapped spellings", "replace"
    help = "How other books spell our departments, categories, sites and columns. Mapped once, every import knows it."
    columns = (
        Column("code", "No.", sort="code"),
        Column("text", "Spelling", sort="text"),
        Column("field", "Stands in", value=lambda one: one.get_field_display(), sort="field"),
        Column("means", "Means", sort="means"),
    )
    filters = ("field", "means")
    search = ("text", "means")
    fields = ("field", "text", "means", "code")
    import_key = ("field", "text")
    changed_fact = events.SynonymChanged
    actions = (
        Action(
            name="map",
            label="Map spelling",
            verb="c",
            kind="create",
            run=services.map_synonym,
            form=forms.SynonymForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_synonym,
            form=forms.SynonymForm,
            icon="pencil",
            when=in_use,
        ),
        *shelf("Spelling", services.archive_synonym, services.restore_synonym),
    )
