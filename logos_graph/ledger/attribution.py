"""I3, attribution: every signature and every consent checks out, by keys valid at that index."""

from __future__ import annotations

from collections.abc import Mapping

from logos_graph.canon import Tag
from logos_graph.errors import LogosError
from logos_graph.identity import Did, verify
from logos_graph.ledger.acts import Act
from logos_graph.ledger.bodies import EntryKind
from logos_graph.ledger.entry import Entry
from logos_graph.ledger.state import State
from logos_graph.ledger.tally import Tally
from logos_graph.logline import SignedIntent, parse_signed_intent, verify_intent

__all__ = ["Attribution"]


class Attribution:
    """Looks at entries in their order. state and acts: those before the entry, kept by the walk."""

    def __init__(
        self, supervisor: Did | None, state: State, acts: Mapping[str, Act], tally: Tally
    ) -> None:
        self.supervisor = supervisor
        self.state = state
        self.acts = acts
        self.tally = tally

    def check_supervisor(self, entry: Entry) -> None:
        """The entry is signed by the supervisor; by default the one whom genesis names."""
        if self.supervisor is None and entry.kind is EntryKind.GENESIS:
            self.supervisor = Did(str(entry.body["supervisor"]))
        self.tally.count += 1
        wanted = self.supervisor
        genuine = wanted is not None and _signed(wanted, entry)
        message = f"entry {entry.index} is not signed by the supervisor"
        self.tally.require(genuine, entry.index, "signature", wanted, entry.signature, message)

    def check_intent(self, entry: Entry) -> SignedIntent | None:
        """The intent, if it can be read: signed by a registered principal, for this ledger."""
        body, require = entry.body, self.tally.require
        self.tally.count += 1
        try:
            signed = parse_signed_intent({"intent": body["intent"], "signature": body["signature"]})
        except LogosError as error:
            require(False, entry.index, "body.intent", "an intent", error.code, error.message)
            return None
        intent = signed.intent
        try:
            verify_intent(signed)
        except LogosError as error:
            field, who = "body.signature", intent.logline.who
            require(False, entry.index, field, who, signed.signature, error.message)
        for field, expected, found in (
            ("body.cid", intent.cid, body["cid"]),
            ("body.intent.ledger", entry.ledger, intent.ledger),
        ):
            message = f"{field} of entry {entry.index} is {found}"
            require(expected == found, entry.index, field, expected, found, message)
        self._check_registered(entry, "body.intent.logline.who", intent.logline.who)
        return signed

    def _check_registered(self, entry: Entry, field: str, did: str) -> None:
        known = self.state.get("principal", did) is not None
        message = f"{did} was not a registered principal at entry {entry.index}"
        self.tally.require(known, entry.index, field, "a principal", did, message)

    def check_answer(self, entry: Entry, verb: str) -> None:
        """A consent or refusal rests on one signed intent of `by`, about this very intent."""
        body, require = entry.body, self.tally.require
        self.tally.count += 1
        self._check_registered(entry, "body.by", str(body["by"]))
        answer = self.acts.get(str(body["cid"]))
        message = f"entry {entry.index} rests on no recorded intent {body['cid']}"
        if not require(answer is not None, entry.index, "body.cid", verb, body["cid"], message):
            return
        assert answer is not None
        free = answer.answered_at is None
        answer.answered_at = entry.index
        for field, expected, found, holds in (
            ("body.cid", verb, answer.verb, answer.verb == verb),
            ("body.by", answer.who, body["by"], answer.who == body["by"]),
            ("body.intent", answer.answers, body["intent"], answer.answers == body["intent"]),
            ("body.cid", "an intent not used before", body["cid"], free),
        ):
            message = f"{field} of entry {entry.index} does not fit the intent it rests on"
            require(holds, entry.index, field, expected, found, message)


def _signed(supervisor: Did, entry: Entry) -> bool:
    try:
        data = entry.text.encode("utf-8", "surrogatepass")
        verify(supervisor, Tag.ENTRY_SIGNATURE, data, entry.signature)
    except LogosError:
        return False
    return True
