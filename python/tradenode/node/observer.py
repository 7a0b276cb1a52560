"""Who looks on at what a node does."""

from collections.abc import Callable, Sequence
from typing import Protocol

from tradenode.exchange.port import Message
from tradenode.messages.node import Command, Input

At = Callable[[str], None]
"""Is told at which point the node is, for a test that ends it there."""


def nowhere(_: str) -> None:
    """For a node that nobody wants to end."""


class Observer(Protocol):
    """Looks on at what a node does. It is called in the node's turns, and is as fast as they have to be."""

    def begin(self) -> int:
        """A turn begins: what is told again as `began`."""

    def gave(self, began: int, message: Message | Input, sequence: int) -> None:
        """An input has led to a command, which has that number in the journal and is not sent yet."""

    def sent(self, sequence: int) -> None:
        """A command is on its way."""

    def wanted(self, sequence: int, began: int) -> None:
        """All up to that record is to be durable, since `began`."""

    def durable(self, sequence: int) -> None:
        """All up to that record is durable."""

    def turned(self, began: int, message: Message | Input, cause: int, commands: Sequence[Command]) -> None:
        """A turn is over; its input has the number `cause` in the journal."""
