"""`[node.risk]`: limits of the account over all strategies of a node together."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Literal

from tradenode.config.faults import Fault
from tradenode.config.risk import Risk
from tradenode.config.values import Amount, Bounds, Choice

NOT_THE_ACCOUNTS = {
    "max_cancels_per_second": "a cancel always passes the account's gate: `[risk]` of each strategy limits its own",
    "max_consecutive_losses": "trades are a strategy's own: `[risk]` of each counts them",
}
"""Keys of `[risk]` that no account has a limit of, and why."""


class NodeRisk(Risk, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The account's limits: the keys of `[risk]`, held against what all strategies of the node have together.

    What is not given does not bind: a limit that nobody wrote would stop one strategy for what another does. That the
    equity covers the margin of everything always binds.

    Attributes:
        defaults: "on" lets what is not given bind as in `[risk]`.
        capital: what the account trades with, account currency; the sum of what the strategies count on where None.
    """

    defaults: Annotated[Literal["on", "off"], Choice(("on", "off"))] = "off"
    capital: Annotated[Decimal | None, Amount(Bounds(above="0"))] = None


def node_risk_faults(tree: Mapping[str, object]) -> Iterator[Fault]:
    """What `[node.risk]` limits and no account can; `tree` holds the document's plain values."""
    node = tree.get("node")
    table = node.get("risk") if isinstance(node, dict) else None
    if not isinstance(table, dict):
        return
    for name, why in NOT_THE_ACCOUNTS.items():
        if name in table:
            yield Fault(
                message=f"`{name}` is no limit of an account", path=("node", "risk", name), part="key", hint=why
            )
    if table.get("trading_hours") == []:
        message = "`trading_hours` is empty: there would be nothing to trade in"
        path = ("node", "risk", "trading_hours")
        yield Fault(message=message, path=path, hint="leave it out to trade at all hours")
