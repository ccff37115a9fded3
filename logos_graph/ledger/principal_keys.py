"""Which key signs for a principal at which index: as the ledger tells it, and by nothing else.

A `did:key` is its own key, for ever. A `did:logline` is registered with its first key; another
takes its place by a receipt whose mutation

    {"kind": "key", "principal": DID, "key": NEW, "previous": OLD, "signature": NEW's}

was asked for by an intent that the old key signed (principal.rotate_key), and that the new one has
accepted, over the canonical JSON of {"key", "ledger", "previous", "principal"} under a tag of its
own. A key, or a whole principal, is revoked by

    {"kind": "revocation", "principal": DID, "id": the key, or DID, "reason": text}

From the next index on the new key signs, or none. Who lost its last key that way is given another
by somebody else's intent (principal.rekey); a principal that was revoked never comes back. A key
is one principal's, and has one stretch: so two keys of one principal are one principal, and two
principals never sign by one key.

What a key signed before it was rotated out stays good. What it signed before it was revoked stays
recorded, and is no longer counted where it has not been counted yet (`counts`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NoReturn

from rpds import HashTrieMap

from logos_graph.canon import Json, Tag, encode, shown
from logos_graph.errors import Rejected
from logos_graph.identity import Did, Signer, is_key, named_by, parse_did, parse_key, verify
from logos_graph.ledger.bodies import EntryKind
from logos_graph.ledger.entry import Entry

__all__ = ["KEY_KINDS", "PrincipalKeys", "accept_principal", "check_accepted"]

KEY_KINDS = ("principal", "key", "revocation")
"""The mutations that say which key is whose."""

_HINT = "`logos key show NAME` shows a principal's keys"

_Keys = tuple[tuple[int, Did], ...]


def accept_principal(ledger: str, principal: Did, previous: Did, new: Signer) -> str:
    """The new key's signature, by which it signs for the principal after the previous one."""
    return new.sign(Tag.PRINCIPAL_KEY, _accepted(ledger, principal, previous, new.key))


def check_accepted(ledger: str, principal: Did, previous: Did, new: Did, signature: str) -> None:
    """That the new key signed so; Rejected E_SIGNATURE, InvalidInput E_DID, E_KEY."""
    verify(new, Tag.PRINCIPAL_KEY, _accepted(ledger, principal, previous, new), signature)


class PrincipalKeys:
    """Every principal's keys; moves with the entries, and is copied in no time."""

    __slots__ = ("_keys", "_owners", "_revoked")

    def __init__(self) -> None:
        self._keys: HashTrieMap[str, _Keys] = HashTrieMap()
        self._owners: HashTrieMap[str, Did] = HashTrieMap()
        self._revoked: HashTrieMap[str, int] = HashTrieMap()

    def copy(self) -> PrincipalKeys:
        """The same, which moves on by itself."""
        other = PrincipalKeys()
        other._keys, other._owners, other._revoked = self._keys, self._owners, self._revoked
        return other

    def at(self, did: str, index: int) -> Did | None:
        """The key that signs an intent of this principal at this index; None if none does."""
        found = [key for first, key in self._keys.get(did, ()) if first <= index]
        if not found or self._ended(did, index) or self._ended(found[-1], index):
            return None
        return found[-1]

    def current(self, did: str) -> Did | None:
        """The key that signs the principal's next intent; None for whoever has none."""
        last = self.last(did)
        return None if last is None or did in self._revoked or last in self._revoked else last

    def last(self, did: str) -> Did | None:
        """The youngest key of a principal, revoked or not; None for an unknown principal."""
        keys = self._keys.get(did)
        return None if keys is None else keys[-1][1]

    def keys(self, did: str) -> tuple[Did, ...]:
        """Every key of a principal, the first one first."""
        return tuple(key for _, key in self._keys.get(did, ()))

    def owner(self, key: str) -> Did | None:
        """Whose key this is or was."""
        return self._owners.get(key)

    def revoked_at(self, identity: str) -> int | None:
        """The entry that revoked this key or principal; None if none did."""
        return self._revoked.get(identity)

    def counts(self, did: str, index: int) -> bool:
        """Whether what this principal signed at that index counts now.

        Its key was valid there, and neither that key nor the principal was revoked since.
        """
        key = self.at(did, index)
        return key is not None and key not in self._revoked and did not in self._revoked

    def _ended(self, identity: str, index: int) -> bool:
        ended = self._revoked.get(identity)
        return ended is not None and index > ended

    # changes ------------------------------------------------------------------------------------

    def apply(self, mutation: Mapping[str, Json], index: int) -> None:
        """Moves by one mutation, of the entry of this index; what is none of KEY_KINDS is none."""
        match mutation.get("kind"):
            case "principal":
                did = Did(str(mutation["did"]))
                self._add(did, Did(str(mutation.get("key") or did)), index)
            case "key":
                self._add(Did(str(mutation["principal"])), Did(str(mutation["key"])), index)
            case "revocation":
                self._revoked = self._revoked.insert(str(mutation["id"]), index)
            case _:
                pass

    def apply_entry(self, entry: Entry) -> None:
        """Moves by an entry that was checked."""
        changes: Json = []
        if entry.kind is EntryKind.GENESIS:
            changes = entry.body["principals"]
        elif entry.kind is EntryKind.RECEIPT:
            changes = entry.body["mutations"]
        assert isinstance(changes, list)  # the entry's form was checked when it was read
        for each in changes:
            if isinstance(each, dict):
                self.apply({"kind": "principal", **each}, entry.index)

    def _add(self, did: Did, key: Did, index: int) -> None:
        keys = (*self._keys.get(did, ()), (index + 1, key))
        self._keys = self._keys.insert(did, keys)
        self._owners = self._owners.insert(key, did)

    def check_registration(self, principal: Mapping[str, Json]) -> None:
        """That this principal may be registered, with this key.

        Raises InvalidInput E_DID, E_KEY; Rejected E_PRINCIPAL_EXISTS, E_PRINCIPAL_NAME, E_KEY_USED.
        """
        did, key = parse_did(principal.get("did")), principal.get("key")
        if did in self._keys:
            _refuse("E_PRINCIPAL_EXISTS", f"{did} is registered already", did)
        if is_key(did):
            if key is not None:
                _refuse("E_PRINCIPAL_NAME", f"{did} is its own key, and has no other", did)
            self._check_unused(did)
            return
        kind, name = named_by(did)
        if (kind, name) != (principal.get("type"), principal.get("name")):
            told = f"{shown(principal.get('type'), 40)} {shown(principal.get('name'), 100)}"
            _refuse("E_PRINCIPAL_NAME", f"{did} is not the DID of {told}", did)
        self._check_unused(parse_key(key))

    def check_key(self, change: Mapping[str, Json], ledger: str, *, lost: bool) -> None:
        """That this key may follow the one before.

        lost: whether that one was revoked (principal.rekey), or signs for it (rotate_key).
        Raises InvalidInput E_DID, E_KEY; Rejected E_UNKNOWN_PRINCIPAL, E_KEY_FIXED, E_REVOKED,
        E_KEY_STALE, E_KEY_USED, E_SIGNATURE.
        """
        did, key = Did(str(change.get("principal"))), parse_key(change.get("key"))
        previous = self._known(did)
        if is_key(did):
            _refuse("E_KEY_FIXED", f"{did} is its own key, and can have no other", did)
        if did in self._revoked:
            _refuse("E_REVOKED", f"{did} was revoked at entry {self._revoked[did]}", did)
        if change.get("previous") != previous or (previous in self._revoked) is not lost:
            state = "revoked" if previous in self._revoked else "in force"
            _refuse("E_KEY_STALE", f"the last key of {did} is {previous}, which is {state}", did)
        self._check_unused(key)
        check_accepted(ledger, did, previous, key, str(change.get("signature")))

    def check_revocation(self, change: Mapping[str, Json], supervisors: Collection[str]) -> None:
        """That this key or principal may be revoked.

        supervisors: the keys by which the ledger is kept: they are rotated, not revoked.
        Raises Rejected E_UNKNOWN_PRINCIPAL, E_UNKNOWN_KEY, E_SUPERVISOR_KEY, E_REVOKED.
        """
        did, identity = Did(str(change.get("principal"))), str(change.get("id"))
        self._known(did)
        if did in supervisors:
            _refuse("E_SUPERVISOR_KEY", f"{did} is a key of the supervisor's: rotate it", did)
        if identity != did and self._owners.get(identity) != did:
            _refuse("E_UNKNOWN_KEY", f"{identity} is no key of {did}", did)
        if identity in self._revoked:
            at = self._revoked[identity]
            _refuse("E_REVOKED", f"{identity} was revoked at entry {at} already", did)

    def _known(self, did: Did) -> Did:
        """Its youngest key."""
        last = self.last(did)
        if last is None:
            _refuse("E_UNKNOWN_PRINCIPAL", f"{shown(did, 100)} is not registered", did)
        return last

    def _check_unused(self, key: Did) -> None:
        owner = self._owners.get(key)
        if owner is not None:
            _refuse("E_KEY_USED", f"{key} is or was the key of {owner}", owner)


def _accepted(ledger: str, principal: Did, previous: Did, new: Did) -> bytes:
    return encode({"key": new, "ledger": ledger, "previous": previous, "principal": principal})


def _refuse(code: str, message: str, did: Did) -> NoReturn:
    raise Rejected(code, message, hint=_HINT, principal=did)
