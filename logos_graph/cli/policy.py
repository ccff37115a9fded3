"""logos policy: the policy in force, and the next one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import as_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.policy_diff import diff
from logos_graph.cli.policy_files import read_cases, read_policy, verbs_of_files, verbs_of_ledger
from logos_graph.cli.session import opened, opened_to_write
from logos_graph.cli.submit import report, submit

if TYPE_CHECKING:
    from logos_graph.governance import Rule, Verb

__all__ = ["policy"]


@click.group(cls=CommandGroup)
def policy() -> None:
    """The policy that judges every intent (Cedar)."""


@policy.command()
@with_output
def show(out: Printer) -> int:
    """The policy in force."""
    with opened() as system:
        row = system.reader.rows("read/policy", ledger=system.ledger)[0]
    out.document(row)
    out.fields([("policy", row["id"]), ("entry", row["index"])])
    out.line()
    out.block(row["text"])
    return 0


_verb_files = click.option(
    "--verb", "verbs", metavar="FILE.json", multiple=True,
    help="A verb's file; with the product's own verbs, in the place of the ledger's.",
)  # fmt: skip
_offline = click.option("--offline", is_flag=True, help="Ask no database: know the --verb files.")


@policy.command()
@click.argument("file", metavar="FILE.cedar")
@_verb_files
@_offline
@with_output
def check(out: Printer, file: str, verbs: tuple[str, ...], offline: bool) -> int:
    """Check a policy against the verbs that there are, and list its rules; changes nothing."""
    from logos_graph.governance import refuse_misfits

    parsed = read_policy(file)
    refuse_misfits(parsed, _verbs(verbs, offline))
    out.document({"id": parsed.id, "rules": [_rule(rule) for rule in parsed.rules]})
    out.fields([("policy", parsed.id)])
    out.line()
    out.table(
        ("rule", "line", "effect", "requires", "reason"),
        [
            (
                each["id"],
                each["line"],
                each["effect"],
                _requirement_text(each["require"]),
                each["reason"],
            )
            for each in map(_rule, parsed.rules)
        ],
    )
    return 0


@policy.command()
@_verb_files
@_offline
@with_output
def schema(out: Printer, verbs: tuple[str, ...], offline: bool) -> int:
    """The Cedar schema: what a policy may speak of, by the registered verbs."""
    from logos_graph.governance import cedar_schema

    made = cedar_schema(_verbs(verbs, offline))
    out.document(made)
    out.block(json.dumps(made, indent=2))
    return 0


@policy.command("test")
@click.argument("file", metavar="CASES.toml")
@click.option("--policy", "other", metavar="FILE.cedar", help="Another policy than the table's.")
@with_output
def test_(out: Printer, file: str, other: str | None) -> int:
    """Try a policy on its table of cases, without a database. Status 1 when one does not hold."""
    from logos_graph.governance import refuse_misfits
    from logos_graph.supervisor.trying import try_cases, undecided_rules

    table, folder = read_cases(file)
    parsed = read_policy(str(folder / table.policy) if other is None else other)
    verbs = verbs_of_files(folder / each for each in table.verbs)
    refuse_misfits(parsed, verbs)
    tried = [*try_cases(table, parsed, {verb.name: verb for verb in verbs})]
    failed = sum(1 for each in tried if each.differences)
    untested = undecided_rules(parsed, tried)
    out.document(
        {
            "policy": parsed.id,
            "holds": not failed,
            "cases": [each.json for each in tried],
            "failed": failed,
            "untested": untested,
        }
    )
    out.table(
        ("case", "decided", "by rules", "holds"),
        [
            (
                each.case.name,
                each.decision["outcome"],
                ", ".join(each.rules) or None,
                "; ".join(each.differences) or "ok",
            )
            for each in tried
        ],
    )
    out.line()
    for each in tried:
        if each.differences and "detail" in each.decision:
            out.line(f"{each.case.name}: {each.decision['detail']}")
    out.line(f"{len(tried) - failed} of {len(tried)} cases hold")
    if untested:
        out.line(f"rules that decide none of them: {', '.join(untested)}")
    return 1 if failed else 0


@policy.command()
@click.argument("file", metavar="FILE.cedar")
@click.option("--force", is_flag=True, help="Even if you could not activate another afterwards.")
@as_option
@with_output
def activate(out: Printer, file: str, force: bool, signer: str | None) -> int:
    """Put a policy in force; the next intent is judged by it."""
    from logos_graph.governance import refuse_misfits

    parsed = read_policy(file)
    with opened_to_write(out) as system:
        refuse_misfits(parsed, verbs_of_ledger(system))
        this: dict[str, Any] = {"text": parsed.text} | ({"force": True} if force else {})
        outcome = submit(system, "policy.activate", this, signer)
        for each in (outcome, *outcome.settled):
            _tell_lockout(out, each.result)
        return report(out, system, outcome)


policy.add_command(diff)


def _tell_lockout(out: Printer, result: Mapping[str, Any] | None) -> None:
    lockout = (result or {}).get("lockout")
    if lockout is not None:
        out.note(f"warning: {lockout['who']} is locked out: {lockout['detail']}")
        out.note(f"the way back: {lockout['way_back']}")


def _verbs(files: tuple[str, ...], offline: bool) -> list[Verb]:
    """Those of the files, where there are any or no database is to be asked; else the ledger's."""
    if files or offline:
        return verbs_of_files(files)
    with opened() as system:
        return verbs_of_ledger(system)


def _rule(rule: Rule) -> dict[str, Any]:
    requirement = rule.requirement
    return {
        "id": rule.id,
        "line": rule.line,
        "effect": "permit" if rule.permits else "forbid",
        "reason": rule.reason,
        "require": None
        if requirement is None
        else {
            "role": requirement.quorum.role,
            "quorum": requirement.quorum.text,
            "expires_s": requirement.expiry_ns // 1_000_000_000,
        },
    }


def _requirement_text(require: dict[str, Any] | None) -> str | None:
    if require is None:
        return None
    return f"{require['quorum']}, within {require['expires_s']} s"
