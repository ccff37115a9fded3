"""A managed server's record."""

from __future__ import annotations

from logos_graph.database.record import ServerRecord


def test_no_password_can_be_taken_for_an_option() -> None:
    records = [ServerRecord.new(1, 2) for _ in range(500)]
    passwords = {each for made in records for each in (made.password, made.explorer_password)}
    assert len(passwords) == 1000
    assert all(each.isalnum() for each in passwords)
