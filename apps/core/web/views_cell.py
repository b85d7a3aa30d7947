"""Changing one cell of a list in place: the noun's own change, with everything else as it was when the cell was opened."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse

from apps.core.access.rights import require
from apps.core.actions.action import Action, FormRefused, perform
from apps.core.actions.current import current_input
from apps.core.errors import Conflict, Refused
from apps.core.resources.resource import Resource
from apps.core.web import pagemodel as pm
from apps.core.web.listrows import editing, list_row
from apps.core.web.views_list import bulk_actions, resource_or_404, shown_columns
from apps.core.web.views_record import record_or_404

# A refusal stays in the cell; only success changes the row.
IN_PLACE = {"HX-Retarget": "closest td", "HX-Reswap": "innerHTML", "HX-Reselect": "form"}


def cell_view(request: HttpRequest, path: str, key: int, name: str) -> HttpResponse:
    """GET: a form of one field. POST: the row as it is afterwards, or the form with what is wrong."""
    resource, column = resource_or_404(path), name
    record = record_or_404(request, resource, key)
    edits = editing(resource, resource.columns, request.user)
    action = edits.action
    if action is None or column not in edits.fields:
        raise Http404
    require(request.user, resource.row, action.verb, record, own=resource.own, noun=resource.noun)
    if request.method != "POST":
        if not request.htmx:  # type: ignore[attr-defined]
            return HttpResponseRedirect(reverse("act", args=[path, key, action.name]))
        return _form(request, resource, action, record, column=column, value=getattr(record, column))
    typed = request.POST.get(column, "")
    try:
        with transaction.atomic():
            done = _save(request, resource, action, record, {column: typed})
    except Conflict:
        fresh = record_or_404(request, resource, key)
        words = f"Somebody saved '{getattr(fresh, column)}' here. Enter saves yours, Esc keeps theirs."
        return _form(request, resource, action, fresh, column=column, value=typed, problem=words, status=409)
    except FormRefused as error:
        words = _words(error, column)
        return _form(request, resource, action, record, column=column, value=typed, problem=words, status=422)
    except Refused as error:
        words = error.message
        return _form(request, resource, action, record, column=column, value=typed, problem=words, status=422)
    return _row(request, resource, done)


def _save(request: HttpRequest, resource: Resource, action: Action, record: Any, typed: dict[str, str]) -> Any:
    version = request.POST.get("version", "")
    return perform(
        action,
        row=resource.row,
        noun=resource.noun,
        actor=request.user,
        data=current_input(action, record) | typed,
        record=record,
        version=int(version) if version.isdigit() else None,
        own=resource.own,
    )


def _words(error: FormRefused, column: str) -> str:
    """The complaint about this field first; one about another field is named."""
    own = error.form.errors.get(column)
    if own:
        return " ".join(str(one) for one in own)
    name, found = next(iter(error.form.errors.items()))
    field = error.form.fields.get(name)
    return f"{field.label}: {found[0]}" if field is not None else str(found[0])


def _form(
    request: HttpRequest,
    resource: Resource,
    action: Action,
    record: Any,
    *,
    column: str,
    value: Any,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    shown = value.pk if isinstance(value, models.Model) else value
    form = action.form(initial={column: shown}, actor=request.user, record=record, auto_id=f"cell-{record.pk}-%s")
    field = form[column]
    field.field.widget.attrs |= {"aria-label": f"{field.label}, {resource.title(record)}"}
    if problem:
        field.field.widget.attrs |= {"aria-invalid": "true", "aria-describedby": f"cell-{record.pk}-problem"}
    context = {
        "field": field,
        "record": record,
        "problem": problem,
        "url": f"{resource.url(record)}cells/{column}/",
    }
    answer = render(request, "panels/cell_form.html", context, status=status)
    if problem:
        for name, text in IN_PLACE.items():
            answer.headers[name] = text
    return answer


def _row(request: HttpRequest, resource: Resource, record: Any) -> HttpResponse:
    """The row in the columns of the list that asked; without scripts, back to that list."""
    if not request.htmx:  # type: ignore[attr-defined]
        return HttpResponseRedirect(resource.list_url())
    found = resource.rows(request.user).filter(pk=record.pk).first()
    columns = shown_columns(resource, QueryDict(urlsplit(request.headers.get("HX-Current-URL", "")).query))
    edits = editing(resource, columns, request.user)
    page = pm.ListPage(
        title=resource.plural,
        url=resource.list_url(),
        columns=tuple(
            pm.Column(
                one.name,
                one.label,
                align="end" if one.kind in {"number", "money"} else "start",
                sticky=index == 0,
                wide=index == 1,
            )
            for index, one in enumerate(columns)
        ),
        rows=(list_row(found, columns, resource, request.user, edits),) if found is not None else (),
        bulk_actions=bulk_actions(resource, request.user),
    )
    return HttpResponse(render_to_string("panels/list_rows.html", {"page": page}))
