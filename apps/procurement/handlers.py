"""Reactions of procurement to facts: decisions of approvals, goods that clear blocked invoices."""

from __future__ import annotations

from django.contrib.auth import get_user_model

from apps.core.access import scope
from apps.core.events.handlers import on
from apps.core.models import Event
from apps.inventory.events import ProposalChanged
from apps.inventory.models import Proposal
from apps.procurement import events, services
from apps.procurement.models import Invoice, Order
from apps.work.events import ApprovalDecided
from apps.work.models import Approval, Seat


@on(ApprovalDecided, name="procurement.apply_decision")
def apply_decision(event: Event) -> None:
    """Approved, refused or withdrawn: the requisition or order moves on."""
    about = str(event.payload.get("about", ""))
    if about.partition(":")[0] not in {"requisition", "purchase_order"}:
        return
    with scope.system("reading why"):
        refusal = Seat.objects.filter(step__approval_id=event.payload["approval_id"], answer=Seat.Answer.NO).first()
    services.apply_decision(
        about=about,
        approved=event.payload["outcome"] == Approval.State.APPROVED,
        reason=refusal.note if refusal else "",
    )


@on(ProposalChanged, name="procurement.ask_for_proposal")
def ask_for_proposal(event: Event) -> None:
    """Whoever accepts what planning proposes asks for it; approval and budget follow their usual way."""
    if event.payload["state"] != Proposal.State.ACCEPTED:
        return
    with scope.system("a proposal was accepted"):
        proposal = Proposal.objects.filter(pk=int(event.subject.partition(":")[2])).first()
        person = get_user_model().objects.filter(pk=event.actor_id).first() if event.actor_id else None
        if proposal is not None and person is not None:
            services.requisition_for(proposal, actor=person)


@on(events.GoodsReceived, name="procurement.match_waiting")
def match_waiting(event: Event) -> None:
    """An invoice that came before its goods is matched again when they are here."""
    with scope.system("goods came in"):
        order = Order.objects.filter(pk=event.payload["order_id"]).first()
        if order is None:
            return
        for invoice in Invoice.objects.filter(
            state=Invoice.State.BLOCKED, order=order, archived_at__isnull=True, reason__contains="missing receipt"
        ):
            services.match_again(invoice, actor=None)
