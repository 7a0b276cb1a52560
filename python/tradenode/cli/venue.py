"""`tradenode venue`: a venue of one's own to rehearse on."""

import asyncio
import signal
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import cyclopts
from cyclopts import Parameter

from tradenode.cli import console
from tradenode.cli.event_loop import loop_factory
from tradenode.errors import ConfigError

if TYPE_CHECKING:
    from tradenode.config.fault_plan import PlannedFault
    from tradenode.config.latency import LatencyTable, Leg
    from tradenode.venue.exchange import Latencies
    from tradenode.venue.front import Front
    from tradenode.venue.server import Server

SPEED_MOST, RATE_MOST, PORT_MOST = 1e6, 1e6, 65_535

SET = "name=value of a parameter or a knob, as for a back-test; a venue itself has none."

app = cyclopts.App(
    name="venue",
    help="A loopback venue: rehearse on it before real money meets a real one.",
    help_format="plaintext",
    help_formatter="plain",
    version_flags=(),
)


@app.command
def sim(
    config: Path,
    /,
    *,
    port: Annotated[int, Parameter(help="Where it listens; 0 for any that is free.")] = 0,
    speed: Annotated[float | None, Parameter(help="So many of its seconds in one; 1 by default.")] = None,
    lockstep: Annotated[
        bool, Parameter(negative=(), help="Time waits for the one client: as fast as it acts.")
    ] = False,
    faults: Annotated[Path | None, Parameter(help="A fault plan: [[fault]] tables of a TOML file.")] = None,
    fault_seed: Annotated[int | None, Parameter(help="Faults of every kind, drawn from this seed.")] = None,
    rate_limit: Annotated[float, Parameter(help="Requests a second of its time.")] = 200.0,
    catalogue: Annotated[Path | None, Parameter(help="The catalogue's folder; else the config's.")] = None,
    set_: Annotated[Sequence[str], Parameter(name="--set", negative=(), show_default=False, help=SET)] = (),
    json: Annotated[bool, Parameter(negative="", help="Tell the address as a JSON object.")] = False,
) -> int:
    """Be a venue on which the events of a config happen, over HTTP and a WebSocket of the loopback interface.

    The config says which events, fees, margins and latencies, as for a back-test. One line on stdout tells the address
    when it is ready. Time begins with the first subscription or request; at the end of the events the venue stays, and
    can be asked. It has one account and needs no key. SIGINT or SIGTERM ends it.
    """
    if lockstep and speed is not None:
        raise ConfigError("--speed beside --lockstep", hint="in lockstep time waits for the client")
    if faults is not None and fault_seed is not None:
        raise ConfigError("--faults beside --fault-seed", hint="one of them says what goes wrong")
    for name, value, most in (
        ("--speed", 1.0 if speed is None else speed, SPEED_MOST),
        ("--rate-limit", rate_limit, RATE_MOST),
    ):
        if not 0 < value <= most:
            raise ConfigError(f"{name} {value:g}: above 0 and up to {most:,.0f}")
    if not 0 <= port <= PORT_MOST:
        raise ConfigError(f"--port {port}: from 0 to {PORT_MOST}")
    if fault_seed is not None and not 0 <= fault_seed < 2**63:
        raise ConfigError(f"--fault-seed {fault_seed}: from 0 to 2^63 - 1")
    front = _front(config, catalogue, set_, _plan(faults, fault_seed))
    server = _server(front, None if lockstep else speed or 1.0, rate_limit)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(_serve(server, port, json=json))


def _plan(faults: Path | None, seed: int | None) -> "Iterable[PlannedFault]":
    from tradenode.config.fault_plan import load_faults
    from tradenode.venue.plan import drawn

    if seed is not None:
        return drawn(seed)
    return [] if faults is None else load_faults(faults)


def _front(file: Path, catalogue: Path | None, settings: Sequence[str], plan: "Iterable[PlannedFault]") -> "Front":
    import msgspec

    from tradenode.config.diagnose import load
    from tradenode.config.event_run import event_spec
    from tradenode.config.settings import parse_settings
    from tradenode.messages.listing import Listing
    from tradenode.research.event_inputs import read_event_inputs
    from tradenode.research.inputs import catalogue_of
    from tradenode.venue.exchange import Exchange
    from tradenode.venue.front import Front

    read, source = load(file, decided=True, settings=parse_settings(settings))
    if not read.data.of_events:
        raise ConfigError(f"{file} is about bars", hint='a venue needs events: `kind = "events"` in `[data]`')
    if read.latency.recorded is not None:
        raise ConfigError("a venue does not run on recorded round trips", hint="give `request` and `report` instead")
    with console.working(f"reading {file}"):
        inputs = read_event_inputs(read, catalogue_of(read, file.parent, catalogue), file.parent, source)
    spec = event_spec(read, inputs.contracts, inputs.sources)
    listings = [msgspec.convert(contract, Listing) for contract in inputs.contracts]
    tapes = [cut.tape for cut in inputs.tapes]
    return Front(Exchange(spec, listings, read.account.currency, tapes, _latencies(read.latency)), plan)


def _latencies(table: "LatencyTable") -> "Latencies":
    from tradenode.venue.exchange import Latencies

    return Latencies(request=_leg(table.request), report=_leg(table.report), feed=table.feed, seed=table.seed)


def _leg(leg: "Leg | None") -> Any:
    from tradenode.config.latency import LogNormal, Normal
    from tradenode.venue import latency

    match leg:
        case Normal():
            return latency.Leg(model="normal", typical=leg.mean, spread=float(leg.deviation), least=leg.least)
        case LogNormal():
            return latency.Leg(model="lognormal", typical=leg.median, spread=float(leg.sigma), least=leg.least)
        case _:
            return latency.Leg(typical=leg or 0)


def _server(front: "Front", speed: float | None, rate_limit: float) -> "Server":
    from tradenode.kernel.clock import WallClock
    from tradenode.venue.pacing import Lockstep, WallPace
    from tradenode.venue.server import Server

    pace = Lockstep(front) if speed is None else WallPace(front, WallClock(), speed)
    return Server(front, pace, rate_limit)


async def _serve(server: "Server", port: int, *, json: bool) -> int:
    """Serves until a signal, or until the venue cannot go on."""
    import msgspec

    from tradenode.venue.server import LOOPBACK

    await server.start(port)
    loop, waiting = asyncio.get_running_loop(), asyncio.create_task(server.wait())
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, waiting.cancel)
    address = f"http://{LOOPBACK}:{server.port}"
    # On one line, after which nothing comes: whoever has started it waits for that.
    console.answer(msgspec.json.encode({"address": address, "port": server.port}).decode() if json else address)
    console.flush()
    try:
        await waiting
    except asyncio.CancelledError:
        pass
    finally:
        await server.stop()
    return 0
