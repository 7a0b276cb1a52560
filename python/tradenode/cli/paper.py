"""`tradenode paper`: a config traded on a loopback venue, with nothing at stake."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from tradenode.cli import console
from tradenode.cli.event_loop import loop_factory
from tradenode.cli.operated import logged, operate

if TYPE_CHECKING:
    from tradenode.monitor.logs import LogFile
    from tradenode.node.assembly import Given
    from tradenode.node.session import Session

PORT_MOST = 65_535


def paper(
    *configs: Path,
    venue: Annotated[str, Parameter(help="The address that `tradenode venue sim` has told.")],
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
    """Trade configs on a loopback venue (`tradenode venue sim`), each a strategy of one node, until it is stopped.

    Everything that comes in and every order is written to the run's folder first. A node that was killed goes on where
    it was when it is started again with the same folder; where configs or strategies have changed since, with --reload,
    which is as if `tradenode reload` came first. SIGINT or SIGTERM ends it in peace, SIGUSR1 halts it, SIGUSR2 closes
    every position; see `tradenode kill`. SIGHUP reloads all of its configs. On a terminal it shows how it stands.

    Args:
        configs: the TOML files.
        venue: the venue's address.
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
    from tradenode.node.assembly import given

    if not configs:
        raise ConfigError("there is no config to trade", hint="tradenode paper CONFIG --venue ADDRESS")
    if monitor is not None and not 0 <= monitor <= PORT_MOST:
        raise ConfigError(f"--monitor {monitor}: from 0 to {PORT_MOST}")
    settings = parse_settings(set_)
    givens = [given(config, settings) for config in configs]
    with logged(log) as lines, asyncio.Runner(loop_factory=loop_factory()) as runner:
        session = runner.run(_trade(givens, venue, run, monitor, lines, until_end=until_end, reload=reload))
    _show(session, json=json)
    return 1 if session.node.core.phase == "halted" else 0


async def _trade(
    givens: "list[Given]",
    address: str,
    folder: Path,
    monitor: int | None,
    log: "LogFile | None",
    *,
    until_end: bool,
    reload: bool,
) -> "Session":
    from tradenode.node.session import opened

    session = await opened(givens, address, folder, console.note, reload=reload)
    node = session.node
    if until_end:
        ending = asyncio.create_task(node.ended.wait())
        ending.add_done_callback(lambda _: node.stop())
    console.note(f"{session.life.name} trades {', '.join(node.core.traded)} at {address}, its run is {folder}")
    await operate(session, monitor, log)
    return session


def _show(session: "Session", *, json: bool) -> None:
    node = session.node
    seats = [
        {
            "name": seat.plan.name,
            "state": seat.state,
            "balance": seat.trader.balance,
            "equity": seat.trader.equity,
            "positions": {
                symbol: lots for symbol, (lots, _) in zip(seat.plan.symbols, seat.trader.positions(), strict=True)
            },
        }
        for seat in node.core.seats
    ]
    if json:
        answer = {"run": str(session.folder), "node": session.life.name, "phase": node.core.phase, "strategies": seats}
        console.answer_json(answer | {"orders": node.core.orders.statistics(), "inputs": node.turns})
        return
    rows = [[str(seat["name"]), str(seat["state"]), str(seat["balance"]), f"{seat['equity']:.2f}"] for seat in seats]
    console.answer(console.table(("strategy", "state", "balance", "equity"), rows, left=2))
    for _, text in node.core.notes[-20:]:
        console.note(text)
