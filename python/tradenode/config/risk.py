"""`[risk]`: the limits of the risk gate; what is not given binds at its default, and `"off"` lifts a limit."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any, Literal

import msgspec

from tradenode.config.hours import Hours, HoursText
from tradenode.config.values import Amount, Bounds, Choice, Ratio, Reader, ShortDuration, UnfitError, Whole

Off = Literal["off"]
OFF: Off = "off"

_POSITIVE = Bounds(above="0")
_PART = Bounds(above="0", most="1")
_TIMES = Bounds(above="0", most="1000")


class Limit(msgspec.Struct, frozen=True):
    """What a limit may be: a value of its kind, or `"off"`."""

    reader: Reader

    def read(self, value: object) -> object:
        """The value, or OFF."""
        if value == OFF:
            return OFF
        try:
            return self.reader.read(value)
        except UnfitError as unfit:
            if isinstance(value, str) and not any(character.isdigit() for character in value):
                unfit.hint = unfit.hint or '"off" lifts the limit'
            raise


Money = Annotated[Decimal | Off | None, Limit(Amount(_POSITIVE))]
Quantity = Annotated[Decimal | Off | None, Limit(Amount(_POSITIVE))]
Part = Annotated[Decimal | Off | None, Limit(Ratio(_PART))]
Times = Annotated[Decimal | Off | None, Limit(Ratio(_TIMES))]
Span = Annotated[int | Off | None, Limit(ShortDuration())]
Count = Annotated[int | Off | None, Limit(Whole())]


class InstrumentRisk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[risk.instruments.NAME]`: what holds for one instrument in place of the limit for all.

    Attributes:
        max_position: base units or contracts.
        max_notional: account currency.
        max_order_notional: account currency.
        max_open_orders: how many.
    """

    max_position: Annotated[Decimal | None, Amount(_POSITIVE)] = None
    max_notional: Annotated[Decimal | None, Amount(_POSITIVE)] = None
    max_order_notional: Annotated[Decimal | None, Amount(_POSITIVE)] = None
    max_open_orders: Annotated[int | None, Whole()] = None


class Correlation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[risk.correlation]`: how much may be held in instruments that move together.

    Attributes:
        every: from price to price of a return, ns.
        window: how many returns the correlation is over.
        threshold: the correlation from which on instruments move together; at its negative, against each other.
        max_exposure: the largest notional of what moves together, as a multiple of the equity.
    """

    every: Annotated[int, ShortDuration()]
    window: Annotated[int, Whole(Bounds(least="2", most="10000"))]
    threshold: Annotated[Decimal, Ratio(_PART)]
    max_exposure: Annotated[Decimal, Ratio(_TIMES)]


class Risk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits. Quantities are base units or contracts, money is the account's currency.

    Attributes:
        defaults: "off" keeps what is not given from binding.
        max_order_notional: the largest notional of one order, money.
        price_band: how far a limit or stop price may lie from the last price, a part of it.
        collar: how far a limit price may lie on the wrong side of the middle and of the mark, a part of it.
        max_quote_age: the greatest age of what was last received of a market, ns; of events alone.
        duplicate_within: so long after an order the same one is taken for a mistake, ns.
        self_trade: whether an order that would meet one of ours is refused, or left to the venue.
        max_orders_per_second: the most orders in any second.
        max_orders_per_minute: the most orders in any 60 seconds.
        max_cancels_per_second: the most cancels of a strategy in any second.
        max_open_orders: the most open orders of an instrument.
        max_position: the largest position of an instrument, base units or contracts.
        max_notional: the largest notional of a position, money.
        max_open_positions: the most positions open at once.
        max_gross_exposure: the largest sum of the notionals of all positions, money.
        max_net_exposure: the largest difference of long and short notionals, money.
        max_leverage: the largest sum of all notionals as a multiple of the equity; that of the account binds besides.
        max_concentration: the largest notional in one base currency, as a multiple of the equity.
        correlation: limits what moves together.
        max_drawdown: the fall of equity from its peak after which no new risk is taken any more.
        max_daily_loss: the part of the day's first equity that may be lost in a day (UTC) before no new risk is taken
            until the next.
        max_daily_drawdown: the same from the day's peak.
        max_consecutive_losses: so many losing trades in a row end new risk until the next day (UTC).
        trading_hours: when new risk may be taken (UTC); always where there are none.
        instruments: other limits of single instruments, by the names of `[data]`.
    """

    defaults: Annotated[Literal["on", "off"], Choice(("on", "off"))] = "on"
    max_order_notional: Money = None
    price_band: Part = None
    collar: Part = None
    max_quote_age: Span = None
    duplicate_within: Span = None
    self_trade: Annotated[Literal["refuse", "allow"] | None, Choice(("refuse", "allow"))] = None
    max_orders_per_second: Count = None
    max_orders_per_minute: Count = None
    max_cancels_per_second: Count = None
    max_open_orders: Count = None
    max_position: Quantity = None
    max_notional: Money = None
    max_open_positions: Count = None
    max_gross_exposure: Money = None
    max_net_exposure: Money = None
    max_leverage: Times = None
    max_concentration: Times = None
    correlation: Correlation | None = None
    max_drawdown: Part = None
    max_daily_loss: Part = None
    max_daily_drawdown: Part = None
    max_consecutive_losses: Count = None
    trading_hours: list[Annotated[Hours, HoursText()]] = []
    instruments: dict[str, InstrumentRisk] = {}


DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "price_band": Decimal("0.5"),
        "collar": Decimal("0.05"),
        "max_quote_age": 10_000_000_000,
        "duplicate_within": 10_000_000,
        "self_trade": "refuse",
        "max_orders_per_second": 100,
        "max_orders_per_minute": 3_000,
        "max_cancels_per_second": 200,
        "max_open_orders": 200,
        "max_drawdown": Decimal("0.25"),
        "max_daily_loss": Decimal("0.05"),
    }
)
"""What binds where a config does not say otherwise; the account's leverage bounds what is held."""
