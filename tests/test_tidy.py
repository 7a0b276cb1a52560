"""Who may import whom: the floors of the house, no cycles, and the few doors to the outside."""

from graphlib import CycleError, TopologicalSorter

import pytest

from source_tree import Import, Module, imports, modules

FLOORS = {
    **dict.fromkeys(("_core", "errors", "messages", "instruments", "indicators"), 0),
    **dict.fromkeys(("kernel",), 1),
    **dict.fromkeys(("data", "strategy", "risk", "execution", "exchange"), 2),
    **dict.fromkeys(("config",), 3),
    **dict.fromkeys(("research", "cluster", "store", "report", "monitor", "venue", "node"), 4),
    **dict.fromkeys(("testing", "cli"), 5),
}
"""The floor of each folder, and of each module at the package's root."""

WORDS = 0
"""On this floor alone the folders may use one another: they are the words that all the others speak."""

DOORS = {
    "ccxt": "exchange",
    "dydx_v4_client": "exchange",
    "v4_proto": "exchange",
    "asyncpg": "store",
    "redis": "store",
    "ray": "cluster",
}
"""Packages that one folder alone imports, and there only when they are used."""

ROOT = "tradenode"


def allowed(importer: str, target: str) -> bool:
    """Whether a folder may import from another."""
    if importer == target:
        return True
    above, below = FLOORS[importer], FLOORS[target]
    return below < above or above == below == WORDS


def within(name: str) -> str | None:
    """The folder that a dotted name leads to; None outside of the package."""
    parts = name.split(".")
    return parts[1] if parts[0] == ROOT and len(parts) > 1 and parts[1] in FLOORS else None


def at(module: Module, found: Import) -> str:
    return f"{module.path}:{found.line} imports {found.target}"


@pytest.mark.parametrize(
    ("importer", "target", "answer"),
    [
        ("messages", "errors", True),
        ("data", "messages", True),
        ("data", "data", True),
        ("data", "strategy", False),
        ("messages", "data", False),
        ("config", "data", True),
        ("research", "report", False),
        ("report", "cli", False),
        ("cli", "report", True),
    ],
)
def test_the_floors_say_who_may_import_whom(importer: str, target: str, answer: bool) -> None:
    assert allowed(importer, target) is answer


def test_every_folder_has_a_floor() -> None:
    assert {module.folder for module in modules() if module.folder} <= FLOORS.keys()


def test_modules_import_from_their_own_folder_or_a_lower_floor() -> None:
    faults = [
        at(module, found)
        for module in modules()
        if module.folder
        for found in imports(module)
        if (target := within(found.target)) and not allowed(module.folder, target)
    ]
    assert not faults, "\n".join(faults)


def test_no_module_imports_from_the_package_root() -> None:
    faults = [at(module, found) for module in modules() for found in imports(module) if found.base == ROOT]
    assert not faults, "\n".join(faults)


def test_there_are_no_import_cycles() -> None:
    names = {module.name for module in modules()}
    graph: dict[str, set[str]] = {}
    for module in modules():
        targets = {found.target for found in imports(module)}
        # `from a.b import c` names the module a.b.c, or the name c of the module a.b.
        used = {target if target in names else target.rpartition(".")[0] for target in targets} & names
        graph[module.name] = used - {module.name}
    del graph[ROOT]  # its names are imported on first use; nothing inside of the package may import it
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


def test_outside_packages_come_in_by_their_door_and_only_when_used() -> None:
    faults = [
        at(module, found)
        for module in modules()
        for found in imports(module)
        if (door := DOORS.get(found.target.split(".")[0])) and (module.folder != door or not found.lazy)
    ]
    assert not faults, "\n".join(faults)
