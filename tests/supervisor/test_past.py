"""The ground of a past decision: who had which key, and whose roles counted."""

from __future__ import annotations

from logos_graph.canon import Json
from logos_graph.identity import Signer, did_logline
from logos_graph.supervisor.past import Past

ANN = did_logline("person", "ann")
FIRST, SECOND = (Signer.from_seed(bytes([n]) * 32).did for n in (1, 2))
CHANGES: list[tuple[int, dict[str, Json]]] = [
    (
        3,
        {
            "kind": "principal",
            "did": ANN,
            "key": FIRST,
            "name": "ann",
            "type": "person",
            "roles": ["treasury"],
        },
    ),
    (
        5,
        {"kind": "key", "principal": ANN, "key": SECOND, "previous": FIRST, "signature": "0" * 128},
    ),
    (7, {"kind": "revocation", "principal": ANN, "id": SECOND, "reason": "it was lost"}),
]


def after(count: int) -> Past:
    """The ground after so many of the changes, handed over as to another process."""
    past = Past()
    for index, change in CHANGES[:count]:
        past.change(change, index)
    return Past(past.mutations)


def test_a_past_intent_is_signed_by_the_key_of_its_index() -> None:
    past = after(3)
    assert [past.keys.at(ANN, index) for index in (3, 4, 5, 6, 7, 8)] == [
        None,
        FIRST,
        FIRST,
        SECOND,
        SECOND,
        None,
    ]


def test_who_has_no_key_holds_no_role() -> None:
    assert [after(count).roles(ANN) for count in (0, 1, 2, 3)] == [
        frozenset(),
        {"treasury"},
        {"treasury"},
        frozenset(),
    ]
    assert after(2).name(ANN) == "ann"
