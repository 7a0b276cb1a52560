"""Clocks never go back."""

import time

import pytest

from tradenode.kernel.clock import SimulatedClock, WallClock


def test_a_system_time_that_is_set_back_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    told = iter([100, 90, 95, 101])
    monkeypatch.setattr(time, "time_ns", lambda: next(told))
    clock = WallClock()
    assert [clock.now() for _ in range(4)] == [100, 100, 100, 101]


def test_a_simulated_time_goes_where_it_is_told() -> None:
    clock = SimulatedClock(5)
    clock.go_to(5)
    clock.go_to(7)
    assert clock.now() == 7
    with pytest.raises(ValueError, match="time does not go back: it is 7 ns, asked for 6 ns"):
        clock.go_to(6)
    assert clock.now() == 7
