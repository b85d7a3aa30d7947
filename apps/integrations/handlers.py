"""Reactions of integrations: facts are owed to who asked for them, and addresses are called one round at a time."""

from __future__ import annotations

from apps.core.events.handlers import on, on_every
from apps.core.models import Event
from apps.integrations import services
from apps.integrations.events import DeliveryRepeated, RoundDue, WebhookTested
from apps.integrations.queries import WANTED, told_outside
from apps.integrations.services.outgoing import ROUND


def somebody_asked(event: Event) -> bool | str:
    return told_outside(event.name) and WANTED


@on_every(name="integrations.fan_out", when=somebody_asked)
def fan_out(event: Event) -> None:
    services.fan_out(event)


@on(WebhookTested, name="integrations.owe_test")
def owe_test(event: Event) -> None:
    services.owe(event, [event.payload["webhook_id"]])


@on(DeliveryRepeated, name="integrations.call_again")
def call_again(event: Event) -> None:
    services.call_now(event.payload["webhook_id"])


@on(RoundDue, name=ROUND, slow=True)
def call_round(event: Event) -> None:
    services.call_round(event.payload["webhook_id"])
