"""A second process at the gate, for the tests of concurrency and crashes; not a test itself.

worker.py HOME CACHE submit COUNT             says `ready`, waits for a line, then submits COUNT
                                              transfers and as many flow runs, and prints each
worker.py HOME CACHE run COUNT FLOW           the same with COUNT runs of a flow of one number
worker.py HOME CACHE die STEP FILE [INTENT]   submits the signed intent in FILE; SIGKILL at STEP
worker.py HOME CACHE end STEP FILE            the same as `die`, but a further attempt is not left
                                              to others: it is waited for, and made
worker.py HOME CACHE hold STEP FILE           submits it, says `held` at STEP and waits for a line;
                                              then goes on, and prints the outcome

STEP is one that the supervisor's `watch` is told, of the intent in FILE, or of INTENT; `told:2` is
the second time it is told so, where `die` takes each step's first time and `hold` every time;
`any:7` is the seventh step, whichever that is.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from logos_graph.canon import ContentId, Json, parse
from logos_graph.cli.output import Printer
from logos_graph.cli.waiting import wait_for_end
from logos_graph.logline import SignedIntent, parse_signed_intent
from logos_graph.settings import Settings
from logos_graph.supervisor import Outcome
from logos_graph.wiring import System, open_system

PAYMENTS = Path(__file__).resolve().parents[2] / "docs/examples/payment-approval/payments"


def main() -> None:
    home, cache, command, *rest = sys.argv[1:]
    settings = Settings(Path(home), Path(cache), "supervisor", None)
    if command == "submit":
        submit(settings, int(rest[0]))
        return
    if command == "run":
        run(settings, int(rest[0]), rest[1])
        return
    signed = parse_signed_intent(parse(Path(rest[1]).read_bytes()))
    about = ContentId(rest[2]) if len(rest) > 2 else signed.intent.cid
    act = {"die": die, "end": die, "hold": hold}[command]
    execute(settings, signed, at(rest[0], about, act), to_the_end=command == "end")


def at(step: str, about: ContentId, act: Callable[[], None]) -> Callable[[str, ContentId], None]:
    """Acts when this step is reached: every time, or only the one that it names."""
    name, _, which = step.partition(":")
    times = 0

    def watch(reached: str, of: ContentId) -> None:
        nonlocal times
        if of == about and name in (reached, "any"):
            times += 1
            if not which or times == int(which):
                act()

    return watch


def submit(settings: Settings, count: int) -> None:
    payment = parse((PAYMENTS / "ok.json").read_bytes())
    assert isinstance(payment, dict)
    with open_system(settings) as system:
        flow = system.reader.resolve("payment-approval", ("Flow",))
        system.supervisor.runner.check_inputs(flow, payment)
        say("ready")
        sys.stdin.readline()
        for _ in range(count):
            tell(one(system, "agent-1", "transfer", payment))
            tell(one(system, "supervisor", "flow.run", {"flow": flow, "inputs": payment}))


def run(settings: Settings, count: int, name: str) -> None:
    with open_system(settings) as system:
        this: dict[str, Json] = {
            "flow": system.reader.resolve(name, ("Flow",)), "inputs": {"value": 5},
        }  # fmt: skip
        system.supervisor.catch_up()
        say("ready")
        sys.stdin.readline()
        for _ in range(count):
            tell(one(system, "supervisor", "flow.run", this))


def one(system: System, who: str, did: str, this: dict[str, Json]) -> Outcome:
    signer = system.keys.load(who)
    signed = system.compose(signer, did, this, if_ok="emit:a", if_doubt="abort", if_not="emit:b")
    return system.supervisor.execute(signed)


def execute(
    settings: Settings,
    signed: SignedIntent,
    watch: Callable[[str, ContentId], None],
    *,
    to_the_end: bool,
) -> None:
    with open_system(settings, watch=watch) as system:
        outcome = system.supervisor.execute(signed)
        tell(wait_for_end(Printer(as_json=True), system, outcome) if to_the_end else outcome)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hold() -> None:
    say("held")
    sys.stdin.readline()


def tell(outcome: Outcome) -> None:
    say(json.dumps([outcome.intent, outcome.status, (outcome.result or {}).get("run")]))


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
