"""A client in a process of its own, of a home that a stage has set up; prints one JSON document.

client.py HOME approve   one approval
client.py HOME die       begins a run of the long flow; SIGKILL as soon as its intent is committed
client.py HOME resume    opens the home, so that what was left is finished
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from logos_graph.canon import ContentId
from logos_graph.wiring import open_system
from tests.bench.stage import Stage


def main() -> None:
    home, command = Path(sys.argv[1]), sys.argv[2]
    stage = Stage(home, rounds=1)
    with open_system(stage.settings, watch=_die if command == "die" else None) as system:
        stage.attach(system)
        if command == "resume":
            ended = system.supervisor.view.pending, system.recovered
            print(json.dumps({"left": len(ended[0]), "ended": [each.status for each in ended[1]]}))
        elif command == "approve":
            print(json.dumps({"intent": stage.approve().intent}))
        else:
            stage.long()


def _die(step: str, _intent: ContentId) -> None:
    if step == "committed":
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
