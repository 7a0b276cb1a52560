"""The client meets a venue with faults, over sockets: outcomes are told apart, books and reports are made whole."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from tests.loopback import Venue, as_tape, document, front, until, venue
from tests.parity.event_specs import synthetic

from tradenode.config.fault_plan import PlannedFault
from tradenode.errors import ExchangeError
from tradenode.exchange.port import Message
from tradenode.exchange.sim_venue import SimVenue
from tradenode.messages.feed import MarketData, Rows, Status
from tradenode.messages.orders import Answer, Cancel, Order, Submit
from tradenode.messages.tape import EventKind
from tradenode.testing.venue_contract import Witness

MS, SECOND = 1_000_000, 1_000_000_000
SPEED = 20.0


def fault(kind: str, at: int = 0, **more: Any) -> PlannedFault:
    return PlannedFault(at=at, kind=kind, **more)


@asynccontextmanager
async def met(*faults: PlannedFault, per_second: float = 1e4, **options: Any) -> AsyncIterator[tuple[Witness, Venue]]:
    """A client that listens to a venue with faults."""
    async with venue(front(document(), [as_tape(synthetic())], faults), SPEED, per_second) as made:
        port = made.client(**{"timeout_ns": SECOND} | options)
        await port.open()
        witness = Witness(port, "BTCUSDT")
        listening = asyncio.create_task(port.listen(["BTCUSDT"], witness.hear))
        try:
            await witness.first(lambda message: isinstance(message, Status) and message.state == "connected")
            await witness.touch()
            yield witness, made
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await port.close()


@pytest.mark.parametrize("way", ["ask", "send"])
@pytest.mark.parametrize(
    ("kind", "verdict", "reason", "made"),
    [
        ("rate_limited", "refused", "rate_limited", False),
        ("error_before", "unknown", "broken", False),
        ("error_after", "unknown", "broken", True),
        ("no_answer", "unknown", None, True),
        ("reject", "refused", "rejected_by_plan", False),
        ("slow_answer", "accepted", "", True),
    ],
)
def test_three_outcomes_are_told_apart(kind: str, verdict: str, reason: str | None, made: bool, way: str) -> None:
    async def main() -> None:
        async with met(fault(kind), timeout_ns=SECOND // 2) as (witness, _):
            order = await witness.away()
            if way == "ask":
                outcome = await witness.port.ask(Submit(order))
            else:
                witness.port.send(Submit(order), 0)
                outcome = (await witness.first(lambda each: isinstance(each, Answer))).outcome
            assert outcome.verdict == verdict, outcome
            assert reason is None or outcome.reason == reason
            told = await witness.port.order(order.number)
            assert (told is not None and told.state == "open") is made
            # Whatever it was, nothing was sent a second time.
            assert len([each for each in await witness.port.orders() if each.number == order.number]) == made

    asyncio.run(main())


@pytest.mark.parametrize("way", ["ask", "send"])
def test_an_answer_that_comes_too_slowly_is_unknown(way: str) -> None:
    async def main() -> None:
        async with met(fault("slow_answer", delay=40 * SECOND), timeout_ns=SECOND // 2) as (witness, _):
            order = await witness.away()
            if way == "ask":
                outcome = await witness.port.ask(Submit(order))
            else:
                witness.port.send(Submit(order), 0)
                outcome = (await witness.first(lambda each: isinstance(each, Answer))).outcome
            assert (outcome.verdict, outcome.reason) == ("unknown", "no_answer" if way == "ask" else "time_out")
            told = await witness.port.order(order.number)
            assert told is not None
            assert told.state == "open"

    asyncio.run(main())


def levels(messages: list[Message]) -> tuple[int, dict[tuple[int, int], int]]:
    """The book that some messages make, and the number of the last."""
    book: dict[tuple[int, int], int] = {}
    seq = 0
    for rows in messages:
        if not isinstance(rows, MarketData):
            continue
        seq = rows.seq
        for kind, side, price, size in zip(rows.kind, rows.side, rows.price, rows.size, strict=True):
            if kind == EventKind.CLEAR:
                book = {} if side == 0 else {key: value for key, value in book.items() if key[0] != side}
            elif kind == EventKind.DEPTH:
                book[side, price] = size
    return seq, {key: size for key, size in book.items() if size}


def book_of_tape(seq: int) -> dict[tuple[int, int], int]:
    """The levels behind the first messages of the tape."""
    columns = synthetic()
    ends = (columns["flags"] & 1) != 0
    ends[:-1] |= np.diff(columns["ts_recv"]) != 0
    end = int(np.flatnonzero(ends)[seq - 1]) + 1
    tape = as_tape({name: column[:end] for name, column in columns.items()})
    rows = Rows(
        "", seq, 0, *(getattr(tape, name).tolist() for name in ("ts_event", "kind", "side", "flags", "price", "size"))
    )
    return levels([rows])[1]


@pytest.mark.parametrize("kind", ["drop", "duplicate", "reorder", "malformed"])
def test_a_book_is_made_whole(kind: str) -> None:
    async def main() -> None:
        async with met(fault(kind, 4 * SECOND, count=2), fault(kind, 8 * SECOND)) as (witness, made):
            await until(lambda: len(made.front.plan.fired) == 3)
            fired = made.front.exchange.feeds.each[0].number
            await witness.first(lambda each: isinstance(each, MarketData) and each.seq > fired + 100)
            states = [each.state for each in witness.heard if isinstance(each, Status)]
            assert states.count("gap") == states.count("resynced") >= (0 if kind == "duplicate" else 1)
            seq, book = levels(list(witness.heard))
            assert book == book_of_tape(seq)
            seqs = [each.seq for each in witness.heard if isinstance(each, MarketData)]
            assert seqs == sorted(seqs)

    asyncio.run(main())


def test_reports_that_are_missing_are_said_so_and_late_ones_come_once() -> None:
    plan = [fault("drop", of="reports"), fault("duplicate", 1, of="reports"), fault("reorder", 2, of="reports")]

    async def main() -> None:
        async with met(*plan) as (witness, _):
            for _ in range(4):
                order = await witness.resting()
                await witness.port.ask(Cancel(0, order.number))
            await witness.report(order.number, "cancelled")
            seqs = [each.seq for each in witness.heard if hasattr(each, "what")]
            # The first is lost, the second came twice, the third behind the fourth.
            assert seqs == [2, 4, 3, 5, 6, 7, 8]
            gaps = [each for each in witness.heard if isinstance(each, Status) and each.state == "reports_gap"]
            assert len(gaps) == 2

    asyncio.run(main())


def test_a_connection_that_goes_leaves_outcomes_unknown_and_comes_back() -> None:
    async def main() -> None:
        async with met(fault("no_answer", count=9)) as (witness, made):
            order = await witness.away()
            witness.port.send(Submit(order), 0)
            await witness.report(order.number, "accepted")
            made.front._send_away("disconnect")
            answer = await witness.first(lambda each: isinstance(each, Answer))
            assert (answer.outcome.verdict, answer.outcome.reason) == ("unknown", "disconnected")
            # What is asked while there is no stream has not left for certain.
            await witness.first(lambda each: isinstance(each, Status) and each.state == "disconnected")
            witness.port.send(Cancel(0, order.number), 0)
            answer = await witness.first(lambda each: isinstance(each, Answer) and each.asked == "cancel")
            assert (answer.outcome.verdict, answer.outcome.reason) == ("refused", "not_connected")
            before = len(witness.heard)
            await until(lambda: any(isinstance(each, MarketData) for each in witness.heard[before:]))
            seq, book = levels(list(witness.heard))
            assert book == book_of_tape(seq)
            assert (await witness.port.order(order.number)) is not None

    asyncio.run(main())


def test_maintenance_is_said_and_waited_for() -> None:
    async def main() -> None:
        async with met(fault("maintenance", 6 * SECOND, length=10 * SECOND)) as (witness, made):
            await witness.first(lambda each: isinstance(each, Status) and each.state == "maintenance")
            outcome = await witness.port.ask(Submit(Order(1, 0, "buy", 1, "limit", 1_000)))
            assert outcome.verdict == "unknown"
            await until(lambda: made.front.closed_until == 0)
            connected = [each for each in witness.heard if isinstance(each, Status) and each.state == "connected"]
            if len(connected) < 2:
                await until(lambda: sum(getattr(each, "state", "") == "connected" for each in witness.heard) == 2)
            await until(lambda: witness.heard and isinstance(witness.heard[-1], MarketData))
            seq, book = levels(list(witness.heard))
            assert book == book_of_tape(seq)

    asyncio.run(main())


def test_the_clock_that_is_told_is_off() -> None:
    async def main() -> None:
        async with met(fault("clock_skew", length=600 * SECOND, delay=3_600 * SECOND)) as (witness, made):
            told = (await witness.port.time()).now
            assert told - made.server._pace.now() > 3_500 * SECOND

    asyncio.run(main())


def test_too_many_requests_are_refused_and_the_rest_is_told() -> None:
    async def main() -> None:
        async with venue(front(document(), [as_tape(synthetic())]), SPEED, per_second=0.5) as made:
            import aiohttp

            async with aiohttp.ClientSession(f"http://127.0.0.1:{made.server.port}") as session:
                async with session.get("/account") as first:
                    assert (first.status, first.headers["X-RateLimit-Remaining"]) == (200, "0")
                async with session.delete("/orders/nobody") as second:
                    assert second.status == 429
                    assert (await second.json())["reason"] == "rate_limited"
                    # Two seconds of the venue's time, at twenty times the wall clock's.
                    assert 0 < float(second.headers["Retry-After"]) <= 0.1
                    await asyncio.sleep(float(second.headers["Retry-After"]))
                made.front.phase = "running"

    asyncio.run(main())


def test_a_client_that_keeps_to_the_limit_is_never_refused() -> None:
    async def main() -> None:
        async with met(per_second=6) as (_, made):
            port = made.client("other", per_second=5.0)
            await port.open()
            outcomes = [await port.ask(Submit(Order(number, 0, "buy", 1, "limit", 1_000))) for number in range(1, 31)]
            assert {outcome.verdict for outcome in outcomes} == {"accepted"}
            await port.close()

    asyncio.run(main())


def test_nobody_there_is_said() -> None:
    async def main() -> None:
        async with venue(front(document(), [as_tape(synthetic(200))]), SPEED) as made:
            port = made.client(timeout_ns=SECOND // 2)
            await port.open()
        assert (await port.ask(Cancel(0, 1))).reason == "not_reached"
        with pytest.raises(ExchangeError, match="did not answer /account"):
            await port.account()
        await port.close()
        with pytest.raises(ExchangeError, match="not open"):
            await port.account()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nowhere", None, 404),
        ("GET", "/book/XYZ", None, 404),
        ("GET", "/orders/nobody", None, 404),
        ("GET", "/fills?since=x", None, 400),
        ("POST", "/orders", "{", 400),
        ("POST", "/orders", '{"client_id":"a","symbol":"BTCUSDT","side":"buy","lots":1.5}', 400),
        ("POST", "/orders", '{"client_id":"a","symbol":"BTCUSDT","side":"buy","lots":1,"price":3}', 400),
        ("POST", "/orders", '{"client_id":"a","symbol":"XYZ","side":"buy","lots":1,"ticks":3}', 422),
        ("PUT", "/orders/a", "[]", 400),
        ("DELETE", "/orders/nobody", None, 404),
        ("POST", "/deadman", '{"ms":-1}', 400),
        ("PATCH", "/orders", None, 405),
        ("POST", "/orders", "x" * 70_000, 413),
    ],
)
def test_wrong_requests_are_answered_in_words(method: str, path: str, body: str | None, status: int) -> None:
    async def main() -> None:
        import aiohttp

        async with (
            venue(front(document(), [as_tape(synthetic(2_000))]), SPEED) as made,
            aiohttp.ClientSession(f"http://127.0.0.1:{made.server.port}") as session,
            session.request(method, path, data=body) as response,
        ):
            assert response.status == status
            assert (await response.json())["reason"]

    asyncio.run(main())


def test_lockstep_takes_one_client_and_its_requests_over_the_stream() -> None:
    async def main() -> None:
        async with venue(front(document(), [as_tape(synthetic(2_000))])) as made:
            ports = [made.client(name) for name in ("a", "b")]
            heard: list[list[Message]] = [[], []]
            tasks = []
            for port, mine in zip(ports, heard, strict=True):
                await port.open()
                tasks.append(
                    asyncio.create_task(port.listen(["BTCUSDT"], lambda each, _, mine=mine: mine.append(each)))
                )  # type: ignore[misc]
                await asyncio.sleep(0.1)
            assert (await ports[0].ask(Cancel(0, 1))).reason == "lockstep"
            assert [type(each).__name__ for each in heard[0]] == ["Status", "Status"]
            assert heard[1] == []
            now = made.front.exchange.now
            ports[0].done(now, None)
            await until(lambda: any(isinstance(each, MarketData) for each in heard[0]))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for port in ports:
                await port.close()

    asyncio.run(main())


def test_client_ids_are_numbers_of_one_client() -> None:
    port = SimVenue("http://127.0.0.1:1", "n", None)  # type: ignore[arg-type]
    words = port._words
    assert words.client_id(7) == "n-7"
    assert [words.number(client_id) for client_id in ("n-7", "m-7", "n-x", "n-", "xn-7", "n-7-8")] == [7, 0, 0, 0, 0, 0]
