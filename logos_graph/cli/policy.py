"""logos policy: the policy in force, and the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from logos_graph.cli.files import read_text
from logos_graph.cli.lazy import CommandGroup
from logos_graph.cli.options import as_option, with_output
from logos_graph.cli.output import Printer
from logos_graph.cli.session import opened, opened_to_write
from logos_graph.cli.submit import report, submit

if TYPE_CHECKING:
    from logos_graph.governance import Policy, Rule

__all__ = ["policy"]

_MAX_FILE = 256 * 1024


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


@policy.command()
@click.argument("file", metavar="FILE.cedar")
@with_output
def check(out: Printer, file: str) -> int:
    """Parse a policy and list its rules; changes nothing and asks no database."""
    parsed = _read(file)
    out.document({"id": parsed.id, "rules": [_rule(rule) for rule in parsed.rules]})
    out.fields([("policy", parsed.id)])
    out.line()
    out.table(
        ("rule", "effect", "requires", "reason"),
        [
            (rule["id"], rule["effect"], _requirement_text(rule["require"]), rule["reason"])
            for rule in map(_rule, parsed.rules)
        ],
    )
    return 0


@policy.command()
@click.argument("file", metavar="FILE.cedar")
@as_option
@with_output
def activate(out: Printer, file: str, signer: str | None) -> int:
    """Put a policy in force; the next intent is judged by it."""
    parsed = _read(file)
    with opened_to_write(out) as system:
        this: dict[str, Any] = {"text": parsed.text}
        return report(out, system, submit(system, "policy.activate", this, signer))


def _read(file: str) -> Policy:
    from logos_graph.governance import Policy

    return Policy(read_text(file, _MAX_FILE))


def _rule(rule: Rule) -> dict[str, Any]:
    requirement = rule.requirement
    return {
        "id": rule.id,
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
