"""Questions about the organisation that other apps ask: working time, who holds a role, who stands above."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import User
from apps.core.access import scope
from apps.org.models import Closure, Department, Holiday, RoleGrant, Site
from apps.org.worktime import Worktime

# Who answers for a department, nearest first.
LEADERS = ("DPM", "OPM")


def worktime_of(site: Site) -> Worktime | None:
    """The site's calendar ready to count with."""
    if site.calendar is None:
        return None
    off = set(Holiday.objects.filter(calendar=site.calendar, archived_at__isnull=True).values_list("day", flat=True))
    return Worktime(site.calendar.hours, ZoneInfo(site.time_zone), off)


def worktime_in(department: Department) -> Worktime:
    """Working time of the department's site, of the nearest one above it, or around the clock in UTC."""
    for above in chain(department):
        if above.site is not None:
            found = worktime_of(above.site)
            return found or Worktime([], ZoneInfo(above.site.time_zone))
    return Worktime([], ZoneInfo("UTC"))


def chain(department: Department) -> list[Department]:
    """The department and those above it, nearest first."""
    ranks = dict(Closure.objects.filter(descendant=department).values_list("ancestor_id", "depth"))
    ranks.setdefault(department.pk, 0)
    found = Department.objects.filter(pk__in=ranks).select_related("site__calendar")
    return sorted(found, key=lambda one: ranks[one.pk])


def holders(role: str, department: Department) -> list[User]:
    """Active people who hold the role there today, or in the nearest department above where anybody does."""
    with scope.system("finding who holds a role"):
        for above in chain(department):
            found = _holding(role, above)
            if found:
                return found
    return []


def line_above(department: Department, *, without: frozenset[int] = frozenset()) -> list[User]:
    """The nearest people who answer for the department and are not among `without`; executives where there are none."""
    with scope.system("finding who answers for a department"):
        for above in chain(department):
            for role in LEADERS:
                found = [one for one in _holding(role, above) if one.pk not in without]
                if found:
                    return found
        return [one for one in _holding("EXE") if one.pk not in without]


def _holding(role: str, department: Department | None = None) -> list[User]:
    today = timezone.localdate()
    grants = RoleGrant.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=today), role=role, valid_from__lte=today, user__is_active=True
    )
    if department is not None:
        grants = grants.filter(department=department)
    return sorted({one.user for one in grants.select_related("user")}, key=lambda one: one.pk)
