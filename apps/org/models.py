"""Where people belong: sites, departments as a dated tree, teams, working calendars, role grants and delegation."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from apps.core.access import matrix
from apps.core.access.rights import rights_of
from apps.core.access.scope import OpenManager, OpenQuerySet, ScopedManager
from apps.core.models import Noun


def _dates(start: str, end: str) -> Func:
    return Func(F(start), F(end), Value("[)"), function="daterange", output_field=DateRangeField())


class Calendar(Noun):
    """Working hours of a site, by weekday, in its own time zone; holidays are exceptions."""

    RESOURCE: ClassVar[str] = "calendar"
    ACCESS_ROW: ClassVar[str] = "site"

    code = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    time_zone = models.CharField(max_length=60, default="UTC")
    # Monday first; each day a list of ["06:00", "14:00"] pairs.
    hours = models.JSONField(default=list, blank=True)

    objects = OpenManager()

    def __str__(self) -> str:
        return self.name


class Holiday(Noun):
    """A day on which a calendar does not work."""

    RESOURCE: ClassVar[str] = "holiday"
    ACCESS_ROW: ClassVar[str] = "site"

    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="holidays")
    day = models.DateField()
    name = models.CharField(max_length=80)

    objects = OpenManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["calendar", "day"], name="a calendar names a holiday once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.day})"


class Site(Noun):
    """A place where the company works."""

    RESOURCE: ClassVar[str] = "site"
    ACCESS_ROW: ClassVar[str] = "site"

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    city = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=2, blank=True)
    time_zone = models.CharField(max_length=60, default="UTC")
    currency = models.CharField(max_length=3, default="EUR")
    calendar = models.ForeignKey(Calendar, null=True, blank=True, on_delete=models.PROTECT, related_name="sites")

    objects = OpenManager()

    def __str__(self) -> str:
        return self.name


class DepartmentQuerySet(OpenQuerySet):
    """Departments are reached as if they belonged to themselves; those above one's own are readable."""

    def visible_to(self, user: Any, verb: str = "r") -> DepartmentQuerySet:
        rights = rights_of(user)
        reach = rights.reach("department", verb)
        if reach.everything:
            return self
        return self.filter(pk__in=reach.departments | (rights.above if verb == "r" and reach else frozenset()))


class GrantQuerySet(OpenQuerySet):
    """Role grants of departments within reach, and one's own."""

    def visible_to(self, user: Any, verb: str = "r") -> GrantQuerySet:
        rights = rights_of(user)
        reach = rights.reach("user", verb)
        if reach.everything:
            return self
        rule = Q(department_id__in=reach.departments)
        return self.filter(rule | Q(user_id=rights.user_id) if verb == "r" else rule)


class DelegationQuerySet(OpenQuerySet):
    """One's own delegations; those who read all people see all."""

    def visible_to(self, user: Any, verb: str = "r") -> DelegationQuerySet:
        rights = rights_of(user)
        if rights.reach("user", verb).everything:
            return self
        return self.filter(Q(principal_id=rights.user_id) | Q(substitute_id=rights.user_id))


class Department(Noun):
    """A unit of the organisation. Its place in the tree is dated (see Placement); `parent` is today's."""

    RESOURCE: ClassVar[str] = "department"
    ACCESS_ROW: ClassVar[str] = "department"
    INHERIT: ClassVar[bool] = True

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    site = models.ForeignKey(Site, null=True, blank=True, on_delete=models.PROTECT, related_name="departments")

    objects = models.Manager.from_queryset(DepartmentQuerySet)()

    def __str__(self) -> str:
        return self.name

    @property
    def department_id(self) -> int:
        """A department is reached like a record that belongs to it."""
        return int(self.pk)

    def departments_concerned(self) -> tuple[int, ...]:
        return (self.pk,) if self.pk else ()


class Placement(models.Model):
    """Which parent a department had from when until when (exclusive); the history behind the tree."""

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="placements")
    parent = models.ForeignKey(Department, null=True, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="a department has one parent at a time",
                expressions=[
                    ("department", RangeOperators.EQUAL),
                    (_dates("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(condition=~Q(department=F("parent")), name="a department is not its own parent"),
        ]


class Closure(models.Model):
    """Every (ancestor, descendant) pair of today's tree, itself included; rebuilt by services."""

    ancestor = models.ForeignKey(Department, on_delete=models.CASCADE, related_name="+")
    descendant = models.ForeignKey(Department, on_delete=models.CASCADE, related_name="+")
    depth = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ancestor", "descendant"], name="one closure row per pair")]
        indexes = [models.Index(fields=["descendant"], name="closure_descendant")]


class Team(Noun):
    """A few people of one department who share work."""

    RESOURCE: ClassVar[str] = "team"
    ACCESS_ROW: ClassVar[str] = "department"

    code = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="teams")
    lead = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ScopedManager()

    class Meta:
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["department", "code"], name="a team code is used once per department")
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """Who belongs to a team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="a person is in a team once")]


class RoleGrant(models.Model):
    """A role held by a person in a department, from when until when."""

    RESOURCE: ClassVar[str] = "role_grant"
    ACCESS_ROW: ClassVar[str] = "user"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=3, choices=list(matrix.ROLES.items()))
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = models.Manager.from_queryset(GrantQuerySet)()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="a person holds a role in a department once at a time",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    ("department", RangeOperators.EQUAL),
                    (_dates("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{matrix.ROLES[self.role]} in {self.department}"

    def subject(self) -> str:
        return f"role_grant:{self.pk}"


class Delegation(Noun):
    """A dated stand-in: `substitute` acts with `principal`'s rights, and both names stand on the record."""

    RESOURCE: ClassVar[str] = "delegation"
    ACCESS_ROW: ClassVar[str] = "user"

    principal: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations_given"
    )
    substitute: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="delegations_received"
    )
    valid_from = models.DateField()
    valid_until = models.DateField()
    reason = models.CharField(max_length=200, blank=True)

    objects = models.Manager.from_queryset(DelegationQuerySet)()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(principal=F("substitute")), name="nobody stands in for themselves"),
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("valid_from")), name="a delegation ends after it begins"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.substitute} for {self.principal}"
