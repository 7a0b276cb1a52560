"""A whole node through thousands of lives: nothing lost, nothing doubled, and controls that must fail."""

import os
import subprocess
import sys
from typing import Any

import msgspec
import pytest
from tests.simulation.lives import Lives, Mortal

from tradenode.messages.orders import Answer, Submit
from tradenode.testing.simulated_venue import NONE, ROUGH

SEEDS = int(os.environ.get("TRADENODE_SIMULATION_SEEDS", "60"))
"""So many lives; 2,000 take some minutes."""


def test_without_faults_nothing_is_noted() -> None:
    outcome = Lives(1, NONE, deaths=0).run()
    assert (outcome.breaches, outcome.notes, outcome.deaths, outcome.fired) == ([], [], 0, {})
    assert outcome.orders > 20
    assert outcome.fills > 5


@pytest.mark.parametrize("part", range(4))
def test_nothing_is_lost_and_nothing_doubled(part: int) -> None:
    deaths = fired = 0
    for seed in range(part, SEEDS, 4):
        outcome = Lives(seed, ROUGH).run()
        assert outcome.breaches == [], f"seed {seed}: {outcome}"
        deaths, fired = deaths + outcome.deaths, fired + sum(outcome.fired.values())
    assert deaths > SEEDS // 4
    assert fired > SEEDS // 2


def test_the_same_seed_is_the_same_run_in_every_process() -> None:
    here = [Lives(seed, ROUGH).run().trace for seed in range(4)]
    assert len(set(here)) == 4
    code = "from tests.simulation.lives import *; print([Lives(n, ROUGH).run().trace for n in range(4)])"
    for hashes in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": hashes, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == str(here)


class Forgetful(Mortal):
    """A node that gives an order a new name where it does not know what became of it."""

    def _turn(self, message: Any, raw: bytes) -> None:
        super()._turn(message, raw)
        if isinstance(message, Answer) and message.asked == "submit" and message.outcome.verdict == "unknown":
            order = self.sent.get(message.number)
            if order is not None and not self.death.dead:
                again = msgspec.structs.replace(order, number=order.number + (1 << 40))
                self.port.send(Submit(again), self._time())

    def _release(self, safe: int) -> None:
        submits = (each.order for _, each, _ in self._unsent if isinstance(each, Submit))
        self.sent = getattr(self, "sent", {}) | {order.number: order for order in submits}
        super()._release(safe)


class Hasty(Mortal):
    """A node that sends before it writes."""

    def _write(self) -> None:
        self._release(1 << 62)
        super()._write()


@pytest.mark.parametrize("control", [Forgetful, Hasty])
def test_controls_fail(control: type[Mortal]) -> None:
    """A harness that never fails proves nothing."""
    failed = [bool(Lives(seed, ROUGH, lane=control).run().breaches) for seed in range(30)]
    assert sum(failed) > 3
