"""The Python face of the indicators: signatures, inputs, outputs, streaming, errors."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tradenode import indicators
from tradenode._core import IndicatorKernel, IndicatorStream, indicator_catalog
from tradenode.indicators import Atr, Macd, Rsi, Sma, atr, bollinger, ewm, macd, rsi, sma, vwap_anchored, vwap_session

CATALOG = indicator_catalog()
CLOSE = np.array([10, 11, 12, 11, 13, 14, 13, 15, 16, 15, 14, 16], dtype=np.float64)
HIGH = CLOSE + np.tile([0.5, 1.0], 6)
LOW = CLOSE - np.tile([1.0, 0.5], 6)
VOLUME = np.array([100, 200, 150, 300, 250, 100, 400, 350, 150, 200, 300, 250], dtype=np.float64)
NAN = math.nan


def class_of(name: str) -> type[Any]:
    """Find the streaming class: `stochastic_rsi` is `StochasticRsi`."""
    found: type[Any] = getattr(indicators, "".join(word.capitalize() for word in name.split("_")))
    return found


def defaults(entry: dict[str, Any]) -> list[tuple[str, float]]:
    return [(param["name"], param["default"]) for param in entry["params"]]


@pytest.mark.parametrize("entry", CATALOG, ids=lambda entry: entry["name"])
def test_every_entry_has_its_function(entry: dict[str, Any]) -> None:
    function = getattr(indicators, entry["name"])
    parameters = list(inspect.signature(function).parameters.values())
    assert function.__doc__
    assert [(p.name, p.default) for p in parameters[: len(entry["inputs"])]] == [
        (name, inspect.Parameter.empty) for name in entry["inputs"]
    ]
    assert [(p.name, p.default) for p in parameters[len(entry["inputs"]) : -1]] == defaults(entry)
    assert (parameters[-1].name, parameters[-1].kind) == ("out", inspect.Parameter.KEYWORD_ONLY)
    for parameter, declared in zip(parameters[len(entry["inputs"]) : -1], entry["params"], strict=True):
        assert parameter.annotation == ("int" if declared["integer"] else "float")
        assert isinstance(parameter.default, int if declared["integer"] else float)


@pytest.mark.parametrize("entry", CATALOG, ids=lambda entry: entry["name"])
def test_every_entry_has_its_streaming_class(entry: dict[str, Any]) -> None:
    streaming = class_of(entry["name"])
    parameters = list(inspect.signature(streaming.__new__).parameters.values())[1:]
    assert [(p.name, p.default) for p in parameters] == defaults(entry)
    assert streaming().name == entry["name"]
    values = streaming().update(*(1.0 for _ in entry["inputs"]))
    assert (len(values) if isinstance(values, tuple) else 1) == len(entry["outputs"])


@pytest.mark.parametrize("entry", CATALOG, ids=lambda entry: entry["name"])
def test_functions_and_classes_agree(entry: dict[str, Any]) -> None:
    random = np.random.default_rng(1)
    close = 100.0 + np.cumsum(random.normal(0.0, 0.5, 400))
    columns = {
        "source": close,
        "other": 50.0 + np.cumsum(random.normal(0.0, 0.5, 400)),
        "open": close - 0.1,
        "high": close + random.uniform(0.2, 1.0, 400),
        "low": close - random.uniform(0.2, 1.0, 400),
        "close": close,
        "volume": random.uniform(1.0, 9.0, 400),
        "time": 1.7e9 + 60.0 * np.arange(400),
    }
    inputs = [columns[name] for name in entry["inputs"]]
    whole = getattr(indicators, entry["name"])(*inputs)
    outputs = whole if isinstance(whole, tuple) else (whole,)
    streaming = class_of(entry["name"])()
    rows = [streaming.update(*row) for row in zip(*inputs, strict=True)]
    streamed = np.array(rows).reshape(400, len(outputs)).T
    np.testing.assert_allclose(streamed, outputs, rtol=1e-12, atol=1e-10)
    out = tuple(np.zeros(400) for _ in outputs)
    given = getattr(indicators, entry["name"])(*inputs, out=out if isinstance(whole, tuple) else out[0])
    assert [id(array) for array in (given if isinstance(given, tuple) else (given,))] == [id(array) for array in out]
    np.testing.assert_array_equal(out, outputs)


def test_the_package_exports_the_catalogue_alone() -> None:
    expected = {entry["name"] for entry in CATALOG} | {class_of(entry["name"]).__name__ for entry in CATALOG}
    assert set(indicators.__all__) == expected


def test_worked_values() -> None:
    expected = [
        NAN,
        NAN,
        NAN,
        66.66666667,
        83.33333333,
        87.87878788,
        62.36559140,
        79.88505747,
        85.09052183,
        61.29650940,
    ]
    np.testing.assert_allclose(rsi(CLOSE, 3)[:10], expected, rtol=1e-9)
    line, signal, histogram = macd(CLOSE, 2, 4, 3)
    np.testing.assert_allclose(line[5:8], [0.82, 0.35866667, 0.70408889], rtol=1e-7)
    np.testing.assert_allclose(signal[5:8], [0.67333333, 0.516, 0.61004444], rtol=1e-7)
    np.testing.assert_allclose(histogram[5:8], [0.14666667, -0.15733333, 0.09404444], rtol=1e-7)
    np.testing.assert_allclose(bollinger(CLOSE, 3)[0][2:4], [12.63299316, 12.27614237], rtol=1e-9)
    np.testing.assert_allclose(atr(HIGH, LOW, CLOSE, 3)[3:5], [1.66666667, 1.94444444], rtol=1e-8)


def test_ewm_is_the_mean_of_pandas() -> None:
    pandas = pytest.importorskip("pandas")
    close = 100.0 + np.cumsum(np.random.default_rng(2).normal(size=1000))
    for span in (1, 2, 12, 26, 200):
        theirs = pandas.Series(close).ewm(span=span, adjust=False, min_periods=span).mean().to_numpy()
        np.testing.assert_allclose(ewm(close, span), theirs, rtol=1e-12)


def test_the_session_starts_over_at_its_hour() -> None:
    time = 1_700_006_400.0 + 21_600.0 * np.arange(12)  # every six hours from a midnight on
    flat = np.ones(12)
    price = np.arange(12.0)
    for hours in (0, 6):
        value = vwap_session(price, price, price, flat, time, 3600.0 * hours)
        starts = [row for row in range(12) if row == 0 or (row * 6) % 24 == hours]
        assert [row for row in range(12) if value[row] == price[row]] == starts
        assert value[starts[-1] + 1] == price[starts[-1]] + 0.5
    anchored = vwap_anchored(price, price, price, flat, time, time[5])
    np.testing.assert_array_equal(anchored, [NAN] * 5 + [5.0, 5.5, 6.0, 6.5, 7.0, 7.5, 8.0])


@pytest.mark.parametrize(
    "column",
    [
        CLOSE.tolist(),
        CLOSE.astype(np.float32),
        CLOSE.astype(np.int64),
        np.repeat(CLOSE, 2)[::2],
        CLOSE.astype(">f8"),
        CLOSE.astype(object),
    ],
    ids=["list", "float32", "int64", "strided", "big-endian", "object"],
)
def test_other_columns_are_converted(column: Any) -> None:
    np.testing.assert_array_equal(sma(column, 3), sma(CLOSE, 3))


def test_read_only_columns_are_read() -> None:
    column = CLOSE.copy()
    column.setflags(write=False)
    np.testing.assert_array_equal(sma(column, 3), sma(CLOSE, 3))


def test_out_takes_the_result() -> None:
    out = np.empty(12)
    assert sma(CLOSE, 3, out=out) is out
    np.testing.assert_array_equal(out, sma(CLOSE, 3))
    outs = (np.empty(12), np.empty(12), np.empty(12))
    macd(CLOSE, 2, 4, 3, out=outs)
    np.testing.assert_array_equal(outs, macd(CLOSE, 2, 4, 3))


def read_only() -> np.ndarray[Any, np.dtype[np.float64]]:
    column = np.empty(12)
    column.setflags(write=False)
    return column


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rsi(CLOSE, 0), "rsi: period must be a whole number from 1 to 1000000, got 0"),
        (lambda: rsi(CLOSE, 1_000_001), "rsi: period must be .* got 1000001"),
        (
            lambda: rsi(CLOSE, 2.5),  # type: ignore[arg-type]
            "rsi: period must be a whole number .* got 2.5",
        ),
        (
            lambda: rsi(CLOSE, math.nan),  # type: ignore[arg-type]
            "rsi: period must be .* got NaN",
        ),
        (lambda: rsi(CLOSE, 10**400), "rsi: period must be a number"),
        (lambda: macd(CLOSE, 26, 26), r"macd: fast_period must be below slow_period \(26\), got 26"),
        (lambda: bollinger(CLOSE, 20, -1.0), "bollinger: deviations must be a number from 0 .* got -1"),
        (lambda: sma(np.ones((3, 4))), r"sma: source must have one dimension, got shape \[3, 4\]"),
        (lambda: sma(1.0), r"sma: source must have one dimension, got shape \[\]"),
        (lambda: sma(["a", "b"]), "sma: source must be a column of numbers, got <U1"),
        (
            lambda: sma([None, {}]),  # type: ignore[arg-type]
            "sma: source is no column of numbers",
        ),
        (lambda: sma([[1.0], [1.0, 2.0]]), "sma: source is no column of numbers"),
        (
            lambda: sma(np.array(["2022-01-01"], "M8[ns]")),
            r"sma: source must be .* numbers, got datetime64\[ns\]",
        ),
        (lambda: atr(HIGH, LOW[1:], CLOSE), "atr: low has 11 rows, high has 12"),
        (lambda: sma(CLOSE, 3, out=np.empty(3)), r"sma: out \(value\) has 3 rows, the inputs have 12"),
        (lambda: sma(CLOSE, 3, out=np.empty(24)[::2]), r"sma: out \(value\) must be contiguous"),
        (lambda: sma(CLOSE, 3, out=np.empty(12, np.float32)), "sma: out must be a float64 array of one dimension"),
        (lambda: sma(CLOSE, 3, out=CLOSE), r"sma: out \(value\) is read-only, or overlaps"),
        (lambda: sma(CLOSE, 3, out=read_only()), r"sma: out \(value\) is read-only, or overlaps"),
        (
            lambda: macd(CLOSE, out=(np.empty(12),)),  # type: ignore[arg-type]
            r"macd: out must be 3 float64 arrays .*\(line, signal, histogram\)",
        ),
        (lambda: macd(CLOSE, out=(CLOSE.copy(),) * 3), r"macd: out \(signal\) is read-only, or overlaps"),
        (lambda: Rsi(0), "rsi: period must be"),
        (lambda: IndicatorKernel("rsii"), 'there is no indicator named "rsii"'),
    ],
)
def test_errors_name_what_is_wrong(call: Callable[[], object], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_streaming_rows_are_counted() -> None:
    with pytest.raises(TypeError, match=r"atr.update takes \(high, low, close\), got 1 values"):
        Atr(3).update(1.0)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"rsi.update takes \(source\), got 2 values"):
        Rsi(3).update(1.0, 2.0)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="rsi takes 1 parameters, got 2"):
        IndicatorStream("rsi", 3, 4)


def test_streaming_objects() -> None:
    average = Sma(3)
    assert (average.lookback, average.name, Macd().lookback) == (2, "sma", 33)
    assert [average.update(x) for x in (1, 2.0, 3)][2] == 2.0
    assert math.isnan(average.update(NAN))
    assert average.update(4.0) == 3.0
    average.reset()
    assert math.isnan(average.update(4.0))
    assert len(Macd().update(1.0)) == 3


def test_large_columns_go_through_with_the_interpreter_released() -> None:
    close = 100.0 + np.cumsum(np.random.default_rng(3).normal(size=100_000))
    np.testing.assert_allclose(sma(close, 5)[4:], np.convolve(close, np.ones(5) / 5, "valid"), rtol=1e-12)


def test_empty_and_short_columns() -> None:
    assert sma([], 3).shape == (0,)
    assert [array.shape for array in macd([])] == [(0,)] * 3
    assert np.isnan(sma([1.0, 2.0], 3)).all()
