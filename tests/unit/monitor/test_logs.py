"""The log: one line of JSON an event, nothing secret in it, bounded in memory and on the disk."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from tradenode.errors import ConfigError
from tradenode.messages.feed import Rows
from tradenode.messages.node import Kill, Resume
from tradenode.messages.orders import Cancel, Fill, Order, Report, Submit
from tradenode.monitor.logs import FILES_KEPT, LogFile
from tradenode.node.watch import Watch

pytestmark = pytest.mark.usefixtures("no_garbage")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_turn_is_followed_from_its_input_to_its_orders(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "node.jsonl"
    log = LogFile(path)
    watch = Watch(log.line)
    rows = Rows("X", 1, 1, [1], [1], [1], [1], [1], [1])
    watch.turned(watch.begin(), rows, 10, [])
    watch.turned(watch.begin(), rows, 11, [Submit(Order(64, 0, "buy", 5, ticks=99, reason="entry")), Cancel(0, 128)])
    watch.turned(watch.begin(), Report(7, 0, 64, "filled", fill=Fill(3, "buy", 5, 99, True, False, 0, "0.1")), 14, [])
    watch.turned(watch.begin(), Report(8, 0, 128, "cancelled", "asked"), 15, [])
    watch.turned(watch.begin(), Kill("halt", "ada", "a drill"), 16, [])
    watch.turned(watch.begin(), Resume([Cancel(0, 1)]), 17, [])
    log.close()
    told = lines(path)
    assert [(line["message"], line["cause"]) for line in told] == [
        *(("orders", 11), ("report", 14), ("report", 15), ("kill", 16), ("resume", 17))
    ]
    submit, cancel = told[0]["commands"]
    placed = {"ask": "submit", "sequence": 12, "order": 64}
    assert submit == placed | {"side": "buy", "lots": 5, "ticks": 99, "reason": "entry"}
    assert cancel == {"ask": "cancel", "sequence": 13, "order": 128}
    assert (told[1]["order"], told[1]["fill"], told[1]["lots"]) == (64, 3, 5)
    assert (told[2]["order"], told[2]["reason"]) == (128, "asked")
    assert (told[3]["by"], told[3]["reason"], told[4]["lost"]) == ("ada", "a drill", 1)
    for line in told:
        assert (line["level"], line["logger"]) == ("info", "tradenode.node")
        assert line["time"].endswith("+00:00")


def test_other_packages_are_in_it_and_a_line_stays_one(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "log")
    logging.getLogger("asyncio").warning('two\nlines "%s"', 1)
    logging.getLogger("asyncio").info("below")
    try:
        raise ValueError("no")
    except ValueError:
        logging.getLogger("aiohttp").exception("failed")
    log.close()
    logging.getLogger("asyncio").warning("after")
    first, second = lines(tmp_path / "log")
    assert (first["message"], first["level"]) == ('two\nlines "1"', "warning")
    assert "ValueError: no" in second["exception"]


@pytest.mark.parametrize(
    "text",
    [
        "api_key=SESAME",
        'secret: "SESAME"',
        "Authorization: Bearer SESAME",
        '{"token":"SESAME","a":1}',
        "password = SESAME; next",
        "http://user:SESAME@venue/path",
        "?apiKey=SESAME&signature=SESAME",
    ],
)
def test_nothing_secret_is_written(tmp_path: Path, text: str) -> None:
    log = LogFile(tmp_path / "log")
    logging.getLogger("aiohttp").error(text)
    log.line(
        "x", lambda: {"url": text, "deep": [{"apiKey": "SESAME", "Secret_2": 5, "kept": text}], "passphrase": "SESAME"}
    )
    log.close()
    written = (tmp_path / "log").read_text()
    assert "SESAME" not in written
    assert [line["message"] for line in lines(tmp_path / "log")][1] == "x"
    assert lines(tmp_path / "log")[1]["deep"][0]["Secret_2"] == "***"


def test_what_there_is_no_room_for_is_dropped_and_counted(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "log", lines_most=3)
    for _ in range(5_000):
        log.line("x", dict)
    log.close()
    written = len(lines(tmp_path / "log"))
    assert written >= 3
    assert log.dropped == 5_000 - written > 0


def test_the_disk_it_takes_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = LogFile(path, file_bytes=2_000)
    for number in range(300):
        log.line("x", {"number": number}.copy)
    log.close()
    files = [path, *(tmp_path / f"log.{number}" for number in range(1, FILES_KEPT + 1))]
    assert sorted(tmp_path.iterdir()) == sorted(files)
    assert max(file.stat().st_size for file in files) <= 2_000
    numbers = [line["number"] for file in reversed(files) for line in lines(file)]
    assert numbers == list(range(numbers[0], 300))
    again = LogFile(path, file_bytes=2_000)
    again.line("more", dict)
    again.close()
    assert [line["message"] for line in lines(path)][-1] == "more"


def test_a_disk_that_is_full_costs_lines_and_nothing_else(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no device that is always full")
    (tmp_path / "log").symlink_to(full)
    log = LogFile(tmp_path / "log")
    log.line("x", dict)
    log.close()
    assert log.dropped == 1
    with pytest.raises(ConfigError, match="cannot write the log"):
        LogFile(tmp_path)
