"""The only writers of the ledger: check, reserve, encumber, spend, release, reverse; each locks the line first."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from apps.budgets.models import Account, Commitment, Entry, Kind, Line, Plan
from apps.budgets.queries import ZERO, period_on
from apps.budgets.services.books import Booking, Leg, book, family_of, locked, open_period, own_amount, positive
from apps.budgets.services.checking import pass_or_refuse
from apps.core.access import scope
from apps.core.errors import Refused

Relief = tuple[str, str, Decimal]


def reserve_funds(
    *,
    line: Line,
    amount: Decimal,
    on: date,
    document: str,
    ref: str = "",
    actor: Any,
    override: str = "",
    currency: str = "",
) -> Commitment:
    """A requisition sets money aside (pre-encumbrance)."""
    with locked(line) as root:
        family, period = open_period(root, on)
        value = positive(own_amount(amount, currency, family, on))
        reason = pass_or_refuse(root, family, period=period, amount=value, override=override, actor=actor)
        held = _hold(root, (document, ref), reserved=value)
        booking = Booking(kind=Kind.RESERVE, on=on, document=document, ref=ref, override=reason, actor=actor)
        book(root, family, [Leg(Account.RESERVED, period, value), Leg(Account.AVAILABLE, period, -value)], booking)
        return held


def encumber_funds(
    *,
    line: Line,
    amount: Decimal,
    on: date,
    document: str,
    ref: str = "",
    relieves: Relief | None = None,
    actor: Any,
    override: str = "",
    currency: str = "",
) -> Commitment:
    """An order binds money and takes back what its requisition had set aside, never more than is still there."""
    with locked(line) as root:
        family, period = open_period(root, on)
        value = positive(own_amount(amount, currency, family, on))
        back = _relief(root, family, relieves, account="reserved", on=on, currency=currency)
        reason = pass_or_refuse(root, family, period=period, amount=value - back, override=override, actor=actor)
        if relieves and back:
            _hold(root, relieves[:2], reserved=-back)
        held = _hold(root, (document, ref), encumbered=value)
        booking = Booking(kind=Kind.ENCUMBER, on=on, document=document, ref=ref, override=reason, actor=actor)
        legs = [
            Leg(Account.RESERVED, period, -back, relieves[:2] if relieves else None),
            Leg(Account.ENCUMBERED, period, value),
            Leg(Account.AVAILABLE, period, back - value),
        ]
        book(root, family, legs, booking)
        return held


def spend_funds(
    *,
    line: Line,
    amount: Decimal,
    on: date,
    document: str,
    ref: str = "",
    relieves: Relief | None = None,
    actor: Any,
    quantity: Decimal | None = None,
    currency: str = "",
) -> Commitment:
    """A receipt or invoice is a fact and always booked; it counts on the order it relieves. Below zero it is a credit."""
    with locked(line) as root:
        family, period = open_period(root, on)
        value = own_amount(amount, currency, family, on)
        if not value:
            raise Refused("Enter an amount other than zero.", code="zero", field="amount")
        back = _relief(root, family, relieves, account="encumbered", on=on, currency=currency)
        held = _hold(root, relieves[:2] if relieves and back else (document, ref), encumbered=-back, spent=value)
        booking = Booking(kind=Kind.SPEND, on=on, document=document, ref=ref, quantity=quantity, actor=actor)
        legs = [
            Leg(Account.ENCUMBERED, period, -back, relieves[:2] if relieves else None),
            Leg(Account.ACTUAL, period, value),
            Leg(Account.AVAILABLE, period, back - value),
        ]
        book(root, family, legs, booking)
        return held


def release_funds(*, document: str, ref: str = "", on: date | None = None, keep: Decimal = ZERO, actor: Any) -> Decimal:
    """A cancelled or closed document gives back what it still holds, but for what stays bound; returns what came free."""
    freed, kept = ZERO, keep
    with transaction.atomic(), scope.system("the ledger's books"):
        parts = Commitment.objects.filter(Q(reserved__gt=0) | Q(encumbered__gt=0), document=document)
        found = parts.filter(ref=ref) if ref else parts
        for key in sorted(set(found.values_list("line_id", flat=True))):
            with locked(Line.objects.get(pk=key)) as root:
                family = family_of(root)
                day = _release_day(family, on or timezone.localdate())
                period = period_on(family, day)
                for held in found.filter(line=root):
                    stays = min(held.encumbered, kept)
                    kept -= stays
                    if held.open == stays:
                        continue
                    legs = [
                        Leg(Account.RESERVED, period, -held.reserved),
                        Leg(Account.ENCUMBERED, period, stays - held.encumbered),
                        Leg(Account.AVAILABLE, period, held.open - stays),
                    ]
                    freed += held.open - stays
                    Commitment.objects.filter(pk=held.pk).update(reserved=0, encumbered=stays)
                    booking = Booking(kind=Kind.RELEASE, on=day, document=document, ref=held.ref, actor=actor)
                    book(root, family, legs, booking)
    return freed


def reverse_entries(*, txn: int, reason: str, on: date | None = None, actor: Any) -> list[Entry]:
    """A wrong actual is taken back by its mirror image; the ledger itself is never edited."""
    if not reason.strip():
        raise Refused("Say why it is taken back.", code="no_reason", field="reason")
    with transaction.atomic(), scope.system("the ledger's books"):
        found = list(Entry.objects.filter(txn=txn).order_by("line_id"))
        if not found or {one.kind for one in found} - {Kind.SPEND, Kind.IMPORT}:
            raise Refused("Only a booked actual can be taken back.", code="not_reversible")
        made = []
        for key in sorted({one.line_id for one in found}):
            with locked(Line.objects.get(pk=key)) as root:
                family, period = open_period(root, on or found[0].on)
                if Entry.objects.filter(reverses=txn).exists():
                    raise Refused("This was taken back already.", code="reversed")
                legs = _mirror(root, found, period)
                booking = Booking(
                    kind=Kind.REVERSE,
                    on=on or found[0].on,
                    document=found[0].document,
                    ref=found[0].ref,
                    override="",
                    reverses=txn,
                    actor=actor,
                )
                made += book(root, family, legs, booking, reason=reason)
        return made


def _mirror(root: Line, found: list[Entry], period: int) -> list[Leg]:
    """Actual goes, and so does the relief it made: the order holds the money again."""
    own = {one.account: one for one in found if one.line_id == root.pk}
    legs = [Leg(Account(one.account), period, -one.amount, (one.document, one.ref)) for one in own.values()]
    relieved, actual = own.get(Account.ENCUMBERED), own.get(Account.ACTUAL)
    if actual is not None and actual.kind == Kind.SPEND:
        payer = relieved or actual
        freed = ZERO if relieved is None else relieved.amount
        _hold(root, (payer.document, payer.ref), encumbered=-freed, spent=-actual.amount)
    return legs


def _release_day(family: Plan, on: date) -> date:
    """Money comes free today, within the fiscal year and after what is closed."""
    last = family.period_ends[-1]
    first = family.starts_on or on
    day = min(max(on, first), last)
    if family.closed_through is not None and day <= family.closed_through:
        raise Refused(
            f"“{family.name}” is closed through {family.closed_through:%Y-%m-%d}. Open it to release this.",
            code="period_closed",
            field="on",
        )
    return day


HOLD = """
UPDATE budgets_commitment SET reserved = reserved + %(reserved)s, encumbered = encumbered + %(encumbered)s, spent = spent + %(spent)s
WHERE line_id = %(line)s AND document = %(document)s AND ref = %(ref)s RETURNING *"""


def _hold(
    line: Line, source: tuple[str, str], *, reserved: Decimal = ZERO, encumbered: Decimal = ZERO, spent: Decimal = ZERO
) -> Commitment:
    """What a document holds of the line, changed by so much; the line is locked, so nobody else does the same."""
    document, ref = source
    if not document:
        raise Refused("Name the document that commits the money.", code="no_document", field="document")
    values = {"reserved": reserved, "encumbered": encumbered, "spent": spent}
    with connection.cursor() as cursor:
        cursor.execute(HOLD, values | {"line": line.pk, "document": document, "ref": ref})
        row, names = cursor.fetchone(), [one.name for one in cursor.description]
    if row is not None:
        return Commitment(**dict(zip(names, row, strict=True)))
    held: Commitment = Commitment.objects.create(
        line=line, department_id=line.department_id, document=document, ref=ref, **values
    )
    return held


def _relief(line: Line, family: Plan, relieves: Relief | None, *, account: str, on: date, currency: str) -> Decimal:
    """What is taken back: as much as asked, at most what that document still holds on this line."""
    if relieves is None:
        return ZERO
    document, ref, asked = relieves
    held = Commitment.objects.filter(line=line, document=document, ref=ref).first()
    if held is None:
        raise Refused(f"“{document}” holds nothing on this line.", code="no_commitment", field="relieves")
    wanted = own_amount(asked, currency, family, on)
    if wanted < 0:
        raise Refused("Relief is not below zero.", code="not_positive", field="relieves")
    left: Decimal = getattr(held, account)
    return min(wanted, left)
