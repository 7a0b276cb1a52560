"""What a reload is refused for before anything of it is tried: each with its place, and the node goes on as it was."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from event_runs import CONFIG
from tradenode._core import SimDisk
from tradenode.exchange.sim_venue import SimVenue
from tradenode.kernel.clock import SimulatedClock
from tradenode.messages.feed import read_rows
from tradenode.messages.listing import Listing
from tradenode.messages.node import Life, Reload, VenueLife
from tradenode.node.assembly import build, given, seat_life
from tradenode.node.lane import Lane
from tradenode.node.log import NodeLog
from tradenode.node.log_reader import Entry
from tradenode.node.mailbox import RELOAD, Wish, answered, leave, read_reload
from tradenode.node.node import Node
from tradenode.node.reloading import Reloader
from tradenode.node.settings import Settings
from tradenode.node.switch import Switch

STRATEGY = """\
from tradenode import Strategy, every, knob


class Maker(Strategy):
    size = knob(0.01)

    @every("100ms")
    def on_timer(self, desk):
        self.seen = getattr(self, "seen", 0) + 1
"""

LISTED = [
    Listing(venue="test", symbol=symbol, base=symbol, quote="USDT", settlement="USDT", tick="0.1", lot="0.001")
    for symbol in ("X", "Y")
]
BY = ("ada", "to see")


class Made:
    """A node of configs in a folder, as it would be while it runs."""

    def __init__(self, folder: Path, names: tuple[str, ...] = ("one",)) -> None:
        self.folder, self.names = folder, names
        for name in names:
            self.write(name)
        self.givens = [given(folder / f"{name}.toml") for name in names]
        venue = VenueLife("", "", ["X", "Y"], 0)
        life = Life("n", "0", [venue], [seat_life(each, LISTED) for each in self.givens])
        self.core, self.log = build(life, 0), NodeLog(SimDisk())
        self.log.begin(0, life)
        settings = Settings(durability="process")
        port = SimVenue("http://127.0.0.1:1", "n", SimulatedClock())
        self.node = Node([Lane(port, self.core, self.log, SimulatedClock(), settings)], life)
        self.reloader = Reloader(self.node, life, [LISTED], self.givens)

    def write(self, name: str, made: str = STRATEGY, /, **changes: str) -> None:
        """A strategy's file and its config; `changes` are lines of tables, which are there or not."""
        (self.folder / f"{name}.py").write_text(made)
        text = CONFIG.format(instrument="test/X").replace("maker.py", f"{name}.py") + f'\n[node]\nname = "{name}"\n'
        for table, line in changes.items():
            header = f"[{table}]\n"
            text = text.replace(header, header + line + "\n") if header in text else f"{text}\n{header}{line}\n"
        (self.folder / f"{name}.toml").write_text(text)

    def reloads(self) -> list[Reload]:
        found: list[Entry] = []
        self.log.read(found.append, read_rows)
        return [entry.content for entry in found if isinstance(entry.content, Reload)]


def told(made: Made, wish: Wish | None = None) -> Any:
    """What a reload comes to."""

    async def reload() -> Any:
        return made.reloader.reload(wish or Wish(*BY))

    return asyncio.run(reload())


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


FAULTS: list[tuple[str, dict[str, str], str, str]] = [
    ("def (:", {}, "one.py cannot be run: SyntaxError", ""),
    ("import nowhere_to_be_found", {}, "ModuleNotFoundError", ""),
    ("raise SystemExit(3)", {}, "SystemExit: 3", "one.py:1"),
    (STRATEGY.replace("class Maker", "class Makers"), {}, "has no class Maker", "hint: did you mean"),
    (STRATEGY.replace('    @every("100ms")\n', ""), {}, "does not say how often it is called", "hint"),
    (STRATEGY + "\n    def __init__(self):\n        {}['gone']\n", {}, "KeyError: 'gone'", "one.py:"),
    (STRATEGY + "\n    def on_load(self, state):\n        pass\n", {}, "on_load is for what on_save gives", ""),
    (STRATEGY, {"strategy": "knobs.sise = 1"}, "no knob 'sise'", "did you mean 'size'"),
    (STRATEGY, {"account": "leverge = 2"}, "leverge", "leverage"),
    (STRATEGY, {"risk": 'max_drawdown = "200%"'}, "max_drawdown", ""),
    (STRATEGY, {"account": "cash = 5"}, "cash", ""),
    (STRATEGY, {"data": 'book = "quotes"'}, "what the books are made of cannot change while a run goes on", "hint"),
    (STRATEGY, {"node": 'durability = "process"'}, "durability is looked at when a node starts", "--reload"),
    (
        STRATEGY,
        {"node": 'max_cash_difference = "1%"'},
        "max_cash_difference is looked at when a node starts",
        "--reload",
    ),
    (STRATEGY, {"node.risk": "max_position = 1"}, "what the account's gate lets pass cannot change", "new run folder"),
    (STRATEGY, {"venue": 'positions = "hedging"'}, "what fills add up to cannot change", "hint"),
]


@pytest.mark.parametrize("number", range(len(FAULTS)))
def test_what_is_wrong_is_told_and_nothing_changes(made: Made, number: int) -> None:
    strategy, changes, why, more = FAULTS[number]
    before = made.core.seats[0].plan
    made.write("one", strategy, **changes)
    answer = told(made)
    assert (answer.reloaded, answer.faulty) == ([], True)
    assert why in answer.refused
    assert more in answer.refused
    assert made.core.seats[0].plan is before
    assert made.reloads() == []
    assert "a reload by ada (to see) is refused" in made.core.notes[-1][1]


def test_a_file_that_is_gone_is_told(made: Made) -> None:
    (made.folder / "one.py").unlink()
    assert "cannot read" in told(made).refused
    (made.folder / "one.toml").unlink()
    assert "cannot read" in told(made).refused
    assert "cannot read" in told(made, Wish(*BY, config="elsewhere.toml")).refused
    assert made.reloads() == []


def test_other_instruments_are_refused(made: Made) -> None:
    path = made.folder / "one.toml"
    for symbol, why in (("Y", "a run keeps its instruments: X, not Y"), ("Z", "the venue does not list test/Z")):
        made.write("one")
        path.write_text(path.read_text().replace("test/X", f"test/{symbol}"))
        answer = told(made)
        assert why in answer.refused
        assert "one.toml:" in answer.refused
    path.write_text(path.read_text().replace("test/Z", "test/X").replace('name = "one"', 'name = "two"'))
    assert "a strategy keeps its name: one, not two" in told(made).refused


def test_what_knows_too_much_is_told_of(made: Made) -> None:
    made.core.seats[0].plan.strategy.desk = object()  # type: ignore[attr-defined]
    assert "what one knows cannot be handed over: Maker.desk is a builtins.object" in told(made).refused


def test_what_has_changed_is_gone_on_with(made: Made) -> None:
    first = made.core.seats[0].plan.strategy
    first.seen = 7  # type: ignore[attr-defined]
    node = 'strikes = 9\nbudget = "2s"'
    made.write("one", STRATEGY + "        self.more = 1\n", strategy="knobs.size = 0.03", node=node)
    answer = told(made)
    assert (answer.reloaded, answer.refused, answer.notes) == (["one"], "", [])
    seat = made.core.seats[0]
    assert (seat.plan.strategy.seen, seat.plan.strategy.size) == (7, 0.03)  # type: ignore[attr-defined]
    assert (made.node.lanes[0].settings.strikes, made.node.budget.strikes_most, made.node.budget.longest_ns) == (
        9,
        9,
        2 * 10**9,
    )
    assert [(each.seat, each.by, each.reason) for each in made.reloads()] == [(0, "ada", "to see")]
    assert seat.life == made.reloads()[0].life
    assert "self.more" in made.reloads()[0].life.file
    assert made.core.notes[-1][1] == "one is reloaded by ada: to see"


def test_what_raises_when_it_takes_over_is_told_and_is_in_the_journal(made: Made) -> None:
    first = made.core.seats[0].plan
    module = sys.modules["tradenode_strategy_one"]
    made.write("one", STRATEGY + "\n    def on_reload(self, state):\n        raise LookupError(state)\n")
    answer = told(made)
    assert (answer.reloaded, answer.faulty) == ([], False)
    assert answer.refused.startswith("one is not reloaded: LookupError: {} (")
    assert "one.py:12)" in answer.refused
    assert made.core.seats[0].plan is first
    assert len(made.reloads()) == 1
    # What looks itself up by its name finds itself.
    assert sys.modules["tradenode_strategy_one"] is module


def test_of_several_one_is_named_or_all_are_right(tmp_path: Path) -> None:
    made = Made(tmp_path, ("one", "two"))
    made.write("one", STRATEGY.replace("0.01", "0.02"))
    made.write("two", "def (")
    assert "two.py cannot be run" in told(made).refused
    assert made.reloads() == []
    assert told(made, Wish(*BY, strategy="one")).reloaded == ["one"]
    assert "the node has no strategy 'three'\nhint: it has one, two" in told(made, Wish(*BY, strategy="three")).refused
    made.write("two", STRATEGY)
    (tmp_path / "other.toml").write_text((tmp_path / "two.toml").read_text() + 'audit = "9s"\n')
    assert told(made, Wish(*BY, config=str(tmp_path / "other.toml"))).reloaded == ["two"]
    # The rest of `[node]` is that of the first.
    assert made.node.lanes[0].settings.audit_ns == Settings().audit_ns
    (tmp_path / "two.toml").unlink()
    assert told(made).reloaded == ["one", "two"]
    assert [each.seat for each in made.reloads()] == [0, 1, 0, 1]


async def switched(made: Made, *turns: Callable[[Switch], object]) -> None:
    """What a switch does while it looks, one thing after the other."""
    switch = Switch(made.node, made.folder, made.reloader)
    made.node.lanes[0].state = "running"
    looking = asyncio.create_task(switch.keep())
    for turn in turns:
        async with asyncio.timeout(30):
            while not turn(switch):
                await asyncio.sleep(0.01)
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)


def test_a_file_or_a_signal_asks_for_it_and_is_answered(made: Made) -> None:
    leave(made.folder, RELOAD, Wish(*BY, key="k"))
    answers: list[Any] = []
    found = lambda _: answers.append(told := answered(made.folder, "k")) or told  # noqa: E731
    asyncio.run(
        switched(made, found, lambda switch: switch.reread("SIGHUP") or True, lambda _: len(made.reloads()) == 2)
    )
    assert answers[-1].reloaded == ["one"]
    assert answered(made.folder, "k") is None
    assert [(each.by, each.reason) for each in made.reloads()] == [BY, ("signal", "SIGHUP")]
    assert not (made.folder / RELOAD).exists()
    assert not (made.folder / f"{RELOAD}.taken").exists()


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("", Wish("file", "reload is in the run's folder")),
        ("after lunch\n", Wish("file", "after lunch")),
        ('{"by":"ada","reason":"x","strategy":"one"}', Wish("ada", "x", "one")),
        ('{"by":"ada","reason":" "}', None),
        ('{"by":"ada"', None),
        ('{"by":"ada","reason":"x","luck":1}', None),
    ],
)
def test_a_file_is_read(tmp_path: Path, text: str, wish: Wish | None) -> None:
    (tmp_path / RELOAD).write_text(text)
    read = read_reload(tmp_path / RELOAD)
    assert read == wish or (wish is None and str(read).startswith("reload is not followed"))
