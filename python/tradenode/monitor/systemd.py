"""What systemd is told of a service's state, over the socket that it names."""

import os
import socket
from contextlib import suppress


def notify(*states: str) -> bool:
    """Tell it states (`READY=1`, `WATCHDOG=1`, `STOPPING=1`); False where there is nobody to be told."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address[:1] not in ("/", "@"):
        return False
    # A name that begins with @ is one of Linux's abstract names, which begin with a null byte.
    name = "\0" + address[1:] if address.startswith("@") else address
    # Who supervises must never be what stops the node.
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sock:
        sock.sendto("\n".join(states).encode(), name)
        return True
    return False
