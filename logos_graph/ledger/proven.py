"""The dear part of a check, which looks at one entry alone: form, hash and signatures.

It can be done apart, for many entries at once, and then is not done again by the walk that needs
all entries in their order: `Proven` tells the walk what holds. What is not proven is checked by the
walk itself, in its place, so that the first offender and its code are the same either way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from logos_graph.canon import Json, Tag
from logos_graph.errors import LogosError
from logos_graph.identity import Did, verify
from logos_graph.ledger.bodies import EntryKind
from logos_graph.ledger.entry import Entry, parse_entry
from logos_graph.logline import verify_recorded_intent

__all__ = ["NOTHING", "Nothing", "Proof", "Proven", "Told", "prove", "signed_by", "told_by"]


class Proven(Protocol):
    """What is known of the entry that the walk looks at."""

    def entry(self, signer: Did, entry: Entry) -> bool:
        """Whether its text is canonical and in form, and its hash and this key's signature hold."""

    def intent(self, entry: Entry) -> bool:
        """Whether its intent is in form, for its ledger, under its cid, and signed by its key.

        That is the one that the entry names, or else `who`; that it is `who`'s is the walk's part.
        """


class Nothing:
    """Nothing is known: the walk checks all of it."""

    def entry(self, _signer: Did, _entry: Entry) -> bool:
        """See Proven."""
        return False

    def intent(self, _entry: Entry) -> bool:
        """See Proven."""
        return False


NOTHING = Nothing()


@dataclass(frozen=True, slots=True)
class Told:
    """What the walk needs of an intent that is in form."""

    who: str
    verb: str
    this: dict[str, Json]
    commitments: dict[str, str]


def told_by(body: dict[str, Json]) -> Told:
    """What the intent in this body says; its form was checked before."""
    intent = body["intent"]
    assert isinstance(intent, dict)
    line = intent["logline"]
    assert isinstance(line, dict)
    this = line["this"]
    assert isinstance(this, dict)
    commitments = {name: str(line[name]) for name in ("if_ok", "if_doubt", "if_not")}
    return Told(str(line["who"]), str(line["did"]), this, commitments)


Proof = tuple[bool, bool]
"""Of one entry: whether it, and whether its intent, is genuine (`Proven`)."""


def prove(text: str, hash: str, signature: str, signer: Did) -> Proof:  # noqa: A002
    """Looks at one entry as it is stored; never raises for what is in it."""
    try:
        entry = parse_entry(text, hash, signature)
    except LogosError:
        return False, False
    genuine = signed_by(signer, entry)
    return genuine, genuine and entry.kind is EntryKind.INTENT and _intent_holds(entry)


def signed_by(signer: Did, entry: Entry) -> bool:
    """Whether this key signed the entry's text."""
    try:
        data = entry.text.encode("utf-8", "surrogatepass")
        verify(signer, Tag.ENTRY_SIGNATURE, data, entry.signature)
    except LogosError:
        return False
    return True


def _intent_holds(entry: Entry) -> bool:
    body = entry.body
    try:
        key = body.get("key")
        signer = None if key is None else Did(str(key))
        ledger, cid = verify_recorded_intent(body["intent"], body["signature"], signer)
    except LogosError:
        return False
    return cid == body["cid"] and ledger == entry.ledger
