"""`tradenode version`: what is running."""

from typing import Annotated

from cyclopts import Parameter

from tradenode.cli import console


def version(*, json: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Print the versions of the package and of what it runs on.

    Args:
        json: answer as one JSON object.
    """
    import platform
    from importlib.metadata import version as installed

    from tradenode._core import __version__

    versions = {
        "tradenode": __version__,
        "python": platform.python_version(),
        "numpy": installed("numpy"),
        "platform": f"{platform.system().lower()}-{platform.machine()}",
    }
    if json:
        console.answer_json(versions)
    else:
        console.answer("\n".join(f"{name} {text}" for name, text in versions.items()))
