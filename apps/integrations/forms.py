"""Inputs of the verbs on webhooks."""

from __future__ import annotations

from apps.core.actions.fields import form_for
from apps.integrations.models import InboundHook, Webhook

WEBHOOK_FIELDS = ("name", "url", "patterns")
HOOK_FIELDS = ("name", "style", "concerns", "max_per_minute")
WebhookForm = form_for(Webhook, WEBHOOK_FIELDS)
HookForm = form_for(InboundHook, HOOK_FIELDS)
