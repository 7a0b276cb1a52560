"""A strategy's own word on the size of its entries."""

from tradenode._core import Proposal


class Sizing:
    """The base of strategies that may size their entries themselves: those of rules, and call-backs on bars."""

    def custom_size(self, proposal: Proposal) -> float | None:
        """The quantity of an entry in place of what `[size]` proposes; None keeps it, 0 skips the entry.

        Called when an entry that the run sizes is carried out: each one of rules, and of call-backs on bars what they
        buy or sell without a quantity. The answer is cut to whole lots, to `proposal.largest` (the instrument's
        `max_quantity` and `max_position_percent`) and, unless it is 0, raised to `proposal.least`; the run's log says
        so where it was. What is negative, not finite or no number is an error, for which the strategy's `on_error`
        holds.
        """
        return None
