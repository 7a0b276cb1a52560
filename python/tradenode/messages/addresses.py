"""What a user says of venues: their names and addresses."""

import re
from collections.abc import Sequence

import msgspec

from tradenode.errors import ConfigError

NAMED = re.compile(r"([A-Za-z0-9_.-]{1,24})=(.*)")

NAMES = "--venue NAME=ADDRESS, once for each"


class Address(msgspec.Struct, frozen=True):
    """Where a venue is reached.

    Attributes:
        name: what configs call it; empty for the only one, where nobody has named it.
        address: its address.
    """

    name: str
    address: str


def addresses(words: Sequence[str]) -> list[Address]:
    """What a user says: `NAME=ADDRESS` of each venue, or the address of the only one.

    Raises:
        ConfigError: none, one of several without a name, a name or an address twice.
    """
    found = [NAMED.fullmatch(word) for word in words]
    told = [
        Address(*match.groups()) if match is not None else Address("", word)
        for word, match in zip(words, found, strict=True)
    ]
    if not told:
        raise ConfigError("there is no venue to trade on", hint="--venue ADDRESS")
    bare = next((each.address for each in told if not each.name), None)
    if len(told) > 1 and bare is not None:
        raise ConfigError(f"of several venues each has a name: {bare} has none", hint=NAMES)
    for what in ("name", "address"):
        values = [getattr(each, what) for each in told]
        if (twice := next((value for value in values if values.count(value) > 1), None)) is not None:
            raise ConfigError(f"two venues have the {what} {twice}", hint=NAMES)
    return told
