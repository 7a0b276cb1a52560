"""The example unit: what it starts is what the command line takes."""

import configparser
import shlex
from pathlib import Path

import pytest

from tradenode.cli.main import application

UNIT = Path(__file__).resolve().parents[3] / "configs" / "tradenode.service"


@pytest.fixture
def service() -> configparser.SectionProxy:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(UNIT.read_text())
    assert unit.sections() == ["Unit", "Service", "Install"]
    return unit["Service"]


def test_its_command_is_one(service: configparser.SectionProxy) -> None:
    program, *words = shlex.split(service["ExecStart"])
    assert Path(program).name == "tradenode"
    command, bound, _ = application().parse_args(words, exit_on_error=False, print_error=False)
    assert command.__name__ == "paper"
    assert bound.kwargs["monitor"] == 9700
    assert bound.kwargs["log"] == Path("/var/log/tradenode/node.jsonl")


def test_it_waits_for_what_the_node_tells(service: configparser.SectionProxy) -> None:
    assert service["Type"] == "notify"
    # A beat a second, of which some may come late.
    assert int(service["WatchdogSec"]) > 5
    assert int(service["TimeoutStopSec"]) > 10
