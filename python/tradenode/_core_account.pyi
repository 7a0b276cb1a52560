"""The gate over all traders of an account, a member of `tradenode._core`: for type checkers alone."""

from typing import Literal, Self, TypeAlias, final

RefusedTuple: TypeAlias = tuple[int, int, int, Literal["buy", "sell"], str, float, float]
"""An order that was refused: when (ns UTC), the trader's number, the instrument, side, check, its limit and the value
that broke it, in the units of `Refusal`."""

@final
class AccountGate:
    """The risk gate over several traders, which every order of theirs passes after the trader's own.

    What it judges by is the sum of what the traders hold and of what their open orders may still do; they tell it after
    everything that changes it. It belongs to the thread that made it.
    """

    def __new__(cls, spec: bytes, *, isolated: bool = False, hedging: bool = False) -> Self:
        """The gate of an account without traders: currency, leverage, instruments and limits (`RiskSpec` of the core).

        Raises ConfigError for a bad description.
        """

    def set_beside(self, amount: str) -> None:
        """Cash of the account that no trader counts, decimal text; below zero where they count more than there is.

        Raises ValueError for what is no amount.
        """

    def begin(self) -> None:
        """Peaks and days of the limits on losses begin with the equity as it is."""

    def trip(self, now: int, by: str, reason: str) -> None:
        """Halt: nothing but what only reduces passes."""

    def resume(self, now: int, by: str, reason: str) -> None:
        """Let a person lift a halt and what stands of losses.

        Raises ValueError without a name or a reason, and where nothing is to be lifted.
        """

    def news(self) -> tuple[bool, int, list[RefusedTuple]] | None:
        """Whether a limit on losses was passed, how many orders were refused, and the first of them, since this was
        asked last; None for nothing."""

    @property
    def trading(self) -> Literal["active", "reducing", "halted"]:
        """What may be ordered: everything, what shrinks a position, or only what is marked so."""

    @property
    def standing(self) -> tuple[str, float, float] | None:
        """The limit on losses that stands against new risk: its check, limit and value."""

    @property
    def equity(self) -> float | None:
        """The account's, in its currency; None where something is held without a price."""

    @property
    def exposure(self) -> tuple[float, float]:
        """Notionals of what is held, account currency: all together, and longs less shorts."""

    def open(self, instrument: int) -> tuple[int, list[int], list[int]]:
        """Open orders of an instrument: how many, lots that may add and lots that may only reduce, by side (buy, sell).

        Raises ValueError for an instrument that there is not.
        """

    def positions(self) -> list[int]:
        """Lots held of each instrument by all traders, below zero short."""

    def state(self) -> bytes:
        """What survives a restart besides the traders, as JSON; between two turns."""

    def restore(self, state: bytes) -> None:
        """Go on where the gate of a state stopped, whose traders are put back. Raises RunError for another one's."""
