"""The payment-approval example, act by act, by the command `logos` alone (deploy/demo installs it).

Each act prints one line, and under it what came of it. All state lies under LOGOS_HOME. Run again,
what is published or registered already is said to be, and the three payments are submitted anew.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
EXAMPLE: Final = ROOT / "docs" / "examples" / "payment-approval"
LOGOS: Final = Path(sys.executable).parent / "logos"

AGENT: Final = "agent"
APPROVERS: Final = ("treasury-1", "treasury-2")
FLOWS: Final = ("risk-score", "payment-approval")

OK, REFUSED, WAITING = 0, 1, 4
ALREADY: Final = frozenset({"E_PRINCIPAL_EXISTS", "E_KEY_EXISTS", "E_VERB_EXISTS"})

Document = dict[str, Any]


class UnexpectedError(Exception):
    """A command ended otherwise than this act of the demo needs."""

    def __init__(self, command: tuple[str, ...], status: int, document: Document) -> None:
        error = document.get("error") or {}
        super().__init__(
            f"logos {' '.join(command)}\n"
            f"ended with status {status}: {error.get('code', '')} "
            f"{error.get('message', document)}\n{error.get('hint', '')}"
        )
        self.status = status


def say(text: str) -> None:
    """One line, seen at once also through a pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def act(number: int, text: str) -> None:
    """The line of one act."""
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    say(f"{bold}{number}. {text}{plain}")


def detail(name: str, text: object) -> None:
    """One line of what came of an act."""
    say(f"     {name:<20} {text}")


def short(identifier: str) -> str:
    """The first digits of an id; `logos` accepts them wherever it wants the id."""
    return identifier[:15]


def logos(*command: str, expected: tuple[int, ...] = (OK,)) -> Document:
    """Runs `logos … --json`; its progress goes to this terminal, its document is returned.

    An error that only says "this is there already" counts as done.
    """
    done = subprocess.run([LOGOS, *command, "--json"], stdout=subprocess.PIPE, text=True)
    document: Document = json.loads(done.stdout or "{}")
    if done.returncode in expected or _is_there_already(document):
        return document
    raise UnexpectedError(command, done.returncode, document)


def _is_there_already(document: Mapping[str, Any]) -> bool:
    error = document.get("error")
    return isinstance(error, dict) and error.get("code") in ALREADY


def news(document: Mapping[str, Any], what: str) -> str:
    """How an act of publishing came out, the first time or again."""
    result = document.get("result") or {}
    return f"already {what}" if _is_there_already(document) or not result.get("new", True) else what


# --- the acts -------------------------------------------------------------------------------------


def start() -> None:
    """The managed database, or the one that NEO4J_URI names."""
    act(0, "starts the database (the first time it is fetched and checked)")
    logos("up")


def create_principals() -> None:
    """The supervisor came with the database: its first entry names it."""
    act(1, "creates a supervisor, an agent and two treasury approvers")
    create_principal(AGENT, "agent", "agent")
    for name in APPROVERS:
        create_principal(name, "person", "treasury", "approver")


def create_principal(name: str, kind: str, *roles: str) -> None:
    """One principal with a key of its own, in a plain file: nobody is there to ask."""
    options = [option for role in roles for option in ("--role", role)]
    document = logos("key", "new", name, "--type", kind, "--unencrypted", *options)
    detail(name, f"{kind}, {' and '.join(roles)}: {news(document, 'registered')}")


def publish_nodes() -> None:
    """Each is compiled in a sandbox, admitted by named checks, and named by its content."""
    sources = sorted((EXAMPLE / "nodes").glob("*.rs"))
    act(2, f"builds {len(sources)} nodes from Rust source")
    for source in sources:
        document = logos("node", "publish", str(source))
        detail(source.stem, f"{short(document['result']['node'])}  {news(document, 'published')}")


def publish_flows() -> None:
    """The subgraph first: the other one places it."""
    act(3, "publishes the flow risk-score, and payment-approval, which uses it")
    for name in FLOWS:
        document = logos("flow", "publish", str(EXAMPLE / f"{name}.toml"))
        detail(name, f"{short(document['result']['flow'])}  {news(document, 'published')}")


def govern() -> None:
    """What is allowed, and what the word `transfer` starts."""
    act(4, "registers the verb transfer, bound to payment-approval, activates the policy")
    detail("capabilities", "none granted: no node of this flow asks for any")
    verb = str(EXAMPLE / "transfer.verb.json")
    document = logos("verb", "register", verb, "--flow", "payment-approval")
    detail("transfer", news(document, "registered"))
    policy = str(EXAMPLE / "policy.cedar")
    wanted = logos("policy", "check", policy)["id"]
    if logos("policy", "show")["id"] == wanted:
        detail("policy", f"{short(wanted)}  already active")
    else:
        asked = logos("policy", "activate", policy, expected=(WAITING,))
        detail("policy", f"{short(wanted)}  {required(asked)}: a policy is never one person's act")
        consent(asked)
        detail("", "the policy is active")


def submit_payments() -> str:
    """Submits the three payments; returns the run of the first."""
    act(5, "submits three payments as signed LogLines")
    approved = submit("ok", OK)
    run = str(approved["result"]["run"])
    detail("1,250.00 USD", f"ALLOW, {outputs(approved)}")

    waiting = submit("large", WAITING)
    detail("47,500.00 USD", required(waiting))
    detail("", f"ALLOW, {outputs(consent(waiting))}")

    denied = submit("refused", REFUSED)
    cause = denied["cause"]
    detail("to a blocked account", f"DENY, a ghost: {cause['detail']}")
    return run


def submit(name: str, status: int) -> Document:
    """Signs and submits the payment of one file as the agent; it must end with this status."""
    return logos(
        *("tuple", "create", "--as", AGENT, "--did", "transfer"),
        *("--this", f"@{EXAMPLE / 'payments' / f'{name}.json'}"),
        *("--if-ok", "emit:transfer.completed"),
        *("--if-doubt", "escalate:treasury"),
        *("--if-not", "emit:transfer.denied"),
        "--submit",
        expected=(status,),
    )


def required(document: Mapping[str, Any]) -> str:
    """Whose consent an intent waits for."""
    decision = document["decision"]
    return f"REQUIRE {decision['quorum']['k']} of role {decision['role']}"


def consent(waiting: Mapping[str, Any]) -> Document:
    """The approvers consent one by one, until the quorum lets the intent through; how it ended."""
    for name in APPROVERS:
        document = logos("consent", "give", str(waiting["intent"]), "--as", name)
        detail("", f"{name} consents")
        for settled in document["settled"]:
            if settled["intent"] == waiting["intent"]:
                return dict(settled)
    raise UnexpectedError(("consent", "give"), WAITING, dict(waiting))


def outputs(document: Mapping[str, Any]) -> str:
    """A run's outputs on one line."""
    return json.dumps(document["result"]["outputs"], ensure_ascii=False)


def replay(run: str) -> None:
    """Every value of the run is computed again and compared."""
    act(6, "replays the first run from its recorded inputs")
    document = logos("run", "replay", run)
    detail(short(run), f"{document['compared']} values compared, every one the same")


def verify() -> None:
    """The chain and the five invariants; a broken one ends the demo."""
    act(7, "verifies the ledger")
    document = logos("ledger", "verify", expected=(OK, REFUSED))
    detail("chain", f"{document['entries']} entries, whole and signed")
    for check in document["invariants"]:
        state = "holds" if check["ok"] else f"BROKEN at {check['first_offender']}"
        detail(f"{check['name']} {check['title']}", f"{check['count']:>6}  {state}")
    if not all(check["ok"] for check in document["invariants"]):
        raise UnexpectedError(("ledger", "verify"), REFUSED, document)


def show_how_to_look(run: str) -> None:
    """Where to go from here."""
    act(8, "how to look")
    browser = logos("status")["browser"]
    home = f"LOGOS_HOME='{os.environ['LOGOS_HOME']}' " if "LOGOS_HOME" in os.environ else ""
    command = f"{home}.venv/bin/logos"
    detail("Neo4j Browser", browser["url"])
    detail("", f"user {browser['username']}, password {browser['password']} (reads only)")
    detail("who allowed a run", f"{command} audit who-allowed --param run={short(run)}")
    detail("an agent's ghosts", f"{command} audit ghosts --param who={AGENT}")
    detail("what hangs on a node", f"{command} audit impact --param id=velocity-score")
    detail("everything else", f"{command} --help")


def main() -> int:
    """The exit status: that of the first command that ended otherwise than it should."""
    try:
        start()
        create_principals()
        publish_nodes()
        publish_flows()
        govern()
        run = submit_payments()
        replay(run)
        verify()
        show_how_to_look(run)
    except UnexpectedError as error:
        sys.stderr.write(f"{error}\n")
        return error.status or 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
