"""The ground on which a past intent was judged: roles, keys, verbs and policy as of an entry.

It moves along the ledger's entries, and is small enough to be handed to another process with each
part of the ledger. Implements decide.Ground.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from logos_graph.canon import Json, encode_text, parse
from logos_graph.errors import LogosError, NotVerified
from logos_graph.governance import People, Person, Verb, parse_verb
from logos_graph.identity import Did
from logos_graph.ledger import Entry, EntryKind, Voice
from logos_graph.ledger.keys import founded
from logos_graph.ledger.principal_keys import KEY_KINDS, PrincipalKeys

__all__ = ["Past"]

_KINDS: Final = (*KEY_KINDS, "policy", "supervisor", "verb")
_MARKS: Final = tuple(f'"kind":"{kind}"' for kind in _KINDS)
"""What the canonical text of a receipt holds that changes it: other receipts are not parsed."""


class Past:
    """Principals, their keys, verbs, the policy; mutable, changed only by what the ledger tells.

    mutations: what it was made of, by kind and key, those of keys with the index of their entry;
    all that another process needs. keys: of principals, by index.
    """

    def __init__(self, mutations: dict[tuple[str, str], dict[str, Json]] | None = None) -> None:
        self.mutations: dict[tuple[str, str], dict[str, Json]] = {}
        self._roles: dict[Did, frozenset[str]] = {}
        self._people: dict[Did, Person] | None = None
        self._retired: set[Did] = set()
        self.keys = PrincipalKeys()
        self._verbs: dict[str, Verb] = {}
        for mutation in (mutations or {}).values():
            index = mutation.get("index")  # of a key's; of others a stranger may tell anything
            self.change(mutation, index if isinstance(index, int) else 0)

    @staticmethod
    def may_change(text: str) -> bool:
        """Whether an entry of this text might change it; if not, it surely does not."""
        return '"kind":"genesis"' in text or any(mark in text for mark in _MARKS)

    def apply(self, entry: Entry) -> bool:
        """Moves by one entry, the next one; whether that changed anything.

        Raises NotVerified E_STATE for an entry that makes a thing which is none.
        """
        mutations = [each for each in _mutations(entry) if each["kind"] in _KINDS]
        try:
            for mutation in mutations:
                self.change(mutation, entry.index)
        except (AttributeError, KeyError, LogosError, TypeError, ValueError) as error:
            raise NotVerified(
                "E_STATE",
                f"entry {entry.index} makes a thing that is none: {error}",
                hint="`logos ledger verify` says what is wrong with the ledger",
                index=entry.index,
            ) from error
        return bool(mutations)

    @property
    def policy(self) -> str | None:
        """The text of the policy in force; None before there is one."""
        told = self.mutations.get(("policy", ""))
        return None if told is None else str(told["text"])

    def verb(self, name: str) -> Verb | None:
        """A registered verb; made when it is first asked for."""
        found = self._verbs.get(name)
        if found is None and (told := self.mutations.get(("verb", name))) is not None:
            found = self._verbs[name] = _verb(encode_text(told))
        return found

    def roles(self, did: Did) -> frozenset[str]:
        """See Ground.roles."""
        if did in self._retired or self.keys.current(did) is None:
            return frozenset()
        return self._roles.get(did, frozenset())

    @property
    def people(self) -> People:
        """See Ground.people."""
        if self._people is None:
            self._people = {did: Person(self.name(did), self.roles(did)) for did in self._roles}
        return self._people

    def lent(self, voice: Voice, verb: str, now_ns: int) -> frozenset[str]:  # noqa: ARG002
        """See Ground.lent: nobody's, for acts are judged here before anybody consents."""
        return frozenset()

    def name(self, did: Did) -> str:
        """What a principal is called; its DID if it is not registered."""
        return str(self.mutations.get(("principal", did), {}).get("name", did))

    def change(self, mutation: dict[str, Json], index: int) -> None:
        """By one mutation of the ledger's, of one of _KINDS, in the entry of this index."""
        kind = mutation["kind"]
        if kind == "policy":
            self.mutations[("policy", "")] = {"kind": kind, "text": mutation["text"]}
            return
        if kind == "verb":
            name = str(mutation["name"])
            self.mutations[("verb", name)] = mutation
            self._verbs.pop(name, None)
            return
        self._people = None
        self.keys.apply(mutation, index)
        named = mutation["key"] if kind == "key" else mutation.get("id", mutation.get("did"))
        self.mutations[(str(kind), str(named))] = {**mutation, "index": index}
        if kind in ("key", "revocation"):
            return
        did = Did(str(mutation["did"]))
        if kind == "principal":
            roles: Any = mutation["roles"]
            self._roles[did] = frozenset(map(str, roles))
        elif mutation["previous"] is not None:
            self._retired.add(Did(str(mutation["previous"])))


def _mutations(entry: Entry) -> list[dict[str, Json]]:
    """What an entry makes or changes, in order; genesis tells it under names of its own."""
    body: Any = entry.body
    if entry.kind is EntryKind.GENESIS:
        named = {"principal": body["principals"], "verb": body["verbs"], "policy": [body["policy"]]}
        made = [{**thing, "kind": kind} for kind, things in named.items() for thing in things]
        return [*made, founded(entry)]
    return [*body["mutations"]] if entry.kind is EntryKind.RECEIPT else []


@lru_cache(maxsize=256)
def _verb(text: str) -> Verb:
    """Of a `verb` mutation; its validator is not made anew for each part of the ledger."""
    told = parse(text)
    assert isinstance(told, dict)  # it is an object's text
    return parse_verb({name: value for name, value in told.items() if name != "kind"})
