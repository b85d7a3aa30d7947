"""The only writers of the organisation's tables."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection, transaction
from django.db.models import F, OuterRef, Q
from django.utils import timezone

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.core.access import matrix
from apps.core.access.rights import rights_of
from apps.core.errors import Refused
from apps.core.events.log import emit
from apps.core.records import write
from apps.org import events
from apps.org.models import (
    Calendar,
    Closure,
    Delegation,
    Department,
    Holiday,
    Membership,
    Placement,
    RoleGrant,
    Site,
    Team,
)

REBUILD = """
WITH RECURSIVE tree(ancestor_id, descendant_id, depth) AS (
  SELECT id, id, 0 FROM org_department
  UNION ALL SELECT t.ancestor_id, d.id, t.depth + 1 FROM org_department d JOIN tree t ON d.parent_id = t.descendant_id
  WHERE t.depth < 50)
INSERT INTO org_closure (ancestor_id, descendant_id, depth) SELECT ancestor_id, descendant_id, depth FROM tree
"""


def open_site(
    *,
    code: str,
    name: str,
    actor: Any,
    city: str = "",
    country: str = "",
    time_zone: str = "UTC",
    currency: str = "EUR",
    calendar: Calendar | None = None,
) -> Site:
    """A site's code is unique across the company."""
    site = Site(
        code=code, name=name, city=city, country=country, time_zone=time_zone, currency=currency, calendar=calendar
    )
    return write.create(site, actor=actor, fact=events.SiteOpened)


def change_site(site: Site, *, actor: Any, version: int | None = None, **values: Any) -> Site:
    """Everything about a site may change, its code included."""
    return write.change(site, values, actor=actor, fact=events.SiteChanged, version=version)


def close_site(site: Site, *, actor: Any, version: int | None = None) -> Site:
    """A site with open departments stays open."""
    if Department.objects.filter(site=site, archived_at__isnull=True).exists():
        raise Refused(
            "Departments still belong to this site. Move or close them first.", code="site_in_use", field=None
        )
    return write.archive(site, actor=actor, fact=events.SiteChanged, version=version)


def reopen_site(site: Site, *, actor: Any) -> Site:
    """A closed site can be taken back into use."""
    return write.restore(site, actor=actor, fact=events.SiteChanged)


def add_calendar(
    *, code: str, name: str, actor: Any, time_zone: str = "UTC", hours: list[Any] | None = None
) -> Calendar:
    """Hours are seven lists, Monday first, of [start, end] pairs."""
    calendar = Calendar(code=code, name=name, time_zone=time_zone, hours=hours or [])
    return write.create(calendar, actor=actor, fact=events.CalendarRecorded)


def change_calendar(calendar: Calendar, *, actor: Any, version: int | None = None, **values: Any) -> Calendar:
    """Changed hours count from now on; past working times are not rewritten."""
    return write.change(calendar, values, actor=actor, fact=events.CalendarChanged, version=version)


def add_holiday(*, calendar: Calendar, day: date, name: str, actor: Any) -> Holiday:
    """One name per day and calendar."""
    return write.create(Holiday(calendar=calendar, day=day, name=name), actor=actor, fact=events.HolidayRecorded)


def change_holiday(holiday: Holiday, *, actor: Any, version: int | None = None, **values: Any) -> Holiday:
    """A holiday can move or be renamed."""
    return write.change(holiday, values, actor=actor, fact=events.HolidayChanged, version=version)


def open_department(
    *,
    code: str,
    name: str,
    actor: Any,
    parent: Department | None = None,
    site: Site | None = None,
    valid_from: date | None = None,
) -> Department:
    """A department stands below its parent from its first day."""
    with transaction.atomic():
        department = Department(code=code, name=name, parent=parent, site=site)
        write.create(department, actor=actor, fact=events.DepartmentOpened)
        Placement.objects.create(department=department, parent=parent, valid_from=valid_from or date(2000, 1, 1))
        rebuild_closure()
    return department


def change_department(department: Department, *, actor: Any, version: int | None = None, **values: Any) -> Department:
    """Name, code and site change at once; the parent changes by `move_department`."""
    return write.change(department, values, actor=actor, fact=events.DepartmentChanged, version=version)


def move_department(department: Department, *, parent: Department | None, valid_from: date, actor: Any) -> Department:
    """From `valid_from` on the department stands below `parent`; the former placement ends that day."""
    if parent is not None and Closure.objects.filter(ancestor=department, descendant=parent).exists():
        raise Refused(
            f"{parent.name} stands below {department.name}. Choose a department outside of it.",
            code="tree_circle",
            field="parent",
        )
    with transaction.atomic():
        Department.objects.select_for_update().get(pk=department.pk)
        later = Placement.objects.filter(department=department, valid_from__gte=valid_from)
        later.delete()
        current = Placement.objects.filter(department=department)
        current.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=valid_from)).update(valid_until=valid_from)
        Placement.objects.create(department=department, parent=parent, valid_from=valid_from)
        emit(
            events.DepartmentMoved(
                subject=department.subject(),
                departments=tuple({department.pk, *([parent.pk] if parent else [])}),
                changes={"parent_id": [department.parent_id, parent.pk if parent else None]},
                valid_from=valid_from.isoformat(),
                parent_id=parent.pk if parent else None,
            ),
            actor=actor,
        )
        apply_placements(today=timezone.localdate())
    department.refresh_from_db()
    return department


def apply_placements(*, today: date) -> int:
    """Make each department's current parent the one its placement names for today; returns how many moved."""
    due = (
        Placement.objects.filter(valid_from__lte=today)
        .filter(Q(valid_until__isnull=True) | Q(valid_until__gt=today))
        .exclude(department__parent=F("parent"))
        .exclude(department__parent__isnull=True, parent__isnull=True)
    )
    moved = 0
    with transaction.atomic():
        for placement in due.select_related("department"):
            Department.objects.filter(pk=placement.department_id).update(
                parent=placement.parent_id, version=F("version") + 1
            )
            moved += 1
        if moved:
            rebuild_closure()
    return moved


def rebuild_closure() -> None:
    """Recompute all (ancestor, descendant) pairs; departments are few, exactness is worth more than speed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('org_closure'))")
        Closure.objects.all().delete()
        cursor.execute(REBUILD)


def close_department(department: Department, *, actor: Any, version: int | None = None) -> Department:
    """A department with open departments below it stays open."""
    if Department.objects.filter(parent=department, archived_at__isnull=True).exists():
        raise Refused("Close the departments below this one first.", code="department_in_use")
    return write.archive(department, actor=actor, fact=events.DepartmentChanged, version=version)


def reopen_department(department: Department, *, actor: Any) -> Department:
    """A closed department can be taken back into use."""
    return write.restore(department, actor=actor, fact=events.DepartmentChanged)


def form_team(*, department: Department, code: str, name: str, actor: Any, lead: User | None = None) -> Team:
    """A team belongs to one department; its code is unique there."""
    team = Team(department=department, code=code, name=name, lead=lead)
    return write.create(team, actor=actor, fact=events.TeamFormed)


def change_team(team: Team, *, actor: Any, version: int | None = None, **values: Any) -> Team:
    """Name, lead and department may change."""
    return write.change(team, values, actor=actor, fact=events.TeamChanged, version=version)


def set_team_members(team: Team, *, users: list[User], actor: Any) -> Team:
    """Exactly these people form the team afterwards."""
    with transaction.atomic():
        before = sorted(Membership.objects.filter(team=team).values_list("user_id", flat=True))
        after = sorted(user.pk for user in users)
        Membership.objects.filter(team=team).exclude(user_id__in=after).delete()
        Membership.objects.bulk_create([Membership(team=team, user_id=pk) for pk in after if pk not in before])
        if before != after:
            emit(
                events.TeamChanged(
                    subject=team.subject(),
                    departments=team.departments_concerned(),
                    changes={"members": [before, after]},
                    title=team.name,
                ),
                actor=actor,
            )
    return team


def grant_role(
    *, user: User, role: str, department: Department, valid_from: date, actor: Any, valid_until: date | None = None
) -> RoleGrant:
    """Nobody grants a role to themselves or above their own; the grant counts from the next request on."""
    _may_grant(role, user, department, actor)
    if valid_until is not None and valid_until <= valid_from:
        raise Refused("The role must end after it begins.", code="dates_reversed", field="valid_until")
    with transaction.atomic():
        overlapping = RoleGrant.objects.filter(user=user, role=role, department=department).filter(
            Q(valid_until__isnull=True) | Q(valid_until__gt=valid_from)
        )
        if valid_until is not None:
            overlapping = overlapping.filter(valid_from__lt=valid_until)
        if overlapping.exists():
            raise Refused(f"{user} already holds this role there in that time.", code="role_held", field="role")
        grant = RoleGrant.objects.create(
            user=user,
            role=role,
            department=department,
            valid_from=valid_from,
            valid_until=valid_until,
            granted_by=actor,
        )
        emit(
            events.RoleGranted(
                subject=grant.subject(),
                departments=(department.pk,),
                user_id=user.pk,
                role=role,
                department_id=department.pk,
                valid_from=valid_from.isoformat(),
                valid_until=valid_until.isoformat() if valid_until else None,
            ),
            actor=actor,
        )
        refresh_homes(user)
    return grant


def refresh_homes(user: User | None = None) -> None:
    """Tell accounts where people hold a role today, so that they are seen by the right departments."""
    today = timezone.localdate()
    held = (
        RoleGrant.objects.filter(valid_from__lte=today)
        .filter(Q(valid_until__isnull=True) | Q(valid_until__gt=today))
        .order_by("department_id")
        .values_list("department_id", flat=True)
        .distinct()
    )
    if user is not None:
        accounts.set_home_departments(user, departments=list(held.filter(user=user)))
        return
    homes = ArraySubquery(held.filter(user=OuterRef("pk")))
    for person in User.objects.annotate(held_now=homes).exclude(departments=F("held_now")):
        accounts.set_home_departments(person, departments=person.held_now)


def _may_grant(role: str, user: User, department: Department, actor: Any) -> None:
    if role not in matrix.ROLES or role == "TOK":
        raise Refused(f"There is no role '{role}'.", code="unknown_role", field="role")
    if actor is None:
        return  # the set-up itself
    if actor.pk == user.pk:
        raise Refused("Nobody grants a role to themselves. Ask another admin.", code="self_grant", field="user")
    if not rights_of(actor).covers("user", "u", department):
        raise Refused("You may not grant roles in this department.", code="not_allowed", field="department")


def end_role(grant: RoleGrant, *, on: date, actor: Any) -> RoleGrant:
    """The role ends with the day before `on`; a grant that never began is closed on its first day."""
    if actor is not None and actor.pk == grant.user_id:
        raise Refused("Nobody changes their own roles. Ask another admin.", code="self_grant")
    with transaction.atomic():
        RoleGrant.objects.filter(pk=grant.pk).update(valid_until=max(on, grant.valid_from), version=F("version") + 1)
        emit(
            events.RoleEnded(
                subject=grant.subject(),
                departments=(grant.department_id,),
                user_id=grant.user_id,
                role=grant.role,
                department_id=grant.department_id,
            ),
            actor=actor,
        )
        refresh_homes(grant.user)
    grant.refresh_from_db()
    return grant


def delegate(
    *, principal: User, substitute: User, valid_from: date, valid_until: date, actor: Any, reason: str = ""
) -> Delegation:
    """A person names a stand-in for themselves; an admin may do it for somebody absent."""
    if actor is not None and actor.pk != principal.pk and not rights_of(actor).can_somewhere("user", "u"):
        raise Refused("You can only name a stand-in for yourself.", code="not_allowed", field="principal")
    if valid_until <= valid_from:
        raise Refused("The stand-in must end after it begins.", code="dates_reversed", field="valid_until")
    row = Delegation(
        principal=principal, substitute=substitute, valid_from=valid_from, valid_until=valid_until, reason=reason
    )
    return write.create(row, actor=actor, fact=events.DelegationGiven)


def end_delegation(delegation: Delegation, *, actor: Any, version: int | None = None) -> Delegation:
    """Either person, or an admin, may end a delegation early."""
    if actor.pk not in {delegation.principal_id, delegation.substitute_id} and not rights_of(actor).can_somewhere(
        "user", "u"
    ):
        raise Refused("Only the two people named, or an admin, can end this.", code="not_allowed")
    return write.archive(delegation, actor=actor, fact=events.DelegationChanged, version=version)
