"""The dialect: what is on the wire, and that what is not of it is refused."""

import msgspec
import numpy as np
import pytest

from tradenode.messages.dialect import CancelOp, DoneOp, Frame, NewOrder, Op, SubmitOp
from tradenode.messages.feed import Advance, Rows, Status, columns_of
from tradenode.messages.tape import DTYPES

ROWS = Rows("BTC-USD", 3, 1_005, [1_000, 1_001], [4, 4], [1, 2], [0, 1], [4_200, 4_201], [5, 0])


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (
            ROWS,
            '{"ch":"rows","symbol":"BTC-USD","seq":3,"recv":1005,"ts_event":[1000,1001],"kind":[4,4],"side":[1,2],'
            '"flags":[0,1],"price":[4200,4201],"size":[5,0]}',
        ),
        (Advance(77), '{"ch":"advance","time":77}'),
        (Status("ended", 9), '{"ch":"status","state":"ended","recv":9}'),
    ],
)
def test_frames_on_the_wire(frame: object, text: str) -> None:
    assert msgspec.json.encode(frame).decode() == text
    assert msgspec.json.decode(text, type=Frame) == frame


def test_requests_on_the_wire() -> None:
    order = NewOrder(client_id="a-1", symbol="BTC-USD", side="buy", lots=5, ticks=4_200, post_only=True)
    text = (
        '{"op":"submit","order":{"client_id":"a-1","symbol":"BTC-USD","side":"buy","lots":5,"ticks":4200,'
        '"post_only":true},"id":4}'
    )
    assert msgspec.json.encode(SubmitOp(order, 4)).decode() == text
    assert msgspec.json.decode(text, type=Op) == SubmitOp(order, 4)
    assert msgspec.json.decode('{"op":"done","time":5,"next":null}', type=Op) == DoneOp(5, None)
    assert msgspec.json.decode('{"op":"cancel","client_id":"a-1"}', type=Op) == CancelOp("a-1")


@pytest.mark.parametrize(
    "text",
    [
        '{"op":"buy"}',
        '{"op":"submit","order":{"client_id":"a","symbol":"X","side":"buy","lots":1.5}}',
        '{"op":"submit","order":{"client_id":"a","symbol":"X","side":"long","lots":1}}',
        '{"op":"submit","order":{"client_id":"a","symbol":"X","side":"buy","lots":1,"price":5}}',
        '{"op":"done"}',
    ],
)
def test_what_is_not_of_the_dialect_is_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=Op)


def test_rows_are_the_columns_of_a_tape() -> None:
    columns = columns_of(ROWS)
    assert all(column.dtype == DTYPES[name] for name, column in columns.items())
    assert list(columns) == ["ts_event", "ts_recv", "kind", "side", "flags", "price", "size"]
    np.testing.assert_array_equal(columns["ts_recv"], [1_005, 1_005])
    orders = columns_of(msgspec.structs.replace(ROWS, order_id=[2**63, 1]))["order_id"]
    assert orders.dtype == np.uint64
    assert orders[0] == 2**63
