"""How requests about orders come in: through the rate limit and the faults of the plan, whichever way they came."""

from collections.abc import Callable

import msgspec

from tradenode.config.fault_plan import PlannedFault
from tradenode.exchange.rate_limit import Bucket
from tradenode.messages.dialect import Refusal, RequestOp
from tradenode.messages.timeframe import SECOND_NS
from tradenode.venue.exchange import Outcome
from tradenode.venue.front import Front
from tradenode.venue.pacing import Pace

TOO_MANY, BROKEN, DOWN = 429, 500, 503


class Verdict(msgspec.Struct, frozen=True):
    """What a client is answered.

    Attributes:
        recv: when, ns UTC.
        status: as HTTP has it.
        refusal: why its request was not taken.
        retry_after_ns: how long to wait, of the venue's time.
        silent: whether it is never answered.
        slow_ns: for how long its answer is drawn out, of the venue's time.
        orders: of a cancel of everything how many orders it ended.
    """

    recv: int
    status: int
    refusal: Refusal | None = None
    retry_after_ns: int = 0
    silent: bool = False
    slow_ns: int = 0
    orders: int = 0


Answer = Callable[[Verdict], None]


class Asking:
    """The way in.

    Attributes:
        front: of which venue.
        pace: its time.
    """

    def __init__(self, front: Front, pace: Pace, per_second: float) -> None:
        self.front, self.pace = front, pace
        self._bucket = Bucket(per_second, max(1, int(2 * per_second)))

    def left(self) -> int:
        """How many requests are left at once."""
        return self._bucket.left(self.pace.now())

    def hindered(self) -> Verdict | None:
        """Why nothing is answered now, whatever it is: the rate limit, which no lockstep has, and maintenance."""
        now = self.pace.now()
        if self.front.closed_until:
            until = self.front.closed_until - now
            return Verdict(now, DOWN, Refusal("maintenance", "the venue is down for a while"), max(until, 0))
        wait = 0 if self.pace.mode == "lockstep" else self._bucket.take(now)
        if wait:
            text = f"at most {self._bucket.per_second:g} requests a second"
            return Verdict(now, TOO_MANY, Refusal("rate_limited", text), wait)
        return None

    def ask(self, op: RequestOp, sent: int, answer: Answer) -> None:
        """Makes a request about orders; `answer` is called when its client has the outcome."""
        hindered = self.hindered()
        if hindered is not None:
            answer(hindered)
            return
        fault = self.front.plan.of_request()
        if fault is not None:
            self.front.plan.note(sent, fault.kind, type(op).__name__.removesuffix("Op").lower())
        if fault is not None and fault.kind in ("rate_limited", "error_before"):
            limited = fault.kind == "rate_limited"
            refusal = Refusal("rate_limited" if limited else "broken", "a fault of the plan")
            answer(Verdict(sent, TOO_MANY if limited else BROKEN, refusal, SECOND_NS if limited else 0))
            return
        refused = Refusal("rejected_by_plan") if fault is not None and fault.kind == "reject" else None
        try:
            self.front.ask(op, sent, lambda recv, outcome: answer(_verdict(fault, recv, outcome)), refused=refused)
        except OverflowError as error:
            answer(Verdict(sent, DOWN, Refusal("full", str(error))))


def _verdict(fault: PlannedFault | None, recv: int, outcome: Outcome) -> Verdict:
    """What is answered for an outcome, with a fault between."""
    if fault is not None and fault.kind == "error_after":
        return Verdict(recv, BROKEN, Refusal("broken", "a fault of the plan"))
    silent = fault is not None and fault.kind == "no_answer"
    slow = fault.delay if fault is not None and fault.kind == "slow_answer" else 0
    return Verdict(recv, outcome.status, outcome.refusal, 0, silent, slow, outcome.orders)
