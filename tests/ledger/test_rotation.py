"""The supervisor's keys: each signs its own stretch of the ledger, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.errors import NotVerified
from logos_graph.identity import Signer
from logos_graph.ledger import (
    Entry,
    State,
    SupervisorKeys,
    TreeWatch,
    accept_supervision,
    check_invariants,
    open_checkpoint,
    sign_checkpoint,
    verify_chain,
)
from tests.ledger.checks import check, check_broken, fault
from tests.ledger.conftest import ALICE, STRANGER, SUPERVISOR, Book, principal

KEYS = (SUPERVISOR, *(Signer.from_seed(bytes([n]) * 32) for n in range(11, 17)))
FIRST, SECOND, THIRD = KEYS[:3]


def successor(new: Signer, name: str, **changes: Any) -> dict[str, Any]:
    """The principal that the new key becomes."""
    told = principal(new, name, "operator")
    return {"kind": "principal", **told, "type": "supervisor", **changes}


class Rotated(Book):
    """A book whose supervisor's key changes; `signers` are those whose turn it was, in order."""

    def __init__(self, ledger: str = "main") -> None:
        self.signers = [FIRST]
        super().__init__(ledger)

    def add(self, kind: str, body: dict[str, Any], *, signer: Signer | None = None) -> Entry:
        """An entry, signed by the key in force unless another is given."""
        return super().add(kind, body, signer=signer or self.signers[-1])

    def rotation(self, new: Signer, **changes: Any) -> dict[str, Any]:
        """`this` of a rotation to this key, which may be wrong."""
        previous = self.signers[-1]
        signature = accept_supervision(self.ledger, previous.did, new)
        return {"did": new.did, "previous": previous.did, "signature": signature} | changes

    def rotate(self, new: Signer, **changes: Any) -> Entry:
        """An allowed rotation, as the gate records it; from then on the new key signs."""
        this = self.rotation(new, **changes)
        cid = self.allowed(this, self.signers[-1])
        became = successor(new, f"key {new.did[-6:]}")
        entry = self.receipt(cid, {"kind": "supervisor", **this}, became)
        self.signers.append(new)
        return entry

    def allowed(self, this: dict[str, Any], who: Signer) -> str:
        """The intent of a rotation, with the consent that it takes."""
        cid = self.intent(who, decision=self.require(1), did="supervisor.rotate_key", this=this)
        self.consent(cid, ALICE, {"outcome": "ALLOW", "policies": ["allow"]})
        return cid


@pytest.fixture
def book() -> Rotated:
    return Rotated()


@pytest.fixture(scope="module")
def rotated() -> Rotated:
    """Three keys, with acts before, between and after their rotations; not to be changed."""
    book = Rotated()
    for new in (SECOND, THIRD):
        book.receipt(book.intent())
        book.rotate(new)
    book.receipt(book.intent())
    return book


def chain_fault(entries: list[Entry], trusted: Signer = FIRST) -> tuple[str, Any]:
    with pytest.raises(NotVerified) as raised:
        list(verify_chain(entries, trusted.did))
    return raised.value.code, raised.value.data["index"]


def keys_of(entries: list[Entry]) -> SupervisorKeys:
    keys = SupervisorKeys()
    assert list(verify_chain(entries, None, keys=keys)) == entries
    return keys


# --- a rotation that both keys signed -------------------------------------------------------------


def test_a_rotated_ledger_is_whole_and_known_by_any_of_its_keys(rotated: Rotated) -> None:
    for trusted in (FIRST, SECOND, THIRD):
        assert list(verify_chain(rotated.entries, trusted.did)) == rotated.entries
        report = check_invariants(rotated.entries, rotated.state(), supervisor=trusted.did)
        assert report.ok
    assert check(rotated).ok


def test_the_keys_tell_who_signed_which_entry(rotated: Rotated) -> None:
    keys = keys_of(rotated.entries)
    assert keys.dids == (FIRST.did, SECOND.did, THIRD.did)
    assert keys.current == THIRD.did
    assert [keys.is_retired(signer.did) for signer in KEYS[:4]] == [True, True, False, False]
    turns = [
        entry.index + 1
        for entry in rotated.entries
        if entry.kind == "receipt" and "supervisor" in entry.text and "previous" in entry.text
    ]
    assert keys.first == (0, *turns)
    for entry in rotated.entries:
        assert keys.at(entry.index) == KEYS[sum(entry.index >= turn for turn in turns)].did
    assert keys.at(10**9) == THIRD.did


def test_the_state_has_every_key_and_what_it_follows(rotated: Rotated) -> None:
    stored = rotated.state().objects["supervisor"]
    assert {did: each["previous"] for did, each in stored.items()} == {
        FIRST.did: None,
        SECOND.did: FIRST.did,
        THIRD.did: SECOND.did,
    }
    assert stored[FIRST.did]["signature"] is None


def test_a_key_that_comes_later_is_not_yet_trusted(rotated: Rotated) -> None:
    before = rotated.entries[:3]
    assert chain_fault(before, SECOND) == ("E_CHAIN_SUPERVISOR", 0)
    assert chain_fault(rotated.entries, STRANGER) == ("E_CHAIN_SUPERVISOR", 0)


def test_verification_goes_on_from_a_trusted_head_with_the_keys_of_that_head(
    rotated: Rotated,
) -> None:
    for cut in range(1, len(rotated.entries)):
        first, rest = rotated.entries[:cut], rotated.entries[cut:]
        keys = keys_of(first)
        assert list(verify_chain(rest, THIRD.did, after=first[-1].head, keys=keys)) == rest
        assert keys.dids == keys_of(rotated.entries).dids


# --- rotations that are none ----------------------------------------------------------------------


def by_stranger(book: Rotated) -> dict[str, Any]:
    return {"signature": accept_supervision(book.ledger, FIRST.did, STRANGER)}


REFUSED: dict[str, Callable[[Rotated], dict[str, Any]]] = {
    "wrong previous": lambda book: {"previous": STRANGER.did},
    "no previous": lambda book: {"previous": None},
    "of another ledger": lambda book: {"signature": accept_supervision("other", FIRST.did, SECOND)},
    "accepted after another key": lambda book: {
        "signature": accept_supervision(book.ledger, STRANGER.did, SECOND)
    },
    "signed by another key": by_stranger,
    "not signed": lambda book: {"signature": ""},
    "signature of nothing": lambda book: {"signature": "0" * 128},
    "signature missing": lambda book: {"signature": None},
    "no key": lambda book: {"did": "did:key:z6Mk"},
}


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED)
def test_a_rotation_that_both_keys_have_not_signed_is_refused_where_it_stands(
    book: Rotated, changes: Callable[[Rotated], dict[str, Any]]
) -> None:
    at = book.rotate(SECOND, **changes(book)).index
    assert chain_fault(book.entries) == ("E_CHAIN_ROTATION", at)
    assert fault(check_broken(book), "I3") == (at, "body.mutations")


def test_the_acceptance_of_one_rotation_is_not_that_of_another(book: Rotated) -> None:
    """SECOND said that it follows FIRST; THIRD's turn came between."""
    replayed = book.rotation(SECOND)["signature"]
    book.rotate(THIRD)
    at = book.rotate(SECOND, signature=replayed).index
    assert chain_fault(book.entries) == ("E_CHAIN_ROTATION", at)


def test_a_key_is_the_supervisor_s_once(book: Rotated) -> None:
    book.rotate(SECOND)
    at = book.rotate(FIRST).index
    assert chain_fault(book.entries) == ("E_CHAIN_ROTATION", at)
    again = Rotated()
    at = again.rotate(FIRST).index
    assert chain_fault(again.entries) == ("E_CHAIN_ROTATION", at)


def test_one_entry_changes_the_key_once(book: Rotated) -> None:
    this, other = book.rotation(SECOND), book.rotation(THIRD)
    cid = book.allowed(this, FIRST)
    twice = [{"kind": "supervisor", **each} for each in (this, other)]
    at = book.receipt(cid, *twice).index
    assert chain_fault(book.entries) == ("E_CHAIN_ROTATION", at)


def test_a_rotation_that_the_old_key_did_not_sign_is_refused(book: Rotated) -> None:
    this = book.rotation(SECOND)
    cid = book.allowed(this, FIRST)
    book.signers.append(SECOND)
    at = book.receipt(cid, {"kind": "supervisor", **this}).index
    assert chain_fault(book.entries) == ("E_CHAIN_SIGNATURE", at)


def test_i2_a_key_changes_only_as_an_intent_of_that_verb_asked(book: Rotated) -> None:
    this = book.rotation(SECOND)
    became = successor(SECOND, "second")
    at = book.receipt(book.intent(), {"kind": "supervisor", **this}, became).index
    book.signers.append(SECOND)
    assert fault(check(book), "I2") == (at, "body.mutations[0]")
    other = Rotated()
    cid = other.allowed(other.rotation(THIRD), FIRST)
    at = other.receipt(cid, {"kind": "supervisor", **this}, became).index
    assert fault(check(other), "I2") == (at, "body.mutations[0]")


def test_i2_a_new_key_becomes_a_principal_by_its_rotation(book: Rotated) -> None:
    this = book.rotation(SECOND)
    at = book.receipt(book.allowed(this, FIRST), {"kind": "supervisor", **this}).index
    assert fault(check(book), "I2") == (at, "body.mutations[0]")


@pytest.mark.parametrize(
    "lie", [{"roles": ["approver", "operator"]}, {"type": "person"}, {"key": THIRD.did}],
    ids=lambda lie: next(iter(lie)),
)  # fmt: skip
def test_i2_a_new_key_becomes_what_the_one_before_it_was(
    book: Rotated, lie: dict[str, Any]
) -> None:
    this = book.rotation(SECOND)
    became = successor(SECOND, "second", **lie)
    at = book.receipt(book.allowed(this, FIRST), {"kind": "supervisor", **this}, became).index
    book.signers.append(SECOND)
    assert fault(check_broken(book), "I2") == (at, "body.mutations[0]")


# --- keys out of their stretch --------------------------------------------------------------------


def test_a_stolen_key_signs_nothing_after_its_rotation(book: Rotated) -> None:
    book.rotate(SECOND)
    book.receipt(book.intent())
    at = book.add("checkpoint", {}, signer=FIRST).index
    for trusted in (FIRST, SECOND):
        assert chain_fault(book.entries, trusted) == ("E_CHAIN_SIGNATURE", at)
    assert fault(check_broken(book), "I3") == (at, "signature")


def test_a_history_forked_by_a_stolen_key_is_not_the_new_key_s(book: Rotated) -> None:
    before = list(book.entries)
    book.rotate(SECOND)
    book.entries = before
    book.signers = [FIRST]
    book.receipt(book.intent())
    assert list(verify_chain(book.entries, FIRST.did)) == book.entries
    assert chain_fault(book.entries, SECOND) == ("E_CHAIN_SUPERVISOR", 0)


def test_a_new_key_signs_nothing_before_its_rotation(book: Rotated) -> None:
    at = book.add("checkpoint", {}, signer=SECOND).index
    book.rotate(SECOND)
    for trusted in (FIRST, SECOND):
        assert chain_fault(book.entries, trusted) == ("E_CHAIN_SIGNATURE", at)


@given(data=st.data())
def test_every_entry_needs_the_key_of_its_index(
    rotated: Rotated, forged: Callable[..., Entry], data: st.DataObject
) -> None:
    entries, keys = list(rotated.entries), keys_of(rotated.entries)
    at = data.draw(st.integers(0, len(entries) - 1))
    signer = data.draw(st.sampled_from((FIRST, SECOND, THIRD)))
    entries[at] = forged(entries[at], signer)
    if signer.did == keys.at(at):
        assert entries == rotated.entries
    else:
        assert chain_fault(entries) == ("E_CHAIN_SIGNATURE", at)


@given(turns=st.lists(st.integers(0, 3), max_size=len(KEYS) - 1))
def test_wherever_keys_are_rotated_each_signs_its_own_stretch(turns: list[int]) -> None:
    book = Rotated()
    for acts, new in zip(turns, KEYS[1:], strict=False):
        for _ in range(acts):
            book.ghost(book.intent(decision={"outcome": "DENY", "policies": []}))
        book.rotate(new)
    keys, entries = keys_of(book.entries), book.entries
    assert keys.dids == tuple(signer.did for signer in KEYS[: len(turns) + 1])
    assert check(book).ok
    for trusted in keys.dids:
        assert list(verify_chain(entries, trusted)) == entries
    for first, did in zip(keys.first, keys.dids, strict=True):
        assert {keys.at(index) for index in range(first, len(entries) + 1)} == set(
            keys.dids[keys.dids.index(did) :]
        )


# --- what a retired key says as a principal -------------------------------------------------------


def test_i3_a_retired_key_is_no_principal_any_more(book: Rotated) -> None:
    book.receipt(book.intent(FIRST))
    book.rotate(SECOND)
    book.receipt(book.intent(SECOND))
    assert check(book).ok
    book.receipt(book.intent(FIRST))
    at = len(book.entries) - 2
    assert fault(check(book), "I3") == (at, "body.intent.logline.who")


def test_a_retired_key_s_consent_does_not_count(book: Rotated) -> None:
    book.rotate(SECOND)
    asked = book.intent(decision=book.require(1, "operator"))
    book.consent(asked, FIRST, {"outcome": "ALLOW", "policies": ["allow"]})
    book.receipt(asked)
    report = check(book)
    assert fault(report, "I3")[1] == "body.intent.logline.who"
    assert fault(report, "I2")[1] == "body.decision"


def test_the_roles_of_a_retired_key_are_those_of_the_one_that_follows(book: Rotated) -> None:
    book.rotate(SECOND)
    asked = book.intent(decision=book.require(1, "operator"))
    book.consent(asked, SECOND, {"outcome": "ALLOW", "policies": ["allow"]})
    book.receipt(asked)
    assert check(book).ok


# --- checkpoints ----------------------------------------------------------------------------------


def root_at(entries: list[Entry], size: int) -> bytes:
    tree = TreeWatch()
    assert list(tree.watch(entries[:size])) == entries[:size]
    return tree.root()


def test_a_checkpoint_counts_only_by_the_key_of_its_size(rotated: Rotated) -> None:
    keys = keys_of(rotated.entries)
    for size in range(len(rotated.entries) + 1):
        for signer in (FIRST, SECOND, THIRD, STRANGER):
            data = sign_checkpoint("main", size, root_at(rotated.entries, size), signer).data
            if signer.did == keys.at(size):
                assert open_checkpoint(data, "main", keys).size == size
                continue
            with pytest.raises(NotVerified) as raised:
                open_checkpoint(data, "main", keys)
            known = signer is not STRANGER
            assert raised.value.code == ("E_CHECKPOINT_KEY" if known else "E_NOTE_UNSIGNED")


def test_a_checkpoint_at_a_rotation_is_the_new_key_s(book: Rotated) -> None:
    size = book.rotate(SECOND).index + 1
    keys = keys_of(book.entries)
    assert (keys.at(size - 1), keys.at(size)) == (FIRST.did, SECOND.did)
    note = sign_checkpoint("main", size, root_at(book.entries, size), SECOND)
    both = replace(
        note,
        signatures=(
            *note.signatures,
            *sign_checkpoint("main", size, root_at(book.entries, size), FIRST).signatures,
        ),
    )
    for data in (note.data, both.data):
        assert open_checkpoint(data, "main", keys).size == size


def test_a_state_folded_from_a_rotated_ledger_is_told_apart_from_one_without_its_key(
    rotated: Rotated,
) -> None:
    stored = State({kind: dict(things) for kind, things in rotated.state().objects.items()})
    del stored.objects["supervisor"][SECOND.did]
    report = check_invariants(rotated.entries, stored)
    assert fault(report, "I4")[1] == f"supervisor {SECOND.did}"
