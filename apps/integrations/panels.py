"""Parts of the pages of webhooks: health, secrets, what was told and what came in, and how a receiver checks it."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html

from apps.core.web import cells
from apps.core.web import pagemodel as pm
from apps.integrations.models import HookCall, InboundHook, Webhook, WebhookDelivery

SHOWN = 20
STATES: dict[str, tuple[pm.Tone, str]] = {
    "waiting": ("info", "Waiting"),
    "sent": ("good", "Sent"),
    "failed": ("bad", "Failed"),
    "skipped": ("idle", "Not for the owner"),
}
RECEIVER = """import base64, hashlib, hmac, time

def genuine(secret: str, headers: dict, body: bytes) -> bool:
    sent = headers["webhook-timestamp"]
    if abs(time.time() - int(sent)) > 300:
        return False
    signed = b".".join([headers["webhook-id"].encode(), sent.encode(), body])
    key = base64.b64decode(secret.removeprefix("whsec_"))
    good = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(good, one) for one in headers["webhook-signature"].split(" "))
"""


def webhook_state(one: Webhook) -> tuple[pm.Tone, str]:
    if one.archived_at is not None:
        return "idle", "Archived"
    if not one.active:
        return ("bad" if one.failures else "hold"), "Stopped"
    if one.failing_since is not None:
        return "warn", "Failing"
    return ("good", "Healthy") if one.last_sent_at else ("info", "Nothing sent yet")


def hook_state(one: InboundHook) -> tuple[pm.Tone, str]:
    if one.archived_at is not None:
        return "idle", "Archived"
    if not one.active:
        return "hold", "Off"
    return ("good", "Receiving") if one.last_received_at else ("info", "Nothing came yet")


def health_panel(one: Webhook, user: Any) -> pm.Section:
    zone = cells.zone_of(user)
    waiting = WebhookDelivery.objects.filter(webhook=one, state=WebhookDelivery.State.WAITING).count()
    facts = (
        pm.Fact("Waiting", cells.plain_cell(waiting, zone)),
        pm.Fact("Last sent", cells.plain_cell(one.last_sent_at, zone)),
        pm.Fact("Failing since", cells.plain_cell(one.failing_since, zone)),
        pm.Fact("Failures in a row", cells.plain_cell(one.failures, zone)),
        pm.Fact("Next try", cells.plain_cell(one.wait_until, zone)),
        pm.Fact("Stopped because", pm.Cell(one.stopped_because or cells.DASH)),
    )
    return pm.Section("Health", facts=facts)


def secret_panel(one: Webhook | InboundHook, user: Any) -> pm.Section | None:
    if one.owner_id != user.pk:
        return None
    name = "webhook_secret" if isinstance(one, Webhook) else "hook_secret"
    seen = one.secret_shown_at is not None
    text = (
        "The secret was shown and is not shown again. A new one makes the former good for one more day."
        if seen
        else "Nobody has seen the secret yet. It is shown once; keep it where the other system reads it."
    )
    label = "Make a new secret" if seen else "Show the signing secret"
    return pm.Section("Signing secret", text=text, button=pm.Button(label, reverse(name, args=[one.pk])))


def deliveries_panel(one: Webhook, user: Any) -> pm.Section:
    rows = WebhookDelivery.objects.filter(webhook=one).order_by("-id")[:SHOWN]
    zone = cells.zone_of(user)
    table = pm.Table(
        (
            pm.Column("at", "When"),
            pm.Column("fact", "Fact", wide=True),
            pm.Column("state", "State"),
            pm.Column("n", "Tries", "end"),
        ),
        tuple(
            pm.Row(
                str(row.pk),
                cells=(
                    cells.plain_cell(row.created_at, zone),
                    pm.Cell(row.fact, "link", url=reverse("record", args=["webhook-deliveries", row.pk])),
                    pm.Cell(STATES[row.state][1], "status", tone=STATES[row.state][0]),
                    pm.Cell(str(row.attempts), "number"),
                ),
            )
            for row in rows
        ),
        "Deliveries",
        "Nothing was told yet. Send a test message to see whether it arrives.",
    )
    return pm.Section("What it was told", table=table)


def receiver_panel(one: Webhook, user: Any) -> pm.Section:
    return pm.Section(
        "How the receiver checks it",
        text="Answer with any status from 200 to 299 within 15 seconds. The same webhook-id twice is the same message.",
        body=format_html("<pre>{}</pre>", RECEIVER),
    )


def attempts_panel(row: WebhookDelivery, user: Any) -> pm.Section:
    zone = cells.zone_of(user)
    tries = list(row.tries.order_by("-id")[:SHOWN])
    table = pm.Table(
        (
            pm.Column("at", "When"),
            pm.Column("status", "Answer"),
            pm.Column("ms", "ms", "end"),
            pm.Column("said", "What came back", wide=True),
        ),
        tuple(
            pm.Row(
                str(one.pk),
                cells=(
                    cells.plain_cell(one.at, zone),
                    pm.Cell(str(one.status) if one.status else "none"),
                    pm.Cell(str(one.millis), "number"),
                    pm.Cell(one.problem or one.answer or cells.DASH),
                ),
            )
            for one in tries
        ),
        "Attempts",
        "Not tried yet.",
    )
    sent = tries[0] if tries else None
    shown = "\n".join(f"{name}: {value}" for name, value in sent.headers.items()) + f"\n\n{sent.body}" if sent else ""
    return pm.Section("Attempts", table=table, body=format_html("<pre>{}</pre>", shown) if shown else "")


def address_of(one: InboundHook) -> str:
    return f"{settings.BASE_URL.rstrip('/')}{reverse('hook_receive', args=[one.key])}"


def address_panel(one: InboundHook, user: Any) -> pm.Section:
    text = (
        f"POST a JSON object of at most 256 KB to\n{address_of(one)}\nThe address is no secret; the signature is the proof. "
        "Times more than five minutes off are refused, a repeated message id changes nothing."
    )
    if one.style == InboundHook.Style.GITHUB:
        text += " This kind of signature holds no time: only repeats are dropped, for a month."
    return pm.Section("Where to send", text=text)


def calls_panel(one: InboundHook, user: Any) -> pm.Section:
    zone = cells.zone_of(user)
    rows = HookCall.objects.filter(hook=one).order_by("-id")[:SHOWN]
    table = pm.Table(
        (pm.Column("at", "When"), pm.Column("what", "What", wide=True), pm.Column("n", "Repeats", "end")),
        tuple(
            pm.Row(
                str(row.pk),
                cells=(
                    cells.plain_cell(row.created_at, zone),
                    pm.Cell(row.kind or row.key, "link", url=reverse("record", args=["hook-calls", row.pk])),
                    pm.Cell(str(row.repeats), "number"),
                ),
            )
            for row in rows
        ),
        "Messages",
        "Nothing came in yet.",
    )
    return pm.Section("What came in", table=table)


def body_panel(row: HookCall, user: Any) -> pm.Section:
    return pm.Section("Message", body=format_html("<pre>{}</pre>", json.dumps(row.body, indent=2, ensure_ascii=False)))
