"""Packs, who gets them, what they promise, and when they run."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from apps.core.access.rights import rights_of
from apps.core.errors import Refused
from apps.core.records import write
from apps.core.values import Period
from apps.core.values.recurrence import Recurrence, recurrence
from apps.org import queries as org
from apps.reports import events
from apps.reports.composing import zone
from apps.reports.models import Pack, Promise, Recipient, ReportRun
from apps.reports.parts import sources
from apps.reports.services.runs import request_pack_run

log = logging.getLogger("ops.reports")
EPOCH = datetime.fromisoformat("2020-01-06T07:00")  # a Monday; rules without a time of their own run at 07:00 local
LONGEST_SHIFT = 40


def set_pack(*, actor: Any, **values: Any) -> Pack:
    """Sections that exist, a schedule that is one."""
    pack = Pack(**values)
    _check(pack, now=timezone.now())
    return write.create(pack, actor=actor, fact=events.PackSet)


def change_pack(pack: Pack, *, actor: Any, version: int | None = None, **values: Any) -> Pack:
    trial = Pack(
        **{name: values.get(name, getattr(pack, name)) for name in ("sections", "rrule", "site", "on_holiday")}
    )
    _check(trial, now=timezone.now())
    changed = {**values, "next_at": trial.next_at}
    return write.change(pack, changed, actor=actor, fact=events.PackChanged, version=version)


def archive_pack(pack: Pack, *, actor: Any) -> Pack:
    """It runs no more; issued reports stay."""
    return write.archive(pack, actor=actor, fact=events.PackChanged)


def restore_pack(pack: Pack, *, actor: Any) -> Pack:
    return write.restore(pack, actor=actor, fact=events.PackChanged)


def _check(pack: Pack, *, now: datetime) -> None:
    unknown = [name for name in pack.section_names if name not in sources]
    if unknown:
        raise Refused(
            f"There is no section “{unknown[0]}”. Choose from: {', '.join(sources.names())}.",
            code="unknown_section",
            field="sections",
        )
    pack.next_at = next_run(pack, now) if pack.rrule.strip() else None


def _rule(pack: Pack) -> Recurrence:
    text = pack.rrule.strip()
    if "BYHOUR" not in text.upper():
        text += ";BYHOUR=7;BYMINUTE=0"
    return recurrence(text, start=EPOCH, zone=ZoneInfo(pack.site.time_zone) if pack.site else zone())


def next_run(pack: Pack, after: datetime) -> datetime | None:
    """The next time by the rule, moved off or left out on days on which the site does not work."""
    rule = _rule(pack)
    calendar = org.worktime_of(pack.site) if pack.site else None
    for at in rule.occurrences(after - timedelta(days=LONGEST_SHIFT)):
        local = at.astimezone(rule.zone)
        works = calendar is None or pack.on_holiday == Pack.Holiday.ANYWAY or calendar.works_on(local.date())
        if works:
            found = at
        elif pack.on_holiday == Pack.Holiday.SKIP or calendar is None:
            continue
        else:
            day = calendar.next_working_day(local.date())
            found = local.replace(year=day.year, month=day.month, day=day.day)
        if found > after:
            return found
    return None


def run_due_packs(*, now: datetime) -> int:
    """Start every pack whose time has come, once per period; after a standstill only the latest period is made."""
    started = 0
    for key in Pack.objects.filter(next_at__lte=now, archived_at__isnull=True).values_list("pk", flat=True):
        with transaction.atomic():
            pack = Pack.objects.select_for_update(of=("self",)).get(pk=key)
            if pack.next_at is None or pack.next_at > now:
                continue
            period = Period.containing(now, zone(), pack.cadence).previous()
            Pack.objects.filter(pk=pack.pk).update(next_at=next_run(pack, now))
            made = ReportRun.objects.filter(pack=pack, period_key=period.key, copy_of__isnull=True)
            if made.exclude(state=ReportRun.State.FAILED).exists():
                continue
            request_pack_run(pack, actor=None, period_key=period.key, person=pack.owner)
            started += 1
    return started


def add_recipient(*, pack: Pack, person: Any, actor: Any, channel: str = Recipient.Channel.FILE) -> Recipient:
    """Only who may read reports gets one, and by e-mail only with an address."""
    _check_recipient(person, channel)
    made = Recipient(pack=pack, department=pack.department, person=person, channel=channel)
    return write.create(made, actor=actor, fact=events.RecipientAdded)


def change_recipient(one: Recipient, *, actor: Any, version: int | None = None, **values: Any) -> Recipient:
    if values.get("channel", one.channel) != one.channel:
        _check_recipient(one.person, values["channel"])
    return write.change(one, values, actor=actor, fact=events.RecipientChanged, version=version)


def _check_recipient(person: Any, channel: str) -> None:
    if not rights_of(person).can_somewhere("report", "r"):
        raise Refused(
            f"{person} may not read reports. Grant a role that may, or choose somebody else.",
            code="no_right",
            field="person",
        )
    if channel != Recipient.Channel.APP and not person.email:
        raise Refused(f"{person} has no e-mail address. Choose “in the app only”.", code="no_address", field="channel")


def remove_recipient(one: Recipient, *, actor: Any) -> Recipient:
    return write.archive(one, actor=actor, fact=events.RecipientChanged)


def restore_recipient(one: Recipient, *, actor: Any) -> Recipient:
    return write.restore(one, actor=actor, fact=events.RecipientChanged)


def make_promise(*, pack: Pack, period_key: str, actor: Any, **values: Any) -> Promise:
    """Shown with its result in the pack of the next period."""
    period = Period.parse(period_key, zone())
    made = Promise(pack=pack, department=pack.department, period_key=period.key, **values)
    return write.create(made, actor=actor, fact=events.PromiseMade)


def change_promise(one: Promise, *, actor: Any, version: int | None = None, **values: Any) -> Promise:
    if values.get("state", one.state) == Promise.State.MISSED and not values.get("result", one.result).strip():
        raise Refused("Say what happened instead.", code="result_missing", field="result")
    return write.change(one, values, actor=actor, fact=events.PromiseChanged, version=version)
