"""Words to many: writing, showing on their first day, confirming, reminding."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from apps.comms import events
from apps.comms.audience import audience_of, today_at
from apps.comms.models import Announcement, Receipt
from apps.core.errors import Refused
from apps.core.events.log import emit
from apps.core.records import write


def announce(*, actor: Any, **values: Any) -> Announcement:
    """Shown from its first day on; people are told when that comes."""
    if values.get("ends_on") and values["ends_on"] < values["starts_on"]:
        raise Refused("It ends before it begins. Choose a later day.", code="dates", field="ends_on")
    return write.create(Announcement(author=actor, **values), actor=actor, fact=events.AnnouncementMade)


def withdraw_announcement(one: Announcement, *, actor: Any) -> Announcement:
    return write.archive(one, actor=actor, fact=events.AnnouncementChanged)


def restore_announcement(one: Announcement, *, actor: Any) -> Announcement:
    return write.restore(one, actor=actor, fact=events.AnnouncementChanged)


def confirm_announcement(one: Announcement, *, actor: Any) -> Announcement:
    """Once per person; twice is the same as once."""
    with transaction.atomic():
        _, fresh = Receipt.objects.get_or_create(announcement=one, person=actor)
        if fresh:
            emit(events.AnnouncementRead(subject=one.subject(), departments=one.departments_concerned()), actor=actor)
    return one


def show_due(*, now: datetime) -> int:
    """Tell the audiences of announcements whose first day came, and remind those who have not confirmed."""
    shown = 0
    rows = Announcement.objects.select_for_update(of=("self",), skip_locked=True).filter(archived_at__isnull=True)
    for one in rows.filter(announced_at__isnull=True, starts_on__lte=now.date() + timedelta(days=1))[:50]:
        today = today_at(one, now)
        if one.starts_on <= today and not _over(one, today):
            shown += _show(one, now)
    waiting = rows.filter(must_read=True, announced_at__isnull=False, reminded_at__isnull=True)
    for one in waiting[:50]:
        if now - one.announced_at >= timedelta(days=one.remind_after_days) and not _over(one, today_at(one, now)):
            shown += _remind(one, now)
    return shown


def _over(one: Announcement, today: date) -> bool:
    return one.ends_on is not None and one.ends_on < today


def _show(one: Announcement, now: datetime) -> int:
    people = tuple(person.pk for person in audience_of(one))
    Announcement.objects.filter(pk=one.pk).update(announced_at=now)
    emit(
        events.AnnouncementShown(
            subject=one.subject(),
            departments=one.departments_concerned(),
            people=people,
            must_read=one.must_read,
        ),
        actor=one.author,
    )
    return 1


def _remind(one: Announcement, now: datetime) -> int:
    known = set(Receipt.objects.filter(announcement=one).values_list("person_id", flat=True))
    people = tuple(person.pk for person in audience_of(one) if person.pk not in known)
    Announcement.objects.filter(pk=one.pk).update(reminded_at=now)
    if people:
        emit(
            events.AnnouncementReminded(subject=one.subject(), departments=one.departments_concerned(), people=people),
            actor=one.author,
        )
    return 1
