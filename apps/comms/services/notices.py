"""Telling people what concerns them: who, how urgently, by which way and when; each event once per person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from apps.accounts.models import User
from apps.comms import choices, events
from apps.comms.models import Follow, Notice, NoticeSettings, PushSubscription, Sending
from apps.comms.queries import readable, settings_of
from apps.comms.services.comments import tie
from apps.core.errors import Refused
from apps.core.events.facts import FileAttached
from apps.core.events.log import emit
from apps.core.models import Event
from apps.core.notices import concerns
from apps.core.web.cells import zone_of

TALK = (events.Commented.fact_name, events.CommentEdited.fact_name)
# Columns that name who has to do something, and who is responsible.
ASSIGNED, RESPONSIBLE = ("assignee_id",), ("owner_id", "assignee_id", "requested_by_id")
RELEASED_AT_ONCE = 500
FOLLOWED = """EXISTS (SELECT 1 FROM comms_follow f WHERE f.subject = told.subject AND NOT f.muted
AND f.owner_id IS DISTINCT FROM told.actor_id)"""
KEPT = timedelta(days=180)


@dataclass(frozen=True)
class Why:
    kind: str
    level: str
    reason: str


def concerns_somebody(event: Event) -> bool | str:
    """Whether an event is worth looking at; asked while it is written."""
    name = event.name
    if name.startswith("comms.notice_") or (name.startswith("core.") and name != FileAttached.fact_name):
        return False
    if name in TALK or any(one.fact == name for one in concerns) or _named(event, RESPONSIBLE):
        return True
    return FOLLOWED


def notify(event: Event) -> int:
    """Write the notices of an event; returns how many. Who may not read the record hears nothing."""
    _tie_people(event)
    told = 0
    wanted = people_of(event)
    wanted.pop(event.actor_id or 0, None)
    for person in User.objects.filter(pk__in=wanted, is_active=True).order_by("pk"):
        if readable(person, event.subject) is not None:
            told += _tell(person, event, wanted[person.pk])
    return told


def people_of(event: Event) -> dict[int, Why]:
    """Person → the strongest reason: called by name, assigned, told by a rule of an app, following."""
    found: dict[int, Why] = {}
    for key in event.payload.get("mentions", ()) if event.name in TALK else ():
        found.setdefault(key, Why("mention", "act", "you are mentioned"))
    for key in _named(event, ASSIGNED):
        found.setdefault(key, Why("assigned", "act", "it is assigned to you"))
    for rule in concerns:
        if rule.fact == event.name:
            for key in set(rule.people(event)) - {None}:
                found.setdefault(int(key), Why(rule.kind, rule.level, rule.reason))  # type: ignore[arg-type]
    if event.name == events.CommentEdited.fact_name:
        return found
    ties = Follow.objects.filter(subject=event.subject).exclude(owner_id=event.actor_id or 0)
    kind = "comment" if event.name in TALK else "change"
    for one in ties:
        if one.muted and found.get(one.owner_id, Why("", "", "")).kind != "mention":
            found.pop(one.owner_id, None)
        elif not one.muted:
            found.setdefault(one.owner_id, Why(kind, "know", str(one.get_why_display())))
    return found


def _named(event: Event, columns: Iterable[str]) -> set[int]:
    """People an event puts into one of these columns."""
    values = event.payload.get("values")
    keys = set()
    for name in columns:
        before_after = event.changes.get(name)
        if isinstance(before_after, list) and len(before_after) == 2:
            keys.add(before_after[1])
        elif isinstance(values, dict):
            keys.add(values.get(name))
    return {key for key in keys if type(key) is int}


def _tie_people(event: Event) -> None:
    tie(event.subject, set(User.objects.filter(pk__in=_named(event, RESPONSIBLE)).values_list("pk", flat=True)), "owns")
    if event.name in TALK:
        tie(event.subject, set(event.payload.get("mentions", ())), "named")
    if event.name == events.Commented.fact_name and event.actor_id:
        tie(event.subject, {event.actor_id}, "wrote")


def _tell(person: User, event: Event, why: Why) -> int:
    wishes, now = settings_of(person.pk), timezone.now()
    chosen = {channel: choices.choice(wishes.grid, why.kind, channel) for channel in choices.CHANNELS}
    if set(chosen.values()) == {"off"}:
        return 0
    aloud = why.level != Notice.Level.QUIET
    notice, fresh = Notice.objects.get_or_create(
        event_id=event.pk,
        owner=person,
        defaults={
            "fact": event.name,
            "subject": event.subject,
            "actor_id": event.actor_id,
            "kind": why.kind,
            "level": why.level,
            "reason": why.reason,
            "excerpt": str(event.payload.get("text", ""))[:240] if event.name == TALK[0] else "",
            "read_at": now if chosen["app"] == "off" else None,
            "for_digest": aloud and chosen["mail"] == "digest" and bool(person.email),
        },
    )
    if fresh and aloud:
        if chosen["mail"] == "now" and person.email:
            _send(person, notice, Sending.Channel.MAIL, wishes, now)
        if chosen["push"] == "now" and PushSubscription.objects.filter(owner=person).exists():
            _send(person, notice, Sending.Channel.PUSH, wishes, now)
    return int(fresh)


def _send(person: User, notice: Notice, channel: str, wishes: NoticeSettings, now: datetime) -> None:
    due = choices.quiet_until(wishes.quiet_from, wishes.quiet_until, now, zone_of(person))
    row = Sending.objects.create(owner=person, channel=channel, notice=notice, due_at=due)
    if due <= now:
        _release(row, now)


def _release(row: Sending, now: datetime) -> None:
    Sending.objects.filter(pk=row.pk).update(released_at=now)
    emit(events.SendingDue(subject=f"notice_sending:{row.pk}", sending_id=row.pk, channel=row.channel), actor=None)


def release_due(*, now: datetime) -> int:
    """Let out what waited for the end of quiet hours, and make the digests whose hour has come."""
    rows = list(
        Sending.objects.select_for_update(skip_locked=True)
        .filter(released_at__isnull=True, due_at__lte=now)
        .order_by("due_at")[:RELEASED_AT_ONCE]
    )
    for row in rows:
        _release(row, now)
    return len(rows) + _make_digests(now)


def _make_digests(now: datetime) -> int:
    waiting = Notice.objects.filter(for_digest=True, digest__isnull=True)
    made = 0
    for person in User.objects.filter(pk__in=waiting.values("owner_id"), is_active=True):
        wishes = settings_of(person.pk)
        day, covers = choices.digest_moment(wishes.digest_hour, now, zone_of(person))
        mine = waiting.filter(owner=person, created_at__lt=covers)
        if not mine.exists() or Sending.objects.filter(owner=person, digest_on=day).exists():
            continue
        due = choices.quiet_until(wishes.quiet_from, wishes.quiet_until, now, zone_of(person))
        row = Sending.objects.create(owner=person, channel=Sending.Channel.MAIL, digest_on=day, due_at=due)
        mine.update(digest=row)
        if due <= now:
            _release(row, now)
        made += 1
    return made


def mark_read(*, actor: Any, keys: Iterable[int] | None = None, up_to: int | None = None) -> int:
    """These of one's own notices, or all up to the newest one that was seen; returns how many were unread."""
    rows = Notice.objects.filter(owner_id=actor.pk, read_at__isnull=True)
    if keys is not None:
        rows = rows.filter(pk__in=list(keys))
    elif up_to is not None:
        rows = rows.filter(pk__lte=up_to)
    return rows.update(read_at=timezone.now())


def forget_old(*, now: datetime) -> int:
    """Notices of half a year ago leave with what was sent for them; the facts they told of stay in the log."""
    before = now - KEPT
    old = Notice.objects.filter(created_at__lt=before)
    Sending.objects.filter(notice__in=old).delete()
    count, _ = old.delete()
    Sending.objects.filter(digest_on__lt=before.date(), notices__isnull=True).delete()
    return count


def choose(*, actor: Any, grid: dict[str, Any], **values: Any) -> NoticeSettings:
    """The person's whole preference page; only what differs from the defaults is kept."""
    kept: dict[str, dict[str, str]] = {}
    for kind, channels in grid.items():
        for channel, how in channels.items() if isinstance(channels, dict) else ():
            if kind not in choices.KINDS or how not in choices.POSSIBLE.get(channel, ()):
                raise Refused(f"There is no choice '{kind}, {channel}, {how}'.", code="bad_choice", field="grid")
            if choices.DEFAULTS[kind][channel] != how:
                kept.setdefault(kind, {})[channel] = how
    start, end = values.get("quiet_from"), values.get("quiet_until")
    if (start is None) != (end is None):
        raise Refused("Give both ends of the quiet hours, or neither.", code="quiet_hours", field="quiet_until")
    row, _ = NoticeSettings.objects.update_or_create(owner_id=actor.pk, defaults={"grid": kept, **values})
    return row


def stop_mail(*, person_id: int, kind: str) -> NoticeSettings:
    """From the link in a mail: no more mail of this kind; "" means none at all. What still waits is not sent either."""
    row = settings_of(person_id)
    for one in choices.KINDS if not kind else (kind,):
        row.grid = {**row.grid, one: {**row.grid.get(one, {}), "mail": "off"}}
    found, _ = NoticeSettings.objects.update_or_create(owner_id=person_id, defaults={"grid": row.grid})
    return found
