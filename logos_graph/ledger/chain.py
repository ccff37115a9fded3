"""The chain: every entry is genuine, and in its place.

For each entry, in this order, each with its own code:

1. E_CHAIN_TEXT       the text says what the fields say
2. E_CHAIN_HASH       the hash is that of the text
3. E_CHAIN_SIGNATURE  the signature is, over the text, that of the key that signs at this index:
                      the one that genesis names, or one that came by a rotation (keys.py)
4. E_CHAIN_LEDGER     it belongs to the same ledger
5. E_CHAIN_INDEX      its index is the next one
6. E_CHAIN_PREV       it names the hash of the entry before it
7. E_CHAIN_TIME       it was recorded after the entry before it
8. E_CHAIN_ROTATION   if it changes the supervisor's key, both keys have signed that

and at the end

- E_CHAIN_SUPERVISOR: the key that is trusted is one of the ledger's. Until then the entries are a
  chain, but may be anybody's.
- E_CHAIN_HEAD: the last entry is the one that a head kept elsewhere names. Without such a head
  nobody can tell a short ledger from one whose tail was cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NoReturn

from logos_graph.canon import Json, Tag, encode, parse, shown, tagged_id
from logos_graph.errors import LogosError, NotVerified
from logos_graph.identity import Did, verify
from logos_graph.ledger.entry import Entry, Head, entry_fields, no_head
from logos_graph.ledger.keys import SupervisorKeys
from logos_graph.ledger.proven import NOTHING, Proven

__all__ = ["check_place", "verify_chain"]

_CHANGED = "The ledger was changed after it was written, or this is not the whole of it."
_OTHER_LEDGER = (
    "This is another supervisor's ledger, or an older state of it, from before that key took over."
)


def verify_chain(
    entries: Iterable[Entry],
    trusted: Did | None,
    *,
    after: Head | None = None,
    until: Head | None = None,
    keys: SupervisorKeys | None = None,
    proven: Proven = NOTHING,
) -> Iterator[Entry]:
    """The same entries, each only once it has been verified.

    trusted: a key of the supervisor's, whichever; None takes anybody's ledger. after: a head
    already trusted, to go on from; None starts at genesis. until: a head kept elsewhere that the
    last entry must be. keys: those as of `after` (by default the trusted one alone), which move
    along, so that they tell afterwards who signed what. proven: what was checked already. Raises
    NotVerified with the codes above and data index (the place in the chain), field, expected,
    found.
    """
    head = after
    if keys is None:
        keys = _keys_after(trusted, after)
    for entry in entries:
        previous = no_head(entry.ledger) if head is None else head
        index = previous.index + 1
        signer = keys.signer_of(entry)
        if signer is None or not proven.entry(signer, entry):
            _verify_content(entry, signer, index)
        check_place(entry, previous)
        if signer is None:  # in the place of a genesis, and none
            _refuse("E_CHAIN_SIGNATURE", index, "kind", "genesis", entry.kind.value)
        keys.apply(entry)  # 8
        head = entry.head
        yield entry
    if trusted is not None and keys.dids and trusted not in keys.dids:
        _refuse("E_CHAIN_SUPERVISOR", 0, "body.supervisor", trusted, ", ".join(keys.dids))
    if until is not None and head != until:
        at = -1 if head is None else head.index
        found = None if head is None else head.hash
        _refuse("E_CHAIN_HEAD", max(at, 0), "hash", until.hash, found)


def _keys_after(trusted: Did | None, after: Head | None) -> SupervisorKeys:
    if after is None or trusted is None:
        return SupervisorKeys()
    return SupervisorKeys((trusted,), (0,))


def _verify_content(entry: Entry, supervisor: Did | None, index: int) -> None:
    data = entry.text.encode("utf-8", "surrogatepass")
    fields = entry_fields(entry)
    if _canonical(fields) != data:  # 1
        _refuse_text(entry.text, fields, index)
    actual = tagged_id(Tag.ENTRY_HASH, data)  # 2
    if actual != entry.hash:
        _refuse("E_CHAIN_HASH", index, "hash", actual, entry.hash)
    if supervisor is None:
        return
    try:
        verify(supervisor, Tag.ENTRY_SIGNATURE, data, entry.signature)  # 3
    except LogosError:
        wanted = f"a signature of {supervisor}"
        _refuse("E_CHAIN_SIGNATURE", index, "signature", wanted, entry.signature)


def check_place(entry: Entry, previous: Head) -> None:
    """That an entry follows a head; NotVerified E_CHAIN_LEDGER, _INDEX, _PREV, _TIME.

    Its index matters as much as the hash before it: it says whose signature the entry has to have.
    """
    index = previous.index + 1
    if entry.ledger != previous.ledger:  # 4
        _refuse("E_CHAIN_LEDGER", index, "ledger", previous.ledger, entry.ledger)
    if entry.index != index:  # 5
        _refuse("E_CHAIN_INDEX", index, "index", index, entry.index)
    if entry.prev_hash != previous.hash:  # 6
        _refuse("E_CHAIN_PREV", index, "prev_hash", previous.hash, entry.prev_hash)
    if entry.recorded_at <= previous.recorded_at:  # 7
        wanted = f"later than {previous.recorded_at}"
        _refuse("E_CHAIN_TIME", index, "recorded_at", wanted, entry.recorded_at)


def _canonical(fields: dict[str, Json]) -> bytes | None:
    try:
        return encode(fields)
    except LogosError:
        return None


def _refuse_text(text: str, fields: dict[str, Json], index: int) -> NoReturn:
    """Name the first field in which the text and the entry differ."""
    try:
        told = parse(text)
    except LogosError as error:
        _refuse("E_CHAIN_TEXT", index, "text", "canonical JSON", error.message)
    if isinstance(told, dict):
        for name in sorted(fields.keys() | told.keys()):
            if name not in told or name not in fields or told[name] != fields[name]:
                _refuse("E_CHAIN_TEXT", index, name, told.get(name), fields.get(name))
    _refuse("E_CHAIN_TEXT", index, "text", "the canonical text of the fields", text)


def _refuse(code: str, index: int, field: str, expected: Json, found: Json) -> NoReturn:
    raise NotVerified(
        code,
        f"entry {index}: {field} is {shown(found, 120)}, expected {shown(expected, 120)}",
        hint=_OTHER_LEDGER if code == "E_CHAIN_SUPERVISOR" else _CHANGED,
        index=index,
        field=field,
        expected=expected,
        found=found,
    )
