"""Market data that the core reads from its bytes is what a decoder of every form reads, and nothing else is read."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradenode._core import RawRows
from tradenode.messages.feed import Rows, read_rows

FIELDS = ("symbol", "seq", "recv", "ts_event", "kind", "side", "flags", "price", "size", "order_id")
WHOLE = st.integers(-(2**63), 2**63 - 1)
BYTES = st.integers(0, 255)

encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Rows).decode


@st.composite
def messages(draw: st.DrawFn) -> Rows:
    count = draw(st.integers(0, 5))

    def column(of: st.SearchStrategy[int]) -> list[int]:
        return draw(st.lists(of, min_size=count, max_size=count))

    ids = draw(st.none() | st.just([]))
    return Rows(
        draw(st.text(max_size=8)),
        draw(WHOLE),
        draw(WHOLE),
        column(WHOLE),
        column(BYTES),
        column(BYTES),
        column(BYTES),
        column(WHOLE),
        column(WHOLE),
        ids if ids is None else column(st.integers(0, 2**63 - 1)),
    )


def told(rows: Rows | RawRows) -> dict[str, Any]:
    return {name: getattr(rows, name) for name in FIELDS}


@given(messages())
def test_what_is_written_is_read(rows: Rows) -> None:
    assert told(read_rows(encode(rows))) == told(rows)


def unescaped(rows: Rows) -> bool:
    """Whether its symbol is written as it is."""
    return encode(rows.symbol) == f'"{rows.symbol}"'.encode()


@given(messages().filter(unescaped))
def test_the_core_reads_it_itself(rows: Rows) -> None:
    assert isinstance(read_rows(encode(rows)), RawRows)


@given(messages(), st.data())
def test_whatever_the_core_reads_a_decoder_reads_alike(rows: Rows, data: st.DataObject) -> None:
    raw = bytearray(encode(rows))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(raw) - 1))
        match data.draw(st.sampled_from(["change", "drop", "put"])):
            case "change":
                raw[place] = data.draw(st.sampled_from(b'0123456789-,[]{}": .eE\\x\xff'))
            case "drop":
                del raw[place]
            case _:
                raw.insert(place, data.draw(st.sampled_from(b'0129-,[]":{}')))
    read = RawRows.read(bytes(raw))
    if read is not None:
        assert told(read) == told(decode(bytes(raw)))


@pytest.mark.parametrize(
    "change",
    [
        (b'"price":[7]', b'"price":[7,8]'),
        (b'"price":[7]', b'"price":[07]'),
        (b'"price":[7]', b'"price":[7.0]'),
        (b'"price":[7]', b'"price":[9223372036854775808]'),
        (b'"price":[7]', b'"price":[ 7]'),
        (b'"kind":[4]', b'"kind":[256]'),
        (b'"kind":[4]', b'"kind":[-4]'),
        (b'"kind":[4],"side":[1]', b'"kind":[4,4],"side":[]'),
        (b'"symbol":"X"', b'"symbol":"X\\n"'),
        (b'"symbol":"X"', b'"symbol":"\xff"'),
        (b"}", b"} "),
        (b"}", b',"more":1}'),
        (b'{"ch":"rows",', b"{"),
    ],
)
def test_every_other_form_is_left_to_the_decoder(change: tuple[bytes, bytes]) -> None:
    raw = encode(Rows("X", 1, 2, [3], [4], [1], [2], [7], [5]))
    assert RawRows.read(raw) is not None
    assert RawRows.read(raw.replace(*change)) is None


def test_what_is_no_message_is_refused() -> None:
    for raw in (b"", b"{}", b"[]", b'{"ch":"rows","symbol":"X","seq":', b"\xff"):
        with pytest.raises(msgspec.DecodeError):
            read_rows(raw)
