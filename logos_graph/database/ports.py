"""Free loopback ports."""

from __future__ import annotations

import errno
import socket

__all__ = ["LOOPBACK", "free_port", "is_free", "is_listening"]

LOOPBACK = "127.0.0.1"
_CONNECT_SECONDS = 1.0


def free_port(avoid: frozenset[int] = frozenset()) -> int:
    """A port that nothing listens on now, and that is not one of those to avoid."""
    while True:
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            port: int = probe.getsockname()[1]
        if port not in avoid:
            return port


def is_free(port: int) -> bool:
    """Whether a server could listen on the port, as a Java server binds it."""
    with socket.socket() as probe:
        # Without this a port that was closed a moment ago (TIME_WAIT) would count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def is_listening(port: int) -> bool:
    """Whether something accepts connections on the port."""
    try:
        with socket.create_connection((LOOPBACK, port), _CONNECT_SECONDS):
            return True
    except OSError:
        return False
