"""What happened to the organisation."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.events.facts import Changed, Fact, Recorded


@dataclass(frozen=True, kw_only=True)
class SiteOpened(Recorded, name="org.site_opened", sentence="Site opened", icon="building-2"):
    """A site was added."""


@dataclass(frozen=True, kw_only=True)
class SiteChanged(Changed, name="org.site_changed", sentence="Site changed"):
    """A site's facts changed, or it was closed or reopened."""


@dataclass(frozen=True, kw_only=True)
class CalendarRecorded(Recorded, name="org.calendar_recorded", sentence="Working calendar added", icon="calendar-days"):
    """A working calendar was added."""


@dataclass(frozen=True, kw_only=True)
class CalendarChanged(Changed, name="org.calendar_changed", sentence="Working calendar changed"):
    """A calendar's hours or zone changed."""


@dataclass(frozen=True, kw_only=True)
class HolidayRecorded(Recorded, name="org.holiday_recorded", sentence="Holiday added", icon="tree-palm"):
    """A day off was added to a calendar."""


@dataclass(frozen=True, kw_only=True)
class HolidayChanged(Changed, name="org.holiday_changed", sentence="Holiday changed"):
    """A day off was changed or removed."""


@dataclass(frozen=True, kw_only=True)
class DepartmentOpened(Recorded, name="org.department_opened", sentence="Department opened", icon="network"):
    """A department was added to the tree."""


@dataclass(frozen=True, kw_only=True)
class DepartmentChanged(Changed, name="org.department_changed", sentence="Department changed"):
    """A department was renamed, moved to a site, closed or reopened."""


@dataclass(frozen=True, kw_only=True)
class DepartmentMoved(Fact, name="org.department_moved", sentence="Department moved", icon="git-branch"):
    """A department gets another parent from a date on."""

    valid_from: str
    parent_id: int | None


@dataclass(frozen=True, kw_only=True)
class TeamFormed(Recorded, name="org.team_formed", sentence="Team formed", icon="users"):
    """A team was added to a department."""


@dataclass(frozen=True, kw_only=True)
class TeamChanged(Changed, name="org.team_changed", sentence="Team changed"):
    """A team's name, lead or people changed."""


@dataclass(frozen=True, kw_only=True)
class RoleGranted(Fact, name="org.role_granted", sentence="Role granted", icon="shield-plus"):
    """A person may act in a role from a date on."""

    user_id: int
    role: str
    department_id: int
    valid_from: str
    valid_until: str | None


@dataclass(frozen=True, kw_only=True)
class RoleEnded(Fact, name="org.role_ended", sentence="Role ended", icon="shield-minus"):
    """A role grant ends."""

    user_id: int
    role: str
    department_id: int


@dataclass(frozen=True, kw_only=True)
class DelegationGiven(Recorded, name="org.delegation_given", sentence="Stand-in named", icon="user-check"):
    """A person named a substitute for some days."""


@dataclass(frozen=True, kw_only=True)
class DelegationChanged(Changed, name="org.delegation_changed", sentence="Stand-in changed"):
    """A delegation was ended early."""
