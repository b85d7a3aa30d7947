"""Reactions of comms: every fact is told to whom it concerns, and what is due leaves the platform."""

from __future__ import annotations

from apps.comms import services
from apps.comms.events import SendingDue
from apps.core.events.handlers import on, on_every
from apps.core.models import Event


@on_every(name="comms.notify", when=services.concerns_somebody)
def notify(event: Event) -> None:
    services.notify(event)


@on_every(name="comms.escalate", when=services.concerns_escalation)
def escalate(event: Event) -> None:
    services.follow_facts(event)


def _give_up(event: Event) -> None:
    services.give_up(event.payload["sending_id"])


@on(SendingDue, name="comms.send", slow=True, given_up=_give_up)
def send(event: Event) -> None:
    services.send(event.payload["sending_id"])
