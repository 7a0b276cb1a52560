"""`tradenode data synth`: a synthetic market's trades and book, of any length."""

from typing import Annotated

from cyclopts import Parameter

from tradenode.cli import console
from tradenode.cli.data import CataloguePath, Json, Replace


def synth(
    *,
    seed: Annotated[int, Parameter(help="Another seed is another market.")],
    events: Annotated[int | None, Parameter(help="Make at least so many events, the last message whole.")] = None,
    seconds: Annotated[float | None, Parameter(help="Make so many seconds of the market's time.")] = None,
    preset: Annotated[
        str, Parameter(help='"market", a deep book; "touch", the feed that hftbacktest is measured on.')
    ] = "market",
    l3: Annotated[bool, Parameter(negative=(), help="Say every order instead of the size of each level.")] = False,
    instrument: Annotated[str, Parameter(help="VENUE/SYMBOL of the entry.")] = "synthetic/SYN-USD",
    catalogue: CataloguePath = None,
    replace: Replace = False,
    json: Json = False,
) -> None:
    """Make a synthetic market: self-exciting order flow, trades, a consistent book, a feed's latency.

    The same seed gives the same bytes, and more events only add to the end. The entry says that it is synthetic.
    """
    from tradenode.cli.data_tapes import show_tapes, tape_summary
    from tradenode.data.catalogue import Catalogue
    from tradenode.data.naming import EntryName
    from tradenode.data.synthetic_tape import SyntheticTape, store_synthetic_tape

    made = SyntheticTape(seed=seed, preset=preset, by_order=l3, rows=events, seconds=seconds)
    with console.working(f"making {made}"):
        manifest = store_synthetic_tape(
            Catalogue(catalogue), EntryName.parse(instrument), made, mode="replace" if replace else "new"
        )
    if json:
        console.answer_json(tape_summary(manifest))
    else:
        show_tapes([manifest])
    console.note(f"{manifest.instrument} events are a {made}: no real prices")
