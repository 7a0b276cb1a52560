"""Runs that end early, for tests: whatever is told of a run at its end can so be asked for at each of its rows."""

from typing import Any

import msgspec

from tradenode.research.result import Result


def cut(result: Result, rows: int) -> Result:
    """The run as if it had ended when the equity was taken so many times."""

    def until(columns: dict[str, Any], kept: Any) -> dict[str, Any]:
        return {name: column[kept] for name, column in columns.items()}

    return msgspec.structs.replace(
        result,
        equity=until(result.equity, slice(rows)),
        marks=[column[:rows] for column in result.marks],
        fills=until(result.fills, result.fills["sample"] < rows),
        payments=until(result.payments, result.payments["sample"] < rows),
    )
