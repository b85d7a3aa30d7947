"""Filters of a list, derived from the noun's declared fields; the same names on screen and in the API."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import django_filters
from django import forms
from django.db import models
from django.db.models import Q
from django.http import HttpRequest, QueryDict
from django.utils.text import capfirst

from apps.core.errors import Refused
from apps.core.resources.resource import Resource

MORE_THAN_ONE = (django_filters.ModelMultipleChoiceFilter, django_filters.MultipleChoiceFilter)
NUMBERS = (models.IntegerField, models.DecimalField, models.FloatField)


def _visible(model: type[Any]) -> Callable[[HttpRequest | None], models.QuerySet[Any]]:
    def rows(request: HttpRequest | None) -> models.QuerySet[Any]:
        user = getattr(request, "user", None)
        manager: Any = model._default_manager
        found: models.QuerySet[Any] = manager.visible_to(user) if hasattr(manager, "visible_to") else manager.all()
        return found

    return rows


def _date(label: str, name: str, lookup: str) -> django_filters.DateFilter:
    widget = forms.DateInput(attrs={"type": "date"})
    return django_filters.DateFilter(label=label, field_name=name, lookup_expr=lookup, widget=widget)


def _filters_for(field: models.Field[Any, Any]) -> dict[str, django_filters.Filter]:
    label = capfirst(str(field.verbose_name))
    name = field.name
    if isinstance(field, models.ForeignKey):
        return {name: django_filters.ModelMultipleChoiceFilter(label=label, queryset=_visible(field.related_model))}
    if field.choices:
        return {name: django_filters.MultipleChoiceFilter(label=label, choices=field.choices)}
    if isinstance(field, models.BooleanField):
        return {name: django_filters.BooleanFilter(label=label)}
    if isinstance(field, models.DateTimeField):
        return {
            f"{name}_after": _date(f"{label} from", name, "date__gte"),
            f"{name}_before": _date(f"{label} until", name, "date__lte"),
        }
    if isinstance(field, models.DateField):
        return {
            f"{name}_after": _date(f"{label} from", name, "gte"),
            f"{name}_before": _date(f"{label} until", name, "lte"),
        }
    if isinstance(field, NUMBERS):
        return {
            f"{name}_min": django_filters.NumberFilter(label=f"{label} at least", field_name=name, lookup_expr="gte"),
            f"{name}_max": django_filters.NumberFilter(label=f"{label} at most", field_name=name, lookup_expr="lte"),
        }
    return {
        f"{name}_has": django_filters.CharFilter(label=f"{label} contains", field_name=name, lookup_expr="icontains")
    }


@cache
def filterset_class(resource: Resource) -> type[django_filters.FilterSet]:
    """The FilterSet of a noun; made once."""
    found: dict[str, Any] = {}
    for name in resource.filters:
        found |= _filters_for(resource.model._meta.get_field(name))

    class Meta:
        model = resource.model
        fields: list[str] = []

    return type(f"{resource.model.__name__}Filters", (django_filters.FilterSet,), {**found, "Meta": Meta})


def by_text(resource: Resource, rows: models.QuerySet[Any], text: str) -> models.QuerySet[Any]:
    """Every word must occur in one of the search fields."""
    for word in text.split()[:8]:
        rule = Q()
        for name in resource.search:
            rule |= Q(**{f"{name}__icontains": word})
        rows = rows.filter(rule)
    return rows


def narrow(
    resource: Resource, rows: models.QuerySet[Any], params: QueryDict, request: Any, *, strict: bool
) -> tuple[models.QuerySet[Any], django_filters.FilterSet]:
    """Apply text, archive switch and filters. Strict (API) refuses what it does not know; a page ignores it."""
    filters = filterset_class(resource)(params, queryset=rows, request=request)
    if not filters.form.is_valid():
        field, messages = next(iter(filters.form.errors.items()))
        if strict:
            raise Refused(str(messages[0]), code="bad_filter", field=field)
    else:
        rows = filters.filter_queryset(rows)
    if resource.archives:
        rows = rows.filter(archived_at__isnull=params.get("archived") not in {"1", "true"})
    text = params.get("q", "").strip()[:200]
    if text:
        rows = by_text(resource, rows, text)
    return rows, filters


def known_names(resource: Resource) -> set[str]:
    return {"q", "archived", *filterset_class(resource).base_filters}


def many_names(resource: Resource) -> set[str]:
    return {name for name, one in filterset_class(resource).base_filters.items() if isinstance(one, MORE_THAN_ONE)}


def sort_names(resource: Resource) -> dict[str, str]:
    """Sortable column name → model field."""
    return {column.name: column.sort for column in resource.columns if column.sort}
