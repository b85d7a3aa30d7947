"""What integrations show elsewhere: webhooks that fail wait for their owners, who are told when one is stopped."""

from __future__ import annotations

from django.urls import reverse

from apps.core.notices import Concern, concern
from apps.core.web import pagemodel as pm
from apps.core.web.homecards import Contribution, View, contribute
from apps.integrations.events import WebhookStopped
from apps.integrations.models import Webhook

concern(
    Concern(
        fact=WebhookStopped.fact_name,
        people=lambda event: [event.payload.get("owner_id")],
        reason="it is your webhook",
        kind="waiting",
    )
)


def needs(view: View) -> list[pm.NeedsRow]:
    """One's own webhooks that fail or were stopped by failures."""
    rows = Webhook.objects.filter(owner_id=view.user.pk, archived_at__isnull=True, failures__gt=2)
    return [
        pm.NeedsRow(
            title=f"Webhook {one.name} {'fails' if one.active else 'was stopped by failures'}",
            url=reverse("record", args=["webhooks", one.pk]),
            why=one.stopped_because or f"{one.failures} failures in a row",
            icon="unplug",
            tone="warn" if one.active else "bad",
            buttons=(pm.Button("Look", reverse("record", args=["webhooks", one.pk])),),
            key=one.subject(),
        )
        for one in rows.order_by("-failures")[:3]
    ]


contribute(Contribution("integrations", "Integrations", 60, needs=needs))
