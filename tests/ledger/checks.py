"""The five invariants over a book, and where the first thing stands that breaks one."""

from __future__ import annotations

from typing import Any

from logos_graph.ledger import InvariantReport, check_invariants, verify_chain


def check(book: Any) -> InvariantReport:
    """Against an honest stored state, where the entries allow one."""
    list(verify_chain(book.entries, book.entries[0].body["supervisor"]))
    return check_invariants(book.entries, book.state())


def check_broken(book: Any) -> InvariantReport:
    return check_invariants(book.entries, None)


def fault(report: InvariantReport, name: str) -> tuple[int | None, str]:
    found = {check.name: check for check in report.checks}[name]
    assert not found.ok
    assert found.first_offender is not None
    assert found.first_offender.message
    return found.first_offender.index, found.first_offender.field


def passed(report: InvariantReport) -> list[str]:
    return [check.name for check in report.checks if check.ok]
