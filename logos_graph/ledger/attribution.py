"""I3, attribution: every signature and every consent checks out, by keys valid at that index.

A supervisor's key that was rotated out has no authority from the next index on: what it signs as a
principal is nobody's. Nor has a principal's key that another followed, or that was revoked; what
such a key answered is not counted any more where it has not been counted yet.
"""

from __future__ import annotations

from collections.abc import Mapping

from logos_graph.canon import Json
from logos_graph.errors import LogosError
from logos_graph.identity import Did, is_key
from logos_graph.ledger.acts import Act, Acts
from logos_graph.ledger.bodies import EntryKind, Verdict
from logos_graph.ledger.entry import Entry, mutations_of
from logos_graph.ledger.keys import SupervisorKeys
from logos_graph.ledger.principal_keys import KEY_KINDS, PrincipalKeys
from logos_graph.ledger.proven import Proven, Told, signed_by, told_by
from logos_graph.ledger.state import State
from logos_graph.ledger.tally import Tally
from logos_graph.logline import (
    format_when,
    parse_signed_intent,
    parse_when,
    verify_intent,
)

__all__ = ["REKEY", "Attribution"]

REKEY = "principal.rekey"
"""The verb that gives a key to a principal whose last one was revoked."""


class Attribution:
    """Looks at entries in their order. state and acts: those before the entry, kept by the walk.

    proven: which signatures were verified already.
    """

    def __init__(
        self, trusted: Did | None, state: State, acts: Acts, tally: Tally, proven: Proven
    ) -> None:
        self.trusted = trusted
        self.keys = SupervisorKeys()
        self.principals = PrincipalKeys()
        self.state = state
        self.acts = acts
        self.tally = tally
        self.proven = proven

    def check_supervisor(self, entry: Entry) -> None:
        """The entry is signed by the key that the ledger names for its index."""
        self.tally.count += 1
        wanted = self.keys.signer_of(entry)
        genuine = wanted is not None and (
            self.proven.entry(wanted, entry) or signed_by(wanted, entry)
        )
        message = f"entry {entry.index} is not signed by the supervisor"
        self.tally.require(genuine, entry.index, "signature", wanted, entry.signature, message)

    def rotate(self, entry: Entry) -> None:
        """Moves everybody's keys by one entry, once it was looked at."""
        self._rekey(entry)
        try:
            self.keys.apply(entry)
        except LogosError as error:
            field = str(error.data.get("field", "body"))
            message = error.message
            self.tally.require(
                False, entry.index, field, "a rotation by both keys", error.code, message
            )

    def _rekey(self, entry: Entry) -> None:
        """The principals' keys. What does not follow is no change, and is said."""
        if entry.kind is EntryKind.GENESIS:
            self.principals.apply_entry(entry)
        elif entry.kind is EntryKind.RECEIPT:
            for position, change in enumerate(mutations_of(entry)):
                if change.get("kind") in KEY_KINDS:
                    self._change(entry, f"body.mutations[{position}]", change)

    def _change(self, entry: Entry, field: str, change: Mapping[str, Json]) -> None:
        act = self.acts.get(str(entry.body["intent"]))
        lost = act is not None and act.verb == REKEY
        try:
            if change["kind"] == "principal":
                self.principals.check_registration(change)
            elif change["kind"] == "key":
                self.principals.check_key(change, entry.ledger, lost=lost)
            else:
                self.principals.check_revocation(change, self.keys.dids)
        except LogosError as error:
            message = f"entry {entry.index} changes no key of a principal's: {error.message}"
            wanted = f"a {change['kind']} that follows"
            self.tally.require(False, entry.index, field, wanted, error.code, message)
            return
        self.principals.apply(change, entry.index)
        if change["kind"] == "revocation":
            self._void()

    def _void(self) -> None:
        """What waits for consent, and was asked by a key that was just revoked.

        What such a key answered is left out when the consents are counted (consenting.py).
        """
        counts = self.principals.counts
        for act in self.acts.open:
            if act.requirement.verdict is Verdict.REQUIRE:
                act.revoked = act.revoked or not counts(act.who, act.index)

    def check_trusted(self) -> None:
        """After the last entry: the key that is trusted is one of the ledger's."""
        trusted, found = self.trusted, list[Json](self.keys.dids)
        message = f"{trusted} is no key of the supervisor's of this ledger"
        known = trusted is None or trusted in found
        self.tally.require(known, 0, "body.supervisor", trusted, found, message)

    def check_intent(self, entry: Entry) -> Told | None:
        """The intent, if it can be read: signed by a registered principal, for this ledger."""
        body, require = entry.body, self.tally.require
        self.tally.count += 1
        if self.proven.intent(entry):
            told = told_by(body)
            self._check_registered(entry, "body.intent.logline.who", told.who)
            self._check_key(entry, told.who)
            return told
        try:
            signed = parse_signed_intent({"intent": body["intent"], "signature": body["signature"]})
        except LogosError as error:
            require(False, entry.index, "body.intent", "an intent", error.code, error.message)
            return None
        intent, key = signed.intent, body.get("key")
        try:
            verify_intent(signed, None if key is None else Did(str(key)))
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
        self._check_key(entry, intent.logline.who)
        return told_by(body)

    def _check_key(self, entry: Entry, who: str) -> None:
        """It is signed by the key of this index; told by the entry, where `who` does not tell."""
        told = entry.body.get("key")
        found = who if told is None else told
        wanted = self.principals.at(who, entry.index)
        message = f"the key of {who} at entry {entry.index} is {wanted}, and {found} signed"
        named = (told is None) is is_key(who)
        holds = named and found == wanted
        self.tally.require(holds, entry.index, "body.key", wanted, found, message)

    def _check_registered(self, entry: Entry, field: str, did: str) -> None:
        known = self.state.get("principal", did) is not None
        message = f"{did} was not a registered principal at entry {entry.index}"
        self.tally.require(known, entry.index, field, "a principal", did, message)
        if known:
            message = f"the key of {did} at entry {entry.index} was revoked"
            has_one = self.principals.at(did, entry.index) is not None
            self.tally.require(has_one, entry.index, field, "a key in force", did, message)
        in_force = not self.keys.is_retired(did)
        message = f"{did} was a retired key of the supervisor's at entry {entry.index}"
        self.tally.require(in_force, entry.index, field, "a key in force", did, message)

    def check_answer(self, entry: Entry, verb: str) -> None:
        """A consent or refusal rests on one signed, allowed intent of `by`, about this intent."""
        body, require = entry.body, self.tally.require
        self.tally.count += 1
        self._check_registered(entry, "body.by", str(body["by"]))
        answer = self.acts.get(str(body["cid"]))
        message = f"entry {entry.index} rests on no recorded intent {body['cid']}"
        if not require(answer is not None, entry.index, "body.cid", verb, body["cid"], message):
            return
        assert answer is not None
        free, about, verdict = (
            answer.answered_at is None,
            answer.this.get("intent"),
            answer.requirement.verdict,
        )
        lent = answer.this.get("delegation")
        given_by = self.principals.at(answer.who, answer.index)
        same_key = self.principals.at(answer.who, entry.index) == given_by
        answer.answered_at = entry.index
        self.acts.keep(answer)
        for field, expected, found, holds in (
            ("body.cid", verb, answer.verb, answer.verb == verb),
            ("body.by", answer.who, body["by"], answer.who == body["by"]),
            ("body.intent", about, body["intent"], about == body["intent"]),
            ("body.cid", "an intent not used before", body["cid"], free),
            ("body.cid", "ALLOW", str(verdict), verdict is Verdict.ALLOW),
            ("body.cid", "an intent that has not ended", body["cid"], answer.end is None),
            ("body.delegation", lent, body.get("delegation"), lent == body.get("delegation")),
            ("body.cid", "the key that signed it", given_by, same_key),
        ):
            message = f"{field} of entry {entry.index} does not fit the intent it rests on"
            require(holds, entry.index, field, expected, found, message)
        if entry.kind is EntryKind.CONSENT:
            self._check_bound(entry, answer.this)

    def _check_bound(self, entry: Entry, this: Mapping[str, Json]) -> None:
        """The consent was given to this very question: its policy and revision, and in time."""
        act = self.acts.get(str(entry.body["intent"]))
        asked = None if act is None else act.required
        policy_hash, revision = this.get("policy_hash"), this.get("revision")
        until, told = this.get("expires_at"), entry.body["expires_at"]
        at, in_time = entry.recorded_at, entry.recorded_at < parse_when(told)
        wanted_policy = None if asked is None else asked.policy_hash
        wanted_revision = None if asked is None else asked.revision
        same_policy = wanted_policy is not None and policy_hash == wanted_policy
        same_revision = not isinstance(revision, bool) and revision == wanted_revision
        for field, expected, found, holds in (
            ("this.policy_hash", wanted_policy, policy_hash, same_policy),
            ("this.revision", wanted_revision, revision, same_revision),
            ("body.expires_at", until, told, until == told),
            ("this.expires_at", f"later than {format_when(at)}", until, in_time),
        ):
            message = f"the consent at entry {entry.index} is not bound to this question by {field}"
            self.tally.require(holds, entry.index, field, expected, found, message)

    def check_not_answered(self, entry: Entry, act: Act) -> None:
        """What a consent or refusal rests on does not end as a ghost."""
        at, message = (
            act.answered_at,
            f"the ghost at entry {entry.index} is of an answer that counts",
        )
        self.tally.require(at is None, entry.index, "body.intent", "no answer", at, message)
