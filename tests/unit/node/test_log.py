"""A node's journal makes commands durable itself as long as that holds the node up no longer than it may."""

import select
from pathlib import Path

import pytest

from tradenode.errors import JournalError
from tradenode.messages.feed import read_rows
from tradenode.messages.node import SENT, Kind
from tradenode.messages.orders import Cancel
from tradenode.node import log as module
from tradenode.node.log import NodeLog
from tradenode.node.log_reader import Entry, Sent, reader_of


def test_a_command_is_durable_when_its_commit_returns(tmp_path: Path) -> None:
    log = NodeLog(tmp_path)
    number = log.command(1, Cancel(0, 64), 0)
    assert log.commit() == number == log.journal.durable
    log.journal.close(2)


@pytest.mark.parametrize(("kind", "name"), [(Kind.COMMAND, "command"), (Kind.KILL, "kill"), (SENT, "sent")])
def test_a_record_that_cannot_be_read_is_named(tmp_path: Path, kind: int, name: str) -> None:
    log = NodeLog(tmp_path)
    log.command(1, Cancel(0, 64), 0)
    log.journal.append(kind, 1, b"{")
    log.journal.write()
    for reader in (log, reader_of(tmp_path)):
        with pytest.raises(JournalError, match=f"journal: record 2, {name}: (Input data was truncated|Expected `int`)"):
            reader.read(lambda _: None, read_rows)


def test_when_commands_were_sent_is_no_record_of_what_was_done(tmp_path: Path) -> None:
    log = NodeLog(tmp_path)
    number = log.command(1, Cancel(0, 64), 0)
    log.sent(5, number, 3)
    log.journal.write()
    entries: list[Entry] = []
    sent: list[Sent] = []
    log.read(entries.append, read_rows, sent=sent.append)
    assert [each.content for each in entries] == [Cancel(0, 64)]
    assert sent == [Sent(command=number, durable=3, sent=5)]


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
