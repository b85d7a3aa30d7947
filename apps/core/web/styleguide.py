"""The style guide: every element and every page shape on made-up data, for eyes, screenshots and the axe test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from apps.core import charts
from apps.core.web import pagemodel as pm
from apps.core.web import stylepages, stylesamples
from apps.core.web.styleforms import SampleForm

PAGES: dict[str, tuple[str, str, Callable[[HttpRequest], Any]]] = {
    "overview": ("pages/overview.html", "Overview", lambda _: stylesamples.overview()),
    "list": ("pages/list.html", "Non-conformances", lambda r: stylepages.list_page(rows=0 if "empty" in r.GET else 50)),
    "record": ("pages/record.html", "Non-conformances", lambda _: stylepages.record_page()),
    "chart": ("pages/chart.html", "Control charts", lambda _: stylesamples.chart_page()),
    "form": ("pages/form.html", "", lambda r: stylepages.form_page(wrong="wrong" in r.GET)),
    "confirm": ("pages/confirm.html", "", lambda _: stylepages.confirm_page()),
    "import": ("pages/import.html", "", lambda _: stylepages.import_page()),
    "job": ("pages/job.html", "", lambda _: stylepages.job_page()),
    "search": ("pages/search.html", "", lambda r: stylepages.search_page(r.GET.get("q", ""))),
    "settings": ("pages/settings.html", "", lambda _: stylepages.settings_page()),
    "error": ("pages/error.html", "", lambda _: stylepages.error_page()),
    "task": ("styleguide/task.html", "", lambda _: pm.ErrorPage(title="Valve block VB-200, every 2 h", text="")),
}
PANELS = {
    "list": "panels/list_rows.html",
    "form": "panels/form.html",
    "confirm": "panels/confirm.html",
    "job": "panels/job.html",
}


def _frame(request: HttpRequest, current: str) -> pm.Frame:
    wish = request.POST.get("theme") or request.GET.get("theme", "light")
    theme: pm.Theme = "dark" if wish == "dark" else "system" if wish == "system" else "light"
    return stylesamples.frame(current=current, theme=theme, direction=request.GET.get("dir", "ltr"))


def elements(request: HttpRequest) -> HttpResponse:
    bullet = charts.ChartSpec(
        kind="bullet",
        title="Yield, 98.1 against 97.5",
        series=(charts.Series(name="Yield", values=(81,)),),
        target=75,
        bands=(60,),
    )
    bars = charts.ChartSpec(
        kind="bar", title="Scrap per line", unit="kg", labels=("CNC", "Paint", "Assembly A", "Packing"),
        series=(charts.Series(name="Scrap", values=(42, 17, -6, None)),), target=20,
    )  # fmt: skip
    context = {
        "frame": _frame(request, ""),
        "page": pm.ErrorPage(title="Style guide", text=""),
        "tiles": stylesamples.tiles(),
        "needs": stylesamples.needs()[:2],
        "list": stylepages.list_page(rows=3),
        "record": stylepages.record_page(),
        "overview": stylesamples.overview(),
        "form": SampleForm({"quantity": "many"}),
        "bullet": charts.render(bullet),
        "bars": charts.render(bars, width=300),
        "bars_table": charts.data_table(bars),
        "tones": ("good", "warn", "bad", "info", "hold", "idle"),
        "kinds": ("", "pri", "soft", "ghost", "danger"),
        "empty": pm.Empty(
            "No checks yet", "A check compares a part with its plan.", pm.Button("Make a plan", "#", kind="pri")
        ),
        "pages": PAGES,
        "posting": pm.Button("Approve", "#", "check", "soft", "post", confirm="Approve it?"),
    }
    return render(request, "styleguide/elements.html", context)


def sample_page(request: HttpRequest, name: str) -> HttpResponse:
    if name not in PAGES:
        raise Http404
    template, current, make = PAGES[name]
    page = make(request)
    if request.headers.get("HX-Request"):
        template = "panels/palette_results.html" if name == "search" else PANELS.get(name, template)
    return render(request, template, {"page": page, "job": page, "frame": _frame(request, current)})


urlpatterns = [
    path("styleguide/", elements, name="styleguide"),
    path("styleguide/<slug:name>/", sample_page, name="styleguide-page"),
]
