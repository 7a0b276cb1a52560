"""`tradenode paper`: configs traded on loopback venues, with nothing at stake."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from tradenode.cli import console
from tradenode.cli.event_loop import loop_factory
from tradenode.cli.operated import logged, operate

if TYPE_CHECKING:
    from tradenode.messages.addresses import Address
    from tradenode.monitor.logs import LogFile
    from tradenode.node.assembly import Given
    from tradenode.node.lane import Lane
    from tradenode.node.seat import Seat
    from tradenode.node.session import Session

PORT_MOST = 65_535

NOTES_MOST = 20
"""So many notes of a venue are shown at the end, the last ones."""


def paper(
    *configs: Path,
    venue: Annotated[
        list[str],
        Parameter(help="The address that `tradenode venue sim` has told; of several, NAME=ADDRESS.", negative=()),
    ],
    run: Annotated[Path, Parameter(help="The run's folder: where it went on before, it goes on.")] = Path("runs/paper"),
    monitor: Annotated[
        int | None, Parameter(help="The port of its monitor on the loopback interface; 0 for any that is free.")
    ] = None,
    log: Annotated[Path | None, Parameter(help="The file of its log: a line of JSON an event.")] = None,
    until_end: Annotated[bool, Parameter(negative=(), help="Stop when the venue's events are over.")] = False,
    reload: Annotated[bool, Parameter(negative=(), help="Go on though configs or strategies have changed.")] = False,
    set_: Annotated[Sequence[str], Parameter(name="--set", negative=(), show_default=False)] = (),
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Trade configs on loopback venues (`tradenode venue sim`), each a strategy of one node, until it is stopped.

    With several venues, each has a name, and a config says with `venue = "NAME"` in `[node]` on which one it trades, or
    by the names of its instruments (`NAME/SYMBOL`). A venue that is given up ends its strategies; the others trade on,
    and the exit status is 1.

    Everything that comes in and every order is written to the run's folder first. A node that was killed goes on where
    it was when it is started again with the same folder; where configs or strategies have changed since, with --reload,
    which is as if `tradenode reload` came first. SIGINT or SIGTERM ends it in peace, SIGUSR1 halts it, SIGUSR2 closes
    every position; see `tradenode kill`. SIGHUP reloads all of its configs. On a terminal it shows how it stands.

    Args:
        configs: the TOML files.
        venue: the venue's address, or NAME=ADDRESS; may be repeated.
        run: the run's folder.
        monitor: the port of its monitor.
        log: the file of its log.
        until_end: stop when the venue's events are over.
        reload: go on though configs or strategies have changed.
        set_: name=value of a parameter or a knob; may be repeated.
        json: answer as one JSON object.
    """
    from tradenode.config.settings import parse_settings
    from tradenode.errors import ConfigError
    from tradenode.messages.addresses import addresses
    from tradenode.node.assembly import given

    if not configs:
        raise ConfigError("there is no config to trade", hint="tradenode paper CONFIG --venue ADDRESS")
    if monitor is not None and not 0 <= monitor <= PORT_MOST:
        raise ConfigError(f"--monitor {monitor}: from 0 to {PORT_MOST}")
    venues, settings = addresses(venue), parse_settings(set_)
    givens = [given(config, settings) for config in configs]
    with logged(log) as lines, asyncio.Runner(loop_factory=loop_factory()) as runner:
        session = runner.run(_trade(givens, venues, run, monitor, lines, until_end=until_end, reload=reload))
    _show(session, json=json)
    return 0 if session.node.sound else 1


async def _trade(
    givens: "list[Given]",
    venues: "list[Address]",
    folder: Path,
    monitor: int | None,
    log: "LogFile | None",
    *,
    until_end: bool,
    reload: bool,
) -> "Session":
    from tradenode.node.session import opened

    session = await opened(givens, venues, folder, console.note, reload=reload)
    node = session.node
    if until_end:
        ending = asyncio.create_task(node.until_ended())
        ending.add_done_callback(lambda _: node.stop())
    pairs = zip(node.lanes, session.life.venues, strict=True)
    where = " and ".join(
        f"{', '.join(lane.core.traded)} at {venue.address}{f' ({venue.name})' * bool(venue.name)}"
        for lane, venue in pairs
    )
    console.note(f"{session.life.name} trades {where}, its run is {folder}")
    await operate(session, monitor, log)
    return session


def _show(session: "Session", *, json: bool) -> None:
    node = session.node
    seats = [_seat(lane, seat) for lane in node.lanes for seat in lane.core.seats]
    if json:
        venues = [
            {"name": lane.name, "phase": lane.core.phase, "failure": lane.failure or None}
            | {"orders": lane.core.orders.statistics()}
            for lane in node.lanes
        ]
        answer = {"run": str(session.folder), "node": session.life.name, "phase": node.phase, "inputs": node.turns}
        console.answer_json(answer | {"venues": venues, "strategies": seats})
        return
    several = any(lane.name for lane in node.lanes)
    names = ["name", *["venue"] * several, "state", "balance"]
    rows = [[*(str(seat[name]) for name in names), f"{seat['equity']:.2f}"] for seat in seats]
    console.answer(console.table(("strategy", *names[1:], "equity"), rows, left=len(names) - 1))
    for lane in node.lanes:
        for _, text in lane.core.notes[-NOTES_MOST:]:
            console.note(lane.told(text))


def _seat(lane: "Lane", seat: "Seat") -> dict[str, Any]:
    """How a strategy has ended."""
    held = zip(seat.plan.symbols, seat.trader.positions(), strict=True)
    return {
        "name": seat.plan.name,
        "venue": lane.name,
        "state": seat.state,
        "balance": seat.trader.balance,
        "equity": seat.trader.equity,
        "positions": {symbol: lots for symbol, (lots, _) in held},
    }
