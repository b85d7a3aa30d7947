"""Parts of the pages of suppliers, requisitions, requests, orders, receipts and invoices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone

from apps.core.access.rights import rights_of
from apps.core.values import format_number
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.connections import connect
from apps.procurement import queries
from apps.procurement.lines import ORDER, PRICES, RECEIPT, REQUISITION, RFQ, LineColumn, by_number, number
from apps.procurement.match import Outcome
from apps.procurement.models import Invoice, Order, PriceList, Receipt, Requisition, Rfq, Supplier

SUPPLIER_TONES: dict[str, pm.Tone] = {"trial": "hold", "active": "good", "blocked": "bad"}
REQUISITION_TONES: dict[str, pm.Tone] = {
    "draft": "idle",
    "waiting": "hold",
    "approved": "info",
    "ordered": "good",
    "rejected": "bad",
    "cancelled": "idle",
}
RFQ_TONES: dict[str, pm.Tone] = {"draft": "idle", "sent": "hold", "awarded": "good", "cancelled": "idle"}
ORDER_TONES: dict[str, pm.Tone] = {
    "draft": "idle",
    "waiting": "hold",
    "placed": "info",
    "closed": "good",
    "rejected": "bad",
    "cancelled": "idle",
}
RECEIPT_TONES: dict[str, pm.Tone] = {"posted": "good", "reversed": "idle"}
INVOICE_TONES: dict[str, pm.Tone] = {"matched": "good", "blocked": "bad", "released": "good", "rejected": "idle"}
OUTCOME_TONES: dict[str, pm.Tone] = {"matched": "good", "variance": "warn", "missing receipt": "hold"}
PROGRESS = ("Received", "Rejected", "Returned", "Invoiced", "To come")
QUOTATION_TONES: dict[str, pm.Tone] = {"asked": "hold", "offered": "info", "declined": "idle", "awarded": "good"}


def supplier_state(one: Supplier) -> tuple[pm.Tone, str]:
    return SUPPLIER_TONES[one.state], str(one.get_state_display())


def requisition_state(one: Requisition) -> tuple[pm.Tone, str]:
    return REQUISITION_TONES[one.state], str(one.get_state_display())


def rfq_state(one: Rfq) -> tuple[pm.Tone, str]:
    return RFQ_TONES[one.state], str(one.get_state_display())


def order_state(one: Order) -> tuple[pm.Tone, str]:
    return ORDER_TONES[one.state], str(one.get_state_display())


def receipt_state(one: Receipt) -> tuple[pm.Tone, str]:
    return RECEIPT_TONES[one.state], str(one.get_state_display())


def invoice_state(one: Invoice) -> tuple[pm.Tone, str]:
    return INVOICE_TONES[one.state], str(one.get_state_display())


def money(amount: Decimal | None, currency: str) -> str:
    return cells.DASH if amount is None else format_number(amount, 2, unit=currency)


def quantity(amount: Decimal) -> str:
    return format_number(amount.normalize() if amount else Decimal(0)) if amount else cells.DASH


def total_cell(record: Any) -> pm.Cell:
    return pm.Cell(money(record.total, record.currency), "money")


def amount_cell(record: Any) -> pm.Cell:
    return pm.Cell(money(record.amount, record.currency), "money")


def why_blocked(one: Invoice) -> str:
    """Every reason while it is blocked, not only the first."""
    wrong = [each for each in one.verdicts if each["outcome"] != Outcome.MATCHED]
    if one.state != Invoice.State.BLOCKED or len(wrong) < 2 or not one.reason.startswith("Line "):
        return one.reason
    told = [f"Line {each['line']}: {each['outcome']}, {each['reason']}" for each in wrong]
    return "; ".join([*told[:3], *([f"{len(told) - 3} more"] if told[3:] else [])])


def _lines(title: str, lines: Sequence[dict[str, Any]], columns: Iterable[LineColumn], note: str = "") -> pm.Section:
    """The lines of a document as it was written."""
    shown = [one for one in columns if one.name != "source" and any(one.name in line for line in lines)]
    rows = tuple(pm.Row(str(place), cells=tuple(_cell(line, one) for one in shown)) for place, line in enumerate(lines))
    heads = tuple(
        pm.Column(one.name, one.label, align="end" if one.kind in {"number", "price"} else "start") for one in shown
    )
    return pm.Section(title, note=note, table=pm.Table(heads, rows, title, "No line yet."))


def _cell(line: dict[str, Any], column: LineColumn) -> pm.Cell:
    value = line.get(column.name)
    if value in (None, ""):
        return pm.Cell(cells.DASH)
    if column.kind == "price":
        price = Decimal(str(value))
        return pm.Cell(format_number(price, max(2, -int(price.as_tuple().exponent))), "money")
    if column.kind == "number":
        return pm.Cell(quantity(Decimal(str(value))), "number")
    return pm.Cell(str(value))


def _what(line: dict[str, Any]) -> str:
    return " · ".join(str(line[name]) for name in ("part", "text") if line.get(name))


def requisition_lines(record: Requisition, user: Any) -> pm.Section:
    return _lines("Lines", record.lines, REQUISITION, f"about {money(record.total, record.currency)}")


def rfq_lines(record: Rfq, user: Any) -> pm.Section:
    return _lines("Lines", record.lines, RFQ)


def price_lines(record: PriceList, user: Any) -> pm.Section:
    note = ""
    if record.value_limit is not None:
        used = queries.called_off(record.supplier, record)
        note = f"{money(used, record.currency)} of {money(record.value_limit, record.currency)} called off"
    return _lines("Prices", record.lines, PRICES, note)


def receipt_lines(record: Receipt, user: Any) -> pm.Section:
    ordered = by_number(record.order.lines)
    lines = [{"what": _what(ordered.get(int(one["line"]), {})), **one} for one in record.lines]
    return _lines("Received", lines, (RECEIPT[0], LineColumn("what", "What"), *RECEIPT[1:]))


def returned_lines(record: Receipt, user: Any) -> pm.Section | None:
    if not record.returned:
        return None
    prices = by_number(record.order.lines)
    credit = sum(
        (number(one, "quantity") * number(prices[int(one["line"])], "price") for one in record.returned), Decimal(0)
    )
    rows = tuple(
        pm.Row(
            str(place),
            cells=(
                pm.Cell(str(one["line"])),
                pm.Cell(quantity(number(one, "quantity")), "number"),
                pm.Cell(one["reason"]),
            ),
        )
        for place, one in enumerate(record.returned)
    )
    heads = (
        pm.Column("line", "Order line"),
        pm.Column("q", "Quantity", align="end"),
        pm.Column("why", "Why", wide=True),
    )
    note = f"credit expected {money(credit, record.order.currency)}"
    return pm.Section("Returned to supplier", note=note, table=pm.Table(heads, rows, "Returned to supplier"))


def order_lines(record: Order, user: Any) -> pm.Section:
    """Every line with what came of it."""
    done = queries.progress(record)
    rows = []
    for line in record.lines:
        one = done[int(line["line"])]
        rest = max(number(line, "quantity") - one.accepted, Decimal(0))
        late = (
            rest and line.get("due_on", "9") < timezone.localdate().isoformat() and record.state == Order.State.PLACED
        )
        rows.append(
            pm.Row(
                str(line["line"]),
                cells=(
                    pm.Cell(str(line["line"])),
                    pm.Cell(_what(line)),
                    pm.Cell(quantity(number(line, "quantity")), "number", unit=line.get("unit", "")),
                    _cell(line, ORDER[5]),
                    pm.Cell(line.get("due_on", cells.DASH), "status" if late else "text", tone="bad" if late else ""),
                    pm.Cell(quantity(one.received), "number"),
                    pm.Cell(quantity(one.rejected), "number"),
                    pm.Cell(quantity(one.returned), "number"),
                    pm.Cell(quantity(one.invoiced), "number"),
                    pm.Cell(quantity(rest), "number"),
                ),
            )
        )
    heads = (
        pm.Column("line", "Line"),
        pm.Column("what", "What", wide=True),
        pm.Column("quantity", "Ordered", align="end"),
        pm.Column("price", "Price", align="end"),
        pm.Column("due", "Due"),
        *(pm.Column(one.lower(), one, align="end") for one in PROGRESS),
    )
    receive, note = _receive_button(record, user), _order_note(record, done)
    return pm.Section("Lines", note=note, table=pm.Table(heads, tuple(rows), "Lines", "No line yet."), button=receive)


def _order_note(record: Order, done: dict[int, queries.Progress]) -> str:
    words = [f"{money(record.total, record.currency)}, revision {record.revision}"]
    if record.due != record.total:
        words.append(f"{money(record.due, record.currency)} with tax and freight")
    owed = _credit_owed(record, done)
    if owed:
        words.append(f"credit of {money(owed, record.currency)} expected")
    if record.split_with:
        words.append(f"counted together with {', '.join(record.split_with)}")
    return ", ".join(words)


def _credit_owed(record: Order, done: dict[int, queries.Progress]) -> Decimal:
    """Invoiced and not kept: what a credit note has to give back."""
    prices = by_number(record.lines)
    return sum(
        (max(one.invoiced - one.accepted, Decimal(0)) * number(prices[key], "price") for key, one in done.items()),
        Decimal(0),
    )


def _receive_button(record: Order, user: Any) -> pm.Button | None:
    if record.state != Order.State.PLACED or not rights_of(user).covers("stock_move", "c", record):
        return None
    url = f"{reverse('create', args=['goods-receipts'])}?order={record.pk}"
    return pm.Button("Receive goods", url, "package-check")


def paper(record: Order, user: Any) -> pm.Section:
    """The order as it goes to the supplier."""
    button = pm.Button("Download PDF", reverse("order_pdf", args=[record.pk]), "file-text")
    mail = record.supplier.email or "no e-mail address known"
    return pm.Section("On paper", text=f"{record.supplier.name}, {mail}", button=button)


def comparison(record: Rfq, user: Any) -> pm.Section | None:
    """Offers side by side; the lowest price of each line is marked."""
    offers = list(record.quotations.select_related("supplier", "rfq").order_by("pk"))
    if not offers:
        return None
    prices = [by_number(one.lines) for one in offers]
    rows = []
    for line in record.lines:
        place = int(line["line"])
        found = [number(one[place], "price") if place in one else None for one in prices]
        least = min((one for one in found if one is not None), default=None)
        label = f"{line['text']}, {quantity(number(line, 'quantity'))} {line.get('unit', '')}".strip()
        rows.append(pm.Row(str(place), cells=(pm.Cell(label), *(_offer(one, least) for one in found))))
    totals = [one.total() for one in offers]
    least = min((one for one in totals if one is not None), default=None)
    rows.append(pm.Row("total", cells=(pm.Cell("Total"), *(_offer(one, least) for one in totals))))
    for label, words in (("Days to deliver", "lead_days"), ("Offer holds until", "valid_until"), ("Note", "note")):
        rows.append(
            pm.Row(words, cells=(pm.Cell(label), *(pm.Cell(str(getattr(o, words) or cells.DASH)) for o in offers)))
        )
    states = (pm.Cell(str(one.get_state_display()), "status", tone=QUOTATION_TONES[one.state]) for one in offers)
    rows.append(pm.Row("state", cells=(pm.Cell("State"), *states)))
    heads = (
        pm.Column("what", f"Price in {record.currency}", wide=True),
        *(pm.Column(str(one.pk), str(one.supplier), align="end") for one in offers),
    )
    return pm.Section("Quotations", table=pm.Table(heads, tuple(rows), "Quotations"))


def _offer(price: Decimal | None, least: Decimal | None) -> pm.Cell:
    if price is None:
        return pm.Cell(cells.DASH)
    text = format_number(price, max(2, -int(price.normalize().as_tuple().exponent)))
    return pm.Cell(text, "status", tone="good", title="Lowest") if price == least else pm.Cell(text, "money")


def verdicts(record: Invoice, user: Any) -> pm.Section:
    """Every line of the invoice with what the three-way match says."""
    found = record.verdicts or [{} for _ in record.lines]
    rows = tuple(
        pm.Row(
            str(place),
            cells=(
                pm.Cell(f"{line.get('order', cells.DASH)} / {line['line']}"),
                pm.Cell(quantity(number(line, "quantity")), "number"),
                _cell(line, ORDER[5]),
                pm.Cell(
                    str(verdict.get("outcome", "")).capitalize() or cells.DASH,
                    "status",
                    tone=OUTCOME_TONES.get(str(verdict.get("outcome", "")), "bad"),
                ),
                pm.Cell(_difference(verdict, "quantity_variance"), "money"),
                pm.Cell(_difference(verdict, "price_variance"), "money"),
                pm.Cell(str(verdict.get("reason", ""))),
            ),
        )
        for place, (line, verdict) in enumerate(zip(record.lines, found, strict=False))
    )
    heads = (
        pm.Column("line", "Order line"),
        pm.Column("q", "Quantity", align="end"),
        pm.Column("p", "Price", align="end"),
        pm.Column("outcome", "Match"),
        pm.Column("dq", "Beyond the goods", align="end"),
        pm.Column("dp", "Price difference", align="end"),
        pm.Column("why", "Why", wide=True),
    )
    return pm.Section(
        "Three-way match", note=record.reason, table=pm.Table(heads, rows, "Three-way match", "No line is entered.")
    )


def _difference(verdict: dict[str, Any], name: str) -> str:
    value = Decimal(str(verdict.get(name, 0)))
    return format_number(value, 2, signed=True) if value else cells.DASH


def scorecard(record: Supplier, user: Any) -> pm.Section:
    """The last twelve months; without activity there is no score."""
    one = queries.scorecards(*queries.last_year(timezone.localdate())).get(record.pk)
    if one is None or not one.lines:
        return pm.Section(
            "Scorecard", text="No score: nothing was due, received or answered in the last twelve months."
        )
    facts = (
        ("Points of 100", None if one.points is None else format_number(one.points, 0)),
        ("On time in full", percent(one.otif)),
        ("Rejected, per million", None if one.ppm is None else format_number(one.ppm, 0)),
        ("Price against order", percent(one.price_variance, signed=True)),
        ("Days to answer", None if one.response_days is None else format_number(one.response_days, 1)),
        ("Lines", str(one.lines)),
    )
    rows = tuple(
        pm.Row(label, cells=(pm.Cell(label), pm.Cell(value or cells.DASH, "number"))) for label, value in facts
    )
    note = "last twelve months"
    if one.small:
        note += f", small sample of {one.lines} lines: points lean on the average of all suppliers"
    heads = (pm.Column("what", "Measure", wide=True), pm.Column("value", "Value", align="end"))
    return pm.Section("Scorecard", note=note, table=pm.Table(heads, rows, "Scorecard"))


def percent(share: Decimal | None, *, signed: bool = False) -> str | None:
    return None if share is None else format_number(share * 100, 1, unit="%", signed=signed)


def _link(record: Any, path: str, icon: str, label: str, state: tuple[pm.Tone, str]) -> pm.Connection:
    return pm.Connection(str(record), reverse("record", args=[path, record.pk]), icon, label, *state)


def _related(subject: str, user: Any) -> Iterable[pm.Connection]:
    """Documents of the same chain that name this one."""
    kind, _, key = subject.partition(":")
    names = {"supplier": "supplier", "requisition": "requisition", "rfq": "rfq", "purchase_order": "order"}
    field = names.get(kind)
    if field is None or not key.isdigit():
        return
    if kind == "requisition":
        for one in Rfq.objects.visible_to(user).filter(requisition_id=int(key))[:8]:
            yield _link(one, "rfqs", "mail-question-mark", one.code, rfq_state(one))
    if kind != "purchase_order":
        orders = Order.objects.visible_to(user).filter(**{f"{field}_id": int(key)}).select_related("supplier")
        for order in orders.order_by("-id")[:8]:
            yield _link(order, "purchase-orders", "shopping-cart", order.code, order_state(order))
    if kind == "purchase_order":
        for receipt in Receipt.objects.visible_to(user).filter(order_id=int(key)).select_related("order")[:12]:
            yield _link(receipt, "goods-receipts", "package-check", receipt.code, receipt_state(receipt))
    if kind in {"purchase_order", "supplier"}:
        invoices = Invoice.objects.visible_to(user).filter(**{f"{field}_id": int(key)}).select_related("supplier")
        for invoice in invoices.order_by("-id")[:8]:
            yield _link(invoice, "supplier-invoices", "receipt", invoice.code, invoice_state(invoice))


@connect("procurement")
def connected(subject: str, user: Any) -> list[pm.Connection]:
    return list(_related(subject, user))
