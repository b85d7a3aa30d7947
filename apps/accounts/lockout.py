"""Slows down guessing of passwords: a growing pause per account and place, in the database so that no cache forgets it."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address, ip_network

from django.db import connection
from django.db.models import F, Sum
from django.utils import timezone

from apps.accounts.models import SignInFailure, User

FREE_TRIES = 5
LONGEST_PAUSE = timedelta(minutes=15)
MOST_IN_A_ROW = 100
# One password tried on many accounts: how many accounts may fail lately from one network, and from everywhere.
SPRAY_WINDOW = timedelta(minutes=15)
MOST_ACCOUNTS_PER_NETWORK = 30
MOST_ACCOUNTS = 500
FORGOTTEN_AFTER = timedelta(days=1)


def account_key(login: str) -> str:
    """One key per account, whether the sign-in name or the address was typed; unknown names get keys of their own."""
    text = login.strip().lower()[:200]
    user = User.objects.filter(username__iexact=text).first() or (
        User.objects.filter(email__iexact=text).first() if "@" in text else None
    )
    return f"user:{user.pk}" if user else f"login:{text}"


def place_key(address: str, device: str) -> str:
    """A device that signed in to this account before counts alone; others count by network (/24, /64)."""
    if device:
        return f"device:{device}"
    found = ip_address(address or "0.0.0.0")  # noqa: S104 - a stand-in for an unknown caller
    return str(ip_network(f"{found}/{24 if found.version == 4 else 64}", strict=False))


def may_try(*, account: str, place: str) -> bool:
    """Whether a password may be checked now. Holds the pair until the transaction ends: tries at once are tried one by one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"sign-in {account} {place}"])
        if not cursor.fetchone()[0]:
            return False
    now = timezone.now()
    row = SignInFailure.objects.filter(account=account, place=place).first()
    if row is not None and row.last_at + pause(row.failures) > now:
        return False
    rows = SignInFailure.objects.filter(account=account)
    rows = rows.filter(place=place) if place.startswith("device:") else rows.exclude(place__startswith="device:")
    return int(rows.aggregate(total=Sum("in_a_row"))["total"] or 0) < MOST_IN_A_ROW


def sprayed(place: str) -> bool:
    """Whether too many accounts failed lately from this network or in all; a device known to its account is exempt."""
    if place.startswith("device:"):
        return False
    lately = SignInFailure.objects.filter(last_at__gt=timezone.now() - SPRAY_WINDOW).exclude(
        place__startswith="device:"
    )
    accounts = lately.values("account").distinct()
    return (
        accounts.filter(place=place)[:MOST_ACCOUNTS_PER_NETWORK].count() >= MOST_ACCOUNTS_PER_NETWORK
        or accounts[:MOST_ACCOUNTS].count() >= MOST_ACCOUNTS
    )


def pause(failures: int) -> timedelta:
    """Two seconds after the fifth failure, doubling up to a quarter of an hour."""
    if failures < FREE_TRIES:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(failures - FREE_TRIES + 1, 20)), LONGEST_PAUSE)


def failed(*, account: str, place: str) -> int:
    """Count one failure; returns how many there were here lately."""
    now = timezone.now()
    SignInFailure.objects.filter(account=account, place=place, last_at__lt=now - FORGOTTEN_AFTER).update(failures=0)
    SignInFailure.objects.get_or_create(account=account, place=place)
    SignInFailure.objects.filter(account=account, place=place).update(
        failures=F("failures") + 1, in_a_row=F("in_a_row") + 1, last_at=now
    )
    return SignInFailure.objects.values_list("failures", flat=True).get(account=account, place=place)


def succeeded(*, account: str, place: str) -> None:
    """The row of failures ends; pauses of other places stay, so that signing in does not help a guesser."""
    SignInFailure.objects.filter(account=account, place=place).delete()
    SignInFailure.objects.filter(account=account).update(in_a_row=0)


def forget(user: User) -> None:
    """A new password begins with a clean sheet."""
    SignInFailure.objects.filter(account=f"user:{user.pk}").delete()
