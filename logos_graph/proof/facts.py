"""What the entries of a proof say together: the intent, what became of it, the state they make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from logos_graph.canon import ContentId
from logos_graph.errors import NotVerified
from logos_graph.identity import Did
from logos_graph.ledger import Entry, EntryKind, PrincipalKeys, State
from logos_graph.ledger.bodies import Verdict
from logos_graph.logline import LogLine, parse_signed_intent, parse_when

__all__ = ["Consented", "Facts"]


@dataclass(frozen=True, slots=True)
class Consented:
    """A consent to the intent: whose, and until when it counts (ns).

    delegation: by which it is given in another's place; None if it is its own.
    """

    entry: Entry
    by: Did
    expires_at: int
    delegation: str | None


@dataclass(frozen=True)
class Facts:
    """Entries that are known to be the ledger's, in its order, and the intent they are about."""

    entries: Sequence[Entry]
    intent: ContentId

    @cached_property
    def begun(self) -> Entry:
        """The intent's own entry. Raises NotVerified E_PROOF_INTENT."""
        for entry in self.entries:
            if entry.kind is EntryKind.INTENT and entry.body["cid"] == self.intent:
                return entry
        raise NotVerified("E_PROOF_INTENT", f"there is no entry of the intent {self.intent}")

    @cached_property
    def receipt(self) -> Entry:
        """How it ended. Raises NotVerified E_PROOF_RECEIPT."""
        for entry in self.about(EntryKind.RECEIPT):
            return entry
        raise NotVerified("E_PROOF_RECEIPT", f"there is no receipt of the intent {self.intent}")

    @cached_property
    def line(self) -> LogLine:
        """What was signed."""
        body = self.begun.body
        signed = parse_signed_intent({"intent": body["intent"], "signature": body["signature"]})
        return signed.intent.logline

    @cached_property
    def run(self) -> Mapping[str, Any]:
        """The run in the receipt. Raises NotVerified E_PROOF_RECEIPT unless it is the only one."""
        mutations: Any = self.receipt.body["mutations"]
        runs: list[Mapping[str, Any]] = [each for each in mutations if each["kind"] == "run"]
        if len(runs) != 1:
            raise NotVerified("E_PROOF_RECEIPT", f"the receipt holds {len(runs)} runs, not one")
        return runs[0]

    @cached_property
    def consents(self) -> tuple[Consented, ...]:
        """The consents to it, in the ledger's order."""
        return tuple(
            Consented(
                entry,
                Did(str(entry.body["by"])),
                parse_when(entry.body["expires_at"]),
                _text(entry.body.get("delegation")),
            )
            for entry in self.about(EntryKind.CONSENT)
        )

    @cached_property
    def deciding(self) -> Entry:
        """The entry whose decision was carried out: the last one that holds one."""
        settled = [e for e in self.about(EntryKind.CONSENT) if e.body["decision"] is not None]
        return settled[-1] if settled else self.begun

    @property
    def waited(self) -> bool:
        """Whether consent was asked for."""
        decision: Any = self.begun.body["decision"]
        return bool(decision["outcome"] == Verdict.REQUIRE)

    def about(self, *kinds: EntryKind) -> Iterator[Entry]:
        """The entries of these kinds about the intent."""
        for entry in self.entries:
            if entry.kind in kinds and entry.body["intent"] == self.intent:
                yield entry

    def before(self, index: int) -> State:
        """The state that the entries before this index add up to."""
        state = State()
        for entry in self.entries:
            if entry.index < index:
                state.apply_entry(entry)
        return state

    def keys_before(self, index: int) -> PrincipalKeys:
        """Whose key is whose by the entries before this index."""
        keys = PrincipalKeys()
        for entry in self.entries:
            if entry.index < index:
                keys.apply_entry(entry)
        return keys

    def name(self, did: str) -> str:
        """A principal as people know it: its name, else its DID."""
        principal = self._ended.get("principal", did)
        return did if principal is None else f"{principal.get('name')} ({did})"

    @cached_property
    def _ended(self) -> State:
        return self.before(self.entries[-1].index + 1)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
