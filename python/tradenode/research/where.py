"""Which sets of a grid are meant: `fast < slow and slow - fast >= 10`."""

import ast
import operator
from collections.abc import Callable, Sequence
from decimal import Decimal, DivisionByZero, InvalidOperation
from itertools import pairwise
from typing import Any

from tradenode.config.values import decimal_of, near
from tradenode.errors import ConfigError

TEXT_MAX = 1_000
"""A longer constraint is none."""

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_COMPUTE: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}


class Where:
    """A constraint on sets: comparisons of parameters and numbers, joined by and, or, not; in exact decimals."""

    def __init__(self, text: str, names: Sequence[str]) -> None:
        """Read the text.

        Raises:
            ConfigError: it is no condition, or names what is no parameter of the grid.
        """
        self.text = text
        self._names = {name: place for place, name in enumerate(names)}
        try:
            if len(text) > TEXT_MAX:
                raise ValueError(f"longer than {TEXT_MAX} characters")
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            told = error.msg if isinstance(error, SyntaxError) else str(error)
            raise self._fault(f"cannot be read: {told}") from None
        self._condition = self._truth(tree)

    def __call__(self, values: Sequence[Decimal]) -> bool:
        """Whether a set is let through; its values stand in the order of the names."""
        try:
            return bool(self._condition(values))
        except (DivisionByZero, InvalidOperation):
            raise self._fault("divides by zero") from None

    def _truth(self, node: ast.expr) -> Callable[[Sequence[Decimal]], bool]:
        if isinstance(node, ast.BoolOp):
            parts = [self._truth(part) for part in node.values]
            joined = all if isinstance(node.op, ast.And) else any
            return lambda values: joined(part(values) for part in parts)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner = self._truth(node.operand)
            return lambda values: not inner(values)
        if isinstance(node, ast.Compare) and all(type(op) in _COMPARE for op in node.ops):
            sides = [self._number(side) for side in (node.left, *node.comparators)]
            compared = [_COMPARE[type(op)] for op in node.ops]

            def holds(values: Sequence[Decimal]) -> bool:
                found = [side(values) for side in sides]
                return all(op(*pair) for op, pair in zip(compared, pairwise(found), strict=True))

            return holds
        raise self._fault(f"`{ast.unparse(node)}` is not a condition", "compare it: `fast < slow`")

    def _number(self, node: ast.expr) -> Callable[[Sequence[Decimal]], Decimal]:
        if isinstance(node, ast.Name):
            if node.id not in self._names:
                known = tuple(self._names)
                raise self._fault(
                    f"`{node.id}` is not in the grid", near(node.id, known) or f"the grid has {', '.join(known)}"
                )
            place = self._names[node.id]
            return lambda values: values[place]
        number = decimal_of(node.value) if isinstance(node, ast.Constant) else None
        if number is not None:
            return lambda values: number
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            inner = self._number(node.operand)
            return lambda values: -inner(values)
        if isinstance(node, ast.BinOp) and type(node.op) in _COMPUTE:
            left, right, op = self._number(node.left), self._number(node.right), _COMPUTE[type(node.op)]
            return lambda values: op(left(values), right(values))
        raise self._fault(f"`{ast.unparse(node)}` is not a number", "parameters, numbers and + - * / %")

    def _fault(self, problem: str, hint: str | None = None) -> ConfigError:
        return ConfigError(f"the constraint `{self.text}`: {problem}", hint=hint)
