"""A node's figures in the text format of Prometheus; no label is an order's, as their number would grow for ever."""

from collections.abc import Callable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from tradenode.messages.status import AccountStatus, NodeStatus, Spread, VenueStatus
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
            yield from Venues(self._status).collect()


def exposition(figures: Figures) -> bytes:
    """The text that is scraped."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(figures)
    return generate_latest(registry)


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"tradenode_{name}", what, value=value)


def _node(status: NodeStatus) -> Iterator[Metric]:
    yield _one_of("state", "Where the node is between its start and its end", STATES, status.state)
    yield CounterMetricFamily("tradenode_turns", "Inputs that were acted upon", value=status.turns)
    yield CounterMetricFamily("tradenode_journal_records", "Records of the journal", value=status.journal)


class Venues:
    """What is told of each venue, with its name as a label where it has one."""

    def __init__(self, status: NodeStatus) -> None:
        self._status = status
        self._label = ["venue"] if any(venue.name for venue in status.venues) else []

    def collect(self) -> Iterator[Metric]:
        """Each figure."""
        yield from self._state()
        yield from self._orders()
        yield from self._strategies()
        yield from self._account()
        yield from self._feeds()

    def _of(self, venue: VenueStatus) -> list[str]:
        return [venue.name] * len(self._label)

    def _each(self, name: str, what: str, value: Callable[[VenueStatus], float | None]) -> Iterator[Metric]:
        """A figure of each venue that has it."""
        family = GaugeMetricFamily(f"tradenode_{name}", what, labels=self._label)
        for venue in self._status.venues:
            if (found := value(venue)) is not None:
                family.add_metric(self._of(venue), found)
        if family.samples:
            yield family

    def _state(self) -> Iterator[Metric]:
        venues = self._status.venues
        phases = GaugeMetricFamily(
            "tradenode_phase", "Whether the strategies may trade", labels=[*self._label, "phase"]
        )
        for venue in venues:
            for phase in PHASES:
                phases.add_metric([*self._of(venue), phase], float(venue.phase == phase))
        yield phases
        yield from self._each(
            "venue_failed", "Whether the node has given up a venue", lambda each: each.state == "failed"
        )
        for name, what, of in (
            ("tick_to_order_seconds", "From market data to an order's way to the venue", "tick_to_order"),
            ("journal_sync_seconds", "From wanting records durable to knowing it", "journal_sync"),
        ):
            family = HistogramMetricFamily(f"tradenode_{name}", what, labels=self._label)
            for venue in venues:
                spread: Spread = getattr(venue, of)
                buckets = [(f"{bound:.9g}", float(count)) for bound, count in spread.at_most]
                family.add_metric(self._of(venue), [*buckets, ("+Inf", float(spread.count))], sum_value=spread.total_s)
            yield family

    def _orders(self) -> Iterator[Metric]:
        yield from self._each("orders_living", "Orders that have not ended", lambda each: each.counts["living"])
        unknown = "Orders that the venue has not confirmed: also those on their way"
        yield from self._each("orders_unknown", unknown, lambda each: each.counts["unconfirmed"])
        yield from self._each("doubts", "Open questions to the venue", lambda each: each.doubts)
        for name, what in (("fills", "Fills"), ("late_fills", "Fills after their order's end")):
            family = CounterMetricFamily(f"tradenode_{name}", what, labels=self._label)
            for venue in self._status.venues:
                family.add_metric(self._of(venue), venue.counts[name])
            yield family
        age = "Since the last market data"
        yield from self._each("market_event_age_seconds", age, lambda each: each.market_age_s)
        fitted = "Since the venue's account and the node's fitted"
        yield from self._each("reconcile_age_seconds", fitted, lambda each: each.reconciled_s)

    def _strategies(self) -> Iterator[Metric]:
        labels = [*self._label, "strategy"]
        equity = GaugeMetricFamily("tradenode_equity", "Balance and open profit", labels=labels)
        profit = GaugeMetricFamily("tradenode_profit", "Equity, less that of the start", labels=labels)
        halted = GaugeMetricFamily("tradenode_halted", "Whether nothing new may be ordered", labels=labels)
        running = GaugeMetricFamily("tradenode_strategy_running", "Whether it is called", labels=labels)
        lots = GaugeMetricFamily("tradenode_position_lots", "Lots held", labels=[*labels, "symbol"])
        for each in self._status.strategies:
            named = [*[each.venue] * len(self._label), each.name]
            equity.add_metric(named, each.equity)
            profit.add_metric(named, each.profit)
            halted.add_metric(named, float(each.trading == "halted"))
            running.add_metric(named, float(each.state == "running"))
            for position in each.positions:
                lots.add_metric([*named, position.symbol], position.lots)
        yield from (equity, profit, halted, running, lots)

    def _account(self) -> Iterator[Metric]:
        for name, what, value in ACCOUNT:
            yield from self._each(name, what, value)
        refused = CounterMetricFamily(
            "tradenode_account_refused", "Orders that the account's gate refused", labels=[*self._label, "check"]
        )
        for venue in self._status.venues:
            for check, count in () if venue.account is None else venue.account.refused.items():
                refused.add_metric([*self._of(venue), check], count)
        if any(venue.account is not None for venue in self._status.venues):
            yield refused

    def _feeds(self) -> Iterator[Metric]:
        labels = [*self._label, "symbol"]
        sound = GaugeMetricFamily("tradenode_feed_sound", "Whether nothing is missing of a feed", labels=labels)
        age = GaugeMetricFamily("tradenode_feed_age_seconds", "Since its last message", labels=labels)
        for venue in self._status.venues:
            for feed in venue.feeds:
                named = [*self._of(venue), feed.symbol]
                sound.add_metric(named, float(feed.state == "sound"))
                if feed.age_s is not None:
                    age.add_metric(named, feed.age_s)
        yield from (sound, age)


def _of_account(value: Callable[[AccountStatus], float | None]) -> Callable[[VenueStatus], float | None]:
    """A figure of the account's gate, where there is one."""
    return lambda venue: None if venue.account is None else value(venue.account)


ACCOUNT: tuple[tuple[str, str, Callable[[VenueStatus], float | None]], ...] = (
    (
        "cash_difference",
        "Cash at the venue beyond what fills and payments explain",
        lambda venue: float(venue.cash_difference) if venue.cash_difference else None,
    ),
    (
        "account_equity",
        "Balance and open profit of all strategies together",
        _of_account(lambda account: account.equity),
    ),
    ("account_gross_exposure", "Notionals of all that is held together", _of_account(lambda account: account.gross)),
    ("account_net_exposure", "Notionals of longs less those of shorts", _of_account(lambda account: account.net)),
    (
        "account_halted",
        "Whether the account takes no new risk",
        _of_account(lambda account: float(account.trading != "active" or account.standing != "")),
    ),
)
"""What is told of an account: its name, what it is, and its value, None where there is none."""


def _one_of(name: str, what: str, words: tuple[str, ...], word: str) -> GaugeMetricFamily:
    """A word as a series a word, of which one is 1."""
    family = GaugeMetricFamily(f"tradenode_{name}", what, labels=[name])
    for each in words:
        family.add_metric([each], float(each == word))
    return family
