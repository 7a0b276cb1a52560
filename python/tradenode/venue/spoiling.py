"""Frames gone wrong: dropped, doubled, out of order, cut short, crossed or old."""

import msgspec

from tradenode.messages.dialect import ReportFrame
from tradenode.messages.feed import Rows
from tradenode.messages.tape import BUY, SELL, EventKind
from tradenode.venue.plan import Plan

ANY = ("drop", "duplicate", "reorder", "malformed")
OF_ROWS = (*ANY, "stale")
OF_BOOKS = (*OF_ROWS, "crossed")

encode = msgspec.json.Encoder().encode


class Spoiler:
    """What a plan makes of frames.

    Attributes:
        plan: says which.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._held: dict[str, list[bytes]] = {}
        self._crossed: dict[str, int] = {}

    def frames(self, frame: Rows | ReportFrame) -> list[tuple[bytes, bool]]:
        """What is sent in place of a frame, and of each whether a client can read it."""
        if isinstance(frame, Rows) and frame.symbol in self._crossed:
            frame = self._uncrossed(frame)
        if not self.plan.watches_frames and not self._held:
            return [(encode(frame), True)]
        # What is out of order comes behind the next frame of its numbers.
        held = self._held.pop(_numbers(frame), [])
        return [*self._spoilt(frame), *((raw, True) for raw in held)]

    def _spoilt(self, frame: Rows | ReportFrame) -> list[tuple[bytes, bool]]:
        rows = isinstance(frame, Rows)
        fits = (OF_BOOKS if _asks(frame) else OF_ROWS) if isinstance(frame, Rows) else ANY
        fault = self.plan.of_frame("rows" if rows else "reports", fits)
        if fault is None:
            return [(encode(frame), True)]
        self.plan.note(frame.recv, fault.kind, f"{frame.symbol} {'rows' if rows else 'report'} {frame.seq}")
        match fault.kind:
            case "drop":
                return []
            case "duplicate":
                return [(encode(frame), True)] * 2
            case "reorder":
                self._held[_numbers(frame)] = [encode(frame)]
                return []
            case "malformed":
                raw = encode(frame)
                return [(raw[: len(raw) // 2], False)]
            case "stale" if isinstance(frame, Rows):
                old = [at - fault.delay for at in frame.ts_event]
                return [(encode(msgspec.structs.replace(frame, ts_event=old)), True)]
        assert isinstance(frame, Rows)
        return [(encode(self._cross(frame)), True)]

    def _cross(self, frame: Rows) -> Rows:
        """The frame with a bid above an ask of it; the next one takes it away again."""
        price = self._crossed[frame.symbol] = _asks(frame)[0] + 1
        return _with_bid(frame, len(frame.kind) - 1, price, 1)

    def _uncrossed(self, frame: Rows) -> Rows:
        return _with_bid(frame, 0, self._crossed.pop(frame.symbol), 0)


def _numbers(frame: Rows | ReportFrame) -> str:
    """Among which frames a frame is numbered."""
    return f"rows {frame.symbol}" if isinstance(frame, Rows) else "reports"


def _asks(frame: Rows) -> list[int]:
    """The prices at which a frame says that something is asked."""
    rows = zip(frame.kind, frame.side, frame.size, frame.price, strict=True)
    return [price for kind, side, size, price in rows if kind == EventKind.DEPTH and side == SELL and size]


def _with_bid(frame: Rows, place: int, price: int, size: int) -> Rows:
    """The frame with a row at a place that says a bid."""
    row = {"ts_event": frame.ts_event[place], "kind": int(EventKind.DEPTH), "side": BUY, "flags": 0}
    columns = {}
    for name, value in {**row, "price": price, "size": size, "order_id": 0}.items():
        column: list[int] | None = getattr(frame, name)
        columns[name] = None if column is None else [*column[:place], value, *column[place:]]
    return msgspec.structs.replace(frame, **columns)
