"""A node in a process of its own that kills itself with SIGKILL: `mortal.py CONFIG VENUE RUN POINT TIMES`.

It dies when it has come to a point so many times; without a point it lives until the venue's events are over.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from tradenode.config.diagnose import load
from tradenode.messages.addresses import addresses
from tradenode.node.assembly import Given
from tradenode.node.session import opened


async def live(config: Path, venue: str, run: Path, point: str, times: int) -> None:
    left = times

    def at(where: str) -> None:
        nonlocal left
        if where == point:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    read, source = load(config)
    session = await opened([Given(read, source, config.parent)], addresses([venue]), run, print, at)
    ending = asyncio.create_task(session.node.until_ended())
    ending.add_done_callback(lambda _: session.node.stop())
    await session.run()
    core = session.node.lanes[0].core
    print(core.seats[0].trader.balance, core.phase, core.notes)


if __name__ == "__main__":
    words = sys.argv[1:]
    asyncio.run(live(Path(words[0]), words[1], Path(words[2]), words[3], int(words[4])))
