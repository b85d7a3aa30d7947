"""Accepted stock proposals become requisitions, so that what planning wants is really asked for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.errors import Refused
from apps.inventory.models import Proposal
from apps.procurement import queries
from apps.procurement.lines import plain_number
from apps.procurement.models import Requisition
from apps.procurement.services.requisitions import submit_requisition, write_requisition


def requisition_for(proposal: Proposal, *, actor: Any) -> Requisition | None:
    """Once per proposal: its quantity from the cheapest agreed price. A refused approval request leaves a draft."""
    code = f"R-{proposal.code}"[:20]
    if proposal.state != Proposal.State.ACCEPTED or Requisition.objects.filter(proposal=proposal).exists():
        return None
    item, currency = proposal.item, queries.home_currency(proposal.department)
    today = timezone.localdate()
    supplier, price = queries.cheapest(item.code, proposal.quantity, on=today, currency=currency) or (None, Decimal(0))
    with transaction.atomic():
        wish = write_requisition(
            code=code,
            title=f"{item.name} for {proposal.location}"[:160],
            department=proposal.department,
            reason=f"{proposal.code}: {proposal.arithmetic}",
            supplier=supplier,
            currency=currency,
            needed_on=proposal.needed_on,
            lines=[
                {
                    "part": item.code,
                    "text": item.name,
                    "quantity": plain_number(proposal.quantity),
                    "unit": item.unit,
                    "price": plain_number(price or item.standard_cost or Decimal(0)),
                }
            ],
            proposal=proposal,
            actor=actor,
        )
        try:
            with transaction.atomic():
                return submit_requisition(wish, actor=actor)
        except Refused:
            return wish
