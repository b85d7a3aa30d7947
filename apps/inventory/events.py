"""What happened to items, places, lots, stock, counts and proposals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from apps.core.events.facts import Changed, Recorded


@dataclass(frozen=True, kw_only=True)
class ItemSet(Recorded, name="inventory.item_set", sentence="Item set up", icon="package"):
    """An item can be kept in stock."""


@dataclass(frozen=True, kw_only=True)
class ItemChanged(Changed, name="inventory.item_changed", sentence="Item changed", icon="package"):
    """An item was described anew, classed or taken out of use."""


@dataclass(frozen=True, kw_only=True)
class LocationSet(Recorded, name="inventory.location_set", sentence="Stock location set up", icon="warehouse"):
    """A place can hold stock."""


@dataclass(frozen=True, kw_only=True)
class LocationChanged(Changed, name="inventory.location_changed", sentence="Stock location changed", icon="warehouse"):
    """A place was renamed, closed for a period or taken out of use."""


@dataclass(frozen=True, kw_only=True)
class LotOpened(Recorded, name="inventory.lot_opened", sentence="Lot opened", icon="boxes"):
    """A lot or serial number came into stock for the first time."""


@dataclass(frozen=True, kw_only=True)
class LotChanged(Changed, name="inventory.lot_changed", sentence="Lot changed", icon="boxes"):
    """A lot's dates were put right."""


@dataclass(frozen=True, kw_only=True)
class LotHeld(Changed, name="inventory.lot_held", sentence="Lot held", icon="octagon-pause"):
    """Nothing of the lot may be used."""

    status: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class LotReleased(Changed, name="inventory.lot_released", sentence="Lot released", icon="circle-check"):
    """The lot may be used again."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class StockFact(Recorded):
    """What every move of stock tells."""

    kind: str
    item_id: int
    item: str
    quantity: Decimal
    lot_id: int | None = None
    from_location_id: int
    to_location_id: int
    document: str = ""


@dataclass(frozen=True, kw_only=True)
class StockReceived(StockFact, name="inventory.stock_received", sentence="Stock received", icon="package-plus"):
    """Stock came in from outside."""


@dataclass(frozen=True, kw_only=True)
class StockReturned(StockFact, name="inventory.stock_returned", sentence="Stock returned", icon="package-x"):
    """Stock went back to its supplier."""


@dataclass(frozen=True, kw_only=True)
class StockIssued(StockFact, name="inventory.stock_issued", sentence="Stock issued", icon="package-minus"):
    """Stock left for a customer or for use."""


@dataclass(frozen=True, kw_only=True)
class StockTransferred(StockFact, name="inventory.stock_transferred", sentence="Stock moved", icon="arrow-right-left"):
    """Stock went from one of our places to another."""


@dataclass(frozen=True, kw_only=True)
class StockScrapped(StockFact, name="inventory.stock_scrapped", sentence="Stock scrapped", icon="trash-2"):
    """Stock was thrown away."""


@dataclass(frozen=True, kw_only=True)
class StockAdjusted(StockFact, name="inventory.stock_adjusted", sentence="Stock adjusted", icon="scale"):
    """The ledger was brought to what is really there."""


@dataclass(frozen=True, kw_only=True)
class StockConsumed(StockFact, name="inventory.stock_consumed", sentence="Stock consumed", icon="factory"):
    """Material went into production."""


@dataclass(frozen=True, kw_only=True)
class StockProduced(StockFact, name="inventory.stock_produced", sentence="Stock produced", icon="factory"):
    """A product came out of production."""


@dataclass(frozen=True, kw_only=True)
class StockRevalued(Recorded, name="inventory.stock_revalued", sentence="Stock revalued", icon="scale"):
    """Goods were invoiced at another price than they were received at."""

    item_id: int
    item: str
    quantity: Decimal
    each: Decimal
    document: str


@dataclass(frozen=True, kw_only=True)
class StockReversed(StockFact, name="inventory.stock_reversed", sentence="Stock move reversed", icon="undo-2"):
    """A move was taken back by its mirror."""

    reverses_id: int
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class CountPlanned(Recorded, name="inventory.count_planned", sentence="Stock count planned", icon="clipboard-list"):
    """A place is to be counted."""


@dataclass(frozen=True, kw_only=True)
class CountChanged(Changed, name="inventory.count_changed", sentence="Stock count changed", icon="clipboard-list"):
    """Lines were counted, or a recount is due."""


@dataclass(frozen=True, kw_only=True)
class CountClosed(Changed, name="inventory.count_closed", sentence="Stock count closed", icon="clipboard-check"):
    """The differences were booked; the accuracy is known."""

    lines: int
    accurate: int
    location_id: int


@dataclass(frozen=True, kw_only=True)
class PolicySet(Recorded, name="inventory.policy_set", sentence="Stock policy set", icon="sliders-horizontal"):
    """An item is replenished by a rule."""


@dataclass(frozen=True, kw_only=True)
class PolicyChanged(
    Changed, name="inventory.policy_changed", sentence="Stock policy changed", icon="sliders-horizontal"
):
    """The rule of an item changed."""


@dataclass(frozen=True, kw_only=True)
class ProposalMade(Recorded, name="inventory.proposal_made", sentence="Order proposed", icon="shopping-cart"):
    """Stock and what is on its way fall below what the policy wants."""

    item_id: int
    quantity: Decimal


@dataclass(frozen=True, kw_only=True)
class ProposalChanged(Changed, name="inventory.proposal_changed", sentence="Proposal changed", icon="shopping-cart"):
    """A proposal was accepted, dismissed or received."""

    state: str
    item_id: int
