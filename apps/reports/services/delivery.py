"""Delivery: each recipient's copy in their own view, sent once, refusals kept, links that expire, leaving by oneself."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.utils import timezone

from apps.core.access import scope
from apps.core.access.rights import rights_of
from apps.core.errors import Refused
from apps.core.events import outbound
from apps.core.records import write
from apps.reports import events
from apps.reports.models import Dispatch, Recipient, ReportRun
from apps.reports.services.runs import ask_worker, read_report

LINK_DAYS = 14
LARGEST_FILE = 10 << 20
LINK, LEAVE = "reports.link", "reports.leave"
MOST_ATTEMPTS = 5


def burst(run: ReportRun) -> int:
    """A copy for every recipient of an issued report, each in its reader's own view; asked for once."""
    if run.pack is None or run.copy_of_id is not None:
        return 0
    made = 0
    rows = Recipient.objects.filter(pack=run.pack, archived_at__isnull=True, left_at__isnull=True)
    for one in rows.select_related("person"):
        if not one.person.is_active or not rights_of(one.person).can_somewhere("report", "r"):
            continue
        if ReportRun.objects.filter(copy_of=run, requested_by=one.person).exists():
            continue
        copy = ReportRun(
            number=f"{run.number}-{one.pk}"[-30:],
            kind=run.kind,
            pack=run.pack,
            copy_of=run,
            period_key=run.period_key,
            department=_place(one.person, run),
            requested_by=one.person,
            commentary=run.commentary,
            decisions=run.decisions,
            comments=run.comments,
            signed_by=run.signed_by,
            signed_at=run.signed_at,
        )
        write.create(copy, actor=None, fact=events.ReportRequested)
        ask_worker(copy, label=f"{copy} for {one.person}", actor=one.person)
        made += 1
    return made


def _place(person: Any, run: ReportRun) -> Any:
    """A department of the reader's own, so that the copy lies within their walls."""
    grants = sorted(rights_of(person).grants, key=lambda grant: len(grant.ancestors))
    own = next((grant.department_id for grant in grants), run.department_id)
    return run.department.__class__.objects.get(pk=own)


def dispatch(run: ReportRun) -> Dispatch | None:
    """Send a finished copy to its reader, once."""
    if run.copy_of_id is None or run.pack is None:
        return None
    one = Recipient.objects.filter(
        pack=run.pack, person=run.requested_by, archived_at__isnull=True, left_at__isnull=True
    ).first()
    if one is None or Dispatch.objects.filter(run=run, recipient=one).exists():
        return None
    now = timezone.now()
    in_app = one.channel == Recipient.Channel.APP
    row = Dispatch(
        run=run,
        recipient=one,
        department=run.department,
        person=one.person,
        channel=one.channel,
        address="" if in_app else one.person.email,
        state=Dispatch.State.SENT if in_app else Dispatch.State.WAITING,
        sent_at=now if in_app else None,
        link_until=now + timedelta(days=LINK_DAYS),
    )
    return write.create(row, actor=None, fact=events.ReportDispatched)


def send_dispatch(key: int) -> None:
    """One attempt; a refused address is final, anything else is tried again by the delivery that called."""
    outbound.require_open()
    with transaction.atomic(), scope.system("sending a report"):
        row = Dispatch.objects.select_related("run__pack", "person", "recipient").get(pk=key)
        if row.state != Dispatch.State.WAITING:
            return
        Dispatch.objects.filter(pk=key).update(attempts=row.attempts + 1)
        message = _message(row)
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as refused:
        code, words = next(iter(refused.recipients.values()))
        text = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
        _settle(key, {"state": Dispatch.State.BOUNCED, "problem": f"{code} {text}"[:300]})
    except Exception as error:
        with transaction.atomic(), scope.system("noting a failed attempt"):
            Dispatch.objects.filter(pk=key).update(problem=f"{type(error).__name__}: {error}"[:300])
        raise
    else:
        _settle(key, {"state": Dispatch.State.SENT, "sent_at": timezone.now(), "problem": ""})


def give_up_dispatch(key: int) -> None:
    """All attempts failed; the pack's owner sees it among what waits."""
    _settle(key, {"state": Dispatch.State.FAILED})


def _settle(key: int, values: dict[str, Any]) -> None:
    with transaction.atomic(), scope.system("noting a delivery"):
        row = Dispatch.objects.select_for_update(of=("self",)).get(pk=key)
        if row.state == Dispatch.State.WAITING:
            write.change(row, values, actor=None, fact=events.DispatchChanged)


def _message(row: Dispatch) -> EmailMessage:
    run, base = row.run, settings.BASE_URL.rstrip("/")
    leave = f"{base}/reports/leave/{leave_token(row.recipient)}/"
    content = read_report(run)
    by_link = row.channel == Recipient.Channel.LINK or len(content) > LARGEST_FILE
    link = f"{base}/reports/shared/{link_token(row)}/"
    where = (
        f"Open it here until {row.link_until:%d %b %Y}:\n{link}" if by_link and row.link_until else "It is attached."
    )
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2] or "localhost"
    message = EmailMessage(
        subject=f"{run.pack.title if run.pack else 'Report'}, {run.period_key}",
        body=f"{run}\nData as of {run.as_of:%d %b %Y %H:%M} UTC, in your own view.\n\n{where}\n\nLeave this report: {leave}\n",
        to=[row.address],
        connection=get_connection(),
        headers={
            # The same for every attempt, so that a mail that went out twice is shown once.
            "Message-ID": f"<report-{row.pk}@{host}>",
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    if not by_link:
        message.attach(f"{run.number}.pdf", content, "application/pdf")
    return message


def link_token(row: Dispatch) -> str:
    return signing.dumps(row.pk, salt=LINK)


def leave_token(one: Recipient) -> str:
    return signing.dumps(one.pk, salt=LEAVE)


def open_link(token: str) -> Dispatch:
    """The delivery behind a link from a mail; refuses forged, expired and withdrawn ones alike."""
    gone = Refused("This link has expired. Sign in and open the report there.", code="link_expired")
    try:
        key = signing.loads(token, salt=LINK, max_age=LINK_DAYS * 86400)
    except signing.BadSignature:
        raise gone from None
    row: Dispatch | None = Dispatch.objects.select_related("run__pack", "person").filter(pk=key).first()
    open_to = row is not None and row.person.is_active and row.link_until and row.link_until > timezone.now()
    if row is None or not open_to or row.archived_at is not None:
        raise gone
    return row


def mark_opened(row: Dispatch) -> None:
    if row.opened_at is None:
        write.change(row, {"opened_at": timezone.now()}, actor=row.person, fact=events.DispatchChanged)


def person_of_token(token: str) -> Recipient:
    """The recipient behind a leave link."""
    try:
        key = signing.loads(token, salt=LEAVE)
    except signing.BadSignature:
        raise Refused("This link is not whole. Copy it from the mail again.", code="bad_link") from None
    found: Recipient | None = Recipient.objects.select_related("pack", "person").filter(pk=key).first()
    if found is None:
        raise Refused("This report is no longer sent.", code="gone")
    return found


def leave_pack(one: Recipient, *, actor: Any) -> Recipient:
    """No more mails of this pack; twice is the same as once."""
    if one.left_at is not None:
        return one
    return write.change(one, {"left_at": timezone.now()}, actor=actor, fact=events.RecipientChanged)
