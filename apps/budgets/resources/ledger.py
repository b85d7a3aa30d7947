"""The entries of the ledger at both doors: read and drilled, added by hand or file, never edited."""

from __future__ import annotations

from typing import Any

from apps.budgets import events, forms
from apps.budgets.importing import LedgerImporter
from apps.budgets.models import Account, Entry
from apps.budgets.services import booking
from apps.core.actions.action import Action
from apps.core.resources.resource import Column, Resource, Tab, register


@register
class EntryResource(Resource):
    model = Entry
    path = "budget-entries"
    label, plural, icon = "Budget entry", "Budget entries", "book-open"
    nav = ("Money & results", 22)
    help = "The ledger of budgets: every transaction sums to zero and is never changed, only taken back by its mirror."
    columns = (
        Column("id", "Entry", sort="id", phone="meta"),
        Column("line", "Line", phone="title"),
        Column("account", "Account", value=lambda one: one.get_account_display(), sort="account", phone="meta"),
        Column("amount", "Amount", "number", value=lambda one: one.shown, sort="amount", phone="sum"),
        Column("kind", "Caused by", value=lambda one: one.get_kind_display(), sort="kind"),
        Column("document", "Document"),
        Column("on", "Day", "date", sort="on", phone="end"),
        Column("period", "Period", "number", sort="period"),
        Column("override", "Override reason"),
        Column("actor", "By"),
        Column("recorded_at", "Recorded", "date", sort="recorded_at"),
    )
    filters = ("line", "account", "kind", "period", "department", "on", "document", "actor", "txn")
    search = ("document", "ref", "override")
    fields = (
        "txn",
        "line",
        "department",
        "period",
        "on",
        "account",
        "kind",
        "amount",
        "quantity",
        "document",
        "ref",
        "override",
        "reverses",
        "actor",
        "recorded_at",
    )
    tabs = (
        Tab("actual", "Actuals", "account=actual"),
        Tab("budget", "Budget", "account=budget"),
        Tab("committed", "Commitments", "account=reserve&account=encumber"),
    )
    importer = LedgerImporter
    import_key = ("department", "day", "amount")
    changed_fact = events.FundsBooked
    actions = (
        Action(
            name="spend",
            label="Enter actual",
            verb="c",
            kind="create",
            run=booking.enter_actual,
            form=forms.SpendForm,
            icon="plus",
            done="Actual booked",
        ),
        Action(
            name="reverse",
            label="Take back",
            verb="x",
            run=booking.take_back,
            form=forms.ReverseForm,
            icon="undo-2",
            danger=True,
            when=lambda one: one.account == Account.ACTUAL and one.kind in {"spend", "import"},
            confirm="Its mirror image is booked; both stay in the ledger.",
            done="Actual taken back",
        ),
    )

    def rows(self, actor: Any) -> Any:
        return super().rows(actor).select_related("line__department", "line__category", "line__site")

    def number(self, record: Any) -> str:
        return f"Entry {record.pk}"

    def status(self, record: Any) -> tuple[str, str] | None:
        return None
