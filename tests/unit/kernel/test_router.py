"""The way of messages along actors: order, failures, and that one turn ends before the next begins."""

from collections.abc import Mapping

import pytest

from tradenode.kernel.actor import Actor, Handler
from tradenode.kernel.router import Router


class Begin: ...


class End: ...


class Ask: ...


class Tell: ...


class Heard(Actor):
    """Notes what it is told, and may fail at it."""

    def __init__(self, name: str, told: list[tuple[str, str, int]], *kinds: type) -> None:
        self.name, self._told, self._kinds = name, told, kinds
        self.fails: Exception | None = None

    def routes(self) -> Mapping[type, Handler]:
        return dict.fromkeys(self._kinds, self._hear)

    def on_start(self, now: int) -> None:
        self._told.append((self.name, "start", now))

    def on_stop(self, now: int) -> None:
        self._told.append((self.name, "stop", now))

    def statistics(self) -> dict[str, int | str]:
        return {"told": sum(name == self.name for name, _, _ in self._told)}

    def _hear(self, now: int, message: object) -> None:
        self._told.append((self.name, type(message).__name__, now))
        if self.fails is not None:
            raise self.fails


class Forgiving(Heard):
    """Goes on after a failure."""

    def on_failure(self, now: int, error: Exception) -> None:
        self._told.append((self.name, str(error), now))


def chain(told: list[tuple[str, str, int]]) -> tuple[Router, Heard, Forgiving]:
    first, second = Heard("first", told, Ask, Tell), Forgiving("second", told, Tell)
    return Router([first, second], starts=Begin, stops=End), first, second


def test_a_message_goes_to_those_that_act_upon_it_in_the_order_of_the_chain() -> None:
    told: list[tuple[str, str, int]] = []
    router, _, _ = chain(told)
    router.turn(1, Tell())
    router.turn(2, Ask())
    assert told == [("first", "Tell", 1), ("second", "Tell", 1), ("first", "Ask", 2)]


def test_it_starts_in_order_and_stops_in_reverse() -> None:
    told: list[tuple[str, str, int]] = []
    router, _, _ = chain(told)
    router.turn(1, Begin())
    router.turn(2, End())
    assert told == [("first", "start", 1), ("second", "start", 1), ("second", "stop", 2), ("first", "stop", 2)]
    assert router.statistics() == {"first": {"told": 2}, "second": {"told": 2}}


def test_a_failure_is_the_actor_s_own_and_ends_the_chain_where_it_does_not_say_otherwise() -> None:
    told: list[tuple[str, str, int]] = []
    router, first, second = chain(told)
    second.fails = ValueError("broken")
    router.turn(1, Tell())
    assert told[-1] == ("second", "broken", 1)
    first.fails = ValueError("worse")
    with pytest.raises(ValueError, match="worse"):
        router.turn(2, Tell())
    assert told[-1] == ("first", "Tell", 2)
    first.fails = None
    router.turn(3, Ask())  # the turn that broke off is over
    assert told[-1] == ("first", "Ask", 3)


def test_a_turn_within_a_turn_is_a_mistake() -> None:
    told: list[tuple[str, str, int]] = []

    class Eager(Heard):
        def _hear(self, now: int, message: object) -> None:
            router.turn(now, message)

    router = Router([Eager("eager", told, Ask)], starts=Begin, stops=End)
    with pytest.raises(RuntimeError, match="Ask within the turn of another message"):
        router.turn(1, Ask())


def test_what_nobody_acts_upon_and_two_of_one_name_are_mistakes() -> None:
    router, _, _ = chain([])
    with pytest.raises(TypeError, match="no actor acts upon int"):
        router.turn(1, 3)
    with pytest.raises(ValueError, match="two actors 'a'"):
        Router([Heard("a", []), Heard("a", [])], starts=Begin, stops=End)
