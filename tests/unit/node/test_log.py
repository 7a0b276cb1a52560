"""A node's journal makes commands durable itself as long as that holds the node up no longer than it may."""

import select
from pathlib import Path

import pytest

from tradenode.messages.orders import Cancel
from tradenode.node import log as module
from tradenode.node.log import NodeLog


def test_a_command_is_durable_when_its_commit_returns(tmp_path: Path) -> None:
    log = NodeLog(tmp_path)
    number = log.command(1, Cancel(0, 64), 0)
    assert log.commit() == number == log.journal.durable
    log.journal.close(2)


def test_the_thread_does_it_where_the_node_was_held_up_for_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SYNC_SAVED_NS", 0)
    log = NodeLog(tmp_path)
    descriptor = log.journal.fileno()
    assert descriptor is not None
    number = log.command(1, Cancel(0, 64), 0)
    assert log.commit() == number
    assert select.select([descriptor], [], [], 20) == ([descriptor], [], []), "the thread has not told of it"
    assert log.journal.poll() == number
    log.journal.close(2)
