"""What is scraped, read by Prometheus's own parser."""

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from tests.unit.monitor.standing import on_two, standing

from tradenode.messages.status import NodeStatus
from tradenode.monitor.metrics import Figures, exposition


def scraped(folder: Path, status: NodeStatus | None) -> dict[str, dict[tuple[tuple[str, str], ...], float]]:
    """Each sample by its name and labels."""
    found: dict[str, dict[tuple[tuple[str, str], ...], float]] = {}
    for family in text_string_to_metric_families(exposition(Figures(folder, 0.002, status, 5)).decode()):
        assert family.documentation
        assert family.name.startswith("tradenode_")
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            assert labels not in found.setdefault(sample.name, {})
            found[sample.name][labels] = sample.value
    return found


def test_a_node_tells_its_figures(tmp_path: Path) -> None:
    told = scraped(tmp_path, standing())
    plain = {name: samples[()] for name, samples in told.items() if () in samples}
    assert plain["tradenode_answers"] == 1
    assert plain["tradenode_loop_lag_seconds"] == 0.002
    assert plain["tradenode_turns_total"] == 1_234
    assert plain["tradenode_orders_living"] == 1
    assert plain["tradenode_orders_unknown"] == 0
    assert plain["tradenode_market_event_age_seconds"] == 0.25
    assert plain["tradenode_reconcile_age_seconds"] == 12
    assert plain["tradenode_log_dropped_total"] == 5
    assert plain["tradenode_disk_free_bytes"] > 0
    assert plain["tradenode_tick_to_order_seconds_count"] == 3
    assert plain["tradenode_tick_to_order_seconds_sum"] == 0.0005
    buckets = {labels[0][1]: value for labels, value in told["tradenode_tick_to_order_seconds_bucket"].items()}
    assert buckets == {"6.5536e-05": 1, "0.000131072": 2, "0.000524288": 3, "+Inf": 3}
    assert told["tradenode_phase"][(("phase", "running"),)] == 1
    assert told["tradenode_phase"][(("phase", "halted"),)] == 0
    assert told["tradenode_position_lots"][(("strategy", "quoter"), ("symbol", "X"))] == -3
    assert told["tradenode_feed_sound"][(("symbol", "Y"),)] == 0
    assert plain["tradenode_cash_difference"] == -0.25
    assert plain["tradenode_account_equity"] == 1_010.5
    assert (plain["tradenode_account_gross_exposure"], plain["tradenode_account_net_exposure"]) == (298.5, -298.5)
    assert plain["tradenode_account_halted"] == 0
    assert told["tradenode_account_refused_total"][(("check", "max_position"),)] == 4
    assert told["tradenode_equity"][(("strategy", "quoter"),)] == 1_010.5


def test_of_several_venues_each_figure_has_its_name(tmp_path: Path) -> None:
    told, one = scraped(tmp_path, on_two()), scraped(tmp_path, standing())
    assert told.keys() == one.keys()
    alone = {name for name, samples in told.items() if not any("venue" in dict(labels) for labels in samples)}
    assert alone == {
        *(
            "tradenode_answers",
            "tradenode_loop_lag_seconds",
            "tradenode_disk_free_bytes",
            "tradenode_log_dropped_total",
        ),
        *("tradenode_state", "tradenode_turns_total", "tradenode_journal_records_total"),
    }
    for name in told.keys() - alone:
        assert len(told[name]) == 2 * len(one[name]), name
    assert told["tradenode_venue_failed"] == {(("venue", "main"),): 0, (("venue", "other"),): 1}
    assert told["tradenode_strategy_running"][(("strategy", "twin"), ("venue", "other"))] == 0
    assert told["tradenode_phase"][(("phase", "running"), ("venue", "main"))] == 1


def test_no_label_is_an_orders(tmp_path: Path) -> None:
    told = scraped(tmp_path, standing())
    names = {name for samples in told.values() for labels in samples for name, _ in labels}
    assert names == {"strategy", "symbol", "state", "phase", "le", "check"}
    assert not [labels for samples in told.values() for labels in samples for _, value in labels if "640128" in value]


def test_one_that_does_not_answer_tells_so(tmp_path: Path) -> None:
    told = scraped(tmp_path, None)
    assert told["tradenode_answers"] == {(): 0}
    assert told.keys() == {
        *("tradenode_answers", "tradenode_loop_lag_seconds", "tradenode_disk_free_bytes", "tradenode_log_dropped_total")
    }
