"""`tradenode check`: every fault of a config in one go."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from tradenode.cli import console
from tradenode.cli.main import USAGE

NOTHING: dict[str, Any] = {"limits": [], "protections": [], "worst_day": None, "account": None}


def check(config: Path, /, *, json: Annotated[bool, Parameter(negative="")] = False) -> int:
    """Name every fault of a config, each with its place; of one without faults its limits and the worst of its days.

    The instruments are looked up in the catalogue where there is one; a strategy in Python is loaded, and one of rules
    asked for them, but nothing is run.

    Args:
        config: the TOML file.
        json: answer as one JSON object: `config`; `faults`, a list; `limits`, those that bind, each with name, value,
            unit, source and line; `protections`, each with kind, scope, settings, lock and line; `worst_day`, what a
            day can lose and what a gap costs, null where there are faults; `account`, the `limits` of `[node.risk]` and
            the `worst_day` of all strategies of the node, null where there are none.
    """
    from tradenode.cli.limits import account_text, limits_text, protections_text, worst_day_text
    from tradenode.config.deciding import deciding
    from tradenode.config.diagnose import load
    from tradenode.config.faults import ConfigFaultsError
    from tradenode.config.limit_list import account_bound_limits, bound_limits
    from tradenode.config.protection_list import bound_protections
    from tradenode.config.strategy_file import load_strategy
    from tradenode.config.worst_day import account_day, worst_day
    from tradenode.data.catalogue import Catalogue
    from tradenode.research.backtest import described_contracts
    from tradenode.research.inputs import catalogue_of

    catalogued = False
    try:
        read, source = load(config)
        folder = catalogue_of(read, config.parent)
        found = Catalogue(folder)
        catalogued = bool(found.tapes() if read.data.of_events else found.entries())
        if catalogued:
            described_contracts(read, folder, source)
        if read.strategy is not None:
            made, _ = load_strategy(read.strategy, config.parent, source, of_events=read.data.of_events)
            deciding(read, source, made)
    except ConfigFaultsError as fault:
        if not json:
            raise
        console.answer_json({"config": str(config), "faults": fault.frames} | NOTHING)
        return USAGE
    limits, protections, day = bound_limits(read, source), bound_protections(read, source), worst_day(read)
    of_account, in_all = account_bound_limits(read, source), account_day(read)
    if json:
        account = None if in_all is None else {"limits": of_account, "worst_day": in_all}
        told = {"limits": limits, "protections": protections, "worst_day": day, "account": account}
        console.answer_json({"config": str(config), "faults": []} | told)
        return 0
    tables = [limits_text(limits), *([protections_text(protections)] if protections else []), worst_day_text(day)]
    if in_all is not None:
        tables.append(account_text(of_account, in_all))
    console.answer("\n\n".join([f"{config}: no faults", *tables]))
    if not catalogued:
        console.note(f"catalogue {folder} is empty, so the instruments were not looked up")
    return 0
