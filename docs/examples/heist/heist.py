"""The heist, act by act: 47 transfers in 47 minutes of a simulated clock, and nothing moves.

The opening of the LogLine paper, played on a real database under a real policy, in a home that it
makes and leaves. `run` beside this file installs what it needs and starts it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from bank import MINUTE_NS, Bank, SimulatedClock, UnexpectedError
from evidence import ANSWER, CHECKPOINTS, LEDGER, MismatchError, check
from telling import Attempts, Document, Story, dollars, short, trust_text

from logos_graph.canon import Json
from logos_graph.errors import LogosError
from logos_graph.identity import Signer
from logos_graph.logline import format_when, parse_when
from logos_graph.settings import Settings
from logos_graph.supervisor import Outcome
from logos_graph.wiring import open_system, start_database, stop_database

LOGOS: Final = Path(sys.executable).parent / "logos"

FOUNDED: Final = "2024-03-04T09:00:00.000000000Z"
FIRST: Final = "2024-03-14T14:23:07.847000000Z"
"""The first transfer, as the paper signs it."""
OPERATING, STOLEN_TO, SUPPLIER = (
    "account:operating", "account:external:9f8a2c", "account:supplier:north",
)  # fmt: skip
BALANCE: Final = 4_000_000
EVERYDAY: Final = (1200, 850, 2400, 640, 3100)
"""What the assistant paid on the days before, in dollars."""
AMOUNTS: Final = (47_500, *((49_500, 51_200, 46_200) * 15), 49_000)
"""What is tried: the paper's first, and so on to $2.3 million."""
TREASURY_LOOKS: Final = 3
"""Minutes after which somebody of the treasury sees what waits."""


# --- before ---------------------------------------------------------------------------------------


def set_up(story: Story, bank: Bank) -> tuple[Signer, Signer]:
    """The people, the accounts, the policy; the assistant, and who of the treasury answers."""
    story.act(1, "A bank, on 4 March 2024: people, accounts, a policy")
    treasurer = bank.register("treasury-1", "person", "treasury", "approver")
    bank.register("controller-1", "person", "approver")
    assistant = bank.register("assistant-7x3k", "agent", "assistant")
    story.detail("treasury-1", "a person of the treasury")
    story.detail("assistant-7x3k", f"an agent: {assistant.did}")
    for name in ("open-account", "move-money"):
        bank.build(name)
    bank.open_account(OPERATING, BALANCE)
    story.detail(OPERATING, dollars(BALANCE))
    bank.govern(treasurer)
    story.detail("policy", f"{short(bank.system.supervisor.view.policy.id)}, activated by two:")
    story.detail("", "up to its trust's limit the assistant pays alone;")
    story.detail("", "beyond that one of the treasury must consent;")
    story.detail("", "below a score of 0.05 it is denied, and nobody is asked")
    return assistant, treasurer


def everyday(story: Story, bank: Bank, assistant: Signer) -> None:
    """Legitimate access, used as it is meant."""
    story.act(2, "Ten days of ordinary work")
    for day, amount in enumerate(EVERYDAY):
        bank.clock.put(parse_when(FOUNDED) + (2 * day + 1) * 24 * 60 * MINUTE_NS)
        bank.done("transfer", transfer(SUPPLIER, amount), assistant)
    paid = f"{len(EVERYDAY)} payments to {SUPPLIER}, {dollars(sum(EVERYDAY))} in all: each ALLOW"
    story.detail("assistant-7x3k", paid)
    bank.clock.put(parse_when(FIRST))
    story.detail("its trust", trust_text(bank.trust(assistant)))


def transfer(to: str, amount: int) -> dict[str, Json]:
    """`this` of a transfer, as the paper has it."""
    return {"from": OPERATING, "to": to, "amount": amount, "currency": "USD"}


# --- the attempts ---------------------------------------------------------------------------------


def attempts(story: Story, bank: Bank, assistant: Signer, treasurer: Signer) -> None:
    """47 transfers, one a minute; the breaker is open at the end."""
    story.act(3, "14 March, 14:23: the assistant is taken over. A transfer a minute")
    told = Attempts(story)
    waiting = list[Outcome]()
    for minute, amount in enumerate(AMOUNTS):
        bank.clock.put(parse_when(FIRST) + minute * MINUTE_NS)
        if minute == TREASURY_LOOKS:
            told.end_line()
            refuse(story, bank, treasurer, waiting)
            story.detail("its trust", trust_text(bank.trust(assistant)))
        known = len(bank.alarms(assistant))
        outcome = bank.submit(assistant, "transfer", transfer(STOLEN_TO, amount))
        if outcome.status == "PENDING":
            waiting.append(outcome)
        told.tell(minute, amount, outcome)
        for alarm in bank.alarms(assistant)[known:]:
            told.end_line()
            opens = "; the circuit breaker opens" if alarm["severity"] == "high" else ""
            story.detail(f"alarm {alarm['pattern']}", f"{alarm['count']} ghosts{opens}")
    told.end_line()
    story.document["attempts"] = told.rows
    story.document["alarms"] = [
        {name: alarm[name] for name in ("pattern", "severity", "count", "status")}
        for alarm in bank.alarms(assistant)
    ]
    verdicts = [row["decision"] for row in told.rows]
    if verdicts != ["REQUIRE"] * TREASURY_LOOKS + ["DENY"] * (len(AMOUNTS) - TREASURY_LOOKS):
        raise UnexpectedError(f"the decisions are others: {verdicts}")
    if not bank.system.supervisor.view.watched.breaker(assistant.did):
        raise UnexpectedError("no breaker is open")


def refuse(story: Story, bank: Bank, treasurer: Signer, waiting: Sequence[Outcome]) -> None:
    """Somebody of the treasury answers what waits."""
    for each in waiting:
        reason = "nobody here asked for this, and the account is unknown"
        bank.done("consent.refuse", {"intent": each.intent, "reason": reason}, treasurer)
    story.detail("treasury-1", f"refuses all {len(waiting)}: they are ghosts")


def try_once_more(story: Story, bank: Bank, assistant: Signer) -> None:
    """What it was always allowed to do is denied as well."""
    bank.clock.put(parse_when(FIRST) + len(AMOUNTS) * MINUTE_NS)
    story.act(4, "A minute later it tries what it did every other day")
    outcome = bank.submit(assistant, "transfer", transfer(SUPPLIER, EVERYDAY[0]))
    cause: Any = outcome.cause or {}
    if cause.get("reason") != "CircuitBreakerOpen":
        raise UnexpectedError(f"the breaker did not hold: {json.dumps(outcome.to_json())}")
    paid = f"{outcome.verdict:<8} {dollars(EVERYDAY[0])} to {SUPPLIER} (CircuitBreakerOpen)"
    story.detail(f"minute {len(AMOUNTS)}", paid)
    story.detail("", "until two approvers lift it: `logos breaker lift assistant-7x3k`")


# --- afterwards -----------------------------------------------------------------------------------


class Shell:
    """The command `logos` on the home of the story, as an auditor has it."""

    def __init__(self, settings: Settings) -> None:
        names = ("LOGOS_", "NEO4J_")
        self._environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith(names)},
            "LOGOS_HOME": str(settings.home),
            "LOGOS_CACHE": str(settings.cache),
        }

    def logos(self, *command: str) -> Document:
        """Runs `logos … --json`; what it printed."""
        done = subprocess.run(
            [LOGOS, *command, "--json"],
            env=self._environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            said = f"{done.stdout}{done.stderr}"
            raise UnexpectedError(f"logos {' '.join(command)} ended with {done.returncode}: {said}")
        document: Document = json.loads(done.stdout)
        return document


def show_nothing_moved(story: Story, bank: Bank, before: Document, rows: list[Document]) -> None:
    """By the graph: no receipt and no run of any attempt, the balances as they were."""
    story.act(5, "What moved? The graph is asked")
    found = {
        "receipts": sum(row["receipts"] for row in rows),
        "runs": sum(row["runs"] for row in rows),
        "new_runs": bank.runs() - before["runs"],
        "not_ghosts": sum(row["ended"] != "GHOST" for row in rows),
        "balances": bank.balances(),
    }
    story.document["moved"] = {**found, "balances_before": before["balances"]}
    counts = [found[name] for name in ("receipts", "runs", "new_runs", "not_ghosts")]
    if any(counts) or found["balances"] != before["balances"]:
        raise UnexpectedError(f"something moved: {json.dumps(story.document['moved'])}")
    story.detail(f"of {len(rows)} attempts", "0 receipts, 0 runs, every one a ghost")
    for account, balance in found["balances"].items():
        story.detail(account, f"{dollars(balance)}, as before")
    story.detail(STOLEN_TO, "nothing: it was never opened")


def audit(story: Story, shell: Shell) -> Document:
    """Who, what, when, on what authority: one question, one statement."""
    last = parse_when(FIRST) + (len(AMOUNTS) + 1) * MINUTE_NS
    window = (f"since={FIRST}", f"until={format_when(last)}")
    params = [f"--param={each}" for each in ("who=assistant-7x3k", *window)]
    answer = shell.logos("audit", "attempts", *params)
    rows = answer["rows"]
    story.document["audit"] = answer
    if len(rows) != len(AMOUNTS) + 1:
        raise UnexpectedError(f"the audit tells {len(rows)} attempts")
    return answer


def tell_audit(story: Story, rows: list[Document]) -> None:
    """The answer, as a manager reads it."""
    story.act(6, "Who, what, when, on what authority: `logos audit attempts`, one Cypher query")
    first, last = rows[0], rows[-1]
    roles = ", ".join(first["roles"])
    story.detail("who", f"{first['who']}, each signed by {first['did']}")
    total = sum(json.loads(row["this"])["amount"] for row in rows)
    story.detail("what", f"{len(rows)} times {first['verb']}, {dollars(total)} in all")
    story.detail("", f"the first: {first['this']}")
    story.detail("when", f"{first['when'][:19]}Z to {last['when'][:19]}Z")
    story.detail("", f"entries {first['entry']} to {last['ended_entry']} of the ledger")
    made = f"role {roles}, registered by {first['registered_by']}"
    story.detail("on what authority", f"{made} (entry {first['registered_entry']})")
    by = f"{first['policy_by']} with the consent of {', '.join(first['policy_consents'])}"
    policy = f"policy {short(first['policy_hash'])} (entry {first['policy_entry']})"
    story.detail("judged by", f"{policy}, activated by {by}")
    for how, count in Counter(how_it_ended(row) for row in rows).items():
        story.detail(f"  {count} times", how)


def how_it_ended(row: Document) -> str:
    """What was decided, by which rules or by what else, and by whom it was refused."""
    cause, rules = json.loads(row["cause"]), json.loads(row["rules"])
    by = ", ".join(rules) or cause["reason"]
    return f"{row['decision']} by {by}; {', '.join(row['answers']) or 'at once'}; {row['ended']}"


def keep_evidence(story: Story, shell: Shell, folder: Path, answer: Document) -> None:
    """An export, a checkpoint and the answer, in a folder that needs no database; all checked."""
    story.act(7, "The evidence, for somebody who trusts none of this")
    exported = shell.logos("ledger", "export", str(folder / LEDGER))
    kept = shell.logos("ledger", "checkpoint", "--to", str(folder / CHECKPOINTS))
    (folder / ANSWER).write_text(json.dumps(answer, indent=1, ensure_ascii=False) + "\n")
    verified = shell.logos("ledger", "verify")
    supervisor = shell.logos("verify", str(folder / LEDGER))["supervisor"]["did"]
    report, compared = check(folder, supervisor)
    graph = next(each for each in verified["invariants"] if each["name"] == "I4")
    if not graph["ok"]:
        raise UnexpectedError("the graph is not what the entries add up to")
    story.document["evidence"] = {
        "folder": str(folder),
        "supervisor": supervisor,
        "entries": exported["size"],
        "root": kept["root"],
        "attempts_compared": compared,
        "verified": report.ok,
    }
    story.detail(str(folder), "")
    story.detail(f"  {LEDGER}/", f"{exported['size']} signed entries: verified, offline")
    story.detail(f"  {CHECKPOINTS}/", f"signed, root {kept['root']}: hand it to somebody else now")
    story.detail(f"  {ANSWER}", f"{compared} rows, each made again from the entries: the same")
    story.detail("check it yourself", f"logos verify '{folder / LEDGER}' --supervisor {supervisor}")
    tool = Path(__file__).with_name("evidence.py")
    story.detail("", f"{sys.executable} '{tool}' '{folder}' --supervisor {supervisor}")


def look(story: Story, settings: Settings) -> None:
    """Where to go from here."""
    story.act(8, "Every attempt is a confession. To look around")
    logos = f"LOGOS_HOME='{settings.home}' {LOGOS}"
    for command in ("up", "audit attempts --param who=assistant-7x3k", "alarm list", "down"):
        story.detail(f"{logos} {command}", "")
    story.detail(f"rm -r '{settings.home}'", "")


def play(story: Story, settings: Settings) -> None:
    """All acts, on a home that has no ledger."""
    story.document["home"] = str(settings.home)
    story.act(0, f"A home of its own: {settings.home}")
    start_database(settings, lambda _line: None, found=False)
    shell = Shell(settings)
    with open_system(settings) as system:
        bank = Bank(system, SimulatedClock(FOUNDED))
        assistant, treasurer = set_up(story, bank)
        everyday(story, bank, assistant)
        before = {"balances": bank.balances(), "runs": bank.runs()}
        attempts(story, bank, assistant, treasurer)
        try_once_more(story, bank, assistant)
        answer = audit(story, shell)
        show_nothing_moved(story, bank, before, answer["rows"])
    tell_audit(story, answer["rows"])
    keep_evidence(story, shell, settings.home / "evidence", answer)
    look(story, settings)


def new_home(given: Path | None) -> Path:
    """The folder that was named, which must be new or empty; else one among temporary files."""
    if given is None:
        return Path(tempfile.mkdtemp(prefix="logos-heist-"))
    home = given.absolute()
    home.mkdir(parents=True, exist_ok=True)
    if any(home.iterdir()):
        raise FileExistsError(f"{home} is not empty: name a new folder")
    return home


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="docs/examples/heist/run", description=__doc__)
    parser.add_argument("home", nargs="?", type=Path, metavar="DIR", help="the home it makes")
    parser.add_argument(
        "--json", action="store_true", help="one JSON document on stdout; the story on stderr"
    )
    given = parser.parse_args()
    story = Story(sys.stderr if given.json else sys.stdout)
    try:
        home = new_home(given.home)
    except OSError as error:
        parser.error(str(error))
    settings = replace(Settings.from_environment(), home=home, external=None)
    try:
        play(story, settings)
    except (UnexpectedError, MismatchError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except LogosError as error:
        sys.stderr.write(f"error[{error.code}]: {error.message}\nhint: {error.hint}\n")
        return error.exit_status
    finally:
        stop_database(settings)
    if given.json:
        sys.stdout.write(json.dumps(story.document, indent=1, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
