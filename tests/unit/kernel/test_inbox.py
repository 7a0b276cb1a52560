"""Inboxes hold to their bound, keep the order, and say what they lost."""

from collections import OrderedDict, deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradenode.kernel.inbox import Inbox, WhenFull

STEPS = st.lists(st.one_of(st.integers(0, 9), st.tuples(st.just("drain"), st.integers(0, 6))), max_size=200)


@given(STEPS, st.integers(1, 6), st.sampled_from(["refuse", "drop_oldest"]))
def test_it_does_what_a_queue_does(steps: list[object], most: int, when_full: WhenFull) -> None:
    inbox: Inbox[int] = Inbox(most, when_full)
    plain: deque[int] = deque()
    lost = 0
    for step in steps:
        if isinstance(step, int):
            full = len(plain) == most
            assert inbox.put(step) == (not full or when_full == "drop_oldest")
            if full:
                lost += 1
            if full and when_full == "drop_oldest":
                plain.popleft()
            if not full or when_full == "drop_oldest":
                plain.append(step)
        elif isinstance(step, tuple):
            assert inbox.drain(step[1]) == [plain.popleft() for _ in range(min(step[1], len(plain)))]
        assert len(inbox) == len(plain) <= most
    assert inbox.refused + inbox.dropped == lost
    assert inbox.drain() == list(plain)


@given(STEPS, st.integers(1, 6))
def test_of_each_key_the_last_is_kept_in_the_place_of_the_first(steps: list[object], most: int) -> None:
    inbox: Inbox[tuple[int, int]] = Inbox(most, "refuse", key=lambda message: message[0])
    plain: OrderedDict[int, tuple[int, int]] = OrderedDict()
    for number, step in enumerate(steps):
        if isinstance(step, int):
            message = (step, number)
            fits = step in plain or len(plain) < most
            assert inbox.put(message) == fits
            if fits:
                plain[step] = message
        elif isinstance(step, tuple):
            count = min(step[1], len(plain))
            assert inbox.drain(step[1]) == [plain.popitem(last=False)[1] for _ in range(count)]
    assert inbox.drain() == list(plain.values())


def test_it_wakes_once_for_a_batch() -> None:
    woken: list[int] = []
    inbox: Inbox[str] = Inbox(3, "refuse", wake=lambda: woken.append(1))
    assert [inbox.put(word) for word in ("a", "b", "c", "d")] == [True, True, True, False]
    assert len(woken) == 1
    assert inbox.drain() == ["a", "b", "c"]
    inbox.put("e")
    assert len(woken) == 2
    assert (inbox.taken, inbox.refused, inbox.dropped, inbox.deepest) == (4, 1, 0, 3)


def test_the_last_of_a_key_is_counted_as_a_loss_of_the_one_before() -> None:
    inbox: Inbox[str] = Inbox(2, "drop_oldest", key=lambda word: word[0])
    for word in ("a1", "b1", "a2", "c1"):
        assert inbox.put(word)
    assert inbox.drain() == ["b1", "c1"]
    assert (inbox.taken, inbox.dropped) == (4, 2)


def test_an_inbox_without_room_is_no_inbox() -> None:
    with pytest.raises(ValueError, match="at least one message, asked for 0"):
        Inbox(0, "refuse")
