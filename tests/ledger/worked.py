"""The worked example of docs/ledger.md, computed: three entries, from published keys and times.

The keys are those of RFC 8032, section 7.1. `python -m tests.ledger.worked` writes the page anew.
"""

from __future__ import annotations

import re
from base64 import b64encode
from pathlib import Path
from typing import Any

from logos_graph.canon import Json, Tag, content_id, encode, encode_text, tagged, tagged_id
from logos_graph.identity import Signer, public_key
from logos_graph.ledger import (
    Entry,
    EntryKind,
    State,
    accept_supervision,
    checkpoint_key,
    make_entry,
    sign_checkpoint,
)
from logos_graph.ledger.merkle import (
    consistency_proof,
    hash_leaf,
    inclusion_proof,
    leaf_data,
    nodes_of,
    root_of,
)
from logos_graph.logline import format_when, parse_intent, sign_intent

__all__ = ["PAGE", "SIGNERS", "entries", "files", "folded", "values"]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "ledger.md"
LEDGER = "example"
START = 1_790_000_000_000_000_000
POLICY = "permit (principal, action, resource);\n"
SEEDS = {
    "supervisor": "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "alice": "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "successor": "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
}
SIGNERS = {name: Signer.from_seed(bytes.fromhex(seed)) for name, seed in SEEDS.items()}


def entries() -> list[Entry]:
    """Genesis, an intent to register alice, its receipt."""
    made: list[Entry] = []
    for kind, body in (
        (EntryKind.GENESIS, _genesis()),
        (EntryKind.INTENT, _intent()),
        (EntryKind.RECEIPT, _receipt()),
    ):
        made.append(
            make_entry(
                made[-1].head if made else None,
                kind,
                body,
                trace_id=f"{len(made):026d}",
                now_ns=START + 1_000_000 * len(made),
                policy_hash=content_id(POLICY.encode()),
                signer=SIGNERS["supervisor"],
                ledger=LEDGER,
            )
        )
    return made


def folded() -> State:
    """The state that the three entries tell."""
    state = State()
    for entry in entries():
        state.apply_entry(entry)
    return state


def files() -> dict[str, str]:
    """The texts that the page shows whole, by the names that it gives them."""
    made = entries()
    signed = _intent()
    return {
        "entry-0.json": made[0].text,
        "entry-1.json": made[1].text,
        "entry-2.json": made[2].text,
        "intent.json": encode_text(signed["intent"]),
        "leaf-0": leaf_data(made[0]).decode(),
        "takes-over.json": encode_text(
            {
                "did": SIGNERS["successor"].did,
                "ledger": LEDGER,
                "previous": SIGNERS["supervisor"].did,
            }
        ),
        "checkpoint": _checkpoint().decode(),
    }


def values() -> dict[str, str]:
    """Every other value of the page, by the name that it gives it."""
    made, supervisor = entries(), SIGNERS["supervisor"]
    leaves = [hash_leaf(leaf_data(entry)) for entry in made]
    nodes = nodes_of(leaves)
    found = {
        **{f"seed of {name}": seed for name, seed in SEEDS.items()},
        "public key of supervisor": public_key(supervisor.did).hex(),
        **{f"DID of {name}": signer.did for name, signer in SIGNERS.items()},
        "id of the policy": content_id(POLICY.encode()),
        "tag of entry-hash": tagged(Tag.ENTRY_HASH, b"").hex(),
        "id of intent.json": content_id(encode(_intent()["intent"])),
        "signature of intent.json": str(_intent()["signature"]),
    }
    for entry in made:
        name = f"entry-{entry.index}.json"
        found[f"hash of {name}"] = tagged_id(Tag.ENTRY_HASH, entry.text.encode())
        found[f"signature of {name}"] = entry.signature
    for index, leaf in enumerate(leaves):
        found[f"hash of leaf {index}"] = leaf.hex()
    found |= {
        "node over leaves 0, 1": nodes[1, 0].hex(),
        **{f"root of {size}": root_of(size, nodes).hex() for size in (0, 1, 2, 3)},
        "inclusion of 1 in 3": _joined(inclusion_proof(1, 3, nodes)),
        "consistency of 2 with 3": _joined(consistency_proof(2, 3, nodes)),
        "key id of supervisor": checkpoint_key(LEDGER, supervisor.did).id.hex(),
        "verifier key": checkpoint_key(LEDGER, supervisor.did).text,
        "root of 3 in base64": b64encode(root_of(3, nodes)).decode(),
        "signature of takes-over.json": accept_supervision(
            LEDGER, supervisor.did, SIGNERS["successor"]
        ),
        "digest of the state": folded().digest(),
    }
    return found


def _genesis() -> dict[str, Any]:
    return {
        "supervisor": SIGNERS["supervisor"].did,
        "principals": [_principal("supervisor", "supervisor", "operator")],
        "policy": {"id": content_id(POLICY.encode()), "text": POLICY},
        "verbs": [
            {
                "name": "principal.register",
                "docs": "Registers a principal.",
                "risk": "L1",
                "schema": {"type": "object"},
                "flow": None,
            }
        ],
    }


def _principal(name: str, kind: str, *roles: str) -> dict[str, Json]:
    return {"did": SIGNERS[name].did, "name": name, "type": kind, "roles": [*roles]}


def _intent() -> dict[str, Any]:
    line: dict[str, Json] = {
        "who": SIGNERS["supervisor"].did,
        "did": "principal.register",
        "this": _principal("alice", "person", "treasury"),
        "when": format_when(START),
        "confirmed_by": None,
        "if_ok": "emit:registered",
        "if_doubt": "escalate:operator",
        "if_not": "abort",
        "status": "PENDING",
    }
    intent = parse_intent({"ledger": LEDGER, "logline": line, "nonce": "0" * 26})
    return {
        **sign_intent(intent, SIGNERS["supervisor"]).json,
        "cid": intent.cid,
        "decision": {"outcome": "ALLOW", "policies": ["policy0"], "revision": 0},
        "writer": "00000000000000000000000009",
    }


def _receipt() -> dict[str, Any]:
    return {
        "intent": _intent()["cid"],
        "outcome": "done",
        "consequence": "if_ok",
        "commitment": "emit:registered",
        "mutations": [{"kind": "principal", **_principal("alice", "person", "treasury")}],
        "result": {"did": SIGNERS["alice"].did, "name": "alice"},
    }


def _checkpoint() -> bytes:
    leaves = [hash_leaf(leaf_data(entry)) for entry in entries()]
    root = root_of(len(leaves), nodes_of(leaves))
    return sign_checkpoint(LEDGER, len(leaves), root, SIGNERS["supervisor"]).data


def _joined(proof: list[bytes]) -> str:
    return " ".join(node.hex() for node in proof)


def _written(page: str) -> str:
    """The page with every text and every value as they are computed."""
    for name, text in files().items():
        block = rf"^(```\w+ {re.escape(name)}\n).*?^```$"
        whole = text if text.endswith("\n") else f"{text}\n"
        page = _replaced(block, whole + "```", page)
    for name, value in values().items():
        page = _replaced(rf"^({re.escape(name)}  +)\S.*?$", value, page)
    return page


def _replaced(pattern: str, text: str, page: str) -> str:
    """Each match but for its first group, which stays, is replaced by the text."""
    parts = []
    end = 0
    for found in re.finditer(pattern, page, re.DOTALL | re.MULTILINE):
        parts += [page[end : found.start()], found[1], text]
        end = found.end()
    return "".join([*parts, page[end:]])


if __name__ == "__main__":
    PAGE.write_text(_written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
