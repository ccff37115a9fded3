"""The ground on which a past intent was judged: roles and verbs as of an entry, and nothing else.

It moves along the ledger's entries, and is small enough to be handed to another process with each
part of the ledger. Implements decide.Ground.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from logos_graph.canon import Json, encode_text, parse
from logos_graph.governance import People, Person, Verb, parse_verb
from logos_graph.identity import Did
from logos_graph.ledger import Entry, EntryKind, Voice
from logos_graph.ledger.keys import founded

__all__ = ["Past"]

_MARKS: Final = tuple(f'"kind":"{kind}"' for kind in ("principal", "supervisor", "verb"))
"""What the canonical text of a receipt holds that changes it: other receipts are not parsed."""


class Past:
    """Principals, retired keys and verbs; mutable, changed only by what the ledger tells.

    mutations: what it was made of, by kind and key; all that another process needs.
    """

    def __init__(self, mutations: dict[tuple[str, str], dict[str, Json]] | None = None) -> None:
        self.mutations: dict[tuple[str, str], dict[str, Json]] = {}
        self._roles: dict[Did, frozenset[str]] = {}
        self._people: dict[Did, Person] | None = None
        self._retired: set[Did] = set()
        self._verbs: dict[str, Verb] = {}
        for mutation in (mutations or {}).values():
            self.change(mutation)

    @staticmethod
    def may_change(text: str) -> bool:
        """Whether an entry of this text might change it; if not, it surely does not."""
        return '"kind":"genesis"' in text or any(mark in text for mark in _MARKS)

    def apply(self, entry: Entry) -> bool:
        """Moves by one entry, the next one; whether that changed anything."""
        body: Any = entry.body
        if entry.kind is EntryKind.GENESIS:
            for kind, things in (("principal", body["principals"]), ("verb", body["verbs"])):
                for thing in things:
                    self.change({"kind": kind, **thing})
            self.change(founded(entry))
            return True
        changed = False
        if entry.kind is EntryKind.RECEIPT:
            for mutation in body["mutations"]:
                if mutation["kind"] in ("principal", "supervisor", "verb"):
                    self.change(mutation)
                    changed = True
        return changed

    def verb(self, name: str) -> Verb | None:
        """A registered verb; made when it is first asked for."""
        found = self._verbs.get(name)
        if found is None and (told := self.mutations.get(("verb", name))) is not None:
            found = self._verbs[name] = _verb(encode_text(told))
        return found

    def roles(self, did: Did) -> frozenset[str]:
        """See Ground.roles."""
        return frozenset() if did in self._retired else self._roles.get(did, frozenset())

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

    def change(self, mutation: dict[str, Json]) -> None:
        """By one mutation of the ledger's: `principal`, `supervisor` or `verb`."""
        kind = mutation["kind"]
        if kind == "verb":
            name = str(mutation["name"])
            self.mutations[("verb", name)] = mutation
            self._verbs.pop(name, None)
            return
        did = Did(str(mutation["did"]))
        self.mutations[(str(kind), did)] = mutation
        self._people = None
        if kind == "principal":
            roles: Any = mutation["roles"]
            self._roles[did] = frozenset(map(str, roles))
        elif mutation["previous"] is not None:
            self._retired.add(Did(str(mutation["previous"])))


@lru_cache(maxsize=256)
def _verb(text: str) -> Verb:
    """Of a `verb` mutation; its validator is not made anew for each part of the ledger."""
    told = parse(text)
    assert isinstance(told, dict)  # it is an object's text
    return parse_verb({name: value for name, value in told.items() if name != "kind"})
