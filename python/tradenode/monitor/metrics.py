"""A node's figures in the text format of Prometheus; no label is an order's, as their number would grow for ever."""

from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from tradenode.messages.status import NodeStatus, Spread
from tradenode.monitor.health import disk_free

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

STATES = ("starting", "running", "stopping", "stopped")
PHASES = ("waiting", "running", "halted")


class Figures(Collector):
    """What is told of a node: of one that does not answer only that, and how late its loop is."""

    def __init__(self, folder: Path, lag_s: float, status: NodeStatus | None, dropped: int) -> None:
        """Take the run's folder, the loop's delay, how the node stands, and how many lines of its log were dropped."""
        self._folder, self._lag, self._status, self._dropped = folder, lag_s, status, dropped

    def collect(self) -> Iterator[Metric]:
        """Each figure."""
        yield _gauge("answers", "Whether the node's loop answers", float(self._status is not None))
        yield _gauge("loop_lag_seconds", "How late the node's loop is", self._lag)
        yield _gauge("disk_free_bytes", "Room left where the journal is", disk_free(self._folder))
        yield CounterMetricFamily("tradenode_log_dropped", "Lines of the log that were dropped", value=self._dropped)
        if self._status is not None:
            yield from _node(self._status)
            yield from _strategies(self._status)
            yield from _account(self._status)
            yield from _feeds(self._status)


def exposition(figures: Figures) -> bytes:
    """The text that is scraped."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(figures)
    return generate_latest(registry)


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"tradenode_{name}", what, value=value)


def _node(status: NodeStatus) -> Iterator[Metric]:
    yield _one_of("state", "Where the node is between its start and its end", STATES, status.state)
    yield _one_of("phase", "Whether the strategies may trade", PHASES, status.phase)
    yield CounterMetricFamily("tradenode_turns", "Inputs that were acted upon", value=status.turns)
    yield CounterMetricFamily("tradenode_journal_records", "Records of the journal", value=status.journal)
    yield _histogram("tick_to_order_seconds", "From market data to an order's way to the venue", status.tick_to_order)
    yield _histogram("journal_sync_seconds", "From wanting records durable to knowing it", status.journal_sync)
    yield _gauge("orders_living", "Orders that have not ended", status.counts["living"])
    unknown = "Orders that the venue has not confirmed: also those on their way"
    yield _gauge("orders_unknown", unknown, status.counts["unconfirmed"])
    yield _gauge("doubts", "Open questions to the venue", status.doubts)
    for name, what in (("fills", "Fills"), ("late_fills", "Fills after their order's end")):
        yield CounterMetricFamily(f"tradenode_{name}", what, value=status.counts[name])
    if status.market_age_s is not None:
        yield _gauge("market_event_age_seconds", "Since the last market data", status.market_age_s)
    if status.reconciled_s is not None:
        yield _gauge("reconcile_age_seconds", "Since the venue's account and the node's fitted", status.reconciled_s)


def _strategies(status: NodeStatus) -> Iterator[Metric]:
    equity = GaugeMetricFamily("tradenode_equity", "Balance and open profit", labels=["strategy"])
    profit = GaugeMetricFamily("tradenode_profit", "Equity, less that of the start", labels=["strategy"])
    halted = GaugeMetricFamily("tradenode_halted", "Whether nothing new may be ordered", labels=["strategy"])
    running = GaugeMetricFamily("tradenode_strategy_running", "Whether it is called", labels=["strategy"])
    lots = GaugeMetricFamily("tradenode_position_lots", "Lots held", labels=["strategy", "symbol"])
    for each in status.strategies:
        equity.add_metric([each.name], each.equity)
        profit.add_metric([each.name], each.profit)
        halted.add_metric([each.name], float(each.trading == "halted"))
        running.add_metric([each.name], float(each.state == "running"))
        for position in each.positions:
            lots.add_metric([each.name, position.symbol], position.lots)
    yield from (equity, profit, halted, running, lots)


def _account(status: NodeStatus) -> Iterator[Metric]:
    if status.cash_difference:
        what = "Cash at the venue beyond what fills and payments explain"
        yield _gauge("cash_difference", what, float(status.cash_difference))
    if (account := status.account) is None:
        return
    if account.equity is not None:
        yield _gauge("account_equity", "Balance and open profit of all strategies together", account.equity)
    yield _gauge("account_gross_exposure", "Notionals of all that is held together", account.gross)
    yield _gauge("account_net_exposure", "Notionals of longs less those of shorts", account.net)
    stopped = account.trading != "active" or account.standing != ""
    yield _gauge("account_halted", "Whether the account takes no new risk", float(stopped))
    refused = CounterMetricFamily(
        "tradenode_account_refused", "Orders that the account's gate refused", labels=["check"]
    )
    for check, count in account.refused.items():
        refused.add_metric([check], count)
    yield refused


def _feeds(status: NodeStatus) -> Iterator[Metric]:
    sound = GaugeMetricFamily("tradenode_feed_sound", "Whether nothing is missing of a feed", labels=["symbol"])
    age = GaugeMetricFamily("tradenode_feed_age_seconds", "Since its last message", labels=["symbol"])
    for feed in status.feeds:
        sound.add_metric([feed.symbol], float(feed.state == "sound"))
        if feed.age_s is not None:
            age.add_metric([feed.symbol], feed.age_s)
    yield from (sound, age)


def _one_of(name: str, what: str, words: tuple[str, ...], word: str) -> GaugeMetricFamily:
    """A word as a series a word, of which one is 1."""
    family = GaugeMetricFamily(f"tradenode_{name}", what, labels=[name])
    for each in words:
        family.add_metric([each], float(each == word))
    return family


def _histogram(name: str, what: str, spread: Spread) -> HistogramMetricFamily:
    buckets = [(f"{bound:.9g}", float(count)) for bound, count in spread.at_most]
    family = HistogramMetricFamily(f"tradenode_{name}", what)
    family.add_metric([], [*buckets, ("+Inf", float(spread.count))], sum_value=spread.total_s)
    return family
