"""The explore page: choose KPIs, split, period and comparison; the address holds it all, so it is saved, shared, exported."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse

from apps.core.access.rights import rights_of
from apps.core.errors import Refused
from apps.core.events.facts import ListExported
from apps.core.events.log import emit
from apps.core.models import SavedView
from apps.core.tabular import write_csv, write_xlsx
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.access import page, person_key
from apps.core.web.navigation import NavPage, add_page
from apps.core.web.views_misc import SaveViewForm
from apps.kpis import explore_page, queries
from apps.kpis.explore import Answer, answer
from apps.kpis.explore_form import ExploreForm, address_of

NAME = "kpi_explore"
CRUMBS = (pm.Crumb("Money & results"), pm.Crumb("Explore"))

add_page(
    NavPage(
        NAME,
        "Explore",
        "chart-spline",
        "Money & results",
        12,
        lambda user: rights_of(user).can_somewhere("kpi_value", "r"),
    )
)


@dataclass(frozen=True, kw_only=True)
class ExplorePage:
    """What the explore page shows."""

    form: ExploreForm
    facts: str
    tabs: tuple[pm.ViewTab, ...]
    save_url: str = ""
    buttons: tuple[pm.Button, ...] = ()
    exports: tuple[pm.Link, ...] = ()
    alerts: tuple[pm.Alert, ...] = ()
    panels: tuple[explore_page.Panel, ...] = ()
    newest: pm.Table | None = None
    data: list[dict[str, Any]] | None = None
    script: str = ""
    title: str = "Explore"
    crumbs: tuple[pm.Crumb, ...] = CRUMBS


@page("kpi_value", "r")
def kpi_explore(request: HttpRequest) -> HttpResponse:
    query = address_of(request.GET)
    form = ExploreForm(request.GET if request.GET else None, actor=request.user)
    found, alerts = None, []
    if form.is_bound and form.is_valid():
        try:
            found = answer(form.question(), user=request.user)
        except Refused as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
    if form.errors:
        alerts.append(pm.Alert("Nothing is shown yet.", _first_error(form), "bad"))
    if found is not None:
        shown = _answered(request, form, found)
    else:
        tabs, _ = _views(request, query)
        shown = ExplorePage(form=form, facts="Several KPIs, split and compared", tabs=tabs, alerts=tuple(alerts))
    return render(request, "kpis/explore.html", {"page": shown}, status=422 if form.errors else 200)


def _answered(request: HttpRequest, form: ExploreForm, found: Answer) -> ExplorePage:
    query = address_of(request.GET)
    tabs, mine = _views(request, query)
    charts = explore_page.charts(found)
    rolled_up_at, _ = queries.freshness()
    fresh = cells.when(rolled_up_at, cells.zone_of(request.user))[0] if rolled_up_at else "no roll-up yet"
    delete = reverse("kpi_explore_delete", args=[mine.pk]) if mine else ""
    return ExplorePage(
        form=form,
        facts=f"{explore_page.in_words(found)} · data as of {fresh}",
        tabs=tabs,
        save_url=f"{reverse('kpi_explore_save')}?{query}",
        buttons=(pm.Button("Delete view", delete, "trash-2", "ghost", "post", "Delete this view?"),) if mine else (),
        exports=tuple(
            pm.Link(label, f"{reverse('kpi_explore_export', args=[kind])}?{query}")
            for kind, label in (("csv", "CSV"), ("xlsx", "XLSX"))
        ),
        alerts=tuple(_notes(found)),
        panels=tuple(charts),
        newest=explore_page.newest(found),
        data=[panel.data for panel in charts],
        script=static(settings.ECHARTS) if settings.PACKAGED_FILES[settings.ECHARTS].is_file() else "",
    )


def _notes(found: Answer) -> list[pm.Alert]:
    notes = []
    if not any(line.latest is not None for line in found.lines):
        notes.append(pm.Alert("No values in this range.", "Choose an earlier range or other KPIs.", "info"))
    if found.raised:
        names = ", ".join(kpi.name for kpi in found.raised)
        notes.append(pm.Alert(f"Shown by {found.grain}.", f"Nothing finer is measured for {names}.", "info"))
    return notes


def _first_error(form: ExploreForm) -> str:
    return str(next(iter(form.errors.values()))[0])


def _views(request: HttpRequest, query: str) -> tuple[tuple[pm.ViewTab, ...], SavedView | None]:
    """Views of one's own and shared ones; and the open one, if it is one's own."""
    saved = list(SavedView.objects.filter(resource=NAME).order_by("name"))
    url = reverse(NAME)
    tabs = [pm.ViewTab("New", url, current=not query)]
    tabs += [pm.ViewTab(one.name, f"{url}?{one.query}", current=one.query == query) for one in saved]
    mine = next((one for one in saved if one.query == query and one.owner_id == person_key(request)), None)
    return tuple(tabs), mine


class SaveExploredForm(SaveViewForm):
    """The name of a view and whether others see it; each sees the numbers of their own departments."""

    is_default = None  # type: ignore[assignment]


@page("kpi_value", "r")
def kpi_explore_save(request: HttpRequest) -> HttpResponse:
    """Keep the choices under a name; the same name replaces one's own view."""
    form = SaveExploredForm(request.POST or None)
    query = address_of(request.GET)
    back = f"{reverse(NAME)}?{query}"
    if request.method == "POST" and form.is_valid():
        SavedView.objects.update_or_create(
            resource=NAME,
            owner_id=person_key(request),
            name=form.cleaned_data["name"],
            defaults={"query": query[:2000], "shared": form.cleaned_data["shared"]},
        )
        messages.success(request, f"View '{form.cleaned_data['name']}' saved")
        return HttpResponseRedirect(back)
    shown = pm.FormPage(
        title="Save this view",
        form=form,
        crumbs=(*CRUMBS[:1], pm.Crumb("Explore", reverse(NAME)), pm.Crumb("Save view")),
        submit_label="Save view",
        cancel_url=back,
        url=request.get_full_path(),
    )
    return render(request, "pages/form.html", {"page": shown}, status=422 if form.errors else 200)


@page("kpi_value", "r")
def kpi_explore_delete(request: HttpRequest, key: int) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    SavedView.objects.filter(pk=key, resource=NAME, owner_id=person_key(request)).delete()
    return HttpResponseRedirect(reverse(NAME))


@page("kpi_value", "r")
def kpi_explore_export(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Exactly the values on the page; what was asked stands in the file."""
    if kind not in {"csv", "xlsx"}:
        raise Http404
    found = answer(ExploreForm(request.GET, actor=request.user).question(), user=request.user)
    digits = explore_page.WORKBOOK_DIGITS if kind == "xlsx" else explore_page.EXACT
    rows = list(explore_page.export_rows(found, digits))
    emit(ListExported(subject=f"list:{NAME}", rows=len(rows), format=kind), actor=request.user)
    words = explore_page.in_words(found)
    if kind == "csv":
        header, data = (*explore_page.EXPORT_HEADER, "Shown"), ((*row, words) for row in rows)
        response: Any = StreamingHttpResponse(write_csv(header, data), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="kpi-explore.csv"'
        return response  # type: ignore[no-any-return]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "kpi-explore.xlsx"
        note = f"Explored KPIs\n{words}\nFilter: {address_of(request.GET)}"
        write_xlsx(file, explore_page.EXPORT_HEADER, rows, note)
        content = file.open("rb")
    return FileResponse(content, as_attachment=True, filename="kpi-explore.xlsx")
