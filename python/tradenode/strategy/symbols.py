"""Symbolic columns: what a strategy writes about bars in Python becomes the same tree as a rule's text.

A column stands for one value a bar, but holds none: comparing, crossing or adding columns only writes down a rule,
which the Rust core checks, compiles and evaluates. `str(column)` is the rule's text.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NoReturn, SupportsIndex, TypeAlias

from tradenode._core import RuleExpr, indicator_catalog

Operand: TypeAlias = "Series | float"
"""A symbolic number or a plain one."""


@cache
def _catalog() -> dict[str, tuple[str, ...]]:
    """The outputs of every indicator of the catalogue, by its name."""
    return {entry["name"]: tuple(entry["outputs"]) for entry in indicator_catalog()}


def _near_miss(word: str, known: list[str]) -> str:
    from difflib import get_close_matches

    found = get_close_matches(word, known, n=1)
    return f" (hint: did you mean {found[0]!r}?)" if found else ""


def _expr(value: object) -> RuleExpr:
    if isinstance(value, Series):
        return value.expr
    if isinstance(value, bool) or not isinstance(value, int | float | SupportsIndex):
        raise TypeError(f"expected a column of numbers or a number, got {value!r}")
    return RuleExpr.number(float(value))


def _bars(count: object) -> int:
    if isinstance(count, bool) or not isinstance(count, SupportsIndex):
        raise TypeError(f"a number of bars is a whole number, got {count!r}")
    return count.__index__()


class Symbol:
    """A value that is known on each bar only.

    Attributes:
        expr: the tree in the Rust core.
    """

    __slots__ = ("expr",)
    __array_ufunc__ = None
    """A numpy number leaves an operator to the column beside it."""
    __iter__ = None
    __contains__ = None

    expr: RuleExpr

    def __init__(self, expr: RuleExpr) -> None:
        self.expr = expr

    def __str__(self) -> str:
        return str(self.expr)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"{str(self)!r} is known on each bar only, so Python cannot decide it here: "
            "write & for and, | for or, ~ for not, and (a < b) & (b < c) for a < b < c"
        )


class Condition(Symbol):
    """Something that holds on a bar or does not."""

    __slots__ = ()

    def __and__(self, other: Condition) -> Condition:
        """Both hold."""
        return self._joined("and", other)

    def __or__(self, other: Condition) -> Condition:
        """At least one holds."""
        return self._joined("or", other)

    def __invert__(self) -> Condition:
        """It does not hold."""
        return Condition(self.expr.inverted())

    def within(self, bars: int) -> Condition:
        """It held on any of the last `bars` bars, this one included."""
        return Condition(self.expr.within(_bars(bars)))

    def shift(self, bars: int) -> Condition:
        """It held `bars` bars ago; a value of another timeframe or instrument counts the bars of that one."""
        return Condition(self.expr.lagged(_bars(bars)))

    def __getitem__(self, bars: int) -> Condition:
        """The same as `shift`."""
        return self.shift(bars)

    def _joined(self, sign: str, other: object) -> Condition:
        if not isinstance(other, Condition):
            raise TypeError(
                f"expected a condition beside {str(self)!r}, got {other!r}: compare it first, as in (x > 0)"
            )
        return Condition(self.expr.binary(sign, other.expr))


class Series(Symbol):
    """A number on each bar.

    An indicator with several outputs stands for its first; they are its attributes, as in `bars.macd().signal`.
    """

    __slots__ = ("_outputs",)

    def __init__(self, expr: RuleExpr, outputs: tuple[str, ...] | None = ()) -> None:
        """Wrap a tree; `outputs` are those that can be picked, any where it is None."""
        super().__init__(expr)
        self._outputs = outputs

    def __getattr__(self, output: str) -> Series:
        if output.startswith("_"):
            raise AttributeError(output)
        if self._outputs is not None and output not in self._outputs:
            known = ", ".join(self._outputs) or "none"
            hint = _near_miss(output, list(self._outputs))
            raise AttributeError(f"{str(self)!r} has no output {output!r}; it has {known}{hint}")
        return Series(self.expr.picked(output))

    def __add__(self, other: Operand) -> Series:
        return self._with("+", other)

    def __radd__(self, other: float) -> Series:
        return Series(_expr(other).binary("+", self.expr))

    def __sub__(self, other: Operand) -> Series:
        return self._with("-", other)

    def __rsub__(self, other: float) -> Series:
        return Series(_expr(other).binary("-", self.expr))

    def __mul__(self, other: Operand) -> Series:
        return self._with("*", other)

    def __rmul__(self, other: float) -> Series:
        return Series(_expr(other).binary("*", self.expr))

    def __truediv__(self, other: Operand) -> Series:
        return self._with("/", other)

    def __rtruediv__(self, other: float) -> Series:
        return Series(_expr(other).binary("/", self.expr))

    def __neg__(self) -> Series:
        return Series(self.expr.negated())

    def __abs__(self) -> Series:
        return Series(RuleExpr.call("abs", [self.expr], []))

    def __gt__(self, other: Operand) -> Condition:
        return self._compared(">", other)

    def __ge__(self, other: Operand) -> Condition:
        return self._compared(">=", other)

    def __lt__(self, other: Operand) -> Condition:
        return self._compared("<", other)

    def __le__(self, other: Operand) -> Condition:
        return self._compared("<=", other)

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]
        return self._compared("==", other)

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]
        return self._compared("!=", other)

    __hash__ = None  # type: ignore[assignment]

    def crosses_above(self, other: Operand, *, within: int = 1) -> Condition:
        """Above `other` now and at or below it one bar ago; or so on any of the last `within` bars."""
        return self._crossing("above", other, within)

    def crosses_below(self, other: Operand, *, within: int = 1) -> Condition:
        """Below `other` now and at or above it one bar ago; or so on any of the last `within` bars."""
        return self._crossing("below", other, within)

    def crosses(self, other: Operand, *, within: int = 1) -> Condition:
        """Crosses `other` either way; or did so on any of the last `within` bars."""
        return self._crossing("either", other, within)

    def rising(self, bars: int = 1) -> Condition:
        """`bars` strict rises in a row, counted in the bars of the column's own timeframe and instrument."""
        return Condition(self.expr.trending("rising", _bars(bars)))

    def falling(self, bars: int = 1) -> Condition:
        """`bars` strict falls in a row, counted in the bars of the column's own timeframe and instrument."""
        return Condition(self.expr.trending("falling", _bars(bars)))

    def shift(self, bars: int) -> Series:
        """The value `bars` bars ago; a value of another timeframe or instrument counts the bars of that one."""
        return Series(self.expr.lagged(_bars(bars)))

    def __getitem__(self, bars: int) -> Series:
        """The same as `shift`."""
        return self.shift(bars)

    def log(self) -> Series:
        """The natural logarithm."""
        return Series(RuleExpr.call("log", [self.expr], []))

    def sqrt(self) -> Series:
        """The square root."""
        return Series(RuleExpr.call("sqrt", [self.expr], []))

    def _with(self, sign: str, other: object) -> Series:
        return Series(self.expr.binary(sign, _expr(other)))

    def _compared(self, sign: str, other: object) -> Condition:
        return Condition(self.expr.binary(sign, _expr(other)))

    def _crossing(self, way: str, other: object, within: int) -> Condition:
        crossing = Condition(self.expr.crossing(way, _expr(other)))
        return crossing if within == 1 else crossing.within(within)


class Bars:
    """The symbolic bars of the strategy's instrument, or of another timeframe or instrument.

    Every indicator of the catalogue is a method: `bars.ema(12)`, `bars.sma(20, source=bars.volume)`.
    """

    __slots__ = ("_instrument", "_timeframe")

    def __init__(self, instrument: str | None = None, timeframe: str | None = None) -> None:
        self._instrument = instrument
        self._timeframe = timeframe

    def at(self, timeframe: str) -> Bars:
        """The bars of a higher timeframe, such as `1h`: each is seen once it has closed."""
        return Bars(self._instrument, timeframe)

    def of(self, instrument: str) -> Bars:
        """The bars of another instrument: the last one that has closed by this bar's close."""
        return Bars(instrument, self._timeframe)

    @property
    def open(self) -> Series:
        """The first price."""
        return self._column("open")

    @property
    def high(self) -> Series:
        """The highest price."""
        return self._column("high")

    @property
    def low(self) -> Series:
        """The lowest price."""
        return self._column("low")

    @property
    def close(self) -> Series:
        """The last price."""
        return self._column("close")

    @property
    def volume(self) -> Series:
        """The traded base quantity."""
        return self._column("volume")

    @property
    def hl2(self) -> Series:
        """(high + low) / 2."""
        return self._column("hl2")

    @property
    def hlc3(self) -> Series:
        """(high + low + close) / 3."""
        return self._column("hlc3")

    @property
    def ohlc4(self) -> Series:
        """(open + high + low + close) / 4."""
        return self._column("ohlc4")

    def named(self, name: str) -> Series:
        """An indicator or a number that the config names."""
        return Series(self._placed(RuleExpr.name(name)), None)

    def indicator(self, name: str, *params: float, source: Operand | None = None, **named: Operand) -> Series:
        """An indicator of the catalogue: its parameters by position or name; `source` is what it is computed of."""
        if name not in _catalog():
            raise ValueError(f"there is no indicator {name!r}{_near_miss(name, list(_catalog()))}")
        series = named if source is None else {**named, "source": source}
        arguments = [(parameter, _expr(value)) for parameter, value in series.items()]
        call = RuleExpr.call(name, [_expr(value) for value in params], arguments)
        return Series(self._placed(call), _catalog()[name])

    def time_between(self, start: str, end: str) -> Condition:
        """The close's time of day (UTC) is `start` or later and before `end`, round midnight where `end` is less."""
        return Condition(self._placed(RuleExpr.session(start, end)))

    def weekday_in(self, *days: str) -> Condition:
        """The close's day of the week (UTC) is one of `mon` to `sun`."""
        return Condition(self._placed(RuleExpr.weekday(list(days))))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in _catalog():
            hint = _near_miss(name, [*_catalog(), *(known for known in dir(type(self)) if not known.startswith("_"))])
            raise AttributeError(f"bars have neither a column nor an indicator {name!r}{hint}")

        def indicator(*params: float, source: Operand | None = None, **named: Operand) -> Series:
            return self.indicator(name, *params, source=source, **named)

        return indicator

    def _column(self, name: str) -> Series:
        return Series(self._placed(RuleExpr.name(name)))

    def _placed(self, expr: RuleExpr) -> RuleExpr:
        if self._timeframe is not None:
            expr = expr.at(self._timeframe)
        return expr if self._instrument is None else expr.of(self._instrument)


def minimum(first: Operand, second: Operand, *others: Operand) -> Series:
    """The least of two or more values on each bar."""
    return Series(RuleExpr.call("min", [_expr(value) for value in (first, second, *others)], []))


def maximum(first: Operand, second: Operand, *others: Operand) -> Series:
    """The greatest of two or more values on each bar."""
    return Series(RuleExpr.call("max", [_expr(value) for value in (first, second, *others)], []))
