"""The whole configuration of a run."""

from typing import Annotated

import msgspec

from tradenode.config.account import Account
from tradenode.config.costs import Costs
from tradenode.config.data import Data
from tradenode.config.exits import Exits
from tradenode.config.expect import Expectation, ExpectationText
from tradenode.config.fill import Fill
from tradenode.config.instruments import InstrumentTable
from tradenode.config.latency import LatencyTable
from tradenode.config.metrics import MetricsTable
from tradenode.config.node import NodeTable
from tradenode.config.protections import Protection
from tradenode.config.risk import Risk
from tradenode.config.scaling import ScaleIn, ScaleOut
from tradenode.config.signals import Entries, ExitRules, Indicators, Params
from tradenode.config.size import Size
from tradenode.config.strategy import StrategyTable
from tradenode.config.values import Text
from tradenode.config.venue import VenueTable


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A run. Times are ns, amounts and ratios exact decimals; each table's own file describes its keys."""

    title: Annotated[str, Text()] = "backtest"
    data: Data
    account: Account
    instruments: dict[str, InstrumentTable] = {}
    params: Params = {}
    indicators: Indicators = {}
    entry: Entries = Entries()
    exit: ExitRules = ExitRules()
    size: Size | None = None
    exits: Exits = Exits()
    scale_in: ScaleIn | None = None
    scale_out: list[ScaleOut] = []
    fill: Fill = Fill()
    costs: Costs = Costs()
    risk: Risk = Risk()
    protections: list[Protection] = []
    metrics: MetricsTable = MetricsTable()
    expect: dict[str, Annotated[Expectation, ExpectationText()]] = {}
    strategy: StrategyTable | None = None
    venue: VenueTable = VenueTable()
    latency: LatencyTable = LatencyTable()
    node: NodeTable = NodeTable()
