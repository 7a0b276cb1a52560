"""Orders, requests and reports as the core's tuples and back."""

import pytest

from tradenode.messages.orders import (
    Cancel,
    CancelAll,
    Fill,
    Order,
    Replace,
    Report,
    Submit,
    Terms,
    number_of,
    plain_request,
)

ORDER = Order(7, 1, "sell", 30, "limit", 4_200, True, "quote", Terms(time_in_force="gtt", until=99, post_only=True))
PLAIN = (7, 1, "sell", 30, "limit", 4_200, True, "quote", ("gtt", 99, True, 0, "none", 0, "last", 0, 0))


@pytest.mark.parametrize(
    ("request_", "plain", "number"),
    [
        (Submit(ORDER), ("submit", PLAIN), 7),
        (Submit(Order(8, 0, "buy", 1, "market")), ("submit", (8, 0, "buy", 1, "market", 0, False, "", None)), 8),
        (Replace(ORDER), ("replace", PLAIN), 7),
        (Cancel(1, 7), ("cancel", 1, 7), 7),
    ],
)
def test_a_request_is_the_cores_tuple(request_: object, plain: tuple[object, ...], number: int) -> None:
    assert plain_request(request_) == plain  # type: ignore[arg-type]
    assert number_of(request_) == number  # type: ignore[arg-type]


def test_a_cancel_of_everything_is_about_no_order() -> None:
    assert number_of(CancelAll()) == 0


@pytest.mark.parametrize(
    ("plain", "report"),
    [
        ((5, 0, 7, "accepted", None), Report(5, 0, 7, "accepted")),
        ((5, 0, 7, "rejected", "would_take"), Report(5, 0, 7, "rejected", reason="would_take")),
        ((5, 0, 7, "replaced", (9, 4_199)), Report(5, 0, 7, "replaced", lots=9, ticks=4_199)),
        ((5, 0, 1, "funding", "-0.25"), Report(5, 0, 1, "funding", amount="-0.25")),
        (
            (5, 0, 7, "filled", (1, "buy", 2, 4_200, True, False, 3, "-0.01", 40, 77)),
            Report(5, 0, 7, "filled", fill=Fill(1, "buy", 2, 4_200, True, False, 3, "-0.01", 40, 77)),
        ),
    ],
)
def test_a_report_is_the_cores_tuple_and_back(plain: tuple[object, ...], report: Report) -> None:
    assert Report.of(plain) == report  # type: ignore[arg-type]
    assert report.plain() == plain
