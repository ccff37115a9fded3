"""Entries are signed by the registered supervisor, and only an entry registers another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.guard.conftest import NO_HASH, Key, make_entry, name_key, rotation

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.guard.conftest import Chain, Entry, Refused

APPEND_ALL = """
MATCH (head:LedgerHead {ledger: $ledger})
SET head.lock = 0, head += $last
WITH head UNWIND $entries AS row CREATE (entry:LedgerEntry) SET entry = row
"""
TO_NEW = "SET head.supervisor = $new"
STRANGER = Key(1_000)


def append_all(chain: Chain, entries: list[Entry], key: Key) -> None:
    last = {name: entries[-1][name] for name in ("index", "hash", "recorded_at")}
    chain.run(APPEND_ALL, entries=entries, last=last | {"supervisor": key.did})
    chain.index, chain.hash, chain.key = entries[-1]["index"], entries[-1]["hash"], key


def batch(chain: Chain, *keys: Key) -> list[Entry]:
    """Entries in a row, each signed by its key."""
    entries: list[Entry] = []
    index, prev_hash = chain.index, chain.hash
    for key in keys:
        entries.append(chain.entry_after(index, prev_hash, key=key))
        index, prev_hash = entries[-1]["index"], entries[-1]["hash"]
    return entries


def supervisor(chain: Chain) -> str:
    (row,) = chain.run("MATCH (head:LedgerHead) RETURN head.supervisor AS did")
    return str(row["did"])


def test_the_first_entry_registers_the_supervisor_who_signed_it(
    new_chain: Chain, refused: Refused
) -> None:
    ledger, key = new_chain.ledger, new_chain.key
    weak = name_key(bytes([1] + 31 * [0]))
    with refused("supervisor"):
        new_chain.commit(supervisor=STRANGER.did)
    with refused("supervisor"):
        new_chain.commit(supervisor=None)
    bodies: list[dict[str, Any]] = [
        {"note": "nobody"},
        {"supervisor": 7},
        {"supervisor": "did:key:z6Mk"},
        {"supervisor": weak},
        {"nested": {"supervisor": key.did}},
    ]
    for body in bodies:
        with refused("supervisor"):
            new_chain.commit(
                entry=make_entry(ledger, 0, NO_HASH, key, body=body),
                supervisor=body.get("supervisor", key.did),
            )
    with refused("chain"):
        new_chain.commit(
            entry=make_entry(ledger, 0, NO_HASH, key, kind="intent", body={"supervisor": key.did})
        )
    forged = make_entry(ledger, 0, NO_HASH, key)
    with refused("signature"):
        new_chain.commit(entry=forged | {"signature": STRANGER.sign_entry(forged["text"])})
    new_chain.commit()
    assert supervisor(new_chain) == key.did
    with refused("chain"):  # a second genesis would register another key
        new_chain.commit(entry=make_entry(ledger, 1, new_chain.hash, key, kind="genesis"))


def test_the_last_entrys_signature_stands_for_those_before_it(
    chain: Chain, refused: Refused
) -> None:
    key = chain.key
    with refused("signature"):
        append_all(chain, batch(chain, key, key, STRANGER), key)
    append_all(chain, batch(chain, key, key, key), key)


def test_a_key_rotates_by_an_entry_that_both_keys_signed(chain: Chain, refused: Refused) -> None:
    old = chain.key
    chain.rotate()
    assert supervisor(chain) == chain.key.did != old.did
    with refused("signature"):
        chain.commit(entry=chain.entry_after(chain.index, chain.hash, key=old))
    chain.commit()


def test_the_new_key_signs_what_follows_in_the_same_transaction(
    chain: Chain, refused: Refused
) -> None:
    old, new = chain.key, chain.key.next()
    turn = chain.receipt(rotation(chain.ledger, old, new))

    def after(key: Key) -> Entry:
        return chain.entry_after(turn["index"], turn["hash"], key=key)

    with refused("signature"):
        append_all(chain, [turn, after(old)], new)
    with refused("signature"):  # the turn itself is the old key's, even when others follow it
        by_new = turn | {"signature": new.sign_entry(turn["text"])}
        append_all(chain, [by_new, after(new)], new)
    with refused("supervisor"):
        append_all(chain, [turn, after(new)], old)
    append_all(chain, [turn, after(new)], new)
    assert supervisor(chain) == new.did


def turned(*mutations: Callable[[Chain, Key], dict[str, Any]]) -> Callable[[Chain, Key], Entry]:
    return lambda chain, new: chain.receipt(*(make(chain, new) for make in mutations))


def by(**changes: object) -> Callable[[Chain, Key], dict[str, Any]]:
    return lambda chain, new: rotation(chain.ledger, chain.key, new, **changes)


@pytest.mark.parametrize(
    ("make", "move", "rule"),
    [
        pytest.param(lambda c, n: c.entry(), TO_NEW, "supervisor", id="no-entry-says-so"),
        pytest.param(turned(), TO_NEW, "supervisor", id="a-receipt-of-something-else"),
        pytest.param(turned(by()), "", "supervisor", id="the-head-stays-behind"),
        pytest.param(
            turned(by()), "SET head.supervisor = $other", "supervisor", id="the-head-names-a-third"
        ),
        pytest.param(turned(by()), "REMOVE head.supervisor", "supervisor", id="the-head-has-none"),
        pytest.param(turned(by(), by()), TO_NEW, "supervisor", id="twice"),
        pytest.param(
            turned(by(signature="00" * 64)), TO_NEW, "supervisor", id="the-new-key-never-signed"
        ),
        pytest.param(turned(by(signature=None)), TO_NEW, "supervisor", id="no-acceptance"),
        pytest.param(
            turned(lambda c, n: rotation("other", c.key, n)),
            TO_NEW,
            "supervisor",
            id="acceptance-for-another-ledger",
        ),
        pytest.param(
            turned(lambda c, n: rotation(c.ledger, STRANGER, n)),
            TO_NEW,
            "supervisor",
            id="after-a-key-that-is-not-in-force",
        ),
        pytest.param(
            turned(lambda c, n: rotation(c.ledger, STRANGER, n, previous=c.key.did)),
            TO_NEW,
            "supervisor",
            id="acceptance-after-another-key",
        ),
        pytest.param(
            turned(lambda c, n: rotation(c.ledger, c.key, c.key)),
            "",
            "supervisor",
            id="the-same-key-again",
        ),
        pytest.param(turned(by(did="did:key:z6Mkx")), TO_NEW, "supervisor", id="no-key"),
        pytest.param(turned(by(did=None)), TO_NEW, "supervisor", id="no-did"),
        pytest.param(
            lambda c, n: c.receipt(rotation(c.ledger, c.key, n), key=n),
            TO_NEW,
            "signature",
            id="signed-by-the-new-key-alone",
        ),
        pytest.param(
            lambda c, n: c.receipt(rotation(c.ledger, c.key, n), key=STRANGER),
            TO_NEW,
            "signature",
            id="signed-by-a-stranger",
        ),
        pytest.param(
            lambda c, n: c.entry_after(
                c.index, c.hash, kind="intent",
                body={"mutations": [rotation(c.ledger, c.key, n)]},
            ),
            TO_NEW,
            "supervisor",
            id="in-an-entry-that-is-no-receipt",
        ),
        pytest.param(
            lambda c, n: c.entry_after(
                c.index, c.hash, kind="receipt",
                body={"mutations": [], "outputs": {"mutations": [rotation(c.ledger, c.key, n)]}},
            ),
            TO_NEW,
            "supervisor",
            id="deeper-in-the-receipt",
        ),
    ],
)  # fmt: skip
def test_the_key_changes_in_no_other_way(
    chain: Chain,
    refused: Refused,
    make: Callable[[Chain, Key], Entry],
    move: str,
    rule: str,
) -> None:
    before, new = chain.key, chain.key.next()
    with refused(rule):
        chain.commit(move, make(chain, new), new=new.did, other=STRANGER.did)
    assert supervisor(chain) == before.did
    chain.commit()  # nothing of it stayed


def test_what_only_looks_like_a_rotation_changes_nothing(chain: Chain) -> None:
    quoted = {"kind": "name", "name": '{"kind":"supervisor"}', "of": ["supervisor", {"kind": "x"}]}
    chain.commit(entry=chain.receipt(quoted))
    assert supervisor(chain) == chain.key.did


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"of": 10**2000}, id="an-integer-of-2001-digits"),
        pytest.param({"n" * 60_000: None}, id="a-name-of-60000-letters"),
    ],
)
def test_a_receipt_that_speaks_of_a_supervisor_may_hold_whatever_canonical_json_does(
    chain: Chain, odd: dict[str, Any]
) -> None:
    chain.commit(entry=chain.receipt({"kind": "name", "name": "supervisor", "value": odd}))
    assert supervisor(chain) == chain.key.did
