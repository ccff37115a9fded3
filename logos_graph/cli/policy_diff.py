"""logos policy diff: which past decisions another policy would have made otherwise."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import click

from logos_graph.cli.options import with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.policy_files import read_policy
from logos_graph.cli.session import current_head, opened, stored_entries
from logos_graph.cli.texts import moment, moment_ns, short

if TYPE_CHECKING:
    from logos_graph.governance import Policy
    from logos_graph.ledger import Head
    from logos_graph.supervisor.rejudge import Changed, Tally
    from logos_graph.wiring import System

__all__ = ["diff"]


@click.command()
@click.argument("new", metavar="NEW.cedar")
@click.option(
    "--since", metavar="WHEN",
    help="Intents from then on: 2026-11-01T00:00Z, or 12h, 30d ago (default: all).",
)  # fmt: skip
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=100, show_default=True,
    help="How many of the changed intents to list, the youngest; all are judged.",
)  # fmt: skip
@with_output
def diff(out: Printer, new: str, since: str | None, limit: int) -> int:
    """Judge every past intent by another policy, and show which decisions would change.

    On the roles and verbs as of each intent, with the context that its decision records. Every
    entry of the ledger is verified as it is read. Changes nothing, and activates nothing.
    """
    from logos_graph.supervisor.rejudge import Tally

    policy = read_policy(new)
    begin = 0 if since is None else moment_ns(since, time.time_ns())
    tally = Tally(limit)
    with opened() as system:
        head = current_head(system)
        unfit = _unfit(system, policy)
        active = system.reader.rows("read/policy", ledger=head.ledger)[0]["id"]
        _judge(out, system, head, policy, begin, tally)
    _show(out, policy, active, unfit, tally)
    return 0


def _judge(
    out: Printer, system: System, head: Head, policy: Policy, since: int, tally: Tally
) -> None:
    from logos_graph.cores import in_parts
    from logos_graph.supervisor.rejudge import judge_part

    look = partial(judge_part, policy=policy.text, since=since)
    rows, keys = stored_entries(system, head), system.reader.supervisor_keys()
    for found in in_parts(look, rows, keys, head, out.counted):
        tally.take(found)


def _unfit(system: System, policy: Policy) -> list[dict[str, object]]:
    """What the policy says that the verbs of now do not have: it could not be activated."""
    from logos_graph.cli.policy_files import verbs_of_ledger
    from logos_graph.governance import misfits

    return [{**each.json} for each in misfits(policy, verbs_of_ledger(system))]


def _show(
    out: Printer, policy: Policy, active: str, unfit: list[dict[str, object]], tally: Tally
) -> None:
    kinds: list[dict[str, object]] = [
        {"did": verb, "was": was, "would": would, "intents": count}
        for (verb, was, would), count in tally.kinds.most_common()
    ]
    totals = {
        "entries": tally.entries, "judged": tally.judged, "changed": tally.changed,
        "other_rules": tally.other_rules, "undecided": tally.undecided,
    }  # fmt: skip
    rows = [*reversed(tally.rows)]
    out.document(
        {
            "policy": policy.id,
            "active": active,
            "errors": unfit,
            "totals": totals,
            "changes": kinds,
            "rows": [row.json for row in rows],
        }
    )
    out.fields(
        [
            ("policy", short(policy.id)),
            ("in force", short(active)),
            ("judged again", tally.judged),
            ("would change", tally.changed),
            ("the same by other rules", tally.other_rules),
            ("of no policy", tally.undecided),
        ]
    )
    for error in unfit:
        out.note(f"warning: line {error['line']}: {error['message']}: it could not be activated")
    if kinds:
        _show_changes(out, kinds, rows)


def _show_changes(out: Printer, kinds: list[dict[str, object]], rows: list[Changed]) -> None:
    out.line()
    out.table(
        ("verb", "was", "would be", "intents"),
        [(each["did"], each["was"], each["would"], each["intents"]) for each in kinds],
    )
    out.line()
    out.table(
        ("intent", "recorded", "who", "verb", "was", "would be", "by rules"),
        [_row(row) for row in rows],
    )


def _row(row: Changed) -> tuple[object, ...]:
    from logos_graph.supervisor.rejudge import in_words

    rules = row.would["policies"]
    told = ", ".join(map(str, rules)) if isinstance(rules, list) else ""
    return (
        short(row.intent), moment(row.recorded_at), row.name, row.verb, in_words(row.was),
        in_words(row.would), told or None,
    )  # fmt: skip
