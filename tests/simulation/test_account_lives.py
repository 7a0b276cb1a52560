"""Several strategies of one account through many lives: its limit holds at the venue, no cash is lost or doubled."""

import os

import pytest
from tests.simulation.account_lives import AccountLives

from tradenode.testing.simulated_venue import NONE, ROUGH

SEEDS = int(os.environ.get("TRADENODE_SIMULATION_SEEDS", "60")) // 2
"""So many lives."""


def test_without_faults_nothing_but_refusals_is_noted() -> None:
    outcome = AccountLives(1, NONE, deaths=0).run()
    assert (outcome.breaches, outcome.deaths, outcome.fired) == ([], 0, {})
    first, *rest = outcome.notes
    assert first == "the strategies count on 2000000 more than the account has at the venue"
    assert [text for text in rest if "the account refuses" not in text] == []
    assert any("max_position" in text for text in outcome.notes)
    assert outcome.fills > 5


@pytest.mark.parametrize("part", range(2))
def test_its_limit_holds_and_every_payment_is_booked_once(part: int) -> None:
    deaths = lost = 0
    for seed in range(part, SEEDS, 2):
        outcome = AccountLives(seed, ROUGH).run()
        assert outcome.breaches == [], f"seed {seed}: {outcome}"
        deaths, lost = deaths + outcome.deaths, lost + outcome.fired.get("report_lost", 0)
    assert deaths > SEEDS // 4
    assert lost > SEEDS // 2


def test_without_the_gate_the_limit_would_not_hold() -> None:
    """A harness that never fails proves nothing."""
    failed = [bool(AccountLives(seed, ROUGH, gate=False).run().breaches) for seed in range(8)]
    assert sum(failed) > 3
