"""The loopback venue as a node reaches it: a client of the dialect (`messages/dialect.py`) behind the port."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from tradenode.errors import ConfigError, ExchangeError
from tradenode.exchange.port import AccountFill, Capabilities, Clockwork, Sink
from tradenode.exchange.rate_limit import Rank, RateLimit
from tradenode.exchange.sim_stream import SimStream
from tradenode.exchange.sim_words import Words, outcome
from tradenode.kernel.clock import Clock
from tradenode.messages.dialect import (
    Account,
    CancelAllOp,
    CancelOp,
    DeadMan,
    FillPage,
    FiredFault,
    Ledger,
    OrderState,
    PaymentPage,
    Refusal,
    ReplaceOp,
    SubmitOp,
    VenueTime,
)
from tradenode.messages.feed import Rows
from tradenode.messages.listing import Listing
from tradenode.messages.orders import AccountState, Cancel, CancelAll, Outcome, Report, Request, VenueOrder
from tradenode.messages.timeframe import SECOND_NS

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

T = TypeVar("T")

READS_MOST = 5
"""How often a question is asked before its failure is the caller's; a request never is a second time."""

FIRST_REST_NS = SECOND_NS // 20
TIMEOUT_NS = 5 * SECOND_NS
"""How long an outcome is waited for, unless the node says otherwise."""

PER_SECOND = 150.0
"""Requests a second of the venue's time, less than it takes by itself."""

OK, NOT_FOUND, TOO_MANY, BROKEN = 200, 404, 429, 500


class SimVenue:
    """A client of the loopback venue."""

    def __init__(
        self,
        address: str,
        name: str,
        clock: Clock,
        *,
        per_second: float = PER_SECOND,
        timeout_ns: int = TIMEOUT_NS,
        seed: int = 0,
    ) -> None:
        """Take an address (`http://127.0.0.1:PORT`), and a name that its orders begin with. Reaches for nothing yet."""
        self._address, self._name, self._clock, self._seed = address, name, clock, seed
        self._per_second, self._timeout_ns = per_second, timeout_ns
        self._session: ClientSession | None = None
        self._orders: ClientSession | None = None
        self._limit: RateLimit | None = None
        self._listings: list[Listing] = []
        self._stream: SimStream | None = None
        self._words = Words(name, [])
        self._sending: set[asyncio.Task[None]] = set()
        self._lockstep = False

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return Capabilities(
            replace=True,
            dead_man=True,
            client_ids=True,
            reports_numbered=True,
            payments=True,
            lockstep=self._lockstep,
            requests_per_second=self._per_second,
        )

    async def open(self) -> None:
        """Reach the venue and learn what it lists. Raises ExchangeError; ConfigError where aiohttp is missing."""
        try:
            from aiohttp import ClientSession, ClientTimeout, TCPConnector
        except ImportError as error:
            raise ConfigError("a venue over sockets needs aiohttp", hint="pip install 'tradenode[web]'") from error
        timeout = ClientTimeout(total=self._timeout_ns / SECOND_NS)
        self._session = ClientSession(self._address, timeout=timeout)
        # On a connection of its own: on one that was used before aiohttp would send some requests a second time.
        self._orders = ClientSession(self._address, timeout=timeout, connector=TCPConnector(force_close=True))
        try:
            told = await self._get("/time", VenueTime)
            self._listings = await self._get("/instruments", list[Listing])
        except ExchangeError:
            await self.close()
            raise
        self._lockstep = told.mode == "lockstep"
        self._words = Words(self._name, self._listings)
        if not self._lockstep:
            # The limit is one of the venue's time.
            rate, burst = self._per_second * told.speed, max(1, int(self._per_second))
            self._limit = RateLimit(rate, burst, self._clock)
        self._stream = SimStream(
            self._words,
            self.book,
            self._clock,
            lockstep=self._lockstep,
            timeout_ns=self._timeout_ns,
            seed=self._seed,
        )

    async def close(self) -> None:
        """Leave."""
        for task in self._sending:
            task.cancel()
        sessions, self._session, self._orders = (self._session, self._orders), None, None
        for session in sessions:
            if session is not None:
                await session.close()

    # questions

    async def time(self) -> Clockwork:
        """Its clock."""
        told = await self._get("/time", VenueTime)
        return Clockwork(told.now, told.speed, told.phase != "waiting")

    async def instruments(self) -> list[Listing]:
        """What it lists."""
        return self._listings

    async def book(self, symbol: str) -> Rows:
        """How a book stands."""
        return await self._get(f"/book/{symbol}", Rows)

    async def orders(self) -> list[VenueOrder]:
        """Every order that lives."""
        return [self._words.order(told) for told in await self._get("/orders?open=1", list[OrderState])]

    async def order(self, number: int) -> VenueOrder | None:
        """One order of the node's."""
        told = await self._ask(f"/orders/{self._words.client_id(number)}", OrderState)
        return None if told is None else self._words.order(told)

    async def fills(self, since: int) -> list[AccountFill]:
        """Fills from a number on."""
        page = await self._get(f"/fills?since={since}", FillPage)
        return [self._words.fill(told) for told in page.fills]

    async def payments(self, since: int) -> list[Report]:
        """Payments from a number on."""
        page = await self._get(f"/payments?since={since}", PaymentPage)
        return [self._words.payment(told) for told in page.payments]

    async def account(self) -> AccountState:
        """What the account holds."""
        return self._words.account(await self._get("/account", Account))

    async def ledger(self) -> Ledger:
        """The venue's own record of everything, which only a rehearsal has."""
        return await self._get("/ledger", Ledger)

    async def faults(self) -> list[FiredFault]:
        """The faults that came about."""
        return await self._get("/faults", list[FiredFault])

    # requests

    async def listen(self, symbols: Sequence[str], sink: Sink) -> None:
        """Listen until cancelled."""
        session, stream = self._opened()
        await stream.listen(session, symbols, sink)

    def renew(self, symbols: Sequence[str]) -> None:
        """Let books come anew."""
        self._opened()[1].renew(symbols)

    def send(self, request: Request, sent: int) -> None:
        """Send a request over the stream now, or, where the rate limit does not allow it, in its turn."""
        _, stream = self._opened()
        rank = _rank(request)
        if self._limit is None or self._limit.go(rank):
            stream.send(request, sent)
            return
        task = asyncio.ensure_future(self._send_later(stream, self._limit, request, sent))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def ask(self, request: Request) -> Outcome:
        """Make a request and wait for its outcome."""
        from aiohttp import ClientConnectorError, ClientError

        if self._orders is None:
            raise ExchangeError("the venue is not open")
        try:
            await self._turn(_rank(request))
        except ExchangeError as error:
            return Outcome("refused", "too_many", str(error))
        method, path, body = self._http(request)
        try:
            async with self._orders.request(method, path, data=body) as response:
                raw = await response.read()
                return self._outcome(response, raw)
        except ClientConnectorError as error:
            return Outcome("refused", "not_reached", str(error))
        except (ClientError, OSError, TimeoutError) as error:
            return Outcome("unknown", "no_answer", str(error) or type(error).__name__)

    async def dead_man(self, ms: int) -> None:
        """Have everything cancelled unless called again in time."""
        from aiohttp import ClientError

        if self._orders is None:
            raise ExchangeError("the venue is not open")
        await self._turn(Rank.CANCEL)
        try:
            async with self._orders.post("/deadman", data=msgspec.json.encode(DeadMan(ms))) as response:
                if response.status != OK:
                    raise ExchangeError(f"the dead man's switch was refused: {await response.text()}")
        except (ClientError, OSError, TimeoutError) as error:
            raise ExchangeError(f"the dead man's switch was not reached: {error}") from error

    def done(self, time: int, timer: int | None) -> None:
        """In lockstep: acted upon."""
        self._opened()[1].done(time, timer)

    def _opened(self) -> "tuple[ClientSession, SimStream]":
        if self._session is None or self._stream is None:
            raise ExchangeError("the venue is not open")
        return self._session, self._stream

    async def _send_later(self, stream: SimStream, limit: RateLimit, request: Request, sent: int) -> None:
        try:
            await limit.turn(_rank(request))
        except OverflowError as error:
            stream.refuse(request, "too_many", str(error))
        else:
            stream.send(request, sent)

    async def _turn(self, rank: Rank) -> None:
        """Waits for a turn. Raises ExchangeError where too many wait."""
        try:
            if self._limit is not None:
                await self._limit.turn(rank)
        except OverflowError as error:
            raise ExchangeError(str(error)) from error

    def _http(self, request: Request) -> tuple[str, str, bytes]:
        match self._words.op(request, 0, 0):
            case SubmitOp(order=order):
                return "POST", "/orders", msgspec.json.encode(order)
            case ReplaceOp(client_id=client_id, change=change):
                return "PUT", f"/orders/{client_id}", msgspec.json.encode(change)
            case CancelOp(client_id=client_id):
                return "DELETE", f"/orders/{client_id}", b""
            case CancelAllOp():
                return "DELETE", "/orders", b""

    def _outcome(self, response: "ClientResponse", raw: bytes) -> Outcome:
        if response.status == OK:
            # What cannot be read is no word for it that the request was taken.
            with suppress(msgspec.DecodeError):
                msgspec.json.decode(raw)
                return Outcome("accepted")
            return Outcome("unknown", "unreadable", "the answer cannot be read")
        refusal = None
        with suppress(msgspec.DecodeError):
            refusal = msgspec.json.decode(raw, type=Refusal)
        wait = _retry_after_ns(response)
        if response.status == TOO_MANY and self._limit is not None:
            self._limit.hold(wait)
        return outcome(response.status, refusal, wait)

    async def _get(self, path: str, kind: type[T]) -> T:
        found: T | None = await self._ask(path, kind)
        if found is None:
            raise ExchangeError(f"the venue has no {path}")
        return found

    async def _ask(self, path: str, kind: Any) -> Any:
        """Asks until there is an answer, a bounded number of times; None for one that there is no such thing."""
        from aiohttp import ClientError

        why = ""
        for attempt in range(READS_MOST):
            if self._session is None:
                raise ExchangeError("the venue is not open")
            await self._turn(Rank.QUESTION)
            wait = FIRST_REST_NS << attempt
            try:
                async with self._session.get(path) as response:
                    raw = await response.read()
                    if response.status == OK:
                        return msgspec.json.decode(raw, type=kind)
                    if response.status == NOT_FOUND:
                        return None
                    why = f"{response.status} {raw[:200].decode(errors='replace')}"
                    if response.status < BROKEN and response.status != TOO_MANY:
                        break
                    wait = max(wait, _retry_after_ns(response))
            except (ClientError, OSError, TimeoutError, msgspec.DecodeError) as error:
                why = str(error) or type(error).__name__
            await asyncio.sleep(min(wait, TIMEOUT_NS) / SECOND_NS)
        raise ExchangeError(f"the venue did not answer {path}: {why}")


def _rank(request: Request) -> Rank:
    return Rank.CANCEL if isinstance(request, Cancel | CancelAll) else Rank.ORDER


def _retry_after_ns(response: "ClientResponse") -> int:
    """How long the venue asks to wait, ns of the wall clock."""
    try:
        return max(0, int(float(response.headers.get("Retry-After", "0")) * SECOND_NS))
    except ValueError:
        return 0
