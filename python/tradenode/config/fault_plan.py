"""A fault plan: which faults of the loopback venue come when, as `[[fault]]` tables of a TOML file."""

from pathlib import Path
from typing import Annotated

import msgspec

from tradenode.config.convert import FAILED, Conversion
from tradenode.config.diagnose import CONFIG_BYTES_MAX, Source
from tradenode.config.locate import places
from tradenode.config.syntax import read
from tradenode.config.values import Bounds, Choice, ShortDuration, Whole
from tradenode.errors import ConfigError
from tradenode.messages.timeframe import SECOND_NS

OF_REQUESTS = ("rate_limited", "error_before", "error_after", "no_answer", "reject", "slow_answer")
OF_FRAMES = ("drop", "duplicate", "reorder", "malformed", "crossed", "stale")
SPELLS = ("latency", "clock_skew", "partial_fills", "cancel_race", "maintenance")
KINDS = (*OF_REQUESTS, *OF_FRAMES, *SPELLS, "disconnect")


class PlannedFault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault, and when it comes.

    Attributes:
        at: after the beginning of the tape, ns.
        kind: of the next requests about orders: "rate_limited" (429), "error_before" (500, not taken), "error_after"
            (500, taken), "no_answer" (taken), "reject" (refused by the venue), "slow_answer" (a few bytes at a time).
            Of the next frames: "drop", "duplicate", "reorder", "malformed", and of market data "crossed" and "stale".
            For a while: "latency", "clock_skew", "partial_fills", "cancel_race" (cancels are late), "maintenance". And
            "disconnect".
        length: how long it stays, where it does, ns.
        count: how many requests or frames it is about.
        delay: of "latency", "clock_skew", "cancel_race", "stale" and "slow_answer": how much, ns.
        pieces: of "partial_fills": into how many trades each is split at the venue.
        of: of frames: those of market data or those of the account.
    """

    at: Annotated[int, ShortDuration(zero=True)]
    kind: Annotated[str, Choice(KINDS)]
    length: Annotated[int, ShortDuration()] = SECOND_NS
    count: Annotated[int, Whole(Bounds(least="1", most="100000"))] = 1
    delay: Annotated[int, ShortDuration()] = SECOND_NS // 4
    pieces: Annotated[int, Whole(Bounds(least="2", most="1000"))] = 10
    of: Annotated[str, Choice(("rows", "reports"))] = "rows"


class FaultFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: its tables."""

    fault: list[PlannedFault]


def load_faults(file: Path) -> list[PlannedFault]:
    """The plan of a file, in the order of its times.

    Raises:
        ConfigError: the file cannot be read; ConfigFaultsError, with every fault of it.
    """
    try:
        raw = file.read_bytes()
        text = raw.decode("utf-8").replace("\r\n", "\n")
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file} is not UTF-8 text") from None
    if len(raw) > CONFIG_BYTES_MAX:
        raise ConfigError(f"{file} is larger than a fault plan may be ({CONFIG_BYTES_MAX} bytes)")
    document = read(text)
    conversion = Conversion(document.unread)
    found = places(document.text) if document.tree is not None else {}
    plan = conversion.value(FaultFile, document.tree, ()) if document.tree is not None else FAILED
    faults = [*document.faults, *conversion.faults]
    if faults or not isinstance(plan, FaultFile):
        raise Source(str(file), text, found).error(faults)
    return sorted(plan.fault, key=lambda fault: fault.at)
