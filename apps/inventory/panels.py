"""Parts of the pages of items, places, lots, counts and proposals."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone

from apps.core.access.rights import reaches
from apps.core.values import format_number
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.inventory import queries, services
from apps.inventory.models import Count, CountLine, Item, Level, Location, Lot, Move, Proposal, StockPolicy

LOT_TONES: dict[str, pm.Tone] = {"released": "good", "hold": "bad", "quarantine": "warn"}
COUNT_TONES: dict[str, pm.Tone] = {"open": "hold", "recount": "warn", "closed": "good", "cancelled": "idle"}
PROPOSAL_TONES: dict[str, pm.Tone] = {
    "open": "hold", "accepted": "info", "requested": "info", "ordered": "info", "done": "good", "dismissed": "idle",
}  # fmt: skip
SHOWN = 200


def amount(quantity: Any, unit: str = "") -> str:
    """A quantity without idle zeros."""
    if quantity is None:
        return cells.DASH
    text = format_number(Decimal(f"{Decimal(quantity).normalize():f}"))
    return f"{text} {unit}" if unit else text


def worth(amounts: Iterable[tuple[str, Decimal]]) -> str:
    """A sum by currency: amounts of several are never added."""
    sums: dict[str, Decimal] = {}
    for currency, one in amounts:
        sums[currency] = sums.get(currency, Decimal(0)) + one
    return " + ".join(format_number(one, 2, unit=name) for name, one in sorted(sums.items())) or format_number(
        Decimal(0), 2
    )


def moved(one: Move | Proposal) -> pm.Cell:
    return pm.Cell(amount(one.quantity), "number", unit=one.item.unit)


def lot_state(one: Lot) -> tuple[pm.Tone, str]:
    return LOT_TONES[one.status], str(one.get_status_display())


def count_state(one: Count) -> tuple[pm.Tone, str]:
    return COUNT_TONES[one.state], str(one.get_state_display())


def proposal_state(one: Proposal) -> tuple[pm.Tone, str]:
    return PROPOSAL_TONES[one.state], str(one.get_state_display())


def on_hand_text(record: Any) -> str:
    """Stock the reader may see, on a list that was dressed with it; no figure where they see none."""
    item = record if isinstance(record, Item) else record.item
    return amount(getattr(record, "seen_stock", None), item.unit)


def cost_cell(item: Item) -> pm.Cell:
    places = max(2, -int(item.standard_cost.normalize().as_tuple().exponent))
    return pm.Cell(format_number(item.standard_cost, places, unit=item.currency), "money")


def levels_panel(item: Item, user: Any) -> pm.Section:
    """Where it is now, by place and lot, with what may not be used."""
    rows = []
    total = Decimal(0)
    for one in queries.levels_of(item, user)[:SHOWN]:
        total += one.quantity
        tone, words = lot_state(one.lot) if one.lot is not None else ("good", "Usable")
        rows.append(
            pm.Row(
                str(one.pk),
                reverse("record", args=["stock-locations", one.location_id]),
                (
                    pm.Cell(
                        str(one.location), "link", url=reverse("record", args=["stock-locations", one.location_id])
                    ),
                    pm.Cell(one.lot.number if one.lot else cells.DASH),
                    cells.plain_cell(one.lot.expires_on if one.lot else None, cells.zone_of(user)),
                    pm.Cell(words, "status", tone=tone),
                    pm.Cell(amount(one.quantity, item.unit), "number"),
                ),
            )
        )
    columns = (
        pm.Column("where", "Place", wide=True),
        pm.Column("lot", "Lot"),
        pm.Column("expires", "Expires"),
        pm.Column("state", "State"),
        pm.Column("quantity", "Quantity", "end"),
    )
    table = pm.Table(columns, tuple(rows), "Stock", "Nothing in stock. Receive it with a new stock move.")
    links = (
        pm.Connection("Demand and forecast", reverse("item_demand", args=[item.pk]), "chart-line"),
        pm.Connection("Label with QR code", reverse("item_label", args=[item.pk]), "qr-code"),
    )
    return pm.Section("Stock now", note=f"{amount(total, item.unit)} in all", table=table, links=links)


def worth_panel(item: Item, user: Any) -> pm.Section | None:
    """What the stock is worth by three ways of reckoning, each footing to the ledger."""
    if not Move.objects.filter(item=item).exists():
        return None
    worth = queries.worth_of(item)
    quantity = Decimal(worth.quantity.numerator) / worth.quantity.denominator
    facts: tuple[pm.Fact, ...] = (
        pm.Fact("At standard cost", pm.Cell(f"{format_number(quantity * item.standard_cost, 2)} {item.currency}")),
        pm.Fact("By moving average", pm.Cell(f"{format_number(worth.average_value, 2)} {item.currency}")),
        pm.Fact("By FIFO", pm.Cell(f"{format_number(worth.fifo_value, 2)} {item.currency}")),
        pm.Fact("Received at", pm.Cell(f"{format_number(worth.put_in, 2)} {item.currency}")),
    )
    off = worth.variance_average, worth.variance_fifo
    if any(off):
        words = f"{format_number(off[0], 2)} by average, {format_number(off[1], 2)} by FIFO, {item.currency}"
        facts += (pm.Fact("Purchase price variance", pm.Cell(words)),)
    return pm.Section("Value", facts=facts)


def moves_panel(item: Item, user: Any) -> pm.Section:
    rows = Move.objects.visible_to(user).filter(item=item)
    return _moves("Last moves", rows, user)


def _moves(title: str, found: Any, user: Any) -> pm.Section:
    zone = cells.zone_of(user)
    rows = tuple(
        pm.Row(
            str(one.pk),
            reverse("record", args=["stock-moves", one.pk]),
            (
                cells.plain_cell(one.effective_at, zone),
                pm.Cell(str(one), "link", url=reverse("record", args=["stock-moves", one.pk])),
                pm.Cell(f"{one.from_location.code} → {one.to_location.code}"),
                pm.Cell(one.lot.number if one.lot else cells.DASH),
                pm.Cell(one.document or cells.DASH),
            ),
        )
        for one in found.select_related("item", "lot", "from_location", "to_location").order_by("-id")[:20]
    )
    columns = (
        pm.Column("when", "When"),
        pm.Column("move", "Move", wide=True),
        pm.Column("way", "From → to"),
        pm.Column("lot", "Lot"),
        pm.Column("document", "Document"),
    )
    return pm.Section(title, table=pm.Table(columns, rows, title, "No move yet."))


def place_panel(location: Location, user: Any) -> pm.Section | None:
    """What is at a place."""
    if not location.is_held:
        return None
    rows = tuple(
        pm.Row(
            str(one.pk),
            reverse("record", args=["items", one.item_id]),
            (
                pm.Cell(str(one.item), "link", url=reverse("record", args=["items", one.item_id])),
                pm.Cell(one.lot.number if one.lot else cells.DASH),
                pm.Cell(amount(one.quantity, one.item.unit), "number"),
            ),
        )
        for one in Level.objects.visible_to(user)
        .filter(location=location)
        .exclude(quantity=0)
        .select_related("item", "lot")
        .order_by("item__code", "lot_id")[:SHOWN]
    )
    columns = (pm.Column("item", "Item", wide=True), pm.Column("lot", "Lot"), pm.Column("quantity", "Quantity", "end"))
    return pm.Section("Stock here", table=pm.Table(columns, rows, "Stock here", "Nothing is here."))


def family_panel(lot: Lot, user: Any) -> pm.Section | None:
    """What it was made of, and what was made of it."""
    rows = []
    for forward, words in ((False, "Made of"), (True, "Went into")):
        for one, depth in queries.genealogy(lot, forward=forward):
            url = reverse("record", args=["lots", one.pk])
            tone, state = lot_state(one)
            rows.append(
                pm.Row(
                    f"{words}{one.pk}",
                    url,
                    (
                        pm.Cell(words),
                        pm.Cell(one.code, "link", url=url),
                        pm.Cell(state, "status", tone=tone),
                        pm.Cell(str(depth), "number"),
                    ),
                )
            )
    columns = (
        pm.Column("how", "How"),
        pm.Column("lot", "Lot", wide=True),
        pm.Column("state", "State"),
        pm.Column("steps", "Steps away", "end"),
    )
    return pm.Section("Genealogy", table=pm.Table(columns, tuple(rows), "Genealogy", "")) if rows else None


def lot_moves_panel(lot: Lot, user: Any) -> pm.Section:
    return _moves("Moves", Move.objects.visible_to(user).filter(lot=lot), user)


def count_panel(count: Count, user: Any) -> pm.Section:
    """While it is open, only what was found is told: a count is blind."""
    closed = count.state == Count.State.CLOSED
    zone = cells.zone_of(user)
    rows = tuple(_count_row(one, closed, zone) for one in _lines(count))
    columns = [
        pm.Column("item", "Item", wide=True),
        pm.Column("lot", "Lot"),
        pm.Column("found", "Found", "end"),
        pm.Column("again", "Again", "end"),
        pm.Column("at", "Counted"),
    ]
    if closed:
        columns += [pm.Column("expected", "In the ledger", "end"), pm.Column("off", "Difference", "end")]
    table = pm.Table(tuple(columns), rows, "Lines", "No lines: enter what is found.")
    may = count.state in (Count.State.OPEN, Count.State.RECOUNT) and reaches(user, "stock_count", "c", count)
    button = pm.Button("Count", reverse("count_do", args=[count.pk]), "scan-barcode") if may else None
    note = "" if closed else "What the ledger expects is shown when the count is closed"
    return pm.Section("Lines", note=note, table=table, button=button)


def _lines(count: Count) -> Any:
    return count.lines.select_related("item", "lot").order_by("item__code", "lot_id")[:500]


def _count_row(line: CountLine, closed: bool, zone: Any) -> pm.Row:
    shown = [
        pm.Cell(str(line.item)),
        pm.Cell(line.lot.number if line.lot else cells.DASH),
        pm.Cell(amount(line.found), "number"),
        pm.Cell("To count again" if line.to_recount and line.again is None else amount(line.again), "number"),
        cells.plain_cell(line.again_at or line.found_at, zone),
    ]
    if closed:
        shown += [pm.Cell(amount(line.expected), "number"), pm.Cell(amount(line.difference), "number")]
    return pm.Row(str(line.pk), "", tuple(shown))


def arithmetic_panel(proposal: Proposal, user: Any) -> pm.Section:
    return pm.Section("Why", text=proposal.arithmetic)


def suggestions_panel(policy: StockPolicy, user: Any) -> pm.Section:
    """Quantities by what ordering and holding cost, each with its arithmetic."""
    return _suggestions([policy])


def planning_panel(item: Item, user: Any) -> pm.Section | None:
    """The same at the item, for each place that has a policy."""
    policies = StockPolicy.objects.visible_to(user).filter(item=item, archived_at__isnull=True)
    found = list(policies.select_related("item", "location").order_by("id")[:5])
    return _suggestions(found) if found else None


def _suggestions(policies: list[StockPolicy]) -> pm.Section:
    rows = tuple(
        pm.Row(
            f"{policy.pk}-{one.method}",
            reverse("record", args=["stock-policies", policy.pk]),
            (
                pm.Cell(policy.location.code, "link", url=reverse("record", args=["stock-policies", policy.pk])),
                pm.Cell(one.method),
                pm.Cell(amount(Decimal(f"{one.quantity:.2f}"), policy.item.unit), "number"),
                pm.Cell(cells.DASH if one.cost_per_year is None else format_number(one.cost_per_year, 2), "number"),
                pm.Cell(one.arithmetic),
            ),
        )
        for policy in policies
        for one in services.suggest_quantities(policy, today=timezone.localdate())
    )
    columns = (
        pm.Column("place", "Place"),
        pm.Column("method", "By"),
        pm.Column("quantity", "Quantity", "end"),
        pm.Column("cost", f"Cost a year, {policies[0].item.currency}", "end"),
        pm.Column("why", "Arithmetic", wide=True),
    )
    known = all(one.order_cost is not None for one in policies)
    hint = "" if known else "Enter the cost of an order at the policy to see economic quantities"
    title = "Quantities to order"
    return pm.Section(title, note=hint, table=pm.Table(columns, rows, title, "No demand yet."))


def stock_of(item: Item) -> str:
    """For lists: what the reader's own walls let them see."""
    found = getattr(item, "stock", None)
    if found is None:
        found = Level.objects.filter(item=item).aggregate(sum=Sum("quantity"))["sum"] or Decimal(0)
    return amount(found, item.unit)
