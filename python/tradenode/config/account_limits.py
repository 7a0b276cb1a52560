"""Which limits bind the account of a node, and the core's `Limits` made of them."""

from collections.abc import Mapping
from typing import Any

from tradenode.config.limits import core_of, given_limits
from tradenode.config.node_risk import NOT_THE_ACCOUNTS, NodeRisk
from tradenode.config.risk import DEFAULTS, OFF


def account_binding(table: NodeRisk) -> dict[str, Any]:
    """The limits that bind the account by their keys, in the order of `Risk`."""
    usual = {} if table.defaults == OFF else DEFAULTS
    found = given_limits(table, lambda name: usual.get(name))
    return {name: value for name, value in found.items() if name not in NOT_THE_ACCOUNTS and name != "capital"}


def account_limits(table: NodeRisk, named: Mapping[str, str]) -> dict[str, Any]:
    """The limits as the core reads them; `named` has the core's name of each instrument with limits of its own."""
    return core_of(account_binding(table), table.instruments, named)
