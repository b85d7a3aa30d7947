"""Sending notices out: mail and web push, once each, only while they still matter, each with a way to stop them."""

from __future__ import annotations

import json
import smtplib
import time
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.utils import timezone

from apps.comms import choices, webpush
from apps.comms.models import Notice, PushSubscription, Sending
from apps.comms.queries import Told, settings_of, told
from apps.core.access import scope
from apps.core.errors import Refused
from apps.core.events import outbound
from apps.core.http import client as http

LEAVE = "comms.leave"
MOST_IN_DIGEST = 50
PUSH_SECONDS = 12 * 3600
GONE = (404, 410)
MOST_BROWSERS = 10


def send(key: int) -> None:
    """One attempt at one sending; raises what may be tried again."""
    outbound.require_open()
    with transaction.atomic(), scope.system("reading a notice to send"):
        row = Sending.objects.select_related("owner", "notice__actor").get(pk=key)
        if row.state != Sending.State.WAITING:
            return
        lines = _still_wanted(row)
    if not lines or not row.owner.is_active:
        _settle(key, Sending.State.DROPPED)
    elif row.channel == Sending.Channel.MAIL:
        _send_mail(row, lines)
    else:
        _send_push(row, lines[0])


def give_up(key: int) -> None:
    _settle(key, Sending.State.FAILED)


def _still_wanted(row: Sending) -> list[Told]:
    """What the person has not read yet, may still read, and has not switched off meanwhile."""
    if row.notice is not None:
        notices = [row.notice]
    else:
        notices = list(Notice.objects.filter(digest=row).select_related("actor").order_by("-id")[:MOST_IN_DIGEST])
    grid = settings_of(row.owner_id).grid
    app_off = [one for one in notices if choices.choice(grid, one.kind, "app") == "off"]
    wanted = [
        one
        for one in notices
        if (one.read_at is None or one in app_off) and choices.choice(grid, one.kind, row.channel) != "off"
    ]
    return told(row.owner, wanted)


def _settle(key: int, state: str, problem: str = "") -> None:
    with transaction.atomic(), scope.system("noting a sent notice"):
        sent_at = timezone.now() if state == Sending.State.SENT else None
        Sending.objects.filter(pk=key, state=Sending.State.WAITING).update(
            state=state, sent_at=sent_at, problem=problem[:300]
        )


def _send_mail(row: Sending, lines: list[Told]) -> None:
    try:
        _message(row, lines).send()
    except smtplib.SMTPRecipientsRefused as refused:
        code, words = next(iter(refused.recipients.values()))
        text = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
        _settle(row.pk, Sending.State.FAILED, f"{code} {text}")
    else:
        _settle(row.pk, Sending.State.SENT)


def _message(row: Sending, lines: list[Told]) -> EmailMessage:
    base = settings.BASE_URL.rstrip("/")
    kind = row.notice.kind if row.notice else ""
    leave = f"{base}/notices/leave/{leave_token(row.owner_id, kind)}/"
    subject = headline(lines[0]) if row.notice else f"{len(lines)} notices of {row.digest_on:%d %b}"
    body = "\n\n".join(_paragraph(one, base) for one in lines)
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2] or "localhost"
    return EmailMessage(
        subject=" ".join(subject.split())[:200],
        body=f"{body}\n\n--\nChoose what you get: {base}/notices/settings/\nNo more mail of this kind: {leave}\n",
        to=[row.owner.email],
        connection=get_connection(),
        headers={
            # The same for every attempt, so that a mail that went out twice is shown once.
            "Message-ID": f"<notice-{row.pk}@{host}>",
            "Auto-Submitted": "auto-generated",
            "List-Unsubscribe": f"<{leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )


def headline(one: Told) -> str:
    """Who did what to which record, in one line."""
    if one.count > 1:
        return f"{one.count} × {one.sentence}"
    who = str(one.notice.actor) if one.notice.actor else "Opsplatform"
    what = "mentions you" if one.notice.kind == "mention" else one.sentence
    return f"{who}: {what} · {one.title}"


def _paragraph(one: Told, base: str) -> str:
    words = f"\n{one.notice.excerpt}" if one.notice.excerpt else ""
    return f"{headline(one)}{words}\n{base}{one.url}\nYou get this because {one.notice.reason}."


def leave_token(person_id: int, kind: str) -> str:
    return signing.dumps([person_id, kind], salt=LEAVE)


def read_leave_token(text: str) -> tuple[int, str]:
    """The person and kind behind an unsubscribe link."""
    try:
        person_id, kind = signing.loads(text, salt=LEAVE)
    except (signing.BadSignature, ValueError, TypeError):
        raise Refused("This link is not whole. Copy it from the mail again.", code="bad_link") from None
    return int(person_id), str(kind)


def _send_push(row: Sending, one: Told) -> None:
    """To every browser of the person; a browser that is gone is forgotten. One that took it makes it sent."""
    with transaction.atomic(), scope.system("reading browsers to push to"):
        browsers = list(PushSubscription.objects.filter(owner=row.owner_id).order_by("-id")[:MOST_BROWSERS])
    message = json.dumps({"title": headline(one)[:120], "body": one.notice.excerpt, "url": one.url, "tag": row.pk})
    answers = [(browser, post_push(browser, message.encode()[: webpush.LONGEST])) for browser in browsers]
    gone = [browser.pk for browser, status in answers if status in GONE]
    with transaction.atomic(), scope.system("forgetting browsers that are gone"):
        PushSubscription.objects.filter(pk__in=gone).delete()
    statuses = [status for _, status in answers if status not in GONE]
    if not statuses:
        _settle(row.pk, Sending.State.DROPPED, "No browser of this person is subscribed any more")
    elif any(200 <= status < 300 for status in statuses):
        _settle(row.pk, Sending.State.SENT)
    else:
        raise RuntimeError(f"The push services answered {statuses}")


def post_push(browser: PushSubscription, message: bytes) -> int:
    """Hand the sealed message to the push service; its HTTP status, 0 where it could not be reached."""
    key = webpush.own_key(settings.SECRET_KEY)
    contact = settings.BASE_URL if settings.HTTPS else f"mailto:{settings.DEFAULT_FROM_EMAIL}"
    expires = int(time.time()) + PUSH_SECONDS
    headers = {
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(PUSH_SECONDS),
        "Urgency": "high",
        "Authorization": webpush.vapid_header(browser.endpoint, key=key, contact=contact, expires=expires),
    }
    body = webpush.encrypt(message, p256dh=browser.p256dh, auth=browser.auth)
    try:
        return http.request("POST", browser.endpoint, headers=headers, body=body).status
    except Refused:
        return 0


def subscribe(*, endpoint: str, p256dh: str, auth: str, agent: str, actor: Any) -> PushSubscription:
    """A browser asks for push; its address must be one we may call."""
    http.check_url(endpoint)
    try:
        webpush.check_keys(p256dh, auth)
    except ValueError:
        raise Refused("The browser's keys cannot be used. Turn push off and on again.", code="push_keys") from None
    row, _ = PushSubscription.objects.update_or_create(
        owner_id=actor.pk, endpoint=endpoint, defaults={"p256dh": p256dh, "auth": auth, "agent": agent[:200]}
    )
    extra = PushSubscription.objects.filter(owner_id=actor.pk).order_by("-id").values_list("pk", flat=True)
    PushSubscription.objects.filter(pk__in=list(extra[MOST_BROWSERS:])).delete()
    return row


def unsubscribe(*, endpoint: str, actor: Any) -> None:
    PushSubscription.objects.filter(owner_id=actor.pk, endpoint=endpoint).delete()
