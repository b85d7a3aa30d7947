"""The page that shows a set-password link once, for people whom no mail reaches."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.accounts.models import User
from apps.core.access.rights import require
from apps.core.actions.action import perform
from apps.core.resources.resource import resources
from apps.core.web import pagemodel as pm
from apps.core.web import stepup
from apps.core.web.access import page
from apps.core.web.views_act import act_view
from apps.core.web.views_record import record_or_404

PATH, NAME = "people", "set-password-link"


@page("", "r")
def password_link(request: HttpRequest, key: int) -> HttpResponse:
    """GET asks as every verb does; POST makes the link and shows it in this one answer."""
    if request.method != "POST":
        return act_view(request, PATH, key, NAME)
    resource = next(one for one in resources if one.path == PATH)
    action = resource.action(NAME)
    assert action is not None
    person: User = record_or_404(request, resource, key)
    require(request.user, resource.row, action.verb, person, noun=resource.noun)
    asked = stepup.ask_again(request, action)
    if asked is not None:
        return asked
    text = perform(action, row=resource.row, noun=resource.noun, actor=request.user, data=request.POST, record=person)
    link = f"{settings.BASE_URL}/account/password/reset/key/{text}/"
    shown = pm.SettingsPage(
        title=f"Set-password link for {person}",
        crumbs=(pm.Crumb(resource.plural, resource.list_url()), pm.Crumb(person.username, resource.url(person))),
        index=(pm.Link(f"Back to {person}", resource.url(person), "user"),),
        sections=(
            pm.Section(
                "Copy it now",
                note="It is not shown again.",
                text="It works once, within 30 minutes. Whoever holds it can set the password.",
                facts=(pm.Fact("Link", pm.Cell(link)),),
            ),
        ),
    )
    return render(request, "pages/settings.html", {"page": shown})
