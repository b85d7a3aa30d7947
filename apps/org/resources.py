"""The organisation's nouns at both doors."""

from __future__ import annotations

from typing import Any

from django.db import models

from apps.core.actions.action import Action
from apps.core.resources.resource import Column, Resource, register
from apps.org import events, forms, services
from apps.org.models import Calendar, Delegation, Department, Holiday, RoleGrant, Site, Team


def in_use(record: Any) -> bool:
    return record.archived_at is None


def archived(record: Any) -> bool:
    return record.archived_at is not None


@register
class SiteResource(Resource):
    model = Site
    path = "sites"
    label, plural, icon = "Site", "Sites", "building-2"
    nav = ("Setup", 10)
    help = "Places where the company works, each with its own time zone, currency and calendar."
    columns = (
        Column("code", "Code", sort="code"),
        Column("name", "Name", sort="name"),
        Column("city", "City", sort="city"),
        Column("country", "Country"),
        Column("time_zone", "Time zone"),
        Column("currency", "Currency"),
        Column("calendar", "Calendar"),
    )
    filters = ("country", "currency", "calendar")
    search = ("code", "name", "city")
    fields = ("code", "name", "city", "country", "time_zone", "currency", "calendar")
    order = "code"
    import_key = ("code",)
    changed_fact = events.SiteChanged
    actions = (
        Action(
            name="open",
            label="New site",
            verb="c",
            kind="create",
            run=services.open_site,
            form=forms.SiteForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_site,
            form=forms.SiteForm,
            icon="pencil",
            when=in_use,
        ),
        Action(
            name="close",
            label="Close site",
            verb="x",
            run=services.close_site,
            icon="archive",
            danger=True,
            bulk=True,
            when=in_use,
            confirm="A closed site is no longer offered anywhere. It can be reopened.",
            done="Site closed",
            undo="reopen",
        ),
        Action(
            name="reopen",
            label="Reopen site",
            verb="x",
            run=services.reopen_site,
            icon="archive-restore",
            when=archived,
            bulk=True,
            done="Site reopened",
        ),
    )


@register
class CalendarResource(Resource):
    model = Calendar
    path = "calendars"
    label, plural, icon = "Working calendar", "Working calendars", "calendar-days"
    nav = ("Setup", 12)
    help = "Working hours by weekday in a time zone; holidays are exceptions."
    columns = (
        Column("code", "Code", sort="code"),
        Column("name", "Name", sort="name"),
        Column("time_zone", "Time zone"),
    )
    search = ("code", "name")
    fields = ("code", "name", "time_zone", "hours")
    order = "code"
    import_key = ("code",)
    changed_fact = events.CalendarChanged
    actions = (
        Action(
            name="add",
            label="New calendar",
            verb="c",
            kind="create",
            run=services.add_calendar,
            form=forms.CalendarForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_calendar,
            form=forms.CalendarForm,
            icon="pencil",
        ),
    )


@register
class HolidayResource(Resource):
    model = Holiday
    path = "holidays"
    label, plural, icon = "Holiday", "Holidays", "tree-palm"
    nav = ("Setup", 13)
    help = "Days on which a calendar does not work."
    columns = (
        Column("name", "Name", sort="name"),
        Column("day", "Day", "date", sort="day"),
        Column("calendar", "Calendar"),
    )
    filters = ("calendar", "day")
    search = ("name",)
    fields = ("calendar", "day", "name")
    order = "day"
    import_key = ("calendar", "day")
    changed_fact = events.HolidayChanged
    actions = (
        Action(
            name="add",
            label="New holiday",
            verb="c",
            kind="create",
            run=services.add_holiday,
            form=forms.HolidayForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_holiday,
            form=forms.HolidayForm,
            icon="pencil",
        ),
    )

    def number(self, record: Any) -> str:
        return f"{record.day}"


@register
class DepartmentResource(Resource):
    model = Department
    path = "departments"
    label, plural, icon = "Department", "Departments", "network"
    nav = ("Setup", 11)
    help = "The organisation as a tree. Moves are dated, so the past keeps its shape."
    columns = (
        Column("code", "Code", sort="code"),
        Column("name", "Name", sort="name"),
        Column("parent", "Below"),
        Column("site", "Site"),
    )
    filters = ("site", "parent")
    search = ("code", "name")
    fields = ("code", "name", "parent", "site")
    order = "code"
    import_key = ("code",)
    changed_fact = events.DepartmentChanged
    actions = (
        Action(
            name="open",
            label="New department",
            verb="c",
            kind="create",
            run=services.open_department,
            form=forms.OpenDepartmentForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_department,
            form=forms.DepartmentForm,
            icon="pencil",
            when=in_use,
        ),
        Action(
            name="move",
            label="Move",
            verb="u",
            run=services.move_department,
            form=forms.MoveDepartmentForm,
            icon="git-branch",
            when=in_use,
            done="Move recorded",
        ),
        Action(
            name="close",
            label="Close department",
            verb="x",
            run=services.close_department,
            icon="archive",
            danger=True,
            when=in_use,
            confirm="A closed department keeps its records and takes no new ones.",
            done="Department closed",
            undo="reopen",
        ),
        Action(
            name="reopen",
            label="Reopen department",
            verb="x",
            run=services.reopen_department,
            icon="archive-restore",
            when=archived,
            done="Department reopened",
        ),
    )


@register
class TeamResource(Resource):
    model = Team
    path = "teams"
    label, plural, icon = "Team", "Teams", "users"
    nav = ("People", 20)
    help = "A few people of one department who share work."
    columns = (
        Column("code", "Code", sort="code"),
        Column("name", "Name", sort="name"),
        Column("department", "Department"),
        Column("lead", "Lead"),
    )
    filters = ("department",)
    search = ("code", "name")
    fields = ("code", "name", "department", "lead")
    order = "code"
    import_key = ("department", "code")
    changed_fact = events.TeamChanged
    actions = (
        Action(
            name="form",
            label="New team",
            verb="c",
            kind="create",
            run=services.form_team,
            form=forms.TeamForm,
            icon="plus",
        ),
        Action(
            name="edit",
            label="Edit",
            verb="u",
            kind="change",
            run=services.change_team,
            form=forms.TeamForm,
            icon="pencil",
        ),
        Action(
            name="members",
            label="Set people",
            verb="u",
            run=services.set_team_members,
            form=forms.TeamMembersForm,
            icon="users",
            done="People set",
        ),
    )


@register
class RoleGrantResource(Resource):
    model = RoleGrant
    path = "role-grants"
    label, plural, icon = "Role grant", "Role grants", "shield-check"
    nav = ("Setup", 20)
    help = "Which role a person holds in which department, from when until when."
    columns = (
        Column("user", "Person", sort="user__username"),
        Column("role", "Role", value=lambda one: one.get_role_display()),
        Column("department", "Department"),
        Column("valid_from", "From", "date", sort="valid_from"),
        Column("valid_until", "Until", "date"),
    )
    filters = ("role", "department")
    search = ("user__username", "user__last_name")
    fields = ("user", "role", "department", "valid_from", "valid_until", "granted_by")
    actions = (
        Action(
            name="grant",
            label="Grant a role",
            verb="c",
            kind="create",
            run=services.grant_role,
            form=forms.GrantRoleForm,
            icon="shield-plus",
            automation=False,
            fresh=True,
        ),
        Action(
            name="end",
            label="End role",
            verb="u",
            run=services.end_role,
            form=forms.EndRoleForm,
            icon="shield-minus",
            danger=True,
            automation=False,
            fresh=True,
            done="Role ended",
        ),
    )

    def number(self, record: Any) -> str:
        return str(record.pk)

    def title(self, record: Any) -> str:
        return f"{record.user}: {record}"

    def rows(self, actor: Any) -> models.QuerySet[Any]:
        return super().rows(actor).select_related("user", "department")


@register
class DelegationResource(Resource):
    model = Delegation
    path = "stand-ins"
    label, plural, icon = "Stand-in", "Stand-ins", "user-check"
    nav = ("Setup", 21)
    help = "Who acts for whom while somebody is away. Both names stand on every record."
    columns = (
        Column("substitute", "Stand-in"),
        Column("principal", "For"),
        Column("valid_from", "From", "date", sort="valid_from"),
        Column("valid_until", "Until", "date"),
        Column("reason", "Reason"),
    )
    filters = ("valid_from",)
    fields = ("principal", "substitute", "valid_from", "valid_until", "reason")
    actions = (
        Action(
            name="name",
            label="Name a stand-in",
            verb="r",
            kind="create",
            run=services.delegate,
            form=forms.DelegateForm,
            icon="user-check",
            automation=False,
        ),
        Action(
            name="end",
            label="End stand-in",
            verb="r",
            run=services.end_delegation,
            icon="user-x",
            danger=True,
            automation=False,
            when=in_use,
            confirm="The stand-in loses these rights at once.",
            done="Stand-in ended",
        ),
    )

    def number(self, record: Any) -> str:
        return str(record.pk)
