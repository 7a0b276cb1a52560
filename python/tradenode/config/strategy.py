"""`[strategy]`: a strategy written in Python, instead of the rule tables."""

from typing import Annotated, Literal

import msgspec

from tradenode.config.values import Choice, Text


class StrategyTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the strategy is found, and what it is set to.

    Attributes:
        python: `FILE.py:CLASS`, the file relative to the config file.
        knobs: given to the class by keyword.
        on_error: what an exception in a call-back does to the run: "halt" it, "skip" the call (of `custom_size` the
            entry), or "flatten": cancel and close everything and call no more. An error in `signals` always halts.
    """

    python: Annotated[str, Text(r"[^:]+\.py:[A-Za-z_][A-Za-z0-9_]*", 'a file and a class ("strategies/dip.py:Dip")')]
    knobs: dict[str, object] = {}
    on_error: Annotated[Literal["halt", "skip", "flatten"], Choice(("halt", "skip", "flatten"))] = "halt"
