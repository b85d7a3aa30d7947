"""People who sign in, and the tokens by which other systems act for them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.core.access.rights import rights_of


class PeopleQuerySet(models.QuerySet["User"]):
    """Whom the matrix lets one read, and oneself."""

    def visible_to(self, user: Any, verb: str = "r") -> PeopleQuerySet:
        rights = rights_of(user)
        reach = rights.reach("user", verb)
        if reach.everything:
            return self
        mine = Q(pk=rights.user_id if verb == "r" else None)
        return self.filter(Q(departments__overlap=list(reach.departments)) | mine)

    def choosable_by(self, user: Any) -> PeopleQuerySet:
        """Whom a form offers by name, such as a stand-in: colleagues too, whose records stay closed."""
        rights = rights_of(user)
        reach = rights.reach("user", "r")
        if reach.everything:
            return self
        departments = sorted(reach.departments | rights.homes)
        return self.filter(Q(departments__overlap=departments) | Q(pk=rights.user_id))


class PeopleManager(UserManager.from_queryset(PeopleQuerySet)):  # type: ignore[misc]
    """Django's user manager that knows who may see whom."""

    use_in_migrations = False


class User(AbstractUser):
    """One person. Roles are granted per department in `org`; Django's groups and permissions are not used."""

    class Theme(models.TextChoices):
        SYSTEM = "system", "As my device"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    class Density(models.TextChoices):
        DEFAULT = "default", "Default"
        COMPACT = "compact", "Compact"
        COMFORTABLE = "comfortable", "Comfortable"

    RESOURCE: ClassVar[str] = "user"
    ACCESS_ROW: ClassVar[str] = "user"

    groups = None  # type: ignore[assignment]
    user_permissions = None  # type: ignore[assignment]
    title = models.CharField(max_length=80, blank=True)
    theme = models.CharField(max_length=8, choices=Theme.choices, default=Theme.SYSTEM)
    density = models.CharField(max_length=12, choices=Density.choices, default=Density.DEFAULT)
    single_keys = models.BooleanField("single-key shortcuts", default=True)
    time_zone = models.CharField(max_length=60, blank=True)
    language = models.CharField(max_length=8, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    # Where the person holds a role today; the organisation keeps it true.
    departments = ArrayField(models.BigIntegerField(), default=list, editable=False)

    objects: ClassVar[PeopleManager] = PeopleManager()

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                models.functions.Lower("email"),
                condition=~models.Q(email=""),
                name="an e-mail address belongs to one person",
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def initials(self) -> str:
        parts = (self.get_full_name() or self.username).split()
        return "".join(part[0] for part in parts[:2]).upper()

    def subject(self) -> str:
        return f"user:{self.pk}"

    @classmethod
    def resource_name(cls) -> str:
        return cls.RESOURCE

    def departments_concerned(self) -> tuple[int, ...]:
        return tuple(self.departments)

    @property
    def archived_at(self) -> Any:
        """People who may no longer sign in count as archived."""
        return None if self.is_active else self.date_joined


class TokenQuerySet(models.QuerySet["ApiToken"]):
    """One's own tokens; admins and auditors see all."""

    def visible_to(self, user: Any, verb: str = "r") -> TokenQuerySet:
        rights = rights_of(user)
        if rights.reach("token", verb).everything:
            return self
        return self.filter(owner_id=rights.user_id)


class ApiToken(models.Model):
    """A key for another system: shown once, stored as a keyed hash, scoped and expiring."""

    RESOURCE: ClassVar[str] = "token"
    ACCESS_ROW: ClassVar[str] = "token"
    OWN_FIELD: ClassVar[str] = "owner_id"

    name = models.CharField(max_length=80)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_tokens")
    key_id = models.CharField(max_length=16, unique=True)
    secret_hmac = models.CharField(max_length=64)
    pepper_number = models.PositiveSmallIntegerField(default=1)
    scopes = ArrayField(models.CharField(max_length=60))
    networks = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[Any] = models.Manager.from_queryset(TokenQuerySet)()

    class Meta:
        indexes = [models.Index(fields=["owner", "-id"], name="token_owner")]

    def __str__(self) -> str:
        return f"{self.name} (ops_{self.key_id}…)"

    def subject(self) -> str:
        return f"token:{self.pk}"

    @property
    def department_id(self) -> None:
        """Tokens belong to a person, not to a department."""
        return None


class SecurityEvent(models.Model):
    """Sign-ins, failures, denials and changes of rights, kept for auditors."""

    kind = models.CharField(max_length=40)
    user_id = models.BigIntegerField(null=True)
    login = models.CharField(max_length=254, default="")
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, default="")
    details: Any = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["user_id", "-id"], name="security_user"),
            models.Index(fields=["kind", "-id"], name="security_kind"),
            models.Index(fields=["login", "kind", "-at"], name="security_login"),
        ]


class SignInFailure(models.Model):
    """Wrong passwords per account and place (a network or a known device) since the last success."""

    account = models.CharField(max_length=220)
    place = models.CharField(max_length=60)
    failures = models.PositiveIntegerField(default=0)
    in_a_row = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "place"], name="one row of failures per account and place")
        ]
        indexes = [
            models.Index(fields=["place", "-last_at"], name="failure_place"),
            models.Index(fields=["-last_at"], name="failure_age"),
        ]
