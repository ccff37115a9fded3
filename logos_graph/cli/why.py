"""logos why: a decision in words: the rule, what it looked at, what would have changed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened
from logos_graph.cli.texts import short
from logos_graph.errors import NotVerified

if TYPE_CHECKING:
    from logos_graph.canon import ContentId
    from logos_graph.governance import Policy
    from logos_graph.ledger import Entry
    from logos_graph.supervisor.explain import Explained
    from logos_graph.supervisor.past import Past
    from logos_graph.wiring import System

__all__ = ["why"]


@click.command()
@click.argument("intent", metavar="INTENT")
@with_output
def why(out: Printer, intent: str) -> int:
    """Why an intent was decided as it was, and what would have changed that.

    The entries about it are read and their signatures checked; the policy that decided is asked
    again, on what it saw then, with one thing otherwise each time.
    """
    from logos_graph.supervisor.explain import explain

    with opened() as system:
        cid = system.reader.resolve(intent, ("LogLine",))
        story = _story(system, cid)
        told = explain(story, _policy(system, story[0]), _past(system, story[0].index))
    out.document(told.json)
    _show(out, told)
    return 0


def _story(system: System, cid: ContentId) -> list[Entry]:
    """Every entry about it, its own first. NotVerified E_CHAIN_SIGNATURE, E_STATE."""
    from logos_graph.ledger import EntryKind
    from logos_graph.store.evidence import GraphEvidence
    from logos_graph.supervisor import check_entry

    keys = system.reader.supervisor_keys()
    entries = GraphEvidence(system.reader, system.ledger).stories([cid])
    for entry in entries:
        check_entry(entry, keys)
    about = [e for e in entries if cid in (e.body.get("cid"), e.body.get("intent"))]
    if not about or about[0].kind is not EntryKind.INTENT or about[0].body["cid"] != cid:
        raise NotVerified(
            "E_STATE",
            f"the graph has no entry of the intent {cid}",
            hint="`logos ledger verify` says what is wrong with the ledger",
        )
    return about


def _policy(system: System, begun: Entry) -> Policy | None:
    """The one whose hash the entry names; its text is what hashes to that."""
    from logos_graph.governance import Policy

    for row in system.reader.rows("read/policies", ledger=system.ledger):
        if row["id"] == begun.policy_hash:
            policy = Policy(row["text"])
            return policy if policy.id == begun.policy_hash else None
    return None


def _past(system: System, index: int) -> Past:
    """Who held what before an entry; a verb's meaning never changes, so those of now are taken."""
    from logos_graph.supervisor.past import Past

    past = Past()
    for row in system.reader.rows("read/principals"):
        if row["index"] < index:
            past.change({"kind": "principal", **row}, row["index"])
    for at, change in system.reader.key_changes():
        if at < index:
            past.change(change, at)
    for row in system.reader.rows("read/supervisors"):
        if row["index"] < index:
            past.change({"kind": "supervisor", **row}, row["index"])
    for verb in system.reader.verbs():
        past.change(verb, 0)
    return past


def _show(out: Printer, told: Explained) -> None:
    out.fields(
        [
            ("intent", short(told.intent)),
            ("decision", told.decision["outcome"]),
            ("status", told.status),
            ("policy", short(told.policy)),
        ]
    )
    out.line()
    for sentence in told.sentences:
        out.line(sentence)
    for each in told.rules:
        out.line()
        out.block(each.rule.text)
    if told.otherwise:
        out.line()
        out.title("What would have changed it")
        out.table(("if", "then"), [(each.condition, each.decision) for each in told.otherwise])
