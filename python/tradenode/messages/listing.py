"""An instrument as its venue lists it."""

import msgspec


class Listing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is traded, on which grid, at which fees and margins: the core's description, field by field.

    Numbers are decimal text, exact; quantities are in base units or contracts, rates parts of the notional.

    Attributes:
        venue: the venue's name.
        symbol: by which everything else names it.
        base: the currency bought and sold.
        quote: the currency of the price.
        settlement: the currency in which profit is paid.
        tick: the price grid: prices are whole ticks.
        lot: the quantity grid: sizes are whole lots.
        min_quantity: the smallest order, "0" for none.
        max_quantity: the largest order, "0" for none.
        min_notional: the smallest notional of an order, settlement currency, "0" for none.
        multiplier: base units (linear) or quote units (inverse) in one contract.
        inverse: whether a contract is worth multiplier / price of the base currency.
        maker_fee: of a fill that gave liquidity, below zero for a rebate.
        taker_fee: of a fill that took liquidity.
        initial_margin: what opens a position.
        maintenance_margin: below what it is liquidated.
    """

    venue: str
    symbol: str
    base: str
    quote: str
    settlement: str
    tick: str
    lot: str
    min_quantity: str = "0"
    max_quantity: str = "0"
    min_notional: str = "0"
    multiplier: str = "1"
    inverse: bool = False
    maker_fee: str = "0"
    taker_fee: str = "0"
    initial_margin: str = "1"
    maintenance_margin: str = "0"
