"""What the tests of this folder, which start threads, have in common."""

import gc

import pytest


@pytest.fixture(autouse=True)
def no_garbage_of_others() -> None:
    """Desks belong to the thread that made them: those of earlier tests must not be collected in one of these."""
    gc.collect()
