"""The dear part of a check on all cores: the same entries, the same first offender."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.connection import wait
from typing import Any

import pytest

from logos_graph.cores import Prover, apart, usable_cores
from logos_graph.errors import NotVerified
from logos_graph.identity import Signer
from logos_graph.ledger import Entry, Stored, SupervisorKeys, Walk, check_invariants, verify_chain
from logos_graph.ledger.report import InvariantReport
from tests.ledger.conftest import AGENT, SUPERVISOR, Book, forge, tell_story


@pytest.fixture(scope="module")
def told() -> list[Entry]:
    """More entries than go to a process at once."""
    book = Book()
    while len(book.entries) < 600:
        tell_story(book)
    return book.entries


def rows(entries: list[Entry]) -> list[Stored]:
    return [Stored(entry.text, entry.hash, entry.signature) for entry in entries]


def verified(
    stored: list[Stored], cores: int, *, below: int = 0, supervisor: Signer = SUPERVISOR
) -> tuple[list[Entry], InvariantReport]:
    prover = Prover(lambda: supervisor.did, len(stored), cores=cores)
    walk, entries = Walk(supervisor.did, proven=prover), []
    chain = prover.entries(stored, below=below)
    for entry in verify_chain(chain, supervisor.did, proven=prover):
        walk.take(entry)
        entries.append(entry)
    return entries, walk.report(None)


@pytest.mark.parametrize("cores", [1, 2])
def test_what_comes_out_is_what_went_in_in_order(told: list[Entry], cores: int) -> None:
    entries, report = verified(rows(told), cores)
    assert entries == told
    assert report.json == check_invariants(told, None).json


def fault(stored: list[Stored], cores: int, **options: Any) -> tuple[str, int]:
    with pytest.raises(NotVerified) as caught:
        verified(stored, cores, **options)
    index = caught.value.data["index"]
    assert isinstance(index, int)
    return caught.value.code, index


def flip(text: str) -> str:
    return ("1" if text[0] == "0" else "0") + text[1:]


CHANGES: dict[str, Callable[[Stored], Stored]] = {
    "E_CHAIN_SIGNATURE": lambda row: row._replace(signature=flip(row.signature)),
    "E_CHAIN_HASH": lambda row: row._replace(hash=f"b3:{'0' * 64}"),
    "E_ENTRY_FORM": lambda row: row._replace(text=f" {row.text}"),
}


@pytest.mark.parametrize("at", [0, 3, 255, 256, 599])
@pytest.mark.parametrize("code", sorted(CHANGES))
def test_the_first_offender_is_the_same_on_one_core(told: list[Entry], code: str, at: int) -> None:
    stored = rows(told)
    stored[at] = CHANGES[code](stored[at])
    later = min(at + 100, len(stored) - 1)
    stored[later] = stored[later]._replace(signature="")
    alone = fault(stored, 1)
    assert alone[0] in (code, "E_ENTRY_FORM", "E_CHAIN_HASH")
    if at in (3, 256):
        assert fault(stored, 2) == alone


def test_an_intent_that_was_not_signed_by_its_actor_is_found_on_all_cores(
    told: list[Entry],
) -> None:
    at = next(e.index for e in told if e.index > 300 and e.kind.value == "intent")
    body = told[at].body
    wrong = forge(told[at], body={**body, "signature": flip(str(body["signature"]))})
    entries = [*told[:at], wrong]
    alone, together = (verified(rows(entries), cores)[1] for cores in (1, 2))
    for report in (alone, together):
        assert report.I3.first_offender is not None
        assert report.I3.first_offender.index == at
        assert report.I3.first_offender.field == "body.signature"
    assert alone.json == together.json


@pytest.mark.parametrize("cores", [1, 2])
def test_another_key_is_refused_whoever_looked(told: list[Entry], cores: int) -> None:
    assert fault(rows(told), cores, supervisor=AGENT) == ("E_CHAIN_SUPERVISOR", 0)


def test_what_was_proven_of_one_key_is_not_believed_of_another(told: list[Entry]) -> None:
    prover = Prover(lambda: AGENT.did, 1, cores=1)
    (entry,) = prover.entries(rows(told[:1]))
    assert not prover.entry(AGENT.did, entry)
    assert not prover.entry(SUPERVISOR.did, entry)
    prover = Prover(lambda: SUPERVISOR.did, 1, cores=1)
    (entry,) = prover.entries(rows(told[:1]))
    assert prover.entry(SUPERVISOR.did, entry)
    assert not prover.entry(AGENT.did, entry)
    assert not prover.entry(SUPERVISOR.did, replace(entry))


def test_below_a_checkpoint_the_signature_is_not_looked_at_again(told: list[Entry]) -> None:
    stored = rows(told)
    stored[5] = CHANGES["E_CHAIN_SIGNATURE"](stored[5])
    assert fault(stored, 1, below=5) == ("E_CHAIN_SIGNATURE", 5)
    assert len(verified(stored, 1, below=6)[0]) == len(told)
    stored[7] = CHANGES["E_CHAIN_HASH"](stored[7])
    assert fault(stored, 1, below=600)[0] == "E_CHAIN_HASH"


def test_entries_left_half_way_leave_no_process(told: list[Entry]) -> None:
    entries = Prover(lambda: SUPERVISOR.did, len(told), cores=2).entries(rows(told))
    before = set(multiprocessing.active_children())
    assert [next(entries) for _ in range(2)] == told[:2]
    started = [process for process in multiprocessing.active_children() if process not in before]
    assert started
    del entries
    assert all(wait([process.sentinel], timeout=60) for process in started)


def test_there_is_a_core() -> None:
    assert usable_cores() >= 1


@pytest.mark.parametrize("cores", [1, 2])
@pytest.mark.parametrize("broken", [True, False])
def test_what_reading_raises_comes_after_the_entries_before_it(
    told: list[Entry], cores: int, broken: bool
) -> None:
    stored = rows(told[:300])
    if broken:
        stored[280] = CHANGES["E_CHAIN_SIGNATURE"](stored[280])

    def read() -> Iterator[Stored]:
        yield from stored
        raise NotVerified("E_EXPORT_FORM", "no more than these", index=300)

    prover, passed = Prover(lambda: SUPERVISOR.did, 600, cores=cores), list[Entry]()
    with pytest.raises(NotVerified) as caught:
        passed.extend(verify_chain(prover.entries(read()), SUPERVISOR.did, proven=prover))
    code = "E_CHAIN_SIGNATURE" if broken else "E_EXPORT_FORM"
    assert (caught.value.code, len(passed)) == (code, 280 if broken else 300)


def test_genesis_says_whose_key_signs_what_goes_to_other_processes(told: list[Entry]) -> None:
    keys = SupervisorKeys()
    prover = Prover(lambda: keys.current if keys.dids else None, len(told), cores=2)
    known = [
        prover.entry(SUPERVISOR.did, entry)
        for entry in verify_chain(prover.entries(rows(told)), None, keys=keys, proven=prover)
    ]
    assert known == [False, *[True] * (len(told) - 1)]


def half(number: int) -> int:
    """A work that refuses odd numbers."""
    if number % 2:
        raise NotVerified("E_ODD", f"{number} is odd", number=number)
    return number // 2


@pytest.mark.parametrize("cores", [1, 2])
def test_what_is_done_apart_comes_in_order_and_ends_at_the_first_offender(cores: int) -> None:
    assert list(apart(half, range(0, 60, 2), cores=cores)) == list(range(30))
    halves = apart(half, [0, 2, 4, 7, 8, 9], cores=cores)
    assert [next(halves) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(NotVerified) as refused:
        next(halves)
    assert refused.value.data["number"] == 7
