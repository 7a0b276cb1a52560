"""A node in a process of its own that kills itself with SIGKILL: `mortal.py CONFIGS VENUES RUN POINT TIMES`.

It dies when it has come to a point so many times; without one it lives until the events are over. Configs and
venues are divided by commas.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from tradenode.messages.addresses import addresses
from tradenode.node.assembly import given
from tradenode.node.session import opened


async def live(configs: list[str], venues: list[str], run: Path, point: str, times: int) -> None:
    left = times

    def at(where: str) -> None:
        nonlocal left
        if where == point:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    session = await opened([given(Path(config)) for config in configs], addresses(venues), run, print, at)
    ending = asyncio.create_task(session.node.until_ended())
    ending.add_done_callback(lambda _: session.node.stop())
    await session.run()
    for lane in session.node.lanes:
        print(lane.core.seats[0].trader.balance, lane.core.phase, lane.core.notes)


if __name__ == "__main__":
    words = sys.argv[1:]
    asyncio.run(live(words[0].split(","), words[1].split(","), Path(words[2]), words[3], int(words[4])))
