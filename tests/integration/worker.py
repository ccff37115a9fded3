"""A second process at the gate, for the tests of concurrency and crashes; not a test itself.

worker.py HOME CACHE submit COUNT    submits COUNT intents, prints each outcome
worker.py HOME CACHE die STEP FILE   submits the signed intent in FILE, SIGKILL at STEP
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from logos_graph.canon import ContentId, parse
from logos_graph.settings import Settings
from logos_graph.wiring import open_system


def main() -> None:
    home, cache, command, *rest = sys.argv[1:]
    settings = Settings(Path(home), Path(cache), "supervisor", None)
    if command == "submit":
        submit(settings, int(rest[0]))
    else:
        die(settings, rest[0], Path(rest[1]))


def submit(settings: Settings, count: int) -> None:
    with open_system(settings) as system:
        operator = system.keys.load("supervisor")
        for _ in range(count):
            signed = system.compose(
                operator, "note.nothing", {}, if_ok="emit:a", if_doubt="abort", if_not="emit:b"
            )
            outcome = system.supervisor.execute(signed)
            sys.stdout.write(json.dumps([outcome.intent, outcome.status]) + "\n")


def die(settings: Settings, step: str, file: Path) -> None:
    def watch(reached: str, _intent: ContentId) -> None:
        if reached == step:
            os.kill(os.getpid(), signal.SIGKILL)

    with open_system(settings, watch=watch) as system:
        system.supervisor.execute(parse(file.read_bytes()))


if __name__ == "__main__":
    main()
