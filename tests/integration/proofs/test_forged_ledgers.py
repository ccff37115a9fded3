"""Proof files forged with the supervisor's own key: each is refused by the step that looks for it.

Every signature and every path in them is right: what refuses them is what the entries say.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from logos_graph.canon import content_id, json_id
from logos_graph.identity import Signer
from logos_graph.ledger import accept_supervision, parse_checkpoint, parse_note, sign_checkpoint
from logos_graph.logline import format_when
from tests.integration.proofs.forging import (
    STRANGER,
    Document,
    Proofs,
    bodies,
    intent_of,
    leave_out,
    leave_story,
    mutation,
    read,
    receipt_of,
    write,
)

STORY = ("intent", "cid")
"""By which field an entry is about an intent."""


def test_a_signer_who_was_never_registered_is_refused(proofs: Proofs) -> None:
    def left_out(document: Document) -> None:
        agent = intent_of(document)["intent"]["logline"]["who"]
        (registered,) = (
            body["intent"]
            for body in bodies(document, "receipt")
            if any(each.get("did") == agent for each in body["mutations"])
        )
        leave_story(document, registered)

    assert proofs.forged(proofs.transfer, left_out) == "E_PROOF_SIGNER"


def test_an_intent_with_another_s_signature_is_refused(proofs: Proofs) -> None:
    def exchanged(document: Document) -> None:
        intent_of(document)["signature"] = "0" * 128

    def other_words(document: Document) -> None:
        intent_of(document)["intent"]["logline"]["if_ok"] = "emit:other"

    for change in (exchanged, other_words):
        assert proofs.forged(proofs.transfer, change) == "E_PROOF_SIGNER"


def consents(document: Document) -> list[Document]:
    return [body for body in bodies(document, "consent") if body["intent"] == document["intent"]]


def test_a_consent_that_is_missing_or_there_twice_is_refused(proofs: Proofs) -> None:
    def missing(document: Document) -> None:
        gone = consents(document)[0]
        leave_out(document, lambda e: e["body"] is gone)

    def twice(document: Document) -> None:
        first, second = consents(document)
        second |= {"by": first["by"], "cid": first["cid"], "expires_at": first["expires_at"]}

    assert proofs.forged(proofs.transfer, missing) == "E_PROOF_CONSENT"
    assert proofs.forged(proofs.transfer, twice) == "E_PROOF_SIGNER"  # it rests on one intent


def test_a_consent_that_had_expired_or_was_not_bound_to_this_is_refused(proofs: Proofs) -> None:
    def give(document: Document, **changes: Any) -> None:
        consent = consents(document)[0]
        (intent,) = (b for b in bodies(document, "intent") if b["cid"] == consent["cid"])
        old = intent["cid"]
        intent["intent"]["logline"]["this"] |= changes
        proofs.forger.sign_again(intent)
        consent["cid"] = intent["cid"]
        if "expires_at" in changes:
            consent["expires_at"] = changes["expires_at"]
        for body in bodies(document, "receipt"):
            if body["intent"] == old:
                body["intent"] = intent["cid"]

    for changes in (
        {"expires_at": format_when(1)},
        {"revision": 0},
        {"policy_hash": content_id(b"another policy")},
    ):
        code = proofs.forged(proofs.transfer, lambda d, c=changes: give(d, **c))  # type: ignore[misc]
        assert code == "E_PROOF_SIGNER", changes


def test_a_consent_that_lapsed_before_the_decision_does_not_count(proofs: Proofs) -> None:
    def lapsed(document: Document) -> None:
        first, second = consents(document)
        (at,) = (
            item["entry"]["recorded_at"]
            for item in document["entries"]
            if item["entry"]["body"] is second
        )
        (intent,) = (b for b in bodies(document, "intent") if b["cid"] == first["cid"])
        old, until = intent["cid"], format_when(at - 1)
        intent["intent"]["logline"]["this"]["expires_at"] = until
        proofs.forger.sign_again(intent)
        first |= {"cid": intent["cid"], "expires_at": until}
        for body in bodies(document, "receipt"):
            if body["intent"] == old:
                body["intent"] = intent["cid"]

    assert proofs.forged(proofs.transfer, lapsed) == "E_PROOF_CONSENT"


def test_a_decision_that_the_policy_does_not_make_is_refused(proofs: Proofs) -> None:
    def allowed_at_once(document: Document) -> None:
        given = consents(document)
        leave_out(document, lambda e: e["body"] in given)
        leave_story(document, *(consent["cid"] for consent in given))
        decision = intent_of(document)["decision"]
        rest = {name: decision[name] for name in ("policies", "revision")}
        intent_of(document)["decision"] = {"outcome": "ALLOW", **rest}

    def by_another_rule(document: Document) -> None:
        intent_of(document)["decision"]["policies"] = ["blocked-account"]

    def fewer(document: Document) -> None:
        intent_of(document)["decision"]["quorum"] = {"kind": "KOfN", "k": 1}

    def later(document: Document) -> None:
        intent_of(document)["decision"]["expires_at"] = format_when(2**62)

    for change in (allowed_at_once, by_another_rule, fewer, later):
        assert proofs.forged(proofs.transfer, change) == "E_PROOF_DECISION"


def test_another_policy_than_the_one_in_force_is_refused(proofs: Proofs) -> None:
    text = "permit(principal, action, resource);"

    def exchanged(document: Document) -> None:
        mutation(document, "policy")["text"] = text

    def never_activated(document: Document) -> None:
        for item in document["entries"]:
            if item["entry"]["body"] is intent_of(document):
                item["entry"]["policy_hash"] = content_id(text.encode())

    def left_out(document: Document) -> None:
        (activation,) = (
            body["intent"]
            for body in bodies(document, "receipt")
            if any(each["kind"] == "policy" for each in body["mutations"])
        )
        leave_story(document, activation)

    for change in (exchanged, never_activated, left_out):
        assert proofs.forged(proofs.approval, change) == "E_PROOF_POLICY", change


def run_in(document: Document) -> Document:
    return next(each for each in receipt_of(document)["mutations"] if each["kind"] == "run")


def test_a_value_that_is_not_the_one_of_its_id_is_refused(proofs: Proofs) -> None:
    def exchanged(document: Document) -> None:
        values = run_in(document)["values"]
        values[next(iter(values))] = "another"

    assert proofs.forged(proofs.approval, exchanged) == "E_PROOF_VALUE"


def test_inputs_that_the_intent_did_not_give_are_refused(proofs: Proofs) -> None:
    def exchanged(document: Document) -> None:
        run = run_in(document)
        (port,) = (p for p, cid in run["inputs"].items() if run["values"][cid] == 5)
        cid = json_id(6)
        run["values"][cid], run["inputs"][port] = 6, cid

    assert proofs.forged(proofs.ticks, exchanged) == "E_PROOF_INPUTS"


def test_outputs_that_the_run_did_not_give_are_refused(proofs: Proofs) -> None:
    def in_the_result(document: Document) -> None:
        receipt_of(document)["result"]["outputs"]["out"] = 77

    def in_both(document: Document) -> None:
        in_the_result(document)
        run, cid = run_in(document), json_id(77)
        run["values"][cid], run["outputs"]["out"] = 77, cid

    assert proofs.forged(proofs.ticks, in_the_result) == "E_PROOF_RESULT"
    assert proofs.forged(proofs.ticks, in_both) == "E_PROOF_REPLAY"  # that only the nodes know


def test_a_flow_or_node_that_was_not_published_is_refused(proofs: Proofs) -> None:
    def no_flow(document: Document) -> None:
        flow = run_in(document)["flow"]
        for body in bodies(document, "receipt"):
            body["mutations"] = [each for each in body["mutations"] if each.get("id") != flow]

    def no_node(document: Document) -> None:
        node = run_in(document)["steps"][0]["node"]
        for body in bodies(document, "receipt"):
            body["mutations"] = [each for each in body["mutations"] if each.get("id") != node]

    def rewired(document: Document) -> None:
        flow = run_in(document)["flow"]
        for body in bodies(document, "receipt"):
            for each in body["mutations"]:
                if each.get("id") == flow:
                    each["edges"][0]["to_port"] = "nothing"

    for change in (no_flow, no_node, rewired):
        assert proofs.forged(proofs.ticks, change) == "E_PROOF_FLOW", change


def test_steps_and_runs_that_are_not_those_of_the_flow_are_refused(proofs: Proofs) -> None:
    def fewer(document: Document) -> None:
        run_in(document)["steps"].pop(0)

    def other_run(document: Document) -> None:
        run_in(document)["id"] = document["run"] = content_id(b"another run")

    for change in (fewer, other_run):
        assert proofs.forged(proofs.approval, change) == "E_PROOF_RUN"


def test_an_answer_from_outside_without_a_grant_is_refused(proofs: Proofs) -> None:
    def ungranted(capability: str) -> Callable[[Document], None]:
        def change(document: Document) -> None:
            for body in bodies(document, "receipt"):
                if any(each.get("capability") == capability for each in body["mutations"]):
                    leave_story(document, body["intent"])

        return change

    for capability in ("clock", "log", "random"):
        assert proofs.forged(proofs.ticks, ungranted(capability)) == "E_PROOF_GRANT"
    for capability in ("kv", "http"):
        assert proofs.forged(proofs.pays, ungranted(capability)) == "E_PROOF_GRANT"


def test_an_answer_under_a_grant_that_had_ended_before_is_refused(proofs: Proofs) -> None:
    def ended(capability: str) -> Callable[[Document], None]:
        def change(document: Document) -> None:
            items = document["entries"]
            place, begun = next(
                (place, item["entry"])
                for place, item in enumerate(items)
                if item["entry"]["body"] is intent_of(document)
            )
            assert items[place - 1]["entry"]["index"] < begun["index"] - 2  # there is room
            (grant,) = (
                each
                for body in bodies(document, "receipt")
                for each in body["mutations"]
                if each.get("capability") == capability and each["revoked"] is None
            )
            story = deepcopy(
                [i for i in items if grant["grant"] in (i["entry"]["body"].get(n) for n in STORY)]
            )
            asked, granted = (item["entry"]["body"] for item in story)
            asked["intent"]["logline"] |= {
                "did": "capability.revoke", "this": {"grant": grant["grant"]}
            }  # fmt: skip
            proofs.forger.sign_again(asked)
            granted["intent"] = asked["cid"]
            granted["mutations"] = [{**grant, "revoked": asked["cid"]}]
            for before, item in zip((2, 1), story, strict=True):
                for field in ("index", "recorded_at"):
                    item["entry"][field] = begun[field] - before
            items[place:place] = story

        return change

    for capability in ("clock", "log", "random"):
        assert proofs.forged(proofs.ticks, ended(capability)) == "E_PROOF_GRANT", capability


def test_an_effect_or_its_outcome_that_is_left_out_is_refused(proofs: Proofs) -> None:
    for kind in ("effect", "outcome"):
        code = proofs.forged(
            proofs.pays,
            lambda d, k=kind: leave_out(d, lambda e: e["kind"] == k),  # type: ignore[misc]
        )
        assert code == "E_PROOF_INTEGRITY"


def test_another_ending_than_the_signed_one_is_refused(proofs: Proofs) -> None:
    def other(document: Document) -> None:
        receipt_of(document)["commitment"] = "emit:something-else"

    def none(document: Document) -> None:
        gone = receipt_of(document)
        leave_out(document, lambda e: e["body"] is gone)

    assert proofs.forged(proofs.approval, other) == "E_PROOF_INTEGRITY"
    assert proofs.forged(proofs.approval, none) == "E_PROOF_RECEIPT"


def test_a_module_that_is_not_its_node_is_refused(proofs: Proofs) -> None:
    def exchanged(document: Document) -> None:
        one, other, *_ = sorted(document["modules"])
        document["modules"][one] = document["modules"][other]

    def missing(document: Document) -> None:
        document["modules"].pop(min(document["modules"]))

    def foreign(document: Document) -> None:
        document["modules"][content_id(b"x")] = b64encode(b"x").decode()

    def a_bit(document: Document) -> None:
        node = min(document["modules"])
        data = bytearray(b64decode(document["modules"][node]))
        data[len(data) // 2] ^= 1
        document["modules"][node] = b64encode(data).decode()

    for change in (exchanged, missing, foreign, a_bit):
        assert proofs.changed(proofs.ticks, change) == "E_PROOF_MODULE"


def test_a_recorded_answer_that_was_exchanged_is_found_by_running_again(proofs: Proofs) -> None:
    def other_time(document: Document) -> None:
        calls = run_in(document)["steps"][0]["calls"]
        (clock,) = (call for call in calls if call["operation"] == "clock.now")
        digit = clock["answer"]["time"] % 10
        clock["answer"]["time"] += 1 if digit < 9 else -1

    refused = proofs.refused(proofs.forger.forge(proofs.ticks, other_time))
    assert refused.code == "E_PROOF_REPLAY"
    assert refused.data["difference"]["step"] == "first"  # type: ignore[index]
    assert (refused.data["step"], refused.data["name"]) == (10, "again")


# --- keys that changed ----------------------------------------------------------------------------


def rotated(proofs: Proofs, document: Document, new: Signer, *, accepted_by: Signer) -> None:
    """The last receipt besides changes the supervisor's key."""
    ledger = document["entries"][0]["entry"]["ledger"]
    old = proofs.forger.supervisor.did
    bodies(document, "receipt")[-1]["mutations"].append(
        {
            "kind": "supervisor", "did": new.did, "previous": old,
            "signature": accept_supervision(ledger, old, accepted_by),
        }
    )  # fmt: skip


def test_a_key_that_the_new_holder_did_not_accept_does_not_add_up(proofs: Proofs) -> None:
    def change(document: Document) -> None:
        rotated(proofs, document, STRANGER, accepted_by=proofs.forger.supervisor)

    assert proofs.forged(proofs.approval, change) == "E_PROOF_KEYS"


def test_after_a_change_of_keys_the_old_one_signs_no_checkpoint(proofs: Proofs) -> None:
    def change(document: Document) -> None:
        rotated(proofs, document, STRANGER, accepted_by=STRANGER)

    forged = proofs.forger.forge(proofs.approval, change)  # sealed by the old key
    refused = proofs.refused(forged)
    assert (refused.code, refused.data["cause"]) == ("E_PROOF_CHECKPOINT", "E_CHECKPOINT_KEY")
    document = read(forged)
    found = parse_checkpoint(parse_note(document["checkpoint"].encode()).text)
    ledger = found.origin.removeprefix("logos-ledger/")
    document["checkpoint"] = sign_checkpoint(ledger, found.size, found.root, STRANGER).data.decode()
    steps = proofs.held(write(document), STRANGER.did)  # the receipt is of another verb, though
    assert steps[:4] == ["form", "keys", "checkpoint", "entries"]
