"""One entry: made whole or not at all, read exactly or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from logos_graph.errors import InvalidInput, NotVerified
from logos_graph.ledger import (
    GENESIS_PREV_HASH,
    EntryKind,
    check_body,
    make_entry,
    no_head,
    parse_entry,
)

FREE = (EntryKind.CHECKPOINT,)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"trace_id": "x"}, "trace_id"),
        ({"trace_id": "8" + "0" * 25}, "trace_id"),
        ({"trace_id": "0" * 25 + "I"}, "trace_id"),
        ({"now_ns": 2**63}, "recorded_at"),
        ({"policy_hash": "b3:short"}, "policy_hash"),
        ({"ledger": "other"}, "ledger"),
        ({"kind": EntryKind.GENESIS}, "kind"),
    ],
)
def test_an_entry_with_a_wrong_field_is_never_made(
    story: Any, people: Any, change: dict[str, Any], field: str
) -> None:
    arguments: dict[str, Any] = {
        "kind": EntryKind.CHECKPOINT,
        "trace_id": "0" * 26,
        "now_ns": 1,
        "policy_hash": None,
        "ledger": "main",
    }
    arguments |= change
    with pytest.raises(InvalidInput) as raised:
        make_entry(
            story.head,
            arguments.pop("kind"),
            story.entries[0].body,
            signer=people["supervisor"],
            **arguments,
        )
    assert (raised.value.code, raised.value.data["field"]) == ("E_ENTRY_FIELD", field)


@pytest.mark.parametrize("head", [None, no_head("main")])
def test_a_ledger_begins_with_genesis_and_nothing_else(head: Any, story: Any, people: Any) -> None:
    rest: dict[str, Any] = {
        "trace_id": "0" * 26,
        "now_ns": 1,
        "policy_hash": None,
        "signer": people["supervisor"],
        "ledger": "main",
    }
    first = make_entry(head, EntryKind.GENESIS, story.entries[0].body, **rest)
    assert (first.index, first.prev_hash) == (0, GENESIS_PREV_HASH)
    with pytest.raises(InvalidInput):
        make_entry(head, EntryKind.CHECKPOINT, {}, **rest)


def asking(k: Any, **more: Any) -> dict[str, Any]:
    quorum = {"kind": "KOfN", "k": k}
    return {"outcome": "REQUIRE", "role": "r", "quorum": quorum, "revision": 0, **more}


REQUIRE_NONE = asking(0)


@pytest.mark.parametrize(
    ("kind", "field", "change"),
    [
        ("intent", "decision.outcome", {"decision": {"outcome": "MAYBE"}}),
        ("intent", "decision.quorum", {"decision": REQUIRE_NONE}),
        ("intent", "decision.quorum", {"decision": asking(True)}),
        ("intent", "decision.expires_at", {"decision": asking(1)}),
        (
            "intent",
            "decision.revision",
            {"decision": asking(1, revision=-1)},
        ),
        ("intent", "decision.role", {"decision": {"outcome": "REQUIRE", "quorum": 1}}),
        ("intent", "writer", {"writer": 3}),
        ("receipt", "outcome", {"outcome": "perhaps"}),
        ("receipt", "consequence", {"consequence": "if_maybe"}),
        ("receipt", "mutations[0].kind", {"mutations": [{"kind": "world"}]}),
        (
            "receipt",
            "mutations[1].name",
            {"mutations": [{"kind": "run", "id": ""}, {"kind": "name"}]},
        ),
        ("ghost", "cause.type", {"cause": {"type": "Boredom"}}),
        ("ghost", "commitment", {"commitment": None}),
    ],
)
def test_a_body_with_a_wrong_field_is_never_recorded(
    book: Any, kind: str, field: str, change: dict[str, Any]
) -> None:
    cid = () if kind == "intent" else (book.intent(),)
    before = list(book.entries)
    with pytest.raises(InvalidInput) as raised:
        getattr(book, kind)(*cid, **change)
    assert raised.value.code in ("E_ENTRY_BODY", "E_MUTATION")
    assert raised.value.data["field"] == field
    assert book.entries == before


@pytest.mark.parametrize("kind", [kind for kind in EntryKind if kind not in FREE])
def test_a_body_without_its_fields_is_never_recorded(book: Any, kind: EntryKind) -> None:
    with pytest.raises(InvalidInput) as raised:
        check_body(kind, {})
    assert raised.value.code == "E_ENTRY_BODY"


def test_an_entry_is_read_exactly_or_not_at_all(story: Any) -> None:
    entry = story.entries[5]
    assert parse_entry(entry.text, entry.hash, entry.signature) == entry
    for text, field in (
        (entry.text + " ", "text"),
        ("[]", "text"),
        ("\ud800", "text"),
        ("{}", "body"),
        (entry.text.replace('"version":1', '"version":2'), "version"),
        (entry.text.replace('"version":1', '"version":true'), "version"),
        (entry.text.replace('"index":5', '"index":-5'), "index"),
        (entry.text[:-1] + ',"x":1}', "x"),
        (story.entries[6].text, "hash"),
    ):
        with pytest.raises(NotVerified) as raised:
            parse_entry(text, entry.hash, entry.signature, at=5)
        assert (raised.value.data["index"], raised.value.data["field"]) == (5, field)
    for signature in ("", entry.signature.upper(), entry.signature + "\n"):
        with pytest.raises(NotVerified) as raised:
            parse_entry(entry.text, entry.hash, signature)
        assert raised.value.data["field"] == "signature"


@pytest.mark.parametrize(
    "change", [{"expires_at": "soon"}, {"expires_at": None}, {"writer": None}, {"decision": "yes"}]
)
def test_a_consent_without_its_expiry_or_its_writer_is_never_recorded(
    book: Any, people: Any, change: dict[str, Any]
) -> None:
    cid = book.intent(decision=book.require())
    before = list(book.entries)
    with pytest.raises(InvalidInput) as raised:
        book.answer(cid, cid, people["alice"], book.bound(cid)["expires_at"], **change)
    assert (raised.value.code, raised.value.data["field"]) == ("E_ENTRY_BODY", next(iter(change)))
    assert book.entries == before
