"""I2 for what an intent may change: a receipt changes what its intent asked for, and no more.

A grant gives one node one capability, as its intent says, and there is never a second in force; it
ends once, by an intent that says so. A delegation lends what its delegator holds then, to somebody
else, as its intent says, and is ended once, by one of the two. An effect names a grant in force of
its capability. A receipt changes the stored values that its run wrote, all and no others, in the
namespace of the grant that the writing node holds; a fork's changes none. A draft is what its
intent submitted. The supervisor's key is changed by an intent of its own, which names both keys;
the new one becomes a principal by the same receipt. A principal's key is changed as its intent
says, which is the principal's own where it rotates; the supervisor's is never revoked. A principal,
a verb and a policy are those that were signed; what a verb means never changes but for its flow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from logos_graph.canon import Json, content_id, encode_parsed
from logos_graph.graph.capabilities import OPERATIONS, Capability
from logos_graph.ledger.acts import Act
from logos_graph.ledger.effects import recorded_calls
from logos_graph.ledger.entry import Entry, mutations_of
from logos_graph.ledger.forks import is_fork
from logos_graph.ledger.state import Known
from logos_graph.ledger.tally import Tally

__all__ = ["OPERATOR", "Rights", "limit_id", "rate_id"]

OPERATOR = "operator"
"""The role that the bootstrap policy lets set things up, and end what others hold or began."""

ROTATE = "principal.rotate_key"
"""The verb by which a principal takes another key; only the principal itself can ask for it."""

_WRITES = ("kv.put", "kv.delete")

_MADE_BY: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "principal": frozenset({"principal.register", "supervisor.rotate_key"}),
        "key": frozenset({ROTATE, "principal.rekey"}),
        "revocation": frozenset({"principal.revoke"}),
        "verb": frozenset({"verb.register"}),
        "policy": frozenset({"policy.activate"}),
        "node": frozenset({"node.publish", "node.fork"}),
        "flow": frozenset({"flow.publish"}),
        "name": frozenset({"node.publish", "node.fork", "flow.publish"}),
        "deprecation": frozenset({"node.deprecate"}),
        "promotion": frozenset({"node.promote"}),
        "cancellation": frozenset({"run.cancel"}),
        "limit": frozenset({"run.limit"}),
        "resolution": frozenset({"escalation.resolve"}),
        "lift": frozenset({"breaker.lift"}),
        "rate": frozenset({"rate.limit"}),
        "delegation": frozenset({"consent.delegate", "consent.undelegate"}),
    }
)
"""Which verbs make things of a kind; of the other kinds there are checks of their own."""


def _cancellation(act: Act) -> dict[str, Json]:
    """What a run.cancel may make."""
    named = {name: act.this.get(name) for name in ("intent", "reason")}
    return {"kind": "cancellation", "by": act.who, **named}


def _limit(act: Act) -> dict[str, Json]:
    """What a run.limit makes."""
    scope, of = act.this.get("scope"), act.this.get("of")
    fields = ("scope", "of", "concurrent", "run_seconds", "step_seconds")
    identity = limit_id(str(scope), None if of is None else str(of))
    return {"kind": "limit", "id": identity, **{name: act.this.get(name) for name in fields}}


def _of_node(kind: str) -> Callable[[Act], dict[str, Json]]:
    """What says how a node stands."""
    return lambda act: {"kind": kind, **{name: act.this.get(name) for name in ("node", "reason")}}


def _rate(act: Act) -> dict[str, Json]:
    """What a rate.limit makes."""
    this = act.this
    identity = rate_id(this.get("who"), this.get("verb"))
    fields = ("who", "verb", "count", "seconds")
    return {"kind": "rate", "id": identity, **{name: this.get(name) for name in fields}}


def _principal(act: Act) -> dict[str, Json]:
    """Whom a principal.register makes."""
    this, roles = act.this, act.this.get("roles")
    held = roles if isinstance(roles, list) else ()
    made: dict[str, Json] = {name: this.get(name) for name in ("did", "name", "type")}
    made |= {"kind": "principal", "roles": [*sorted({str(role) for role in held})]}
    return made | ({"key": this["key"]} if "key" in this else {})


def _policy(act: Act) -> dict[str, Json]:
    """What a policy.activate brings into force."""
    text = act.this.get("text")
    return {"kind": "policy", "id": content_id(str(text).encode()), "text": text}


def _verb(told: Mapping[str, Json]) -> dict[str, Json]:
    """The whole form of a user's verb, of which some may be left out."""
    amount, flow = told.get("amount"), told.get("flow")
    verb: dict[str, Json] = {name: told.get(name) for name in ("name", "docs", "risk", "schema")}
    verb |= {"kind": "verb", "flow": flow, "effect": "record" if flow is None else "flow"}
    verb["idempotent"] = told.get("idempotent") is True
    return verb if amount is None else {**verb, "amount": amount}


def _same(one: Json, other: Json) -> bool:
    """Equal as JSON; in Python alone, true would equal 1."""
    return encode_parsed(one) == encode_parsed(other)


def limit_id(scope: str, of: str | None) -> str:
    """What names a limit of runs: `ledger`, `flow/<id>` or `principal/<did>`."""
    return scope if of is None else f"{scope}/{of}"


def rate_id(who: Json, verb: Json) -> str:
    """What names a rate: whose acts, and of which verb; `*` for all, each principal by itself."""
    return f"{'*' if who is None else who}/{'*' if verb is None else verb}"


_ASKED: Mapping[str, Callable[[Act], dict[str, Json]]] = MappingProxyType(
    {
        "cancellation": _cancellation,
        "deprecation": _of_node("deprecation"),
        "promotion": _of_node("promotion"),
        "limit": _limit,
        "rate": _rate,
        "key": lambda act: {"kind": "key", **act.this},
        "revocation": lambda act: {"kind": "revocation", **act.this},
        "principal": _principal,
        "policy": _policy,
        "verb": lambda act: _verb(act.this),
    }
)
"""The things that hold what their intent says, and nothing else; of principals, those that a
`principal.register` makes."""


class Rights:
    """Looks at effects and receipts in their order, and keeps the grants that are in force."""

    def __init__(self, tally: Tally, roles: Callable[[str], frozenset[str]], known: Known) -> None:
        """roles: what a principal holds at the entry that is looked at. known: as of before it."""
        self._tally, self._roles, self._known = tally, roles, known
        self._delegations: dict[str, Mapping[str, Json]] = {}
        self._grants: dict[str, Mapping[str, Json]] = {}
        self._held: dict[tuple[str, str], str] = {}

    def used(self, entry: Entry) -> Mapping[str, Json] | None:
        """The grant of this effect; None if there is none in force."""
        body = entry.body
        call = body["call"]
        assert isinstance(call, dict)  # the entry's form was checked when it was read
        operation = OPERATIONS.get(str(call["operation"]))
        wanted = None if operation is None else operation.capability.value
        grant = self._grants.get(str(body["grant"]))
        found = None if grant is None else grant.get("capability")
        message = f"the effect at entry {entry.index} names no grant in force of its capability"
        self._require(found is not None and found == wanted, entry, "grant", wanted, found, message)
        return grant

    def receipt(self, entry: Entry, act: Act) -> None:
        """What it grants, ends, drafts and stores; then the grants are as it leaves them."""
        things = mutations_of(entry)
        self._check_stored(entry, things)
        for position, thing in enumerate(things):
            field = f"mutations[{position}]"
            self._check_kind(entry, act, str(thing["kind"]), field)
            if thing["kind"] == "grant":
                self._check_grant(entry, act, thing, field)
            elif thing["kind"] == "delegation":
                self._check_delegation(entry, act, thing, field)
            elif thing["kind"] in _ASKED:
                self._check_asked(entry, act, thing, field)
                self._check_own_key(entry, act, thing, field)
                self._check_meaning(entry, thing, field)
            elif thing["kind"] == "run" and act.pinned:
                message = f"the run at entry {entry.index} is not of the flow of its intent"
                ran = thing.get("flow")
                self._require(ran == act.flow, entry, field, act.flow, ran, message)
            elif thing["kind"] == "draft":
                self._check_draft(entry, act, thing, field)
            elif thing["kind"] == "supervisor":
                self._check_rotation(entry, act, thing, field)
                self._check_successor(entry, thing, things, field)

    def _check_kind(self, entry: Entry, act: Act, kind: str, field: str) -> None:
        """A verb makes what it is for: an allowed run, say, registers nobody."""
        verbs = _MADE_BY.get(kind)
        message = f"entry {entry.index} makes a {kind}, which {act.verb or 'its intent'} does not"
        fits = verbs is None or act.verb in verbs
        self._require(fits, entry, field, [*sorted(verbs or ())], act.verb, message)

    def _check_rotation(
        self, entry: Entry, act: Act, thing: Mapping[str, Json], field: str
    ) -> None:
        asked: list[Json] = ["supervisor.rotate_key", {"kind": "supervisor", **act.this}]
        found: list[Json] = [act.verb, {**thing}]
        message = f"the rotation at entry {entry.index} is not what its intent asked for"
        self._require(asked == found, entry, field, asked, found, message)

    def _check_successor(
        self, entry: Entry, thing: Mapping[str, Json], things: list[dict[str, Json]], field: str
    ) -> None:
        """The new key becomes a principal, with the roles of the one before it."""
        new: list[Json] = [{**each} for each in things if each["kind"] == "principal"]
        name = new[0].get("name") if new and isinstance(new[0], dict) else None
        expected: list[Json] = [
            {
                "kind": "principal", "did": thing["did"], "name": name, "type": "supervisor",
                "roles": [*sorted(self._roles(str(thing.get("previous"))))],
            }
        ]  # fmt: skip
        message = f"the key of entry {entry.index} does not become a principal as the one before it"
        self._require(_same(new, expected), entry, field, expected, new, message)

    def _check_asked(self, entry: Entry, act: Act, thing: Mapping[str, Json], field: str) -> None:
        kind = str(thing["kind"])
        if kind == "principal" and act.verb == "supervisor.rotate_key":
            return  # it is looked at with the new key
        asked, found = _ASKED[kind](act), {**thing}
        message = f"the {kind} at entry {entry.index} is not what was asked for"
        self._require(_same(asked, found), entry, field, asked, found, message)

    def _check_meaning(self, entry: Entry, thing: Mapping[str, Json], field: str) -> None:
        """A verb that is registered already is bound to another flow, and stays what it is."""
        known = self._known("verb", str(thing["name"])) if thing["kind"] == "verb" else None
        if known is None:
            return
        before, now = _verb({**known, "flow": None}), _verb({**thing, "flow": None})
        flows = None, known.get("flow")
        rebound = known.get("flow") is not None and thing.get("flow") not in flows
        message = f"entry {entry.index} changes what the verb {thing['name']} means"
        holds = rebound and _same(before, now)
        self._require(holds, entry, field, {**known}, {**thing}, message)

    def _check_own_key(self, entry: Entry, act: Act, thing: Mapping[str, Json], field: str) -> None:
        """Its own key anybody rotates or revokes; an operator revokes any; rekeyed is another's."""
        if thing["kind"] not in ("key", "revocation"):
            return
        own = act.who == thing.get("principal")
        if act.verb == ROTATE:
            may, expected = own, "its own key"
        elif thing["kind"] == "revocation":
            may, expected = own or OPERATOR in self._roles(act.who), "its own key, or an operator"
        else:
            may, expected = not own, "another's key"
        message = f"{act.who} may not change this key at entry {entry.index}"
        of = thing.get("principal")
        self._require(may, entry, field, expected, of, message)

    def _check_grant(self, entry: Entry, act: Act, thing: Mapping[str, Json], field: str) -> None:
        this, identity = act.this, str(thing["grant"])
        place = (str(thing.get("node")), str(thing.get("capability")))
        before = self._held.get(place)
        asked: dict[str, Json]
        if thing.get("revoked") is None:
            verb = "capability.grant"
            asked = {
                "kind": "grant", "grant": act.cid, "node": this.get("node"),
                "capability": this.get("capability"), "limits": this.get("limits", {}),
                "revoked": None,
            }  # fmt: skip
            message = f"entry {entry.index} grants what {before} grants already"
            self._require(before is None, entry, field, None, before, message)
            self._grants[identity], self._held[place] = thing, identity
        else:
            verb = "capability.revoke"
            known = self._grants.pop(str(this.get("grant")), {})
            asked = {**known, "grant": this.get("grant"), "revoked": act.cid}
            self._grants.pop(identity, None)
            if before == identity:
                del self._held[place]
        message = f"the grant at entry {entry.index} is not what its intent asked for"
        fits = act.verb == verb and asked == {**thing}
        self._require(fits, entry, field, asked, {**thing}, message)

    def _check_delegation(
        self, entry: Entry, act: Act, thing: Mapping[str, Json], field: str
    ) -> None:
        this, identity = act.this, str(thing["id"])
        if thing.get("ended") is None:
            asked: dict[str, Json] = {
                "kind": "delegation", "id": act.cid, "by": act.who, "ended": None,
                **{name: this.get(name) for name in ("to", "role", "verbs", "until")},
            }  # fmt: skip
            may = str(this.get("role")) in self._roles(act.who) and this.get("to") != act.who
            fits = act.verb == "consent.delegate" and may
            self._delegations[identity] = thing
        else:
            known = self._delegations.pop(str(this.get("delegation")), {})
            asked = {**known, "ended": act.cid}
            fits = act.verb == "consent.undelegate" and act.who in (
                known.get("by"), known.get("to"),
            )  # fmt: skip
            self._delegations.pop(identity, None)
        message = f"the delegation at entry {entry.index} is not what its intent may ask for"
        self._require(fits and asked == {**thing}, entry, field, asked, {**thing}, message)

    def _check_draft(self, entry: Entry, act: Act, thing: Mapping[str, Json], field: str) -> None:
        source = content_id(str(act.this.get("source")).encode())
        asked: list[Json] = ["node.draft", act.cid, act.who, act.this.get("name"), source]
        found: list[Json] = [
            act.verb,
            *(thing.get(name) for name in ("id", "by", "name", "source")),
        ]
        message = f"the draft at entry {entry.index} is not what its intent submitted"
        self._require(asked == found, entry, field, asked, found, message)

    def _check_stored(self, entry: Entry, things: list[dict[str, Json]]) -> None:
        changed: list[Json] = [{**each} for each in things if each["kind"] == "kv"]
        written: dict[str, Json] = {}
        storing: list[Json] = [each for each in things if not is_fork(each)]
        for call in recorded_calls(storing) if entry.body["outcome"] == "done" else ():
            if call.operation in _WRITES and isinstance(call.arguments, dict):
                namespace, key = self._namespace(call.node), str(call.arguments.get("key"))
                written[f"{namespace}/{key}"] = {
                    "kind": "kv", "id": f"{namespace}/{key}", "namespace": namespace, "key": key,
                    "value": call.arguments.get("value"),
                }  # fmt: skip
        expected = [written[identity] for identity in sorted(written)]
        message = f"entry {entry.index} stores other values than its run wrote under its grants"
        self._require(changed == expected, entry, "mutations", expected, changed, message)

    def _namespace(self, node: str | None) -> Json:
        """Where a node may write; None if it may not."""
        grant = self._grants.get(self._held.get((str(node), Capability.KV.value), ""), {})
        limits = grant.get("limits")
        if not isinstance(limits, dict) or limits.get("write") is not True:
            return None
        return limits.get("namespace")

    def _require(
        self, holds: bool, entry: Entry, field: str, expected: Json, found: Json, message: str
    ) -> None:
        self._tally.require(holds, entry.index, f"body.{field}", expected, found, message)
