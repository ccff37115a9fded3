"""The entry point `logos`: the table of its commands; each is imported only when it is called."""

from __future__ import annotations

import click

from logos_graph.cli.lazy import Lazy, LazyGroup
from logos_graph.cli.program import run_program

__all__ = ["COMMANDS", "logos", "main"]

_HERE = "logos_graph.cli"

COMMANDS = {
    "up": Lazy(f"{_HERE}.system:up", "Start the database, and found its ledger."),
    "down": Lazy(f"{_HERE}.system:down", "Stop the database."),
    "status": Lazy(f"{_HERE}.system:status", "The database, its guard, the ledger, what there is."),
    "doctor": Lazy(f"{_HERE}.doctor:doctor", "What this machine lacks, and what mends it."),
    "browse": Lazy(f"{_HERE}.system:browse", "Open Neo4j Browser on the graph, to read."),
    "key": Lazy(f"{_HERE}.key:key", "Principals and their keys."),
    "node": Lazy(f"{_HERE}.node:node", "Nodes: Rust functions as sandboxed WebAssembly."),
    "flow": Lazy(f"{_HERE}.flow:flow", "Flows: typed graphs of nodes and of other flows."),
    "run": Lazy(f"{_HERE}.run_:run", "Run a flow; list, show, replay, fork, prove runs."),
    "tuple": Lazy(f"{_HERE}.tuple_:tuple_", "LogLines: create, sign, submit."),
    "consent": Lazy(f"{_HERE}.consent:consent", "What waits for consent; give it or refuse."),
    "escalation": Lazy(f"{_HERE}.escalation:escalation", "Ends that somebody is to look at."),
    "events": Lazy(f"{_HERE}.events:events", "What intents emitted, as a stream."),
    "worker": Lazy(f"{_HERE}.worker:worker", "Carry out what is due, until it is stopped."),
    "ghost": Lazy(f"{_HERE}.ghost:ghost", "Intents that never took effect, and why."),
    "trajectory": Lazy(f"{_HERE}.trajectory:trajectory", "What a principal's acts come to."),
    "alarm": Lazy(f"{_HERE}.alarm:alarm", "Patterns of ghosts, and what came of them."),
    "breaker": Lazy(f"{_HERE}.alarm:breaker", "Principals that alarms have stopped."),
    "rate": Lazy(f"{_HERE}.rate:rate", "How often a principal may submit a verb."),
    "capability": Lazy(f"{_HERE}.capability:capability", "Named rights, granted node by node."),
    "kv": Lazy(f"{_HERE}.kv:kv", "Values that nodes have stored, by namespace and key."),
    "policy": Lazy(f"{_HERE}.policy:policy", "The policy in force; check and activate another."),
    "why": Lazy(f"{_HERE}.why:why", "Why an intent was decided so, and what would change it."),
    "verb": Lazy(f"{_HERE}.verb:verb", "Verbs: what can be said in a LogLine."),
    "ledger": Lazy(f"{_HERE}.ledger:ledger", "The ledger: show, verify, export, rebuild."),
    "verify": Lazy(f"{_HERE}.verify:verify", "Verify a run's proof or an export, by itself."),
    "audit": Lazy(f"{_HERE}.audit:audit", "Named questions to the graph, as tables."),
    "at": Lazy(f"{_HERE}.at:at", "Read the graph as it stood at an entry of the ledger."),
    "json": Lazy(f"{_HERE}.json_:json_", "Canonical JSON."),
}

_HELP = """Immutable WebAssembly logic in a typed dataflow graph, under a ledger that comes first.

Every change is a signed LogLine that policy judges and the ledger records before it happens.
Every command takes --json, for one JSON document on stdout. Names and short ids are accepted
wherever ids are."""

logos = click.version_option(package_name="logos-graph", prog_name="logos")(
    LazyGroup("logos", COMMANDS, _HELP)
)


def main() -> int:
    """Runs `logos`; returns the exit status."""
    return run_program(logos, "logos")
