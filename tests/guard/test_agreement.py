"""The guard (Java) and the ledger (Python) agree: on a text's hash, and on good signatures."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING

from blake3 import blake3

from logos_graph.canon import Json, Tag
from logos_graph.errors import LogosError
from logos_graph.identity import Signer, parse_did, verify
from logos_graph.ledger import Entry, EntryKind, Head, make_entry
from logos_graph.ledger.keys import accept_supervision
from tests.guard import curve
from tests.guard.conftest import NO_HASH, Key, name_key
from tests.guard.conftest import make_entry as plain_entry

if TYPE_CHECKING:
    from tests.guard.conftest import Chain

TRACE_ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
# Escapes, characters of every UTF-8 length, look-alikes of an entry's own fields.
AWKWARD = ("", "ä€😀\u2028\x7f", '"\\\n\x1f', ',"index":7,"kind":"ghost","ledger":"x"', "x" * 5_000)


def properties(entry: Entry) -> dict[str, object]:
    return {
        "ledger": entry.ledger,
        "index": entry.index,
        "hash": entry.hash,
        "prev_hash": entry.prev_hash,
        "kind": entry.kind.value,
        "text": entry.text,
        "signature": entry.signature,
        "recorded_at": entry.recorded_at,
        "ledger_index": entry.index,
    }


def test_the_ledgers_own_entries_pass_the_guard(new_chain: Chain) -> None:
    signer = Signer.from_seed(random.Random(7).randbytes(32))

    def follow(head: Head | None, kind: EntryKind, body: dict[str, Json], policy: bool) -> Head:
        entry = make_entry(
            head,
            kind,
            body,
            trace_id=TRACE_ID,
            now_ns=1_800_000_000_000_000_000,
            policy_hash=head.hash if policy and head else None,
            signer=signer,
            ledger=new_chain.ledger,
        )
        new_chain.commit(entry=properties(entry), supervisor=signer.did)
        return entry.head

    genesis: dict[str, Json] = {
        "supervisor": signer.did,
        "principals": [],
        "policy": {"id": "b3:" + "1" * 64, "text": "permit (principal, action, resource);"},
        "verbs": [],
    }
    head = follow(None, EntryKind.GENESIS, genesis, policy=False)
    for index, text in enumerate(AWKWARD):
        body: dict[str, Json] = {"by": signer.did, "cid": text, "intent": text}
        head = follow(head, EntryKind.REFUSAL, body, policy=index % 2 == 0)
    assert new_chain.index == len(AWKWARD)


Case = tuple[str, str, str, str]
"""What it is; the DID that genesis names, its text, and its signature."""

_SECRET = int.from_bytes(random.Random(11).randbytes(31), "little")
_KEY = curve.encode(curve.multiply(_SECRET, curve.BASE))
_HIGH = 1 << 255


def text_for(ledger: str, did: str, note: str) -> str:
    body = {"supervisor": did, "note": note}
    text = plain_entry(ledger, 0, NO_HASH, Key(0), body=body)["text"]
    assert isinstance(text, str)
    return text


def message(text: str) -> bytes:
    return b"logos/entry-signature/v1\0" + text.encode()


def signed(ledger: str, note: str, shift: curve.Point = curve.NEUTRAL, nonce: int = 77) -> Case:
    did = name_key(_KEY)
    text = text_for(ledger, did, note)
    made = curve.sign(_SECRET, message(text), key=_KEY, nonce=nonce, shift=shift)
    return note, did, text, made.hex()


def with_s(case: Case, note: str, change: int) -> Case:
    """S moved by a multiple of the order, or with bits that no scalar has."""
    r, s = case[3][:64], int.from_bytes(bytes.fromhex(case[3][64:]), "little")
    return note, case[1], case[2], r + ((s + change) % 2**256).to_bytes(32, "little").hex()


def bad_scalars(ledger: str) -> Iterator[Case]:
    good = signed(ledger, "good")
    for times in (1, 2, 7):
        yield with_s(good, f"S + {times} L", times * curve.ORDER)
    yield with_s(good, "S with its highest bit", _HIGH)
    yield "S is 0", good[1], good[2], good[3][:64] + "00" * 32
    yield "S is L", good[1], good[2], good[3][:64] + curve.ORDER.to_bytes(32, "little").hex()
    yield "in capitals", good[1], good[2], good[3].upper()
    yield "too short", good[1], good[2], good[3][:-2]
    yield "too long", good[1], good[2], good[3] + "00"


def bad_points(ledger: str) -> Iterator[Case]:
    for order, point in enumerate(curve.SMALL):
        if order:
            yield signed(ledger, f"R moved by small point {order}", shift=point)
        yield signed(ledger, f"R is small point {order}", shift=point, nonce=0)
    good = signed(ledger, "good")
    for note, r in (
        ("R is p + 1", (curve.P + 1).to_bytes(32, "little")),
        ("R is -0", (1 | _HIGH).to_bytes(32, "little")),
        ("R is not on the curve", (2).to_bytes(32, "little")),
        ("R is all ones", b"\xff" * 32),
    ):
        yield note, good[1], good[2], r.hex() + good[3][64:]


def bad_keys(ledger: str) -> Iterator[Case]:
    """Keys under which anybody, or two, could sign: A small, A mixed, A spelt otherwise."""
    point = curve.multiply(_SECRET, curve.BASE)
    keys = [(f"A is small point {n}", curve.encode(each)) for n, each in enumerate(curve.SMALL)]
    for n, each in enumerate(curve.SMALL[1:], 1):
        keys.append((f"A moved by small point {n}", curve.encode(curve.add(point, each))))
    keys += [
        ("A is p + 1", (curve.P + 1).to_bytes(32, "little")),
        ("A is p", curve.P.to_bytes(32, "little")),
        ("A is -0", (1 | _HIGH).to_bytes(32, "little")),
        ("A is not on the curve", (2).to_bytes(32, "little")),
    ]
    for note, key in keys:
        did = name_key(key)
        text = text_for(ledger, did, note)
        # With a key of small order, S B - k A is R for one nonce in eight at most: try some.
        for nonce in range(1, 5):
            made = curve.sign(_SECRET, message(text), key=key, nonce=nonce)
            yield note, did, text, made.hex()
            zero = curve.encode(curve.multiply(nonce, curve.BASE)) + nonce.to_bytes(32, "little")
            yield note, did, text, zero.hex()


def bad_names(ledger: str) -> Iterator[Case]:
    did = name_key(_KEY)
    for note, name in (
        ("no prefix", did.removeprefix("did:key:")),
        ("another method", did.replace("did:key:", "did:web:")),
        ("one digit less", did[:-1]),
        ("a zero byte before", did[:9] + "1" + did[9:]),
        ("a digit that base58 lacks", did[:-1] + "0"),
        ("a digit of another script", did[:-1] + "\u0661"),
        ("another codec", "did:key:z6LS" + did[12:]),
        ("a fragment", did + "#" + did[8:]),
    ):
        text = text_for(ledger, name, note)
        made = curve.sign(_SECRET, message(text), key=_KEY, nonce=5)
        yield note, name, text, made.hex()


def bad_messages(ledger: str) -> Iterator[Case]:
    did = name_key(_KEY)
    text = text_for(ledger, did, "messages")
    for note, bytes_signed in (
        ("no tag", text.encode()),
        ("another tag", b"logos/intent/v1\0" + text.encode()),
        ("no zero byte", b"logos/entry-signature/v1" + text.encode()),
        ("the hash", message(blake3(text.encode()).hexdigest())),
        ("another ledger", message(text_for("other", did, "messages"))),
        ("a space more", message(text + " ")),
    ):
        yield note, did, text, curve.sign(_SECRET, bytes_signed, key=_KEY, nonce=9).hex()
    good = signed(ledger, "good")
    for bit in random.Random(5).sample(range(512), 24):
        flipped = bytearray.fromhex(good[3])
        flipped[bit // 8] ^= 1 << bit % 8
        yield f"bit {bit}", good[1], good[2], flipped.hex()


def python_accepts(case: Case) -> bool:
    try:
        verify(parse_did(case[1]), Tag.ENTRY_SIGNATURE, case[2].encode(), case[3])
    except LogosError:
        return False
    return True


def guard_accepts(chain: Chain, case: Case) -> bool:
    """Whether the guard would let this genesis found the ledger."""
    from neo4j.exceptions import ClientError

    _, did, text, signature = case
    made = plain_entry(chain.ledger, 0, NO_HASH, Key(0))
    hash_ = "b3:" + blake3(b"logos/entry-hash/v1\0" + text.encode()).hexdigest()
    try:
        chain.commit(
            entry=made | {"text": text, "hash": hash_, "signature": signature}, supervisor=did
        )
    except ClientError as error:
        return not str(error.message).startswith("logos.guard: ")
    return True


def test_both_refuse_the_same_signatures_keys_and_names(new_chain: Chain) -> None:
    ledger = new_chain.ledger
    for makes in (bad_scalars, bad_points, bad_keys, bad_names, bad_messages):
        cases = list(makes(ledger))
        assert len(cases) > 5
        for case in cases:
            verdicts = (python_accepts(case), guard_accepts(new_chain, case))
            assert verdicts == (False, False), case
    good = signed(ledger, "good")
    assert python_accepts(good)
    assert guard_accepts(new_chain, good)


def test_both_sign_the_same_bytes_to_take_a_ledger_over(new_chain: Chain) -> None:
    new_chain.commit()
    new, old = Signer.from_seed(random.Random(13).randbytes(32)), parse_did(new_chain.key.did)
    mutation = {
        "kind": "supervisor",
        "did": new.did,
        "previous": old,
        "signature": accept_supervision(new_chain.ledger, old, new),
    }
    new_chain.commit("SET head.supervisor = $new", new_chain.receipt(mutation), new=new.did)
