"""A session on two venues over sockets: what it is made of, and what it may be when it is started again."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.loopback import as_tape, document, front, venue

from event_runs import CONFIG, synthetic
from tradenode.errors import ConfigError, ExchangeError
from tradenode.messages.addresses import Address
from tradenode.messages.node import Kill, Reopen
from tradenode.node.assembly import Given, given
from tradenode.node.mailbox import Wish
from tradenode.node.session import Session, opened

pytest.importorskip("aiohttp", reason="a venue over sockets needs aiohttp (the extra `web`)")

STRATEGY = """\
from tradenode import Strategy, every


class Maker(Strategy):
    @every("100ms")
    def on_timer(self, desk):
        pass
"""


def config(folder: Path, name: str, on: str, more: str = "") -> Given:
    """A config that says its venue; `more` are lines of `[node]`, or tables."""
    (folder / "maker.py").write_text(STRATEGY)
    path = folder / f"{name}.toml"
    path.write_text(CONFIG.format(instrument="X") + f'\n[node]\nname = "{name}"\nvenue = "{on}"\n{more}\n')
    return given(path)


def three(folder: Path) -> list[Given]:
    """Two strategies on one venue, and one on another."""
    one = config(folder, "one", "main", 'dead_man = "9s"\n[node.risk]\nmax_position = 7')
    two = config(folder, "two", "other", 'dead_man = "0s"\nstrikes = 3')
    return [one, two, config(folder, "three", "main")]


class Venues:
    """Two venues, and sessions on them one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.told = folder, list[str]()

    async def session(self, givens: Sequence[Given], addresses: Sequence[Address], *, run: bool = True) -> Session:
        """One that has lived for a moment."""
        session = await opened(givens, addresses, self.folder / "run", self.told.append)
        session.node.stop()
        if run:
            async with asyncio.timeout(30):
                await session.run()
        return session


def on_two(folder: Path, act: Any) -> None:
    """Something with two venues that run."""

    async def both() -> None:
        described = document(("X",))
        tapes = [as_tape(synthetic(300), "X")]
        async with venue(front(described, tapes), 1.0) as main, venue(front(described, tapes), 1.0) as other:
            addresses = [
                Address(name, f"http://127.0.0.1:{each.server.port}")
                for name, each in (("main", main), ("other", other))
            ]
            await act(Venues(folder), addresses)

    asyncio.run(both())


def test_each_venue_has_its_strategies_its_account_and_its_settings(tmp_path: Path) -> None:
    async def act(venues: Venues, addresses: list[Address]) -> None:
        session = await venues.session(three(tmp_path), addresses)
        main, other = session.node.lanes
        assert [[seat.number for seat in lane.core.seats] for lane in (main, other)] == [[0, 2], [1]]
        assert main.core.account is not None
        assert msgspec.json.decode(session.life.venues[0].account.spec)["limits"] == {"max_position": "7"}  # type: ignore[union-attr]
        assert other.core.account is None
        assert (main.settings.dead_man_ns, other.settings.dead_man_ns) == (9 * 10**9, 0)
        assert session.node.budget.strikes_most == 5
        assert {"sweep of main", "audit of main", "dead man of main"} == main.parts.statistics().keys()
        assert {"sweep of other", "audit of other"} == other.parts.statistics().keys()
        assert session.life.where == f"main={addresses[0].address} other={addresses[1].address}"
        assert session.node.sound
        # Started again, with the words in another order.
        again = await venues.session(three(tmp_path), addresses[::-1])
        assert [lane.name for lane in again.node.lanes] == ["main", "other"]
        assert again.node.lanes[0].core.account is not None
        assert again.replay is not None
        assert again.node.sound

    on_two(tmp_path, act)


def test_a_run_goes_on_as_it_was_or_not_at_all(tmp_path: Path) -> None:
    async def act(venues: Venues, addresses: list[Address]) -> None:
        givens = three(tmp_path)
        await venues.session(givens, addresses)
        moved = [givens[0], givens[1], config(tmp_path, "three", "other")]
        with pytest.raises(ConfigError, match="three trades on main, now on other"):
            await venues.session(moved, addresses)
        named = [config(tmp_path, name, "third") for name in ("one", "two", "three")]
        with pytest.raises(ConfigError, match="the run trades on `main` and `other`, now there is `third`"):
            await venues.session(named, [Address("third", addresses[0].address)])
        with pytest.raises(ConfigError, match="now there is a venue without a name"):
            await venues.session(givens[:1], [Address("", addresses[0].address)])
        with pytest.raises(ConfigError, match="the run has one, two, three, now there is one, two"):
            await venues.session(three(tmp_path)[:2], addresses)
        less = [config(tmp_path, "one", "main"), *three(tmp_path)[1:]]
        less[0] = config(tmp_path, "one", "main")
        with pytest.raises(ConfigError, match="the account's limits on main have changed"):
            await venues.session(less, addresses)

    on_two(tmp_path, act)


def test_a_reload_leaves_a_strategy_where_it_trades(tmp_path: Path) -> None:
    async def act(venues: Venues, addresses: list[Address]) -> None:
        session = await opened(three(tmp_path), addresses, tmp_path / "run", venues.told.append)
        running = asyncio.create_task(session.run())
        async with asyncio.timeout(30):
            while session.node.state != "running":
                await asyncio.sleep(0.01)
        main, other = session.node.lanes
        config(tmp_path, "three", "other")
        told = session.reloader.reload(Wish("ada", "to see", "three"))
        assert "a strategy stays where it trades: on main, not on other" in told.refused
        config(tmp_path, "three", "main", "silence = '3s'")
        config(tmp_path, "two", "other", "dead_man = '0s'\nstrikes = 3\nsilence = '4s'")
        assert session.reloader.reload(Wish("ada", "to see")).reloaded == ["one", "two", "three"]
        # The first strategy of a venue says how the node behaves there.
        assert (main.settings.silence_ns, other.settings.silence_ns) == (5 * 10**9, 4 * 10**9)
        assert session.node.budget.strikes_most == 5
        assert [seat.life is not None for lane in (main, other) for seat in lane.core.seats] == [True] * 3
        session.node.stop()
        await running
        again = await venues.session([given(tmp_path / f"{n}.toml") for n in ("one", "two", "three")], addresses)
        assert again.node.sound

    on_two(tmp_path, act)


def test_when_a_run_goes_on_a_venue_may_be_missing(tmp_path: Path) -> None:
    async def act(venues: Venues, addresses: list[Address]) -> None:
        gone = [addresses[0], Address("other", "http://127.0.0.1:9")]
        with pytest.raises(ExchangeError):
            await venues.session(three(tmp_path), gone)
        assert not (await venues.session(three(tmp_path), addresses)).node.lanes[1].failure
        for _ in range(2):
            session = await opened(three(tmp_path), gone, tmp_path / "run", venues.told.append)
            running = asyncio.create_task(session.run())
            async with asyncio.timeout(30):
                while session.node.state != "running":
                    await asyncio.sleep(0.01)
            main, other = session.node.lanes
            assert (main.state, other.state) == ("running", "failed")
            assert other.failure.startswith("ExchangeError: the venue did not answer")
            session.node.stop()
            await running
            assert not session.node.sound
            assert {seat.state for seat in other.core.seats} == {"stopped"}
        assert venues.told[-1].startswith("other is not reached, the others trade without it: ")
        session = await venues.session(three(tmp_path), addresses)
        assert session.node.sound
        with pytest.raises(ExchangeError, match="no venue is reached"):
            await venues.session(three(tmp_path), [Address("main", "http://127.0.0.1:7"), gone[1]])

    on_two(tmp_path, act)


def test_a_kill_is_kept_for_a_venue_that_is_missing(tmp_path: Path) -> None:
    async def act(venues: Venues, addresses: list[Address]) -> None:
        await venues.session(three(tmp_path), addresses)
        gone = [addresses[0], Address("other", "http://127.0.0.1:9")]
        session = await opened(three(tmp_path), gone, tmp_path / "run", venues.told.append)
        running = asyncio.create_task(session.run())
        async with asyncio.timeout(30):
            while session.node.state != "running":
                await asyncio.sleep(0.01)
        session.node.kill(Kill("halt", "ada", "a drill"))
        assert session.node.told
        assert {lane.core.phase for lane in session.node.lanes} == {"halted"}
        # It is given up: nobody lets it trade on before it is there again.
        session.node.reopen(Reopen("ada", "looked at"))
        assert [lane.core.phase for lane in session.node.lanes] == ["running", "halted"]
        session.node.stop()
        await running
        again = await venues.session(three(tmp_path), addresses)
        assert [lane.core.phase for lane in again.node.lanes] == ["running", "halted"]
        assert not again.node.sound

    on_two(tmp_path, act)
