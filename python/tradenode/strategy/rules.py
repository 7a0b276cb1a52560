"""Rules inside call-backs: the rule language, evaluated on each bar that is handed over."""

from collections.abc import Mapping
from math import isnan

import msgspec

from tradenode._core import Bar, RuleStream
from tradenode.messages.timeframe import Timeframe
from tradenode.strategy.symbols import Condition, Series

_INSTRUMENT = "BASE-QUOTE"


class Rules:
    """Conditions and values of the rule language over the bars of one instrument, each as it stands at the last bar.

    They are computed by the same indicators and operators as in a config's rules, to the last bit:
    `rules = Rules("1m", {"up": "close crosses above ema(20)"})` once, then `rules.update(bar)` and `rules.fires("up")`
    on each bar.
    """

    def __init__(
        self,
        timeframe: str,
        conditions: Mapping[str, str | Condition],
        values: Mapping[str, str | Series] | None = None,
        *,
        numbers: Mapping[str, float] | None = None,
    ) -> None:
        """Compile conditions and values, texts or symbolic columns by name; `numbers` are what they may name.

        Raises:
            ConfigError: the timeframe is none.
            ValueError: every fault of the rules, one a line.
        """
        kinds = [("bool", conditions), ("number", values or {})]
        rules = [
            {"name": name, "source": str(rule), "kind": kind} for kind, named in kinds for name, rule in named.items()
        ]
        scope = {
            "base_ns": Timeframe.parse(timeframe).ns,
            "instrument": _INSTRUMENT,
            "instruments": [_INSTRUMENT],
            "numbers": list((numbers or {}).items()),
        }
        self._places = {rule["name"]: place for place, rule in enumerate(rules)}
        self._stream = RuleStream(msgspec.json.encode(rules), msgspec.json.encode(scope))
        self._results = [float("nan")] * len(rules)

    def update(self, bar: Bar) -> None:
        """Take a closed bar.

        Raises:
            ValueError: it is not later than the last one.
        """
        self._results = self._stream.update(0, bar)

    def value(self, name: str) -> float:
        """What a rule comes to: NaN while it is undefined; of a condition 1.0 or 0.0."""
        return self._results[self._places[name]]

    def fires(self, name: str) -> bool:
        """Whether a condition holds; one that is undefined does not."""
        value = self.value(name)
        return not isnan(value) and value != 0.0
