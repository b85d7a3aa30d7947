"""The order on paper, the exception queue at a glance, and how suppliers did."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.access.rights import rights_of
from apps.core.pdf.rendering import render as render_pdf
from apps.core.pdf.weekly import report_assets
from apps.core.resources.resource import resources
from apps.core.values import format_number
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.core.web.navigation import NavPage, add_page
from apps.procurement import panels, queries
from apps.procurement.lines import number
from apps.procurement.models import Order, Supplier
from apps.procurement.views_spend import PeriodForm, period_of

add_page(
    NavPage(
        "supplier_scores",
        "Supplier scorecards",
        "trophy",
        "Purchasing",
        42,
        lambda user: (
            rights_of(user).can_somewhere("supplier", "r") and rights_of(user).can_somewhere("purchase_order", "r")
        ),
    )
)


@page("purchase_order", "r")
def order_pdf(request: HttpRequest, key: int) -> HttpResponse:
    """The order as it goes to the supplier; what is not placed says so."""
    order = resources["purchase_order"].rows(request.user).select_related("supplier", "buyer").filter(pk=key).first()
    if order is None:
        raise Http404
    content = render_pdf(
        _order_html(order, request.user),
        title=f"Purchase order {order.code}",
        assets=report_assets(settings.FONT_FILE),
        created=order.created_at,
    )
    name = f"{order.code}-r{order.revision}.pdf".replace("/", "-")
    return HttpResponse(
        content, content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _charges(order: Order) -> list[tuple[str, str]]:
    """Tax and freight with what the order comes to, where they are known."""
    known = [(str(_("Tax")), order.tax), (str(_("Freight")), order.freight)]
    rows = [(label, panels.money(amount, order.currency)) for label, amount in known if amount]
    return [*rows, (str(_("Total")), panels.money(order.due, order.currency))] if rows else []


def _order_html(order: Order, user: Any) -> str:
    lines = [
        {
            **one,
            "quantity": panels.quantity(number(one, "quantity")),
            "price": format_number(number(one, "price"), 2),
            "sum": format_number(number(one, "quantity") * number(one, "price"), 2),
        }
        for one in order.lines
    ]
    report = {
        "title": f"Purchase order {order.code}",
        "period_label": f"Revision {order.revision}",
        "site": order.department.name,
        "as_of": cells.when(timezone.now(), cells.zone_of(user))[1],
        "report_id": order.code,
        "klass": "order" if order.state in {Order.State.PLACED, Order.State.CLOSED} else "not an order",
        "lang": "en",
        "paper": "a4",
    }
    context = {
        "report": report,
        "order": order,
        "lines": lines,
        "total": panels.money(order.total, order.currency),
        "charges": _charges(order),
        "watermark": ""
        if order.state in {Order.State.PLACED, Order.State.CLOSED}
        else order.get_state_display().upper(),
    }
    return render_to_string("procurement/order.html", context)


SCORES = (
    "Spend",
    "Points",
    "On time in full",
    "Rejected, per million",
    "Price against order",
    "Days to answer",
    "Lines",
)
SCORE_HEADS = (
    pm.Column("name", "Supplier", wide=True, phone="title"),
    *(pm.Column(one.lower(), one, align="end") for one in SCORES),
    pm.Column("note", "Note"),
)


@page("supplier", "r")
def supplier_scores(request: HttpRequest) -> HttpResponse:
    """All suppliers with points and spend of a period; those without activity have no score."""
    form = PeriodForm(request.GET or None)
    start, end = period_of(form.cleaned_data if form.is_bound and form.is_valid() else {})
    form.initial = {"start": start, "until": end - timedelta(days=1)}
    scores, spend = queries.scorecards(start, end), queries.spend(start, end)
    suppliers = Supplier.objects.visible_to(request.user).filter(archived_at__isnull=True)
    ranked = sorted(suppliers, key=lambda one: (-spend.get(one.pk, 0), one.name))[:200]
    rows = tuple(_score_row(one, scores.get(one.pk), spend.get(one.pk)) for one in ranked)
    shown = pm.OverviewPage(
        title="Supplier scorecards",
        crumbs=(pm.Crumb("Suppliers", reverse("list", args=["suppliers"])), pm.Crumb("Scorecards")),
        facts=(
            f"{start:%Y-%m-%d} to {end - timedelta(days=1):%Y-%m-%d}. "
            "Few lines lean on the average of all suppliers and are marked."
        ),
        sections=(
            pm.Section(
                "Suppliers by spend",
                table=pm.Table(SCORE_HEADS, rows, "Suppliers by spend", "No supplier yet."),
                button=pm.Button("All suppliers", reverse("list", args=["suppliers"]), "truck"),
            ),
        ),
        needs_empty="",
    )
    status = 422 if form.errors else 200
    return render(request, "procurement/scores.html", {"page": shown, "form": form}, status=status)


def _score_row(supplier: Supplier, score: Any, spend: Any) -> pm.Row:
    url = reverse("record", args=["suppliers", supplier.pk])
    none = score is None or not score.lines
    figures = (
        None if spend is None else format_number(spend, 0),
        None if none or score.points is None else format_number(score.points, 0),
        None if none else panels.percent(score.otif),
        None if none or score.ppm is None else format_number(score.ppm, 0),
        None if none else panels.percent(score.price_variance, signed=True),
        None if none or score.response_days is None else format_number(score.response_days, 1),
        None if none else str(score.lines),
    )
    note = "no activity" if none else "small sample" if score.small else ""
    return pm.Row(
        str(supplier.pk),
        url=url,
        cells=(
            pm.Cell(supplier.name, "link", url=url),
            *(pm.Cell(one or cells.DASH, "number") for one in figures),
            pm.Cell(note),
        ),
    )
