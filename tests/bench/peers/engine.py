"""One engine on this machine: its processes, its load, and what is asked of it in which order."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from tests.bench.memory import family
from tests.bench.workload import Payment, approved, payment

__all__ = [
    "HOME", "MARKS", "ROOT",
    "Engine", "Recovered", "closed_loop", "free_port", "is_open", "mark", "until",
]  # fmt: skip

MARKS = "PEERS_MARKS"
"""Of the environment: the file to which a long workflow writes `enter` and `rebuilt`."""

_PATIENCE_S = 120.0
_STOP_S = 8.0
HOME = Path(os.environ.get("LOGOS_PEERS", "."))
"""Where they are installed."""

ROOT = Path(__file__).resolve().parents[3]
"""The clone."""

Recovered = tuple[float, float]
"""Seconds from the start of the next process until the state is rebuilt; of that, the replay's."""


class Engine:
    """What `main` asks of each engine, in this order; the subclass says how it is done.

    name, durability: for the table. stop is called whatever happens.
    """

    name = "?"
    durability = "?"

    def __init__(self, folder: Path) -> None:
        self.folder, self.marks = folder, folder / "marks"
        self._processes: list[subprocess.Popen[Any]] = []

    def missing(self) -> str | None:
        """Why it cannot be measured here; None if it can."""
        return None

    def prepare(self) -> None:
        """What is no part of a start, such as creating a database."""

    def start(self) -> None:
        """Returns when work can be given to it."""
        raise NotImplementedError

    def load(self, clients: int, number: int | None, seconds: float | None) -> dict[str, Any]:
        """See closed_loop."""
        raise NotImplementedError

    def long(self, steps: int) -> float:
        """Seconds of so many trivial steps in a row."""
        raise NotImplementedError

    def recover(self, steps: int) -> Recovered:
        """kill -9 of the worker that has done all of so many steps, and a new one."""
        raise NotImplementedError

    def spawn(self, words: list[Any], **more: Any) -> subprocess.Popen[Any]:
        """Starts a process of this engine; its output goes to a file in its folder."""
        places = {"DO_NOT_TRACK": "1", "PYTHONPATH": str(ROOT), MARKS: str(self.marks)}
        environment = os.environ | places | more.pop("env", {})
        with (self.folder / f"log-{len(self._processes)}").open("ab") as log:
            how: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": log} | more
            process: subprocess.Popen[Any] = subprocess.Popen(
                [*map(str, words)], env=environment, cwd=self.folder, stderr=log, **how
            )
        self._processes.append(process)
        return process

    def pids(self) -> list[int]:
        """Of all that runs of it."""
        return [each.pid for each in self._processes if each.poll() is None]

    def kill(self, process: subprocess.Popen[Any]) -> float:
        """SIGKILL; when it was gone."""
        process.send_signal(signal.SIGKILL)
        process.wait()
        return time.monotonic()

    def stop(self) -> None:
        """Ends what was started, by its pid: last first, SIGKILL for who takes too long."""
        left = [each for pid in self.pids() for each in family(pid)]
        for process in reversed(self._processes):
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(_STOP_S)
                except subprocess.TimeoutExpired:
                    self.kill(process)
        for pid in left:  # children that outlived their parent
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def marked(self, event: str, number: int) -> float:
        """When the event was marked for that time (from 1); waits for it."""

        def times() -> list[float]:
            lines = self.marks.read_text().splitlines() if self.marks.exists() else []
            return [int(line.split()[1]) / 1e9 for line in lines if line.split()[0] == event]

        until(lambda: len(times()) >= number, f"{self.name}: {event}")
        return times()[number - 1]

    def rebuilt(self, since: float) -> Recovered:
        """The second process's figures: it was started at `since`."""
        end = self.marked("rebuilt", 2)
        return end - since, end - self.marked("enter", 2)


def mark(event: str) -> None:
    """Writes the event and this moment to the file of the environment."""
    with Path(os.environ[MARKS]).open("a") as file:
        file.write(f"{event} {time.monotonic_ns()}\n")


def closed_loop(
    approve: Callable[[str, Payment], bool],
    clients: int,
    number: int | None = None,
    seconds: float | None = None,
) -> dict[str, Any]:
    """Each client sends its next payment when its last is answered; every answer is checked.

    Ends after so many in all, or so many seconds. Returns `each`, the seconds of every approval,
    and `whole`, those of all together.
    """
    numbers, took, failed = count(), list[float](), list[BaseException]()
    tag, begun = f"{os.getpid()}-{time.time_ns()}", time.perf_counter()

    def client() -> None:
        while not failed:
            mine = next(numbers)
            late = seconds is not None and time.perf_counter() - begun > seconds
            if late or (number is not None and mine >= number):
                return
            given = payment(mine)
            try:
                start = time.perf_counter()
                answer = approve(f"{tag}-{mine}", given)
                took.append(time.perf_counter() - start)
                if answer is not approved(given):
                    raise ValueError(f"{answer!r} is wrong for {given}")
            except Exception as error:  # noqa: BLE001 - all clients end, the caller raises it
                failed.append(error)

    threads = [threading.Thread(target=client, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return {"each": took, "whole": time.perf_counter() - begun}


def free_port() -> int:
    """A port of the loopback address that nobody has now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def is_open(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False


def until(holds: Callable[[], object], what: str) -> None:
    """Waits for it; TimeoutError after two minutes."""
    end = time.monotonic() + _PATIENCE_S
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.002)
