"""`[params]`, `[indicators]`, `[entry]` and `[exit]`: when a rule strategy trades."""

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from tradenode.config.params import Param
from tradenode.config.rule import NumericRule, Rule, RuleText
from tradenode.config.values import Amount, Choice, Text, Whole

Order = Literal["market", "limit", "stop"]


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When and how one side is entered.

    Attributes:
        when: the rule that fires on a bar's close.
        order: the order's kind.
        price: the rule of the order's price; for limit and stop orders alone, which need it.
        valid_for: how many bars a limit or stop order stays open; 1 where None.
    """

    when: Annotated[Rule, RuleText()]
    order: Annotated[Order, Choice(("market", "limit", "stop"))] = "market"
    price: Annotated[str | None, NumericRule()] = None
    valid_for: Annotated[int | None, Whole()] = None


class Entries(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sides that are entered."""

    long: Entry | None = None
    short: Entry | None = None


class Exit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When one side is left.

    Attributes:
        when: the rule that fires on a bar's close.
    """

    when: Annotated[Rule, RuleText()]


class ExitRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The exit rules of the sides."""

    long: Exit | None = None
    short: Exit | None = None


NAME = Text(r"[a-z_][a-z0-9_]{0,63}", "a name of lower-case letters, digits and underscores")
"""What rules can call something."""

Name = Annotated[str, NAME]

Params = dict[Name, Annotated[Decimal, Amount()] | Param]
"""Named numbers that rules use: bare, or a table of `default`, `low` and `high`."""

Indicators = dict[Name, Annotated[Rule, RuleText()]]
"""Named indicators: rule text, or a table of `kind`, its parameters and `source`."""
