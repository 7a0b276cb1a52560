"""`[costs]`: what trading costs."""

from decimal import Decimal
from typing import Annotated

import msgspec

from tradenode.config.instruments import FEE
from tradenode.config.values import Amount, Bounds, Duration, Ratio, Text

_BPS = Bounds(least="0", most="10000")


class NoSlippage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="none", tag_field="model"):
    """Market orders fill at their reference price."""


class BpsSlippage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="bps", tag_field="model"):
    """Worse by a part of the price, in basis points."""

    bps: Annotated[Decimal, Amount(_BPS)]


class SpreadSlippage(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="spread", tag_field="model"
):
    """Worse by a part of an assumed spread.

    Attributes:
        spread_bps: the whole spread in basis points of the price.
        fraction: the part of it paid: 0.5 is from the middle to the other side.
    """

    spread_bps: Annotated[Decimal, Amount(_BPS)]
    fraction: Annotated[Decimal, Ratio(Bounds(least="0", most="10"))] = Decimal("0.5")


class VolumeSlippage(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="volume", tag_field="model"
):
    """Worse by coefficient x price x sqrt(quantity / bar volume), the square-root law of market impact.

    Attributes:
        coefficient: the impact of an order as large as the bar's volume, a part of the price.
        max_share: the largest part of the bar's volume that an order may take.
    """

    coefficient: Annotated[Decimal, Ratio(Bounds(least="0", most="10"))]
    max_share: Annotated[Decimal, Ratio(Bounds(above="0", most="1"))] = Decimal(1)


Slippage = NoSlippage | BpsSlippage | SpreadSlippage | VolumeSlippage


class Funding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Funding of perpetuals: a constant rate, or recorded rates. A positive rate is paid by longs.

    Attributes:
        rate: the part of the notional paid each time.
        every: the time between payments, ns.
        file: recorded rates (ts, rate) as Feather, Parquet or CSV, relative to the config file.
    """

    rate: Annotated[Decimal | None, Ratio(Bounds(least="-0.1", most="0.1"))] = None
    every: Annotated[int | None, Duration()] = None
    file: Annotated[str | None, Text(kind="a file")] = None


class FeeTier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fees from a traded volume on.

    Attributes:
        volume: traded within the window, account currency.
        maker: the fee of a fill that added liquidity, a part of the notional.
        taker: the fee of a fill that took liquidity, a part of the notional.
    """

    volume: Annotated[Decimal, Amount(Bounds(least="0"))]
    maker: Annotated[Decimal, Ratio(FEE)]
    taker: Annotated[Decimal, Ratio(FEE)]


class Costs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What trading costs.

    Attributes:
        maker_fee: for instruments that give none, a part of the notional.
        taker_fee: for instruments that give none, a part of the notional.
        slippage: how much worse than their reference price market and stop orders fill.
        funding: for all instruments.
        borrow: interest a year on the notional of short positions, accrued hourly.
        tiers: fees by traded volume, in place of the others, ascending from 0. For runs over events, as what follows.
        window: how far back the volume counts, ns; 30 days where None.
        traded: the volume of the window before the run, account currency; 0 where None.
    """

    maker_fee: Annotated[Decimal | None, Ratio(FEE)] = None
    taker_fee: Annotated[Decimal | None, Ratio(FEE)] = None
    slippage: Slippage = NoSlippage()
    funding: Funding | None = None
    borrow: Annotated[Decimal | None, Ratio(Bounds(least="0", most="100"))] = None
    tiers: list[FeeTier] = []
    window: Annotated[int | None, Duration()] = None
    traded: Annotated[Decimal | None, Amount(Bounds(least="0"))] = None
