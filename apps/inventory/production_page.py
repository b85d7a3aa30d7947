"""The page on which a production is written: what was made, and what went into it, from a desk or a phone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.core.access.rights import require, rights_of
from apps.core.errors import Refused
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.core.web.middleware import undo
from apps.core.web.navigation import NavPage, add_page
from apps.inventory import services
from apps.inventory.forms import ComponentForm, ProductionForm
from apps.inventory.models import Move

ROWS, MOST_ROWS = 2, 50
add_page(
    NavPage(
        "stock_produce",
        "Produce",
        "factory",
        "Stock",
        40,
        lambda user: rights_of(user).can_somewhere("stock_move", "c"),
    )
)


@page("stock_move", "c")
def stock_produce(request: HttpRequest) -> HttpResponse:
    """One form for the product and one for each component; "another component" asks for one more and writes nothing."""
    given = request.POST if request.method == "POST" else None
    asked = given.get("rows", "") if given else ""
    rows = min(int(asked), MOST_ROWS) if asked.isascii() and asked.isdigit() and len(asked) < 4 else ROWS
    more = given is not None and "more" in given
    product = ProductionForm(given, actor=request.user, use_required_attribute=False)
    parts = [
        ComponentForm(
            given, actor=request.user, prefix=f"part-{at}", use_required_attribute=False, empty_permitted=True
        )
        for at in range(rows)
    ]
    if given is not None and not more and (answer := _written(request, product, parts)):
        return answer
    if more:
        product, parts = _kept(product, request.user), [_kept(one, request.user) for one in parts]
        if rows < MOST_ROWS:
            parts.append(ComponentForm(actor=request.user, prefix=f"part-{rows}", use_required_attribute=False))
    shown = pm.ChartPage(
        title="Produce",
        facts="What was made, and what went into it: written together or not at all",
        verdict=pm.Alert("", "", "info"),
        crumbs=(pm.Crumb("Stock"), pm.Crumb("Produce")),
    )
    context = {"page": shown, "product": product, "parts": parts}
    return render(request, "inventory/produce.html", context, status=422 if given is not None and not more else 200)


def _kept(form: Any, actor: Any) -> Any:
    """What was typed, without complaints: nobody asked to write yet."""
    typed = {name: form[name].value() for name in form.fields}
    return type(form)(actor=actor, prefix=form.prefix, initial=typed, use_required_attribute=False)


def _written(request: HttpRequest, product: Any, parts: list[Any]) -> HttpResponse | None:
    good = [one.is_valid() for one in parts]
    if not product.is_valid() or not all(good):
        return None
    filled = [one for one in parts if one.cleaned_data.get("item")]
    if not filled:
        parts[0].add_error("item", "Choose at least one component.")
        return None
    values = {name: value for name, value in product.cleaned_data.items() if value not in (None, "", [])}
    try:
        moves = services.produce_stock(
            consumes=[_part(one.cleaned_data, values["to"]) for one in filled], actor=request.user, **values
        )
        for move in moves:
            require(request.user, "stock_move", "c", move, noun="stock move")
    except Refused as refusal:
        undo(request)
        _tell(refusal, product, filled)
        return None
    made = moves[-1]
    messages.success(request, f"{made} written")
    return HttpResponseRedirect(reverse("record", args=["stock-moves", made.pk]))


def _part(values: dict[str, Any], place: Any) -> dict[str, Any]:
    found = {name: value for name, value in values.items() if value not in (None, "")}
    return {"at": place, **found}


def _tell(refusal: Refused, product: Any, parts: list[forms.Form]) -> None:
    """A refusal about a component names its place in the list: `consumes.1.quantity`."""
    first, _, rest = (refusal.field or "").partition(".")
    place, _, name = rest.partition(".")
    form, field = product, first
    if first == "consumes" and place.isdigit():
        form, field = parts[int(place)], {"location": "at"}.get(name, name)
    elif first == "location":
        field = "to"
    form.add_error(field if field in form.fields else None, refusal.message)


def production_panel(move: Move, user: Any) -> pm.Section | None:
    """All moves of the production a move belongs to, the product first, with its lots as the way into the genealogy."""
    if move.batch is None:
        return None
    found = Move.objects.visible_to(user).filter(batch=move.batch)
    rows = tuple(
        pm.Row(
            str(one.pk),
            reverse("record", args=["stock-moves", one.pk]),
            (
                pm.Cell(str(one), "link", url=reverse("record", args=["stock-moves", one.pk])),
                pm.Cell(one.lot.code, "link", url=reverse("record", args=["lots", one.lot_id]))
                if one.lot
                else pm.Cell("–"),
                pm.Cell(f"{one.from_location.code} → {one.to_location.code}"),
            ),
        )
        for one in found.select_related("item", "lot", "from_location", "to_location").order_by("-id")[:200]
    )
    columns = (
        pm.Column("move", "Move", wide=True),
        pm.Column("lot", "Lot and genealogy"),
        pm.Column("way", "From → to"),
    )
    return pm.Section("Production", table=pm.Table(columns, rows, "Production", ""))
