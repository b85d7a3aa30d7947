"""What happened to budgets and to the money on their lines."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.events.facts import Changed, Recorded


@dataclass(frozen=True, kw_only=True)
class CategoryAdded(Recorded, name="budgets.category_added", sentence="Budget category added", icon="tag"):
    """A category of money was added."""


@dataclass(frozen=True, kw_only=True)
class CategoryChanged(Changed, name="budgets.category_changed", sentence="Budget category changed", icon="tag"):
    """A category of money changed."""


@dataclass(frozen=True, kw_only=True)
class RateAdded(Recorded, name="budgets.rate_added", sentence="Exchange rate added", icon="arrow-left-right"):
    """A rate of exchange holds from a day on."""


@dataclass(frozen=True, kw_only=True)
class RateChanged(Changed, name="budgets.rate_changed", sentence="Exchange rate changed", icon="arrow-left-right"):
    """A rate of exchange was corrected."""


@dataclass(frozen=True, kw_only=True)
class PlanDrafted(Recorded, name="budgets.plan_drafted", sentence="Budget drafted", icon="wallet"):
    """A budget or a version of one was begun."""


@dataclass(frozen=True, kw_only=True)
class PlanChanged(Changed, name="budgets.plan_changed", sentence="Budget changed", icon="wallet"):
    """A budget's rules changed, or it was archived or replaced."""


@dataclass(frozen=True, kw_only=True)
class PlanApproved(Changed, name="budgets.plan_approved", sentence="Budget approved", icon="badge-check"):
    """A version was approved; it does not change any more."""


@dataclass(frozen=True, kw_only=True)
class PeriodClosed(Changed, name="budgets.period_closed", sentence="Budget period closed", icon="lock"):
    """Nothing is booked up to this day any more, or again."""


@dataclass(frozen=True, kw_only=True)
class LineAdded(Recorded, name="budgets.line_added", sentence="Budget line added", icon="rows-3"):
    """A line was added to a version."""


@dataclass(frozen=True, kw_only=True)
class LineChanged(Changed, name="budgets.line_changed", sentence="Budget line changed", icon="rows-3"):
    """A line of a draft changed."""


@dataclass(frozen=True, kw_only=True)
class FundsBooked(Recorded, name="budgets.funds_booked", sentence="Money booked on a budget line", icon="book-open"):
    """Money of a line was reserved, encumbered, spent, released or taken back."""

    line: str
    kind: str
    amount: str
    currency: str
    document: str
    ref: str
    available: str


@dataclass(frozen=True, kw_only=True)
class FundsOverridden(
    Recorded, name="budgets.check_overridden", sentence="Budget check overridden", icon="shield-alert"
):
    """Somebody committed more than a line had, with a reason."""

    line: str
    amount: str
    currency: str
    document: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class TransferAsked(Recorded, name="budgets.transfer_asked", sentence="Budget transfer asked for", icon="shuffle"):
    """Budget should move between two lines."""


@dataclass(frozen=True, kw_only=True)
class TransferSettled(Changed, name="budgets.transfer_settled", sentence="Budget transfer settled", icon="shuffle"):
    """Both owners agreed and it was booked, or it was rejected or is not possible any more."""


@dataclass(frozen=True, kw_only=True)
class SavingClaimed(Recorded, name="budgets.saving_claimed", sentence="Saving claimed", icon="piggy-bank"):
    """Somebody claims a saving on a line."""


@dataclass(frozen=True, kw_only=True)
class SavingChanged(Changed, name="budgets.saving_changed", sentence="Saving changed", icon="piggy-bank"):
    """A claimed saving was changed or archived."""


@dataclass(frozen=True, kw_only=True)
class SavingJudged(Changed, name="budgets.saving_judged", sentence="Saving judged by finance", icon="piggy-bank"):
    """Finance validated or rejected a saving."""


@dataclass(frozen=True, kw_only=True)
class VarianceExplained(
    Recorded, name="budgets.variance_explained", sentence="Variance explained", icon="message-square"
):
    """Somebody said why a line is off its budget."""


@dataclass(frozen=True, kw_only=True)
class SynonymAdded(Recorded, name="budgets.synonym_added", sentence="Spelling mapped", icon="replace"):
    """A spelling of other books was mapped."""


@dataclass(frozen=True, kw_only=True)
class SynonymChanged(Changed, name="budgets.synonym_changed", sentence="Spelling mapped anew", icon="replace"):
    """A spelling means something else from now on."""


@dataclass(frozen=True, kw_only=True)
class LedgerImported(Recorded, name="budgets.ledger_imported", sentence="Ledger imported", icon="file-input"):
    """A file of budgets or actuals was booked as one."""

    rows: int
