"""People at both doors. Tokens have pages of their own, because their text is shown only once."""

from __future__ import annotations

from typing import Any

from apps.accounts import events, forms, services
from apps.accounts.models import User
from apps.core.actions.action import Action
from apps.core.resources.resource import Column, Resource, register

LINK_TEXT = (
    "You see a link that works once, for 30 minutes. Give it to this person only, over a way you trust. "
    "They choose the password; you never see it."
)


@register
class UserResource(Resource):
    model = User
    path = "people"
    label, plural, icon = "Person", "People and sign-in", "users-round"
    nav = ("Setup", 15)
    help = "People who sign in. Their roles are granted per department under Role grants."
    columns = (
        Column("username", "Sign-in name", sort="username"),
        Column("name", "Name", value=str, sort="last_name"),
        Column("title", "Job title", sort="title"),
        Column("email", "E-mail"),
        Column("state", "State", "status", value=lambda one: ("good", "Active") if one.is_active else ("idle", "Off")),
        Column("last_login", "Last sign-in", "date"),
    )
    filters = ("is_active",)
    search = ("username", "first_name", "last_name", "title")
    fields = ("username", "first_name", "last_name", "email", "title", "time_zone", "is_active")
    order = "username"
    import_key = ("username",)
    changed_fact = events.UserChanged
    take_back = staticmethod(services.switch_off_user)
    actions = (
        Action(
            name="invite",
            label="Add person",
            verb="c",
            kind="create",
            run=services.invite_user,
            form=forms.UserForm,
            icon="user-plus",
            automation=False,
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_user,
            form=forms.UserForm,
            icon="pencil",
            automation=False,
        ),
        Action(
            name="switch-off",
            label="Switch off sign-in",
            verb="x",
            run=services.switch_off_user,
            icon="user-x",
            danger=True,
            when=lambda one: one.is_active,
            automation=False,
            fresh=True,
            done="Sign-in switched off",
            confirm="Sessions and API tokens of this person end at once.",
        ),
        Action(
            name="switch-on",
            label="Switch on sign-in",
            verb="x",
            run=services.switch_on_user,
            icon="user-check",
            when=lambda one: not one.is_active,
            automation=False,
            done="Sign-in switched on",
        ),
        Action(
            name="end-sessions",
            label="End sessions",
            verb="u",
            run=services.end_sessions_of,
            icon="log-out",
            danger=True,
            automation=False,
            done="Sessions ended",
            confirm="Every browser of this person must sign in again. API tokens go on working.",
        ),
        Action(
            name="set-password-link",
            label="Make set-password link",
            verb="u",
            run=services.make_password_link,
            icon="link",
            when=lambda one: one.is_active,
            automation=False,
            fresh=True,
            confirm=LINK_TEXT,
        ),
    )

    def number(self, record: Any) -> str:
        return str(record.username)

    def status(self, record: Any) -> tuple[str, str] | None:
        return None if record.is_active else ("idle", "Off")
