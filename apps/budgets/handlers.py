"""Reactions of budgets to facts of others."""

from __future__ import annotations

from apps.budgets import services
from apps.budgets.models import Transfer
from apps.core.events.handlers import on
from apps.core.models import Event
from apps.work.events import ApprovalDecided


@on(ApprovalDecided, name="budgets.settle_transfer")
def settle_transfer(event: Event) -> None:
    noun, _, key = str(event.payload.get("about", "")).partition(":")
    if noun == Transfer.RESOURCE and key.isdigit():
        services.settle_transfer(int(key), outcome=str(event.payload["outcome"]))
