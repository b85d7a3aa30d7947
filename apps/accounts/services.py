"""The only writers of accounts: people, their preferences and their API tokens."""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.usersessions.models import UserSession
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from apps.accounts import events, tokens
from apps.accounts.models import ApiToken, SecurityEvent, User
from apps.core.access import matrix
from apps.core.access.rights import rights_of
from apps.core.errors import Conflict, Refused
from apps.core.events.log import emit
from apps.core.models import plain
from apps.core.records.searching import index_record

LONGEST = timedelta(days=365)
DEFAULT_LIFE_DAYS = 90
EDITABLE = ("username", "first_name", "last_name", "email", "title", "time_zone")


def invite_user(
    *,
    username: str,
    actor: Any,
    first_name: str = "",
    last_name: str = "",
    email: str = "",
    title: str = "",
    time_zone: str = "",
    password: str | None = None,
) -> User:
    """A person with a sign-in name; without a password they use a set-password link or company sign-in."""
    user = User(
        username=username, first_name=first_name, last_name=last_name, email=email, title=title, time_zone=time_zone
    )
    if password is None:
        user.set_unusable_password()
    else:
        user.set_password(password)
    with transaction.atomic():
        try:
            with transaction.atomic():
                user.save()
        except IntegrityError as error:
            field = "email" if "e-mail" in str(error) else "username"
            raise Refused(
                f"This {'address' if field == 'email' else 'sign-in name'} is taken.", code="taken", field=field
            ) from error
        index_record(user)  # type: ignore[arg-type]
        emit(events.UserInvited(subject=user.subject(), title=str(user), values={"username": username}), actor=actor)
    return user


def change_user(user: User, *, actor: Any, version: int | None = None, **values: Any) -> User:
    """Names and addresses; roles are granted in the organisation."""
    before = {name: plain(getattr(user, name)) for name in values}
    changes = {name: [before[name], plain(value)] for name, value in values.items() if before[name] != plain(value)}
    if not changes:
        return user
    with transaction.atomic():
        _write(user, version, {name: values[name] for name in changes})
        emit(events.UserChanged(subject=user.subject(), title=str(user), changes=changes), actor=actor)
    return user


def _write(user: User, version: int | None, values: dict[str, Any]) -> None:
    seen = user.version if version is None else version
    try:
        with transaction.atomic():
            done = User.objects.filter(pk=user.pk, version=seen).update(version=F("version") + 1, **values)
    except IntegrityError as error:
        raise Refused("This sign-in name or address is taken.", code="taken") from error
    if not done:
        raise Conflict("Somebody changed this person after you opened the page. Compare and save again.")
    user.refresh_from_db()


def switch_off_user(user: User, *, actor: Any) -> User:
    """No more sign-in: sessions end and tokens stop at once. Nobody switches themselves off."""
    if actor is not None and actor.pk == user.pk:
        raise Refused("You cannot switch off your own sign-in. Ask another admin.", code="self_switch_off")
    with transaction.atomic():
        _write(user, None, {"is_active": False})
        end_sessions(user)
        ApiToken.objects.filter(owner=user, revoked_at__isnull=True).update(revoked_at=Now())
        emit(
            events.UserSwitchedOff(subject=user.subject(), title=str(user), changes={"is_active": [True, False]}),
            actor=actor,
        )
    return user


def switch_on_user(user: User, *, actor: Any) -> User:
    """Sign-in works again; tokens stay revoked."""
    with transaction.atomic():
        _write(user, None, {"is_active": True})
        emit(
            events.UserSwitchedOn(subject=user.subject(), title=str(user), changes={"is_active": [False, True]}),
            actor=actor,
        )
    return user


def set_home_departments(user: User, *, departments: list[int]) -> None:
    """Where the person holds a role today; told by the organisation."""
    if user.departments != departments:
        User.objects.filter(pk=user.pk).update(departments=departments)
        user.departments = departments
        user.__dict__.pop("_rights", None)
        index_record(user)  # type: ignore[arg-type]


def end_sessions(user: User, *, except_key: str | None = None) -> int:
    """End the person's browser sessions, this one excepted; returns how many ended."""
    ended = 0
    for session in UserSession.objects.filter(user=user).exclude(session_key=except_key or ""):
        session.end()
        ended += 1
    return ended


def end_sessions_of(user: User, *, actor: Any) -> User:
    """Somebody's browsers ask for sign-in again, at once and everywhere."""
    with transaction.atomic():
        ended = end_sessions(user)
        record_security_event("session_ended", user=user, login=user.username, ended=ended, by=actor and actor.pk)
        emit(events.SessionsEnded(subject=user.subject(), title=str(user), count=ended), actor=actor)
    return user


def make_password_link(user: User, *, actor: Any) -> str:
    """The secret part of a link by which this person sets a password; it works once and for half an hour."""
    with transaction.atomic():
        record_security_event("password_link_made", user=user, login=user.username, by=actor and actor.pk)
        emit(events.PasswordLinkMade(subject=user.subject(), title=str(user)), actor=actor)
    return f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"


def set_preferences(
    *, actor: User, theme: str, density: str, single_keys: bool, time_zone: str, language: str = ""
) -> User:
    """How the platform looks for this person; no event, it is nobody else's business."""
    User.objects.filter(pk=actor.pk).update(
        theme=theme, density=density, single_keys=single_keys, time_zone=time_zone, language=language
    )
    actor.refresh_from_db()
    return actor


def make_token(
    *, name: str, scopes: list[str], actor: User, days: int = DEFAULT_LIFE_DAYS, networks: list[str] | None = None
) -> tuple[ApiToken, str]:
    """A token for the actor and its text, which is never shown again. Scopes stay within what tokens may do at all."""
    if getattr(actor, "acting_token", None) is not None:
        raise Refused("A token cannot make tokens. Sign in for this.", code="token_cannot")
    allowed = possible_scopes(actor)
    wrong = [scope for scope in scopes if scope not in allowed]
    if wrong or not scopes:
        raise Refused(
            f"'{wrong[0]}' cannot be given to a token of yours." if wrong else "Choose at least one scope.",
            code="bad_scope",
            field="scopes",
        )
    if not 1 <= days <= LONGEST.days:
        raise Refused(f"A token lives 1 to {LONGEST.days} days.", code="bad_expiry", field="days")
    for network in networks or []:
        try:
            ip_network(network)
        except ValueError:
            raise Refused(
                f"'{network}' is no network. Write it like 10.1.0.0/16.", code="bad_network", field="networks"
            ) from None
    key_id, secret = tokens.new_secret()
    expires_at: datetime = timezone.now() + timedelta(days=days)
    with transaction.atomic():
        token = ApiToken.objects.create(
            name=name,
            owner=actor,
            key_id=key_id,
            secret_hmac=tokens.hmac_of(secret),
            scopes=sorted(set(scopes)),
            networks=networks or [],
            expires_at=expires_at,
        )
        fact = events.TokenMade(
            subject=token.subject(), name=name, scopes=tuple(token.scopes), expires_at=expires_at.isoformat()
        )
        emit(fact, actor=actor)
    return token, tokens.text_of(key_id, secret)


def possible_scopes(actor: User) -> list[str]:
    """What this person could give a token: the token column of the matrix, cut down to their own rights."""
    rights = rights_of(actor)
    return [
        f"{row}:{matrix.VERBS[verb]}"
        for row, cells in matrix.MATRIX.items()
        for verb in cells["TOK"].verbs
        if rights.can_somewhere(row, verb)
    ]


def revoke_token(token: ApiToken, *, actor: Any) -> ApiToken:
    """The token stops with the next call."""
    if token.revoked_at is not None:
        return token
    with transaction.atomic():
        ApiToken.objects.filter(pk=token.pk).update(revoked_at=Now())
        emit(events.TokenRevoked(subject=token.subject(), name=token.name), actor=actor)
    token.refresh_from_db()
    return token


def record_security_event(
    kind: str, *, user: User | None = None, login: str = "", address: str | None = None, agent: str = "", **details: Any
) -> None:
    """One row for the auditors."""
    SecurityEvent.objects.create(
        kind=kind,
        user_id=user.pk if user else None,
        login=login[:254],
        address=address or None,
        agent=agent[:200],
        details=plain(details),
    )
