"""A file is one noun: short, with short functions, one sentence at its head, and a name that says something."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import pytest

from source_tree import code, files, text

MAX_LINES = 500
MAX_MEDIAN_LINES = 150
MAX_FUNCTION_LINES = {".py": 60, ".rs": 70}
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc"}

Functions = Callable[[str], Iterator[tuple[str, int]]]

RUST_FUNCTION = re.compile(r'( *)(?:pub(?:\([^)]*\))? )?(?:(?:const|async|unsafe|extern "C") )*fn (\w+)')
SENTENCE_WITHIN = re.compile(r"[.!?] +[A-Z]")


def python_functions(source: str) -> Iterator[tuple[str, int]]:
    """Each function's name and its number of lines."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            yield node.name, node.end_lineno - node.lineno + 1


def rust_functions(source: str) -> Iterator[tuple[str, int]]:
    """The same of Rust as rustfmt writes it: a function ends with a brace in the column in which it began."""
    lines = source.split("\n")
    for first, line in enumerate(lines):
        if not (start := RUST_FUNCTION.match(line)):
            continue
        indent, name = start.groups()
        for last in range(first, len(lines)):
            inside = lines[last].startswith(indent + " ")
            if lines[last] == indent + "}" or (not inside and lines[last].endswith((";", "}"))):
                yield name, last - first + 1
                break
        else:
            raise AssertionError(f"no end of {name}: rustfmt it first")


def test_rust_functions_are_measured() -> None:
    method = "    pub(crate) fn two(\n        a: u8,\n    ) -> u8 {\n        a;\n    }\n"
    source = f"fn one() {{}}\nimpl A {{\n{method}    fn three();\n}}\n"
    assert list(rust_functions(source)) == [("one", 1), ("two", 5), ("three", 1)]


def test_no_file_is_long() -> None:
    lengths = {str(path): len(text(path).splitlines()) for path in code(".py", ".pyi", ".rs")}
    assert not {path: lines for path, lines in lengths.items() if lines > MAX_LINES}
    assert median(lengths.values()) <= MAX_MEDIAN_LINES


@pytest.mark.parametrize(("suffix", "functions"), [(".py", python_functions), (".rs", rust_functions)])
def test_no_function_is_long(suffix: str, functions: Functions) -> None:
    measured = [(str(path), name, lines) for path in code(suffix) for name, lines in functions(text(path))]
    assert measured
    assert not [each for each in measured if each[2] > MAX_FUNCTION_LINES[suffix]]


def head(path: Path) -> str:
    """The sentence of a file's first line, without its marks."""
    line = text(path).split("\n", 1)[0]
    return line.removeprefix("//!").strip() if path.suffix == ".rs" else line.removeprefix('"""').removesuffix('"""')


def test_every_module_begins_with_one_sentence() -> None:
    marks = {".py": '"""', ".pyi": '"""', ".rs": "//! "}
    faults = [
        f"{path}: {text(path)[:80]!r}"
        for path in code(*marks)
        if not text(path).startswith(marks[path.suffix])
        or not head(path).endswith((".", "?", "!", ":"))
        or SENTENCE_WITHIN.search(head(path))
    ]
    assert not faults, "\n".join(faults)


def test_every_name_says_something() -> None:
    assert not [path for path in files() if NAMELESS & {part.lower() for part in path.with_suffix("").parts}]
