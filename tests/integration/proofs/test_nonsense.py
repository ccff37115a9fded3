"""Whatever stands in a proof file, what comes of it is a named error."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from logos_graph.canon import encode
from logos_graph.errors import LogosError
from logos_graph.ledger import parse_checkpoint, parse_note
from tests.integration.proofs.forging import (
    Proofs,
    read,
    write,
)

JUNK: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.just(10**5000),
    st.text(max_size=20), st.just([]), st.just({}), st.just([[]]), st.just({"kind": "run"}),
    st.just("b3:" + "0" * 64), st.just({"a": {"b": [None]}}),
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every member, at every depth."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, member in members:
        found.append((*path, key))
        if isinstance(member, dict | list):
            found += places(member, (*path, key))
    return found


def put(document: Any, path: tuple[Any, ...], value: Any, how: str) -> None:
    for key in path[:-1]:
        document = document[key]
    if how == "put":
        document[path[-1]] = value
    elif isinstance(document, list):
        document.pop(path[-1])
    else:
        del document[path[-1]]


@given(choice=st.data())
@hypothesis_settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_stands_anywhere_in_a_file_is_refused_by_a_named_error(
    proofs: Proofs, choice: st.DataObject
) -> None:
    original = choice.draw(st.sampled_from([proofs.transfer, proofs.pays]))
    document = read(original)
    document["modules"] = {}
    path = choice.draw(st.sampled_from(places(document)))
    put(document, path, deepcopy(choice.draw(JUNK)), choice.draw(st.sampled_from(["put", "drop"])))
    error = proofs.error(encode(document, max_bytes=2**26, max_depth=80))
    if error is not None:
        assert error.code.startswith(("E_PROOF_", "E_NOT_A_PROOF")), error
        assert json.dumps(error.to_json())  # it can be printed


@given(choice=st.data())
@hypothesis_settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_supervisor_signs_is_refused_by_a_named_error_or_verified(
    proofs: Proofs, choice: st.DataObject
) -> None:
    original = choice.draw(st.sampled_from([proofs.transfer, proofs.pays]))
    document = read(original)
    document["modules"] = {}
    size = parse_checkpoint(parse_note(document["checkpoint"].encode()).text).size
    for _ in range(choice.draw(st.integers(1, 3))):
        entry = choice.draw(st.sampled_from(document["entries"]))["entry"]
        path = choice.draw(st.sampled_from(places(entry["body"])))
        put(
            entry["body"],
            path,
            deepcopy(choice.draw(JUNK)),
            choice.draw(st.sampled_from(["put", "drop"])),
        )
    try:
        proofs.forger.seal(document, size)
    except LogosError:
        assume(False)  # not even an entry
    error = proofs.error(write(document))
    if error is not None:
        assert error.code.startswith("E_PROOF_"), error
        assert json.dumps(error.to_json())  # it can be printed
