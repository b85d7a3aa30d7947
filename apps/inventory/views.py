"""Pages for daily work with stock: scan and move, count a place blind, print a label, look at any moment of the past."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date

from apps.core.access.rights import require, rights_of
from apps.core.charts.draw import data_table, responsive
from apps.core.charts.spec import ChartSpec, Series
from apps.core.errors import Refused
from apps.core.pdf.rendering import render as render_pdf
from apps.core.pdf.weekly import report_assets
from apps.core.science.forecast import demand_class
from apps.core.values import format_number
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.core.web.middleware import undo
from apps.core.web.navigation import NavPage, add_page
from apps.inventory import forms, gs1, panels, queries, services
from apps.inventory.models import Count, Item, Location, Lot

CRUMBS = (pm.Crumb("Stock"),)
MOST_ROWS = 1000
add_page(
    NavPage(
        "stock_scan",
        "Scan stock",
        "scan-barcode",
        "Stock",
        39,
        lambda user: rights_of(user).can_somewhere("stock_move", "c"),
    )
)
add_page(
    NavPage(
        "stock_as_of",
        "Stock at a time",
        "history",
        "Stock",
        46,
        lambda user: rights_of(user).can_somewhere("stock_move", "r"),
    )
)


def read_code(user: Any, code: str) -> tuple[Item, gs1.Scanned]:
    """What a scanned or typed code names: a GS1 string, a GTIN, or the number of an item."""
    text = code.strip()
    found = Item.objects.visible_to(user).filter(archived_at__isnull=True)
    plain = gs1.Scanned()
    item = found.filter(code=text).first() or found.filter(code__iexact=text).first()
    if item is not None:
        return item, plain
    if text[:1] not in "(]" and not text[:2].isdigit():
        raise Refused(
            f"No item has the number “{text[:40]}”. Type it whole, or scan the code.", code="no_item", field="code"
        )
    if gs1.is_gtin(text):
        plain = gs1.Scanned(gtin=text.zfill(14))
    else:
        plain = gs1.parse(text, today=timezone.localdate())
    if not plain.gtin:
        raise Refused("The code names no item. Scan the code with the GTIN.", code="no_item", field="code")
    item = found.filter(gtin=plain.gtin.zfill(14)).first()
    if item is None:
        raise Refused(f"No item has the GTIN {plain.gtin}. Set it at the item.", code="no_item", field="code")
    return item, plain


@page("stock_move", "c")
def stock_scan(request: HttpRequest) -> HttpResponse:
    """One field takes the scan; what it says fills the form of the move. Place and kind stay for the next scan."""
    code, kind = request.GET.get("code", ""), request.GET.get("kind", "receive")
    place = request.GET.get("location", "")
    item, said, problem = None, gs1.Scanned(), ""
    if code:
        try:
            item, said = read_code(request.user, code)
        except Refused as refusal:
            problem = refusal.message
    form: Any = None
    if request.method == "POST":
        form = forms.MoveForm(request.POST, actor=request.user)
        if form.is_valid() and (answer := _record(request, form)):
            return answer
    elif item is not None:
        form = forms.MoveForm(actor=request.user, initial=_filled(item, said, kind, place))
    shown = pm.ChartPage(
        title="Scan stock",
        facts="Scan or type a GS1 code, a GTIN or an item's number",
        verdict=pm.Alert("", "", "info"),
        crumbs=(*CRUMBS, pm.Crumb("Scan stock")),
        sections=(panels.levels_panel(item, request.user),) if item is not None else (),
    )
    context = {
        "page": shown,
        "scan": forms.ScanForm(
            actor=request.user, auto_id="scan-%s", initial={"code": code, "kind": kind, "location": place}
        ),
        "code": code,
        "kind": kind,
        "place": place,
        "form": form,
        "item": item,
        "problem": problem,
    }
    return render(request, "inventory/scan.html", context, status=422 if problem or (form and form.errors) else 200)


def _filled(item: Item, said: gs1.Scanned, kind: str, place: str) -> dict[str, Any]:
    return {
        "kind": kind if kind in dict(forms.KINDS) else "receive",
        "item": item.pk,
        "location": place if place.isascii() and place.isdigit() else None,
        "quantity": said.quantity or (1 if item.tracking == Item.Tracking.SERIAL else None),
        "unit": said.unit,
        "lot_number": said.lot,
        "serials": said.serial,
        "expires_on": said.expires_on or said.best_before,
    }


def _record(request: HttpRequest, form: Any) -> HttpResponse | None:
    try:
        move = services.record_move(actor=request.user, **form.cleaned_data)
        require(request.user, "stock_move", "c", move, noun="stock move")
    except Refused as refusal:
        undo(request)
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return None
    messages.success(request, f"{move} written")
    query = f"kind={form.cleaned_data['kind']}&location={form.cleaned_data['location'].pk}"
    return HttpResponseRedirect(f"{reverse('stock_scan')}?{query}")


@page("stock_count", "c")
def count_do(request: HttpRequest, key: int) -> HttpResponse:
    """Blind: items and lots without what the ledger expects. Empty fields stay open; a scan adds what was not listed."""
    count = Count.objects.visible_to(request.user).select_related("location").filter(pk=key).first()
    if count is None:
        raise Http404
    require(request.user, "stock_count", "c", count, noun="stock count")
    lines = list(count.lines.select_related("item", "lot").order_by("item__code", "lot_id"))
    again = count.state == Count.State.RECOUNT
    asked = [one for one in lines if (one.to_recount and one.again is None) or not again]
    problem = ""
    if request.method == "POST":
        try:
            services.enter_count(count, lines=_entered(request, asked), actor=request.user)
        except Refused as refusal:
            undo(request)
            problem = refusal.message
        else:
            messages.success(request, "Count saved")
            return HttpResponseRedirect(reverse("record", args=["stock-counts", key]))
    rows = [
        {"line": one, "value": request.POST.get(f"found-{one.pk}", "" if again or one.found is None else f"{one.found.normalize():f}")}
        for one in asked
    ]  # fmt: skip
    shown = pm.ChartPage(
        title=f"Count {count.location}",
        facts=f"{count}, due {count.due_on:%d %b %Y}" + (". Counted again by another person" if again else ""),
        verdict=pm.Alert("", "", "info"),
        crumbs=(*CRUMBS, pm.Crumb(count.code, reverse("record", args=["stock-counts", key])), pm.Crumb("Count")),
    )
    context = {
        "page": shown,
        "rows": rows,
        "problem": problem,
        "extra": None if again else forms.StrayForm(request.POST or None, actor=request.user),
        "request": request,
    }
    return render(request, "inventory/count.html", context, status=422 if problem else 200)


def _entered(request: HttpRequest, asked: list[Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for one in asked:
        text = request.POST.get(f"found-{one.pk}", "").strip()
        if text:
            found.append({"item": one.item, "lot": one.lot, "found": _number(text, one.item.code)})
    code = request.POST.get("code", "").strip()
    if code:
        item, said = read_code(request.user, code)
        text = request.POST.get("more", "").strip()
        number = said.lot or said.serial or request.POST.get("lot", "").strip()
        found.append(
            {
                "item": item,
                "lot_number": number,
                "found": _number(text, item.code) if text else said.quantity or Decimal(1),
            }
        )
    if not found:
        raise Refused("Enter at least one quantity; 0 when nothing is there.", code="required")
    return found


def _number(text: str, name: str) -> Decimal:
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise Refused(f"{name}: “{text[:20]}” is no number.", code="quantity") from None


@page("stock_move", "r")
def stock_as_of(request: HttpRequest) -> HttpResponse:
    """All stock as it was at the end of a day, by the times at which things happened."""
    day = parse_date(request.GET.get("on", "")) or timezone.localdate()
    at = timezone.make_aware(datetime.combine(day, time.max))
    rows = queries.as_of(min(at, timezone.now()))
    items = Item.objects.visible_to(request.user).in_bulk({item for item, _, _ in rows})
    places = Location.objects.visible_to(request.user).in_bulk({place for _, place, _ in rows})
    found = [(items[i], places[p], quantity) for i, p, quantity in rows if i in items and p in places]
    worth = panels.worth((item.currency, quantity * item.standard_cost) for item, _, quantity in found)
    note = "The first 1 000" if len(found) > MOST_ROWS else ""
    shown = pm.ChartPage(
        title="Stock at a time",
        facts=f"At the end of {day:%d %b %Y}, by the times at which moves happened",
        verdict=pm.Alert(f"{worth} at standard cost.", f"{len(found)} items at places.", "info"),
        crumbs=(*CRUMBS, pm.Crumb("Stock at a time")),
        sections=(pm.Section("Stock", note=note, table=_stock_table(found[:MOST_ROWS])),),
    )
    context = {"page": shown, "form": forms.DayForm(actor=request.user, initial={"on": day})}
    return render(request, "inventory/as_of.html", context)


def _stock_table(found: list[tuple[Item, Location, Decimal]]) -> pm.Table:
    columns = (
        pm.Column("item", "Item", wide=True),
        pm.Column("place", "Place"),
        pm.Column("quantity", "Quantity", "end"),
        pm.Column("worth", "At standard cost", "end"),
    )
    rows = tuple(
        pm.Row(
            f"{item.pk}-{place.pk}",
            reverse("record", args=["items", item.pk]),
            (
                pm.Cell(str(item), "link", url=reverse("record", args=["items", item.pk])),
                pm.Cell(place.code),
                pm.Cell(panels.amount(quantity, item.unit), "number"),
                pm.Cell(format_number(quantity * item.standard_cost, 2), "number", unit=item.currency),
            ),
        )
        for item, place, quantity in found
    )
    return pm.Table(columns, rows, "Stock", "Nothing was in stock.")


@page("item", "r")
def item_label(request: HttpRequest, key: int) -> HttpResponse:
    """A label with the GS1 code as QR, for an item or one of its lots (?lot=)."""
    item = Item.objects.visible_to(request.user).filter(pk=key).first()
    if item is None:
        raise Http404
    text = request.GET.get("lot", "")
    lot = (
        Lot.objects.visible_to(request.user).filter(item=item, pk=int(text)).first()
        if text.isdigit() and len(text) < 19
        else None
    )
    pairs = label_pairs(item, lot)
    html = render_to_string("inventory/label.html", {"item": item, "lot": lot, "code": gs1.written(pairs) or item.code})
    style = (settings.BASE_DIR / "static/css/label-pdf.css").read_bytes()
    code = gs1.encode(pairs) or item.code
    assets = {**report_assets(settings.FONT_FILE), "label-pdf.css": style, "qr.svg": qr(code)}
    made = render_pdf(html, assets=assets, title=f"Label of {item.code}")
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="label-{item.pk}.pdf"'
    return answer


def label_pairs(item: Item, lot: Lot | None) -> list[tuple[str, str]]:
    """What the label says to a scanner, by GS1 identifiers; nothing for an item without GTIN, named by its own number."""
    if not item.gtin:
        return []
    pairs = [("01", item.gtin)]
    if lot is not None and lot.expires_on is not None:
        pairs.append(("17", f"{lot.expires_on:%y%m%d}"))
    if lot is not None:
        pairs.append(("21" if lot.serial else "10", lot.number[:20]))
    return pairs


def qr(text: str) -> bytes:
    """A QR code as an SVG file of one path."""
    import qrcode  # type: ignore[import-untyped]
    from qrcode.image.svg import SvgPathImage  # type: ignore[import-untyped]

    image = qrcode.make(text, image_factory=SvgPathImage, box_size=12, border=2)
    return bytes(image.to_string())


@page("item", "r")
def item_demand(request: HttpRequest, key: int) -> HttpResponse:
    """Demand per week and what comes next, with the error of the method that was chosen."""
    item = Item.objects.visible_to(request.user).filter(pk=key).first()
    if item is None:
        raise Http404
    found = queries.outlook(item, today=timezone.localdate())
    shown = pm.ChartPage(
        title=f"Demand for {item.name}",
        facts="Issued and consumed per whole week, reversals taken off",
        verdict=_demand_verdict(item, found),
        crumbs=(*CRUMBS, pm.Crumb(item.code, reverse("record", args=["items", key])), pm.Crumb("Demand")),
        sections=_demand_sections(item, found),
    )
    return render(request, "pages/chart.html", {"page": shown})


def _demand_verdict(item: Item, found: queries.Outlook) -> pm.Alert:
    made = found.ahead
    if made is None:
        return pm.Alert("No forecast yet.", f"It needs {queries.LEAST_WEEKS} whole weeks with some demand.", "info")
    words = f"By {made.method}, the best of {len(made.tried)} methods: error {made.mase:.2f} times that of the naive forecast (MASE)"
    return pm.Alert(
        f"{panels.amount(round(sum(made.values)))} {item.unit} in the next {len(made.values)} weeks.",
        f"{words}, bias {made.bias * 100:.1f} %. {demand_class(found.demand).capitalize()} demand.",
        "info",
    )


def _demand_sections(item: Item, found: queries.Outlook) -> tuple[pm.Section, ...]:
    labels = [f"{one:%d %b}" for one in found.weeks]
    series = [Series(name="Demand", values=tuple(found.demand))]
    if found.ahead is not None and found.weeks:
        ahead = [found.weeks[-1] + timedelta(weeks=at + 1) for at in range(len(found.ahead.values))]
        gap: tuple[float | None, ...] = (None,) * len(found.demand)
        series[0] = Series(name="Demand", values=(*found.demand, *((None,) * len(ahead))))
        series.append(
            Series(name="Forecast", values=(*gap, *(round(one, 2) for one in found.ahead.values)), dashed=True)
        )
        labels += [f"{one:%d %b}" for one in ahead]
    if not labels:
        return ()
    spec = ChartSpec(
        kind="line", title=f"Demand for {item.code}", unit=item.unit, labels=tuple(labels), series=tuple(series), label_heading="Week"
    )  # fmt: skip
    drawn = pm.Section("Demand per week", note=item.unit, svg=responsive(spec, width=820), data_table=data_table(spec))
    if found.ahead is None:
        return (drawn,)
    rows = tuple(
        pm.Row(name, "", (pm.Cell(name), pm.Cell(f"{error:.3f}", "number")))
        for name, error in sorted(found.ahead.tried.items(), key=lambda one: one[1])
    )
    columns = (pm.Column("method", "Method", wide=True), pm.Column("mase", "MASE", "end"))
    return (drawn, pm.Section("Methods tried", table=pm.Table(columns, rows, "Methods tried", "")))
