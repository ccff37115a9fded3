"""I2 for consents: who is asked, who answers in whose place, and whether that is enough.

A quorum of all, of a majority, or by weights names those who hold the role at that index, without
the actor. A consent by a delegation rests on one that held for it then. A REQUIRE turns into an
ALLOW only by the consents of enough people, each counted once, and only by what holds still when
that is decided: not by a delegation that was ended meanwhile or is over, by a role that was lost,
or by what a key signed that was revoked since, be it the consent or the delegation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from logos_graph.canon import Json
from logos_graph.errors import LogosError
from logos_graph.ledger.acts import Act, Given, parse_requirement
from logos_graph.ledger.bodies import Verdict
from logos_graph.ledger.delegations import Delegation
from logos_graph.ledger.entry import Entry, mutations_of
from logos_graph.ledger.principal_keys import PrincipalKeys
from logos_graph.ledger.quorums import Quorum, QuorumKind, Voice
from logos_graph.ledger.state import State
from logos_graph.ledger.tally import Tally
from logos_graph.logline import parse_when

__all__ = ["Consenting"]


class Consenting:
    """Looks at questions and consents in their order.

    state: that before the entry, kept by the walk. keys, roles: whose key is whose there, and what
    a principal holds.
    """

    def __init__(
        self,
        tally: Tally,
        state: State,
        keys: PrincipalKeys,
        roles: Callable[[str], frozenset[str]],
    ) -> None:
        self._tally, self._state, self._keys, self._roles = tally, state, keys, roles
        self._lent: dict[str, Delegation] = {}

    def receipt(self, entry: Entry, act: Act) -> None:
        """The delegations that it makes and ends; whether it may, see rights.py."""
        for thing in mutations_of(entry):
            if thing["kind"] == "delegation":
                made = _delegation(thing, act.index)
                self._lent.pop(str(thing["id"]), None)
                if made is not None and made.ended is None:
                    self._lent[made.id] = made

    def asked(self, entry: Entry, act: Act) -> None:
        """Whom an intent's decision waits for, if it names them, is who holds the role."""
        for quorum in act.requirement.quorums:
            if quorum.weights is not None:
                self._check_named(entry, act, quorum)

    def _check_named(self, entry: Entry, act: Act, quorum: Quorum) -> None:
        known = self._state.objects.get("principal", {})
        held = {did for did in known if did != act.who and quorum.role in self._roles(did)}
        named = {str(did) for did in quorum.weights or ()}
        fits = named <= held if quorum.kind is QuorumKind.WEIGHTED else named == held
        message = f"entry {entry.index} does not ask those who hold the role {quorum.role!r}"
        expected: list[Json] = [*sorted(held)]
        found: list[Json] = [*sorted(named)]
        field = "body.decision.quorum"
        self._tally.require(fits, entry.index, field, expected, found, message)

    def given(self, entry: Entry, act: Act) -> None:
        """One consent, and what it settles."""
        by = str(entry.body["by"])
        expires_at = parse_when(entry.body["expires_at"])
        named = entry.body.get("delegation")
        lent = None if named is None else str(named)
        seat, roles = self._seat(entry, act, by)
        given = Given(by, entry.recorded_at, expires_at, roles, seat, entry.index, lent)
        act.consents.append(given)
        decision = entry.body["decision"]
        if decision is None:
            return
        act.requirement = parse_requirement(decision, entry.policy_hash)
        act.decided_at = entry.recorded_at
        if act.requirement.verdict is Verdict.REQUIRE:
            act.required = act.requirement
        if act.requirement.verdict is Verdict.ALLOW:
            act.consents = self._holding(entry, act)
        self._check_quorum(entry, act)

    def _seat(self, entry: Entry, act: Act, by: str) -> tuple[str, frozenset[str]]:
        """In whose place a consent is given, and the roles for which that counts."""
        named = entry.body.get("delegation")
        if named is None:
            return by, self._roles(by)
        lent = self._lent.get(str(named))
        roles = frozenset[str]()
        if lent is not None and lent.to == by and lent.holds(self._keys):
            roles = lent.lent(self._roles(lent.by), act.verb, entry.recorded_at)
        message = f"the consent at entry {entry.index} rests on no delegation that holds for it"
        self._tally.require(
            bool(roles), entry.index, "body.delegation", "a delegation", named, message
        )
        return (by if lent is None else lent.by), roles

    def _holding(self, entry: Entry, act: Act) -> list[Given]:
        """The consents that hold at this entry, each with the roles for which it does there.

        The gate counts in the same way (supervisor/view.py): what is named must hold, and then
        the roles are those of all that the one has lent to the other.
        """
        found = list[Given]()
        for each in act.consents:
            if not self._keys.counts(each.by, each.index):
                continue
            if each.delegation is None:
                found.append(replace(each, roles=self._roles(each.by)))
                continue
            lent = self._lent.get(each.delegation)
            if lent is not None and lent.holds(self._keys):
                roles = self._roles_lent(each.voice, act.verb, entry.recorded_at)
                found += [replace(each, roles=roles)] if roles else []
        return found

    def _roles_lent(self, voice: Voice, verb: str, at_ns: int) -> frozenset[str]:
        """For which one consents in the other's place to an act of this verb, at this instant."""
        held = self._roles(voice.seat)
        return frozenset[str]().union(
            *(
                each.lent(held, verb, at_ns)
                for each in self._lent.values()
                if each.voice == voice and each.holds(self._keys)
            )
        )

    def _check_quorum(self, entry: Entry, act: Act) -> None:
        """The policy's ALLOW after a REQUIRE needs the quorum; a DENY cannot turn into one."""
        if act.requirement.verdict is not Verdict.ALLOW:
            return
        wanted = None if act.required is None else act.required.text
        found = len(act.qualified())
        message = f"entry {entry.index} allows {act.cid} on {found} valid consents: {wanted}"
        self._tally.require(act.is_met(), entry.index, "body.decision", wanted, found, message)


def _delegation(thing: Mapping[str, Json], index: int) -> Delegation | None:
    """A delegation that an entry tells of; None if it is none."""
    try:
        return Delegation.from_mutation(thing, index)
    except (LogosError, KeyError):
        return None
