"""What a run over events came to besides its figures: orders, queues, markouts, and what its tapes have wrong."""

import msgspec

GROUPS = ("all", "buys", "sells", "maker", "taker")
"""The fills that markouts are told of."""

SECOND_NS = 1_000_000_000
HORIZONS_NS = (0, SECOND_NS // 10, SECOND_NS, 5 * SECOND_NS, 30 * SECOND_NS, 60 * SECOND_NS)
"""How long after a fill the mid is looked at."""

HEADLINE_HORIZON_NS = SECOND_NS
"""The markout that stands among the headline numbers."""


class Markout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the mid stood some time after fills, against their prices.

    Attributes:
        group: which fills, one of GROUPS.
        horizon_ns: how long after them.
        fills: how many there were a mid for.
        basis_points: the mean of side x (mid - price) / price, weighted by notional; None without any fill. Above zero
            the price has gone our way. At a horizon of 0 the mid is that just before the fill, so that it is what was
            earned of the spread.
    """

    group: str
    horizon_ns: int
    fills: int
    basis_points: float | None


class OrderFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of orders.

    Attributes:
        counts: by outcome: `sent`, `accepted`, `filled` (whole), `rejected.WHY`, `cancelled.WHY` and more; zeros are
            left out.
        fills: how many fills.
        orders_filled: how many orders had one.
        fill_ratio: those over the orders sent; None where none was.
        maker_share: the part of the traded notional that gave liquidity; None without fills.
        liquidations: how many positions the venue closed.
        spread_captured: the sum over fills of side x (mid just before - price) x quantity, account currency.
    """

    counts: dict[str, int]
    fills: int
    orders_filled: int
    fill_ratio: float | None
    maker_share: float | None
    spread_captured: float
    liquidations: int = 0


class TapeNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that a tape has wrong.

    Attributes:
        kind: what sort.
        place: the row of the entry, from 1.
        time: when it was received.
        text: what is there.
    """

    kind: str
    place: str
    time: str
    text: str


class TapeFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One instrument's events, as far as the run read them.

    Attributes:
        instrument: `venue/symbol`.
        book: what its book at the venue was made of.
        fidelity: what the whole tape would allow: "L3", "L2", "quotes", "trades", "reference" or "bars".
        rows: how many were run.
        kinds: how many of each kind.
        first_ns: the first time of receipt, ns UTC.
        last_ns: the last one.
        sequence_rule: how the venue's numbers follow one another; "none" without numbers.
        synthetic: which model made it; empty for what a venue said.
        opening: how the book stood where the run begins in the middle of the tape; empty at its beginning.
        left_out: rows that the import found and left out, by their fault.
        faults: what the rows that were run have wrong, by kind.
        notes: the first few of each kind.
    """

    instrument: str
    book: str
    fidelity: str
    rows: int
    kinds: dict[str, int]
    first_ns: int
    last_ns: int
    sequence_rule: str
    synthetic: str
    opening: str
    left_out: dict[str, int]
    faults: dict[str, int]
    notes: list[TapeNote]


class EventFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it.

    Attributes:
        orders: what became of them.
        markouts: one entry a group and horizon.
        tapes: one entry an instrument.
    """

    orders: OrderFacts
    markouts: list[Markout]
    tapes: list[TapeFacts]

    def markout(self, group: str = "all", horizon_ns: int = HEADLINE_HORIZON_NS) -> Markout:
        """One of the markouts."""
        return next(each for each in self.markouts if (each.group, each.horizon_ns) == (group, horizon_ns))
