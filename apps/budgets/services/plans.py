"""The only writers of plans, lines, categories and rates: drafts are edited, approval freezes them and fills the ledger."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.budgets import events, outlook
from apps.budgets.models import Account, Category, Entry, Kind, Line, Plan, Rate
from apps.budgets.queries import ZERO, standings
from apps.budgets.services.books import Booking, Leg, legs_of, next_txns
from apps.budgets.spreading import checked, ends_of, from_driver, own_ends, spread_amount, weights_from
from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.models import Event
from apps.core.records import write
from apps.core.records.numbering import next_number
from apps.core.values import Money
from apps.org.models import Closure

LINE_FIELDS = (
    "department",
    "category",
    "site",
    "project",
    "owner",
    "spread",
    "total",
    "weights",
    "quantity",
    "rate",
    "output",
)
FIRST_YEAR, LAST_YEAR = 1990, 2100
SHEET = ("spread", "total", "weights", "quantity", "rate", "amounts")


def add_category(*, actor: Any, **values: Any) -> Category:
    return write.create(Category(**values), actor=actor, fact=events.CategoryAdded)


def change_category(one: Category, *, actor: Any, version: int | None = None, **values: Any) -> Category:
    above = values.get("parent", one.parent)
    while above is not None:
        if above.pk == one.pk:
            raise Refused("This would make the category a part of itself.", code="circle", field="parent")
        above = above.parent
    return write.change(one, values, actor=actor, fact=events.CategoryChanged, version=version)


def archive_category(one: Category, *, actor: Any) -> Category:
    return write.archive(one, actor=actor, fact=events.CategoryChanged)


def restore_category(one: Category, *, actor: Any) -> Category:
    return write.restore(one, actor=actor, fact=events.CategoryChanged)


def add_rate(*, actor: Any, **values: Any) -> Rate:
    """Both codes must be currencies."""
    for name in ("currency", "into"):
        values[name] = _currency(values[name], name)
    return write.create(Rate(**values), actor=actor, fact=events.RateAdded)


def change_rate(one: Rate, *, actor: Any, version: int | None = None, **values: Any) -> Rate:
    for name in {"currency", "into"} & set(values):
        values[name] = _currency(values[name], name)
    return write.change(one, values, actor=actor, fact=events.RateChanged, version=version)


def archive_rate(one: Rate, *, actor: Any) -> Rate:
    return write.archive(one, actor=actor, fact=events.RateChanged)


def restore_rate(one: Rate, *, actor: Any) -> Rate:
    return write.restore(one, actor=actor, fact=events.RateChanged)


def _currency(code: str, field: str = "currency") -> str:
    try:
        return Money.zero(code.strip().upper()).currency
    except Refused as error:
        raise Refused(error.message, code=error.code, field=field) from error


def draft_plan(*, actor: Any, period_ends: list[date] | None = None, **values: Any) -> Plan:
    """The original version; its periods follow from the rhythm unless their ends are named."""
    values["currency"] = _currency(values.get("currency") or "EUR")
    _check_year(values["fiscal_year"])
    values["starts_on"] = values.get("starts_on") or date(values["fiscal_year"], 1, 1)
    with transaction.atomic():
        plan = Plan(**values)
        plan.code = plan.code or f"B{next_number('budget_plan')}"
        plan.rhythm, plan.period_ends = _periods(plan, period_ends)
        return write.create(plan, actor=actor, fact=events.PlanDrafted)


def _check_year(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Refused(f"A fiscal year is between {FIRST_YEAR} and {LAST_YEAR}.", code="year", field="fiscal_year")


def _periods(plan: Plan, named: list[date] | None) -> tuple[str, list[date]]:
    """Rhythm and ends: those named where they differ from what the rhythm gives."""
    starts = plan.starts_on or date(plan.fiscal_year, 1, 1)
    if abs(starts.year - plan.fiscal_year) > 1:
        raise Refused("A fiscal year begins in its own year or next to it.", code="start", field="starts_on")
    if plan.rhythm != Plan.Rhythm.OWN and (not named or named == _ends(plan.rhythm, starts)):
        return plan.rhythm, _ends(plan.rhythm, starts)
    return Plan.Rhythm.OWN, own_ends(named or [], starts)


def _ends(rhythm: str, starts: date) -> list[date]:
    if starts.day > 28:
        raise Refused("Begin the fiscal year on one of the first 28 days of a month.", code="start", field="starts_on")
    return ends_of(rhythm, starts)


def change_plan(plan: Plan, *, actor: Any, version: int | None = None, **values: Any) -> Plan:
    """Approved, only the rules of its checks, its name and its owner change."""
    values["code"] = values.get("code") or plan.code
    if not values.get("period_ends") and values.get("rhythm", plan.rhythm) == plan.rhythm:
        values["period_ends"] = plan.period_ends
    fixed = ("department", "fiscal_year", "starts_on", "rhythm", "currency", "period_ends")
    if "currency" in values:
        values["currency"] = _currency(values["currency"])
    _check_year(values.get("fiscal_year", plan.fiscal_year))
    if "starts_on" in values:
        values["starts_on"] = values["starts_on"] or date(values.get("fiscal_year", plan.fiscal_year), 1, 1)
    moved = [name for name in fixed if name in values and values[name] != getattr(plan, name)]
    if moved and (plan.state != Plan.State.DRAFT or plan.root_id is not None):
        raise Refused("An approved budget does not change. Make a revised version.", code="approved", field=moved[0])
    with transaction.atomic():
        if moved:
            trial = Plan(**{name: values.get(name, getattr(plan, name)) for name in fixed})
            named = trial.period_ends if "period_ends" in moved or trial.rhythm == Plan.Rhythm.OWN else None
            values["rhythm"], values["period_ends"] = _periods(trial, named)
        done = write.change(plan, values, actor=actor, fact=events.PlanChanged, version=version)
        if moved:
            for line in Line.objects.filter(plan=done, archived_at__isnull=True):
                _spread(line, done)
                write.change(Line.objects.get(pk=line.pk), _sheet(line), actor=actor, fact=events.LineChanged)
        return done


def archive_plan(plan: Plan, *, actor: Any) -> Plan:
    if plan.state != Plan.State.DRAFT:
        raise Refused("An approved budget stays. Make a revised version.", code="approved")
    return write.archive(plan, actor=actor, fact=events.PlanChanged)


def restore_plan(plan: Plan, *, actor: Any) -> Plan:
    return write.restore(plan, actor=actor, fact=events.PlanChanged)


def add_line(*, plan: Plan, department: Any = None, actor: Any, **values: Any) -> Line:
    """A line of a draft; its periods foot to its total."""
    with transaction.atomic():
        locked: Plan = Plan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
        _refuse_approved(locked)
        line = Line(plan=locked, department=department or locked.department, **values)
        _check_place(line, locked)
        _spread(line, locked)
        line.code = line.code or f"{locked.code}-{next_number(f'line of {locked.pk}')}"
        return write.create(line, actor=actor, fact=events.LineAdded)


def change_line(line: Line, *, actor: Any, version: int | None = None, **values: Any) -> Line:
    with transaction.atomic():
        locked: Plan = Plan.objects.select_for_update(of=("self",)).get(pk=line.plan_id)
        values["code"] = values.get("code") or line.code
        sheet = {name: values.get(name, getattr(line, name)) for name in LINE_FIELDS}
        trial = Line(plan=locked, amounts=line.amounts, **sheet)
        if any(sheet[name] != getattr(line, name) for name in LINE_FIELDS if name != "owner"):
            _refuse_approved(locked)
            _check_place(trial, locked)
            _spread(trial, locked)
            values |= _sheet(trial)
        return write.change(line, values, actor=actor, fact=events.LineChanged, version=version)


def archive_line(line: Line, *, actor: Any) -> Line:
    _refuse_approved(line.plan)
    return write.archive(line, actor=actor, fact=events.LineChanged)


def restore_line(line: Line, *, actor: Any) -> Line:
    _refuse_approved(line.plan)
    return write.restore(line, actor=actor, fact=events.LineChanged)


def _refuse_approved(plan: Plan) -> None:
    if plan.state != Plan.State.DRAFT:
        raise Refused(
            f"“{plan.name}” is approved and does not change. Make a revised version.", code="approved", field="plan"
        )


def _check_place(line: Line, plan: Plan) -> None:
    below = Closure.objects.filter(ancestor_id=plan.department_id, descendant_id=line.department_id).exists()
    if line.department_id != plan.department_id and not below:
        raise Refused(
            f"{line.department} is not part of {plan.department}, whose budget this is.",
            code="outside",
            field="department",
        )


def _sheet(line: Line) -> dict[str, Any]:
    return {name: getattr(line, name) for name in SHEET}


def _spread(line: Line, plan: Plan) -> None:
    """Fill the periods: evenly, by weights or as entered; from a driver the total is quantity × rate."""
    if (line.quantity is None) != (line.rate is None):
        raise Refused("Give both a quantity and a rate, or neither.", code="driver", field="rate")
    if line.quantity is not None and line.rate is not None:
        line.total = from_driver(line.quantity, line.rate, plan.currency)
    periods = len(plan.period_ends)
    if line.spread == Line.Spread.ENTERED:
        if line.quantity is not None:
            raise Refused("With a driver, spread evenly or by weights.", code="driver", field="spread")
        given = weights_from(line.weights, periods)
        line.amounts = [one if one is None else checked(one, plan.currency, field="weights") for one in given]
        line.total = sum((one for one in line.amounts if one is not None), ZERO)
        return
    checked(line.total, plan.currency, field="total")
    weights = weights_from(line.weights, periods) if line.spread == Line.Spread.SEASONAL else [Decimal(1)] * periods
    try:
        line.amounts = list(spread_amount(line.total, plan.currency, [one or ZERO for one in weights]))
    except Refused as error:
        raise Refused(error.message, code=error.code, field="weights") from error


def revise_plan(plan: Plan, *, version_kind: str = Plan.Version.REVISED, name: str = "", actor: Any) -> Plan:
    """A new version to edit, beginning with the budget as it stands today, transfers included."""
    with transaction.atomic():
        family: Plan = Plan.objects.select_for_update(of=("self",)).get(pk=plan.family_id)
        if family.state == Plan.State.DRAFT:
            raise Refused(f"“{family.name}” is a draft. Change it as it is.", code="draft")
        number = Plan.objects.filter(root=family).count() + 1
        kind = Plan.Version(version_kind)
        made = Plan(
            name=name or f"{family.name}, {kind.label.lower()} {number}",
            code=f"{family.code}.{number}",
            root=family,
            version_kind=kind,
            **{
                one: getattr(family, one)
                for one in ("department", "owner", "fiscal_year", "starts_on", "rhythm", "period_ends", "currency")
            },
        )
        write.create(made, actor=actor, fact=events.PlanDrafted)
        roots = Line.objects.filter(plan__in=_family_keys(family), root__isnull=True, archived_at__isnull=True)
        current = _appropriated([one.pk for one in roots], len(family.period_ends))
        Line.objects.bulk_create([_copy(one, made, current[one.pk], at) for at, one in enumerate(roots, 1)])
        return made


def _family_keys(family: Plan) -> list[int]:
    versions = Plan.objects.filter(root=family).exclude(version_kind=Plan.Version.FORECAST)
    return [family.pk, *versions.values_list("pk", flat=True)]


def _appropriated(roots: list[int], periods: int) -> dict[int, list[Decimal | None]]:
    """Root line → its budget per period as the ledger has it; None where nothing was ever appropriated."""
    found: dict[int, list[Decimal | None]] = {key: [None] * periods for key in roots}
    for period in range(1, periods + 1):
        for key, one in standings(roots, first=period, through=period).items():
            if one.appropriated:
                found[key][period - 1] = one.appropriated
    return found


def _copy(root: Line, plan: Plan, amounts: list[Decimal | None], number: int) -> Line:
    """As entered, so that an edit of one period leaves the others; the driver stays where nothing was moved."""
    known = [one for one in amounts if one is not None]
    kept = amounts == root.amounts and root.quantity is not None
    copied = {one: getattr(root, one) for one in ("department", "category", "site", "project", "owner", "unit", "note")}
    if kept:
        copied |= {one: getattr(root, one) for one in ("spread", "weights", "quantity", "rate", "output")}
    else:
        words = " ".join("-" if one is None else f"{one.normalize():f}" for one in amounts)
        copied |= {"spread": Line.Spread.ENTERED, "weights": words}
    return Line(
        plan=plan,
        root=root,
        code=f"{plan.code}-{number}",
        total=sum(known, ZERO),
        amounts=amounts,
        base=amounts,
        **copied,
    )


def approve_plan(plan: Plan, *, actor: Any) -> Plan:
    """From here on this version never changes; what it adds to the one before goes to the ledger. Not by its owner."""
    with transaction.atomic(), scope.system("a budget may hold lines of many departments"):
        family: Plan = Plan.objects.select_for_update(of=("self",)).get(pk=plan.family_id)
        locked: Plan = Plan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
        _refuse_approved(locked)
        if actor is not None and locked.owner_id == actor.pk:
            raise Refused("Nobody approves their own budget. Ask somebody else who may.", code="own_request")
        drafts = Event.objects.filter(
            name=events.PlanDrafted.fact_name, subject=locked.subject(), actor_id__isnull=False
        )
        if actor is not None and drafts.filter(actor_id=actor.pk).exists():
            raise Refused(
                "Whoever drafted a budget does not approve it. Ask somebody else who may.", code="own_request"
            )
        if locked.version_kind != Plan.Version.FORECAST:
            _appropriate(locked, actor)
            Plan.objects.filter(pk__in=_family_keys(family), state=Plan.State.APPROVED).exclude(pk=locked.pk).update(
                state=Plan.State.REPLACED
            )
        now = {"state": Plan.State.APPROVED, "approved_by": actor, "approved_at": timezone.now()}
        return write.change(locked, now, actor=actor, fact=events.PlanApproved)


def _appropriate(plan: Plan, actor: Any) -> None:
    """One transaction per line: the difference to what the version began with, in each period."""
    lines = list(Line.objects.filter(plan=plan).select_related("department").order_by("pk"))
    starts = [plan.starts_on, *plan.period_ends[:-1]]
    rows: list[Entry] = []
    for line, txn in zip(lines, next_txns(len(lines)) if lines else [], strict=True):
        planned: list[Decimal | None] = [None] * len(plan.period_ends) if line.archived_at else line.amounts
        base = line.base or [None] * len(plan.period_ends)
        for number, (new, old) in enumerate(zip(planned, base, strict=True), 1):
            more = (new or ZERO) - (old or ZERO)
            day = starts[number - 1] if number == 1 else plan.period_ends[number - 1]
            booking = Booking(kind=Kind.APPROVE, on=day or plan.period_ends[0], document=plan.subject(), actor=actor)
            legs = [Leg(Account.APPROPRIATED, number, -more), Leg(Account.AVAILABLE, number, more)]
            rows += legs_of(line, txn, legs, booking)
    Entry.objects.bulk_create(rows, batch_size=2000)


def close_period(plan: Plan, *, through: date, actor: Any) -> Plan:
    """Nothing is booked on or before this day any more; an earlier day opens again what lies after it."""
    with transaction.atomic():
        family: Plan = Plan.objects.select_for_update(of=("self",)).get(pk=plan.family_id)
        first = family.starts_on or through
        if family.state == Plan.State.DRAFT:
            raise Refused("A draft has nothing to close.", code="draft")
        if through > family.period_ends[-1] or (through < first and family.closed_through is None):
            raise Refused(
                f"Choose a day of the fiscal year, {first:%Y-%m-%d} to {family.period_ends[-1]:%Y-%m-%d}.",
                code="outside_year",
                field="through",
            )
        passed = sum(1 for end in family.period_ends if end <= through)
        with scope.system("forecasts are kept for every line"):
            versions = [family.pk, *Plan.objects.filter(root=family).values_list("pk", flat=True)]
            roots = Line.objects.filter(plan__in=versions, root__isnull=True).select_related("plan")
            outlook.keep(list(roots), passed=passed)
        return write.change(family, {"closed_through": through}, actor=actor, fact=events.PeriodClosed)
