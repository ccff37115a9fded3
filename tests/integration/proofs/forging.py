"""Proof files of real runs, and how to forge them with the keys of their ledger; not a test itself.

Whoever has the supervisor's key can sign any entry and any tree. So what a forgery with it shows is
that the steps after the signatures look for themselves.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from logos_graph.canon import Json, Tag, encode, parse, tagged_id
from logos_graph.errors import LogosError, NotVerified
from logos_graph.identity import Did, Signer
from logos_graph.ledger import parse_checkpoint, parse_entry, parse_note, sign_checkpoint
from logos_graph.ledger.merkle import hash_leaf, inclusion_proof, leaf_data, nodes_of, root_of
from logos_graph.logline import parse_intent, sign_intent
from logos_graph.proof import Verification
from logos_graph.wasm.runtime import WasmHost

__all__ = [
    "STRANGER",
    "Document",
    "Forger",
    "Proofs",
    "bodies",
    "intent_of",
    "leave_out",
    "leave_story",
    "mutation",
    "read",
    "receipt_of",
    "write",
]

STRANGER = Signer.from_seed(b"\7" * 32)

Document = dict[str, Any]
"""A proof file's JSON."""
_MAX = 64 * 1024 * 1024


def read(data: bytes) -> Document:
    """The document of a proof file."""
    document: Any = parse(data, max_bytes=_MAX, max_depth=70)
    return document  # type: ignore[no-any-return]


def write(document: Document) -> bytes:
    """Its canonical bytes."""
    return encode(document, max_bytes=_MAX, max_depth=70)


@dataclass(frozen=True)
class Forger:
    """Signs as the supervisor, and as the principals whose keys are given."""

    supervisor: Signer
    signers: Iterable[Signer] = ()

    def forge(self, data: bytes, change: Callable[[Document], None]) -> bytes:
        """The file with a change, and everything made anew that the supervisor's key can make."""
        document = deepcopy(read(data))
        size = parse_checkpoint(parse_note(document["checkpoint"].encode()).text).size
        change(document)
        self.seal(document, size)
        return write(document)

    def seal(self, document: Document, size: int) -> None:
        """Hashes, signatures, tree and checkpoint that fit the entries as they are."""
        entries = []
        previous = None
        for item in document["entries"]:
            fields = item["entry"]
            if previous is not None and fields["index"] == previous.index + 1:
                fields["prev_hash"] = previous.hash
            text = encode(fields)
            item["signature"] = self.supervisor.sign(Tag.ENTRY_SIGNATURE, text)
            previous = parse_entry(
                text.decode(), tagged_id(Tag.ENTRY_HASH, text), item["signature"]
            )
            entries.append(previous)
        leaves = [hash_leaf(b"another entry") for _ in range(size)]
        for entry in entries:
            leaves[entry.index] = hash_leaf(leaf_data(entry))
        nodes = nodes_of(leaves)
        for item, entry in zip(document["entries"], entries, strict=True):
            path = inclusion_proof(entry.index, size, nodes)
            item["proof"] = [b64encode(node).decode() for node in path]
        ledger, root = entries[0].ledger, root_of(size, nodes)
        document["checkpoint"] = sign_checkpoint(ledger, size, root, self.supervisor).data.decode()

    def sign_again(self, body: Document) -> None:
        """The intent of an entry's body, changed, signed by its own principal."""
        intent = parse_intent(body["intent"])
        (signer,) = (each for each in self.signers if each.did == intent.logline.who)
        body["cid"], body["signature"] = intent.cid, sign_intent(intent, signer).signature


def bodies(document: Document, kind: str) -> list[Document]:
    """The bodies of the entries of a kind."""
    return [item["entry"]["body"] for item in document["entries"] if item["entry"]["kind"] == kind]


def receipt_of(document: Document) -> Document:
    """The body of the receipt that it is about."""
    (found,) = (
        body for body in bodies(document, "receipt") if body["intent"] == document["intent"]
    )
    return found


def intent_of(document: Document) -> Document:
    """The body of the intent that it is about."""
    (found,) = (body for body in bodies(document, "intent") if body["cid"] == document["intent"])
    return found


def mutation(document: Document, kind: str) -> Document:
    """The first mutation of this kind in any receipt."""
    return next(
        each
        for body in bodies(document, "receipt")
        for each in body["mutations"]
        if each["kind"] == kind
    )


def leave_out(document: Document, leave: Callable[[Document], Json]) -> None:
    """Takes the entries away of which this is true."""
    document["entries"] = [item for item in document["entries"] if not leave(item["entry"])]


def leave_story(document: Document, *intents: str) -> None:
    """Takes everything away that is about these intents."""
    leave_out(document, lambda e: any(e["body"].get(n) in [*intents] for n in ("intent", "cid")))


@dataclass(frozen=True, repr=False)
class Proofs:
    """Proof files as they are made, with modules; and who can forge them."""

    approval: bytes
    transfer: bytes
    pays: bytes
    ticks: bytes
    forger: Forger
    cache: Path
    supervisor: Did

    def refused(self, data: bytes, trusted: Did | None = None) -> NotVerified:
        """Why the file is refused."""
        with pytest.raises(NotVerified) as caught:
            self.verify(data, trusted)
        return caught.value

    def error(self, data: bytes) -> LogosError | None:
        """Why the file is refused, if it is; no other exception comes out of it."""
        try:
            self.verify(data)
        except LogosError as error:
            return error
        return None

    def held(self, data: bytes, trusted: Did) -> list[str]:
        """The steps that hold."""
        names = list[str]()
        with suppress(LogosError):
            for step in Verification(data, trusted, self.host).steps():
                names.append(step.name)
        return names

    def verify(self, data: bytes, trusted: Did | None = None) -> Verification:
        """The verification, once every step held."""
        verification = Verification(data, trusted, self.host)
        assert all(step.ok is not False for step in verification.steps())
        return verification

    def host(self) -> WasmHost:
        return WasmHost(self.cache, bytes(32))

    def forged(self, data: bytes, change: Callable[[Document], None]) -> str:
        """The code by which a forgery with the supervisor's key is refused."""
        return self.refused(self.forger.forge(data, change)).code

    def changed(self, data: bytes, change: Callable[[Document], None]) -> str:
        """The code by which a file is refused that was only changed."""
        document = read(data)
        change(document)
        return self.refused(write(document)).code
