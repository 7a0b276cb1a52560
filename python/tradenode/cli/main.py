"""The `tradenode` command: its verbs, and the one place where errors become messages and exit codes."""

import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError, UnusedCliTokensError

from tradenode.cli import console
from tradenode.errors import TradenodeError

USAGE = 2
INTERRUPTED = 130
PIPE_CLOSED = 141

VERBS = {
    "demo": (
        "tradenode.cli.demo:demo",
        "Make a synthetic market and backtest a strategy on it.",
    ),
    "init": ("tradenode.cli.init:init", "Start a project folder with a config to edit."),
    "data": (
        "tradenode.cli.data:app",
        "Import, check, show, make and export bars and events.",
    ),
    "check": ("tradenode.cli.check:check", "Name every fault of a config, each with its place."),
    "backtest": ("tradenode.cli.backtest:backtest", "Run a config over recorded bars or events and write a report."),
    "sweep": ("tradenode.cli.sweep:sweep", "Run a config with many sets of parameters and rank them."),
    "rerun": ("tradenode.cli.rerun:rerun", "Run a run folder again and compare byte for byte."),
    "venue": ("tradenode.cli.venue:app", "Be a loopback venue to rehearse on: sockets, a clock, faults."),
    "paper": ("tradenode.cli.paper:paper", "Trade configs on loopback venues, with nothing at stake."),
    "status": ("tradenode.cli.status:status", "Tell how a running node stands."),
    "kill": ("tradenode.cli.kill:kill", "Pull the kill switch of a node: halt, flatten or cancel_all."),
    "resume": ("tradenode.cli.resume:resume", "Let a halted node trade again."),
    "reload": ("tradenode.cli.reload:reload", "Let a running node go on with a changed config or strategy."),
    "watchdog": ("tradenode.cli.watchdog:watchdog", "Cancel every order at the venue when a node's heartbeat stops."),
    "replay": ("tradenode.cli.replay:replay", "Feed a node's journal to the same strategies and compare their orders."),
    "explain": ("tradenode.cli.explain:explain", "Show why a node made an order, and what became of it."),
    "parity": ("tradenode.cli.parity:parity", "Compare a node's fills with those of a back-test of what it was told."),
    "version": ("tradenode.cli.version:version", "Print the versions of the package and of what it runs on."),
}
"""Each verb, where it lives (imported when it is called), and its line in the help."""


def application() -> App:
    """The command line with all of its verbs."""
    app = App(
        name="tradenode",
        help="A crypto trading node with a Rust core.",
        help_format="plaintext",
        help_formatter="plain",
        version_flags=["--version"],
        version=_version,
        result_action="return_value",
        suppress_keyboard_interrupt=False,
    )
    for name, (place, line) in VERBS.items():
        app.command(place, name=name, help=line)
    return app


def _version() -> str:
    from tradenode._core import __version__

    return f"tradenode {__version__}"


def run(arguments: Sequence[str]) -> int:
    """Runs one command; returns its exit code: 0 ok, 1 failed, 2 usage or config, 3 expectation, 130 interrupted."""
    try:
        code = application()(arguments, exit_on_error=False, print_error=False)
        sys.stdout.flush()
    except CycloptsError as fault:
        _explain_usage(fault)
        return USAGE
    except TradenodeError as fault:
        _explain(fault)
        return fault.exit_code
    except KeyboardInterrupt:
        console.error("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the answer has gone; what Python still holds back must not raise at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    return code if isinstance(code, int) else 0


def _explain_usage(fault: CycloptsError) -> None:
    message = str(fault).rstrip(".")
    if isinstance(fault, UnusedCliTokensError):
        message = f"too many arguments: {' '.join(fault.unused_tokens or ())}"
    verb = " ".join(["tradenode", *(fault.command_chain or ())])
    console.error(message, f"`{verb} --help` lists what there is")


def _explain(fault: TradenodeError) -> None:
    from tradenode.config.faults import ConfigFaultsError

    if isinstance(fault, ConfigFaultsError):
        from tradenode.config.frames import rendered

        console.fault_frames([rendered(frame) for frame in fault.frames])
    console.error(str(fault.args[0]), fault.hint)


def main() -> None:
    """The entry point."""
    sys.exit(run(sys.argv[1:]))
