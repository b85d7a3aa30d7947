"""Settings of one's own account: preferences and API tokens."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from apps.accounts import services, stepup
from apps.accounts.forms import PreferencesForm, TokenForm
from apps.accounts.models import ApiToken
from apps.core.access import matrix
from apps.core.access.rights import rights_of
from apps.core.errors import Refused
from apps.core.resources.resource import resources
from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.core.web.access import page
from apps.core.web.navigation import NavPage, add_page

add_page(NavPage("settings_me", "My settings", "settings", "Settings", 1, lambda user: True))
add_page(
    NavPage(
        "tokens", "API tokens", "key-round", "Settings", 25, lambda user: rights_of(user).can_somewhere("token", "c")
    )
)


def _index(current: str, user: Any) -> tuple[pm.Link, ...]:
    links = [("My settings", reverse("settings_me"), "settings")]
    if rights_of(user).can_somewhere("token", "c"):
        links.append(("API tokens", reverse("tokens"), "key-round"))
    links += [
        ("Password", reverse("account_change_password"), "lock"),
        ("Second factor and passkeys", reverse("mfa_index"), "shield-check"),
        ("Sessions", reverse("usersessions_list"), "monitor-smartphone"),
    ]
    return tuple(pm.Link(label, url, icon, label == current) for label, url, icon in links)


@page("", "r")
def settings_me(request: HttpRequest) -> HttpResponse:
    """How the platform looks for me."""
    user: Any = request.user
    initial = {name: getattr(user, name) for name in ("language", "theme", "density", "single_keys", "time_zone")}
    form = PreferencesForm(request.POST or None, initial=initial, actor=user)
    if request.method == "POST" and form.is_valid():
        services.set_preferences(actor=user, **form.cleaned_data)
        messages.success(request, "Settings saved")
        return HttpResponseRedirect(reverse("settings_me"))
    sections = (
        pm.Section("Display", form=form, form_url=reverse("settings_me"), name="display"),
        pm.Section("My roles", table=_roles(user), name="roles"),
    )
    shown = pm.SettingsPage(
        title="My settings",
        crumbs=(pm.Crumb("Settings"), pm.Crumb("My settings")),
        index=_index("My settings", user),
        sections=sections,
    )
    return render(request, "pages/settings.html", {"page": shown}, status=422 if form.errors else 200)


def _roles(user: Any) -> pm.Table:
    grants = rights_of(user).grants
    names = cells.department_names({one.department_id for one in grants})
    rows = [
        pm.Row(
            str(index),
            cells=(
                pm.Cell(gettext(matrix.ROLES[one.role])),
                pm.Cell(names[one.department_id]),
                pm.Cell(gettext("As a stand-in") if one.on_behalf_of_id else gettext("Own role")),
            ),
        )
        for index, one in enumerate(grants)
    ]
    columns = (pm.Column("role", "Role"), pm.Column("where", "Where"), pm.Column("how", "How"))
    return pm.Table(columns, tuple(rows), "My roles", "You hold no role yet. Ask your admin for one.")


@page("token", "c")
def token_list(request: HttpRequest) -> HttpResponse:
    """My tokens, and a form for a new one; its text is shown once, right after it was made."""
    user: Any = request.user
    asked = stepup.fresh(request)
    if asked is not None:
        return asked
    form = TokenForm(request.POST or None, actor=user)
    form.fields["scopes"].choices = _scope_groups(services.possible_scopes(user))  # type: ignore[attr-defined]
    text = ""
    if request.method == "POST" and form.is_valid():
        try:
            _, text = services.make_token(actor=user, **form.cleaned_data)
        except Refused as error:
            form.add_error(error.field, error.message)
    sections = [pm.Section("My tokens", table=_tokens(user), name="tokens")]
    if text:
        sections.insert(
            0,
            pm.Section(
                "Your new token", note="Copy it now. It is not shown again.", facts=(pm.Fact("Token", pm.Cell(text)),)
            ),
        )
    else:
        sections.append(
            pm.Section("New token", form=form, form_url=reverse("tokens"), submit_label="Make token", name="new")
        )
    shown = pm.SettingsPage(
        title="API tokens",
        crumbs=(pm.Crumb("Settings"), pm.Crumb("API tokens")),
        index=_index("API tokens", user),
        facts="Keys for other systems. They never may approve, sign or see private data.",
        sections=tuple(sections),
    )
    return render(request, "pages/settings.html", {"page": shown}, status=422 if form.errors else 200)


def _count(scopes: list[str]) -> str:
    return f"{len(scopes)} scope{'' if len(scopes) == 1 else 's'}"


def _scope_groups(scopes: list[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """The scopes under the noun they are about: one line per noun."""
    plurals = {resource.row: resource.plural for resource in resources}
    groups: dict[str, list[tuple[str, str]]] = {}
    for scope in scopes:
        row, verb = scope.split(":")
        groups.setdefault(row, []).append((scope, verb.capitalize()))
    return sorted((plurals.get(row, row.replace("_", " ").capitalize()), verbs) for row, verbs in groups.items())


def _tokens(user: Any) -> pm.Table:
    zone = cells.zone_of(user)
    rows = []
    for token in ApiToken.objects.visible_to(user).order_by("-id"):
        state = (
            pm.Cell("Revoked", "status", tone="idle") if token.revoked_at else pm.Cell("Active", "status", tone="good")
        )
        url = "" if token.revoked_at else reverse("token_revoke", args=[token.pk])
        rows.append(
            pm.Row(
                str(token.pk),
                cells=(
                    pm.Cell(str(token), "link" if url else "text", url=url),
                    pm.Cell(_count(token.scopes), title=", ".join(token.scopes)),
                    cells.plain_cell(token.expires_at, zone),
                    cells.plain_cell(token.last_used_at, zone),
                    state,
                ),
            )
        )
    columns = (
        pm.Column("name", "Token", wide=True),
        pm.Column("scopes", "Scopes"),
        pm.Column("until", "Expires"),
        pm.Column("used", "Last used"),
        pm.Column("state", "State"),
    )
    return pm.Table(columns, tuple(rows), "My tokens", "No tokens yet.")


@page("token", "x")
def token_revoke(request: HttpRequest, key: int) -> HttpResponse:
    token = ApiToken.objects.visible_to(request.user).filter(pk=key).first()
    if token is None:
        raise Http404
    if request.method == "POST":
        services.revoke_token(token, actor=request.user)
        messages.success(request, "Token revoked")
        return HttpResponseRedirect(reverse("tokens"))
    asked = pm.ConfirmPage(
        title=f"Revoke {token.name}",
        text=f"The system that uses it is refused from the next call on. It may: {', '.join(token.scopes)}.",
        crumbs=(pm.Crumb("API tokens", reverse("tokens")), pm.Crumb("Revoke")),
        button=pm.Button("Revoke token", reverse("token_revoke", args=[key]), "key-round", "danger", "post"),
        cancel_url=reverse("tokens"),
    )
    return render(request, "pages/confirm.html", {"page": asked})
