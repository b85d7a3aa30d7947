"""Explain access: why a person may or may not do something, from the grants that give it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.core.access import matrix, scope
from apps.core.access.rights import require, rights_of
from apps.core.resources.resource import resources
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.navigation import SETUP, NavPage, add_page

add_page(
    NavPage(
        "explain",
        "Explain access",
        "shield-question-mark",
        SETUP,
        30,
        lambda user: rights_of(user).can_somewhere("settings", "r"),
    )
)


class ExplainForm(forms.Form):
    """Whose access, to which kind of record, which one."""

    person = forms.CharField(help_text="Sign-in name")
    resource = forms.ChoiceField()
    record = forms.IntegerField(required=False, help_text="Key of one record, empty for the kind in general")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["resource"].choices = [(one.name, one.plural) for one in resources]  # type: ignore[attr-defined]


def explain_view(request: HttpRequest) -> HttpResponse:
    """Why may this person do or not do something: each verb, with the grant that gives it or what is missing."""
    require(request.user, "settings", "r", noun="page")
    form = ExplainForm(request.GET if "person" in request.GET else None)
    table = None
    if form.is_bound and form.is_valid():
        person = get_user_model()._default_manager.filter(username=form.cleaned_data["person"]).first()
        if person is None:
            form.add_error("person", "Nobody signs in with this name.")
        else:
            table = explain(person, form.cleaned_data["resource"], form.cleaned_data["record"])
    return render(
        request,
        "core/explain.html",
        {
            "page": pm.SettingsPage(
                title="Explain access",
                crumbs=(pm.Crumb("Settings"), pm.Crumb("Explain access")),
                facts="Why a person may or may not do something.",
            ),
            "form": form,
            "table": table,
        },
    )


def explain(person: Any, resource_name: str, key: int | None) -> pm.Table:
    """One row per verb: yes or no, and the reason in words."""
    resource = resources[resource_name]
    rights = rights_of(person)
    record = None
    if key is not None:
        with scope.system("explaining access"):
            record = resource.model.objects.filter(pk=key).first()
    rows = []
    for verb, word in matrix.VERBS.items():
        if record is not None:
            yes = rights.covers(resource.row, verb, record, own=resource.own)
        else:
            yes = key is None and rights.can_somewhere(resource.row, verb)
        rows.append(
            pm.Row(
                verb,
                cells=(
                    pm.Cell(word),
                    pm.Cell("Yes" if yes else "No", "status", tone="good" if yes else "idle"),
                    pm.Cell(_reason(rights, resource, verb, record, key)),
                ),
            )
        )
    columns = (pm.Column("verb", "May"), pm.Column("answer", "Answer"), pm.Column("why", "Why", wide=True))
    return pm.Table(columns, tuple(rows), "Access")


def _reason(rights: Any, resource: Any, verb: str, record: Any, key: int | None) -> str:
    if rights.user_id is None:
        return "The account is switched off."
    if key is not None and record is None:
        return "There is no such record."
    giving = [one for one in rights.grants if verb in matrix.cell(resource.row, one.role).verbs]
    if not giving:
        roles = ", ".join(matrix.roles_with(resource.row, verb)) or "no role"
        held = ", ".join(sorted(matrix.ROLES[one] for one in rights.roles)) or "no role"
        return f"Holds {held}; this right belongs to {roles}."
    parts = []
    names = cells.department_names({one.department_id for one in giving})
    for one in giving:
        cell = matrix.cell(resource.row, one.role)
        reach = {
            "G": "all departments",
            "T": f"{names[one.department_id]} and below",
            "D": names[one.department_id],
            "S": "own rows",
        }[cell.reach]
        by = f" (stands in for user {one.on_behalf_of_id})" if one.on_behalf_of_id else ""
        parts.append(f"{matrix.ROLES[one.role]} reaches {reach}{by}")
    if record is not None:
        home = getattr(record, "department_id", None)
        parts.append(f"the record belongs to {cells.department_names({home})[home] if home else 'no department'}")
    return "; ".join(parts) + "."
