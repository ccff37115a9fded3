"""Exports of principals that outlived their keys: both verifiers know whose key it was, when."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from logos_graph.archive import verify_archive
from tests.archive.conftest import Kept, holds
from tests.golang import Program
from tests.ledger.conftest import BOB, SUPERVISOR
from tests.ledger.test_principal_keys import DID, FIRST, SECOND, THIRD, Keyring, consents, follows


def lived() -> Keyring:
    """She acts, rotates, consents, and then her second key is revoked."""
    ring = Keyring()
    ring.does(FIRST, "transfer", {"amount": 1})
    ring.rotates(FIRST, SECOND)
    waiting = ring.intent(decision=ring.require(2))
    consents(ring, waiting, SECOND)
    ring.revokes(SECOND.key)
    return ring


def test_both_verifiers_follow_a_principal_s_keys(tmp_path: Path, second_verifier: Program) -> None:
    ring = lived()
    this = follows(SECOND, THIRD)
    ring.does(SUPERVISOR, "principal.rekey", this, {"kind": "key", **this})
    ring.does(THIRD, "transfer", {"amount": 2})
    ring.revokes(DID)
    Kept(ring, {}).export(tmp_path)
    assert holds(verify_archive(tmp_path, SUPERVISOR.did), ring)
    answer = second_verifier(tmp_path, SUPERVISOR.did)
    assert answer.status == 0, answer.err


def _after_rotation(ring: Keyring) -> None:
    ring.intent(FIRST, key=FIRST.key)


def _after_revocation(ring: Keyring) -> None:
    ring.intent(SECOND, key=SECOND.key)


def _never_hers(ring: Keyring) -> None:
    ring.intent(THIRD, key=THIRD.key)


def _forged(ring: Keyring) -> None:
    this: dict[str, Any] = {**follows(SECOND, THIRD), "signature": "0" * 128}
    ring.does(SUPERVISOR, "principal.rekey", this, {"kind": "key", **this})


def _taken(ring: Keyring) -> None:
    this = follows(SECOND, BOB)
    ring.does(SUPERVISOR, "principal.rekey", this, {"kind": "key", **this})


def _twice(ring: Keyring) -> None:
    ring.revokes(SECOND.key)


@pytest.mark.parametrize(
    "attack", [_after_rotation, _after_revocation, _never_hers, _forged, _taken, _twice]
)
def test_both_verifiers_refuse_a_key_that_was_not_hers_then(
    tmp_path: Path, second_verifier: Program, attack: Callable[[Keyring], None]
) -> None:
    ring = lived()
    attack(ring)
    Kept(ring, {}).export(tmp_path)
    assert not holds(verify_archive(tmp_path, SUPERVISOR.did), ring)
    answer = second_verifier(tmp_path, SUPERVISOR.did)
    assert answer.status == 1
    assert answer.err.startswith(f"entry {len(ring.entries) - 1}:"), answer.err
