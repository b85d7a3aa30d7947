"""The list page of any noun: tabs, text, filters, sort, columns, keyset pages, bulk bar; htmx gets only the rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from apps.core.access.rights import require, rights_of
from apps.core.errors import Refused
from apps.core.models import SavedView
from apps.core.resources import filtering, keyset
from apps.core.resources.resource import Column, Resource, by_path
from apps.core.values import format_number
from apps.core.web import grouping
from apps.core.web import pagemodel as pm
from apps.core.web.listrows import editing, list_row
from apps.core.web.navigation import SETUP

SIZES = (25, 50, 100, 200)
EXACT_UP_TO = 10_000


def resource_or_404(path: str) -> Resource:
    resource = by_path(path)
    if resource is None:
        raise Http404
    return resource


def list_view(request: HttpRequest, path: str) -> HttpResponse:
    resource = resource_or_404(path)
    require(request.user, resource.row, "r", noun=resource.noun)
    page = build_list(request, resource)
    template = "panels/list_rows.html" if request.htmx else "pages/list.html"  # type: ignore[attr-defined]
    return render(request, template, {"page": page})


def matching(request: HttpRequest, resource: Resource, params: QueryDict) -> tuple[Any, Any]:
    return filtering.narrow(resource, resource.rows(request.user), params, request, strict=False)


def count_of(rows: Any) -> tuple[int | None, str]:
    """Exact up to a limit, then the planner's estimate, marked as such."""
    exact = rows.order_by()[: EXACT_UP_TO + 1].count()
    if exact <= EXACT_UP_TO:
        return exact, format_number(exact)
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [rows.model._meta.db_table])
        estimate = max(int(cursor.fetchone()[0]), exact)
    return None, f"about {format_number(estimate, compact=True)}"


def _page(rows: Any, order: keyset.Order, params: QueryDict) -> keyset.Page:
    """The page asked for; the first one for a place nobody can know any more."""
    size = _size(params)
    try:
        return keyset.page(rows, order, size=size, after=params.get("after", ""), before=params.get("before", ""))
    except Refused:
        return keyset.page(rows, order, size=size)


def build_list(request: HttpRequest, resource: Resource) -> pm.ListPage:
    params = request.GET
    rows, filters = matching(request, resource, params)
    group = grouping.chosen(resource, params)
    order = replace(_order(resource, params), group=grouping.column_of(resource, group))
    if group and resource.model._meta.get_field(group).is_relation:
        rows = rows.select_related(group)
    found = _page(rows, order, params)
    resource.dress(found.rows, request.user)
    shown = shown_columns(resource, params)
    chips = _chips(request, resource, filters)
    filtered = bool(chips or params.get("q"))
    counted = count_of(rows)
    edits = editing(resource, shown, request.user)
    return pm.ListPage(
        title=resource.plural,
        url=resource.list_url(),
        crumbs=_crumbs(resource),
        facts=resource.help,
        primary=_primary(resource, request.user),
        search_value=params.get("q", ""),
        chips=chips,
        clear_url=resource.list_url() if filtered else "",
        filter_form=filters.form if resource.filters else None,
        columns=tuple(_column(request, one, order, index) for index, one in enumerate(shown)),
        rows=tuple(
            replace(list_row(one, shown, resource, request.user, edits), group=heading[0], group_count=heading[1])
            for one, heading in zip(found.rows, grouping.headings(resource, group, rows, found.rows), strict=True)
        ),
        density=params.get("density") or request.user.density,  # type: ignore[arg-type,union-attr]
        empty=_empty(resource, filtered, request.user),
        filtered=filtered,
        column_choices=tuple((one.name, one.label, one in shown) for one in resource.columns),
        **_kept_state(params, set(filters.form.fields)),
        **_counts(params, found, *counted),
        **_offers(request, resource, counted[1]),
    )


def _kept_state(params: QueryDict, filter_names: set[str]) -> dict[str, Any]:
    """What each small form of the page carries along."""
    return {
        "kept": _kept(params, without={"q", "after", "before"}),
        "kept_by_filter": _kept(params, without={"after", "before", *filter_names}),
        "kept_by_columns": _kept(params, without={"columns", "after", "before"}),
        "filter_query": state(params),
    }


def _counts(params: QueryDict, found: keyset.Page, match_count: int | None, count_text: str) -> dict[str, Any]:
    return {
        "pager": pm.Pager(
            f"{len(found.rows)} of {count_text}" if found.rows else "",
            _with(params, before=found.previous_cursor) if found.previous_cursor else "",
            _with(params, after=found.next_cursor) if found.next_cursor else "",
        ),
        "count_text": f"{count_text} {'record' if match_count == 1 else 'records'}",
        "match_count": match_count,
        "match_text": count_text,
    }


def _offers(request: HttpRequest, resource: Resource, count_text: str) -> dict[str, Any]:
    """What may be done with the whole list."""
    params = request.GET
    return {
        "tabs": _tabs(request, resource, count_text),
        "save_view_url": reverse("save_view", args=[resource.path]) + "?" + state(params),
        "bulk_actions": bulk_actions(resource, request.user),
        "exports": _exports(request, resource),
        "import_url": reverse("import", args=[resource.path]) if can_import(resource, request.user) else "",
        "file_pages": tuple(pm.Link(words, reverse(name)) for words, name in resource.file_pages)
        if resource.may(request.user, "c")
        else (),
        "group_choices": _group_choices(resource, params),
        "density_choices": tuple(
            pm.Link(label, _with(params, density=key), current=key == request.user.density)  # type: ignore[union-attr]
            for key, label in (("default", "Default"), ("compact", "Compact"), ("comfortable", "Comfortable"))
        ),
    }


def _group_choices(resource: Resource, params: QueryDict) -> tuple[pm.Link, ...]:
    names = grouping.groupable(resource)
    if not names:
        return ()
    now = grouping.chosen(resource, params)
    return tuple(
        pm.Link(label, _with(params, group=name), current=name == now) for name, label in [("", "None"), *names.items()]
    )


def can_import(resource: Resource, user: Any) -> bool:
    return bool(resource.import_key) and resource.may(user, "c") and rights_of(user).can_somewhere("import", "c")


def state(params: QueryDict) -> str:
    """The list's whole state but its place: what a saved view and a bulk run keep."""
    kept = params.copy()
    for name in ("after", "before", "poll", "view"):
        kept.pop(name, None)
    return kept.urlencode()


def _order(resource: Resource, params: QueryDict) -> keyset.Order:
    asked = keyset.Order.parse(params.get("sort", ""))
    field = filtering.sort_names(resource).get(asked.field)
    return keyset.Order(field, asked.descending) if field else keyset.Order.parse(resource.order)


def _size(params: QueryDict) -> int:
    text = params.get("size", "")
    return int(text) if text.isdigit() and int(text) in SIZES else 50


def shown_columns(resource: Resource, params: QueryDict) -> tuple[Column, ...]:
    names = params.getlist("columns")
    chosen = tuple(column for column in resource.columns if column.name in names)
    return chosen or resource.columns


def _with(params: QueryDict, **changes: str) -> str:
    kept = params.copy()
    for name in ("after", "before", "poll"):
        kept.pop(name, None)
    for name, value in changes.items():
        kept[name] = value
    return "?" + kept.urlencode()


def _kept(params: QueryDict, *, without: set[str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, values in params.lists() if name not in without for value in values)


def group_crumb(resource: Resource) -> tuple[pm.Crumb, ...]:
    """Where in the side bar the noun lives."""
    group = resource.nav[0] if resource.nav else ""
    if group == SETUP:
        return (pm.Crumb("Settings", reverse("settings")),)
    return (pm.Crumb(group),) if group else ()


def _crumbs(resource: Resource) -> tuple[pm.Crumb, ...]:
    return (*group_crumb(resource), pm.Crumb(resource.plural, resource.list_url()))


def _primary(resource: Resource, user: Any) -> pm.Button | None:
    action = resource.action_of_kind("create")
    if action is None or not resource.may(user, action.verb):
        return None
    return pm.Button(action.label, reverse("create", args=[resource.path]), action.icon, "pri")


def _tabs(request: HttpRequest, resource: Resource, count_text: str) -> tuple[pm.ViewTab, ...]:
    url, now = resource.list_url(), state(request.GET)
    saved = SavedView.objects.filter(resource=resource.name).order_by("name")
    tabs = [("All", ""), *((tab.label, tab.query) for tab in resource.tabs), *((one.name, one.query) for one in saved)]
    if resource.archives:
        tabs.append(("Archived", "archived=1"))
    return tuple(
        pm.ViewTab(
            label, f"{url}?{query}" if query else url, current=query == now, count=count_text if query == now else ""
        )
        for label, query in tabs
    )


def _chips(request: HttpRequest, resource: Resource, filters: Any) -> tuple[pm.Chip, ...]:
    chips = []
    for name, field in filters.form.fields.items():
        values = request.GET.getlist(name)
        if not any(values):
            continue
        words = _choice_words(field, values)
        rest = request.GET.copy()
        rest.pop(name)
        rest.pop("after", None)
        rest.pop("before", None)
        op = "is" if len(words) == 1 else "any of"
        chips.append(pm.Chip(str(field.label), op, ", ".join(words[:3]), f"{resource.list_url()}?{rest.urlencode()}"))
    return tuple(chips)


def _choice_words(field: Any, values: list[str]) -> list[str]:
    queryset = getattr(field, "queryset", None)
    if queryset is not None:
        return [str(one) for one in queryset.filter(pk__in=[v for v in values if v.isdigit()])] or values
    names = dict(getattr(field, "choices", ()) or ())
    return [str(names.get(value, value)) for value in values]


def _column(request: HttpRequest, column: Column, order: keyset.Order, index: int) -> pm.Column:
    current = column.sort is not None and column.sort == order.field
    sort_url = ""
    if column.sort:
        sort_url = _with(request.GET, sort=f"-{column.name}" if current and not order.descending else column.name)
    return pm.Column(
        column.name,
        column.label,
        align="end" if column.kind in {"number", "money"} else "start",
        sort_url=sort_url,
        aria_sort=("descending" if order.descending else "ascending") if current else "",
        sticky=index == 0,
        wide=index == 1,
        phone=column.phone,
    )


def bulk_actions(resource: Resource, user: Any) -> tuple[pm.BulkAction, ...]:
    return tuple(
        pm.BulkAction(
            action.name, action.label, action.icon, reverse("bulk", args=[resource.path, action.name]), action.danger
        )
        for action in resource.actions
        if action.bulk and resource.may(user, action.verb)
    )


def _exports(request: HttpRequest, resource: Resource) -> tuple[pm.Link, ...]:
    query = state(request.GET)
    return tuple(
        pm.Link(label, reverse("export", args=[resource.path, kind]) + (f"?{query}" if query else ""))
        for kind, label in (("csv", "CSV"), ("xlsx", "Excel (XLSX)"))
    )


def _empty(resource: Resource, filtered: bool, user: Any) -> pm.Empty:
    if filtered:
        return pm.Empty(
            f"No {resource.nouns} match",
            "Change or clear the filters.",
            pm.Button("Clear filters", resource.list_url(), "x"),
        )
    return pm.Empty(f"No {resource.nouns} yet", resource.help, _primary(resource, user))
