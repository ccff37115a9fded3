"""Quorums, and the mistakes that others made with thresholds, each a test."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.errors import Rejected
from logos_graph.governance import KOfN, resolve_signers
from logos_graph.identity import Did, Signer

DIDS = [Signer.from_seed(bytes([number]) * 32).did for number in range(1, 8)]
WHO, ANN, BEN = DIDS[:3]
TREASURY = frozenset({"treasury"})
REGISTRY = dict.fromkeys((WHO, ANN, BEN), TREASURY)
TWO = KOfN("treasury", 2)


def test_one_signer_counted_twice_is_one() -> None:
    assert TWO.count(resolve_signers([ANN, ANN, ANN], REGISTRY), WHO) == 1
    assert not TWO.is_met(resolve_signers([ANN, ANN, ANN], REGISTRY), WHO)


def test_two_distinct_signers_meet_two() -> None:
    assert TWO.is_met(resolve_signers([ANN, BEN], REGISTRY), WHO)


def test_the_actor_is_never_counted() -> None:
    assert TWO.count(resolve_signers([ANN, WHO], REGISTRY), WHO) == 1


@pytest.mark.parametrize("k", [0, -1, 101])
def test_a_threshold_of_zero_is_refused(k: int) -> None:
    with pytest.raises(Rejected) as refused:
        KOfN("treasury", k)
    assert refused.value.code == "E_QUORUM"


def test_a_quorum_without_a_role_is_refused() -> None:
    with pytest.raises(Rejected):
        KOfN("", 1)


def test_an_unknown_signer_is_refused_and_not_ignored() -> None:
    with pytest.raises(Rejected) as refused:
        resolve_signers([ANN, BEN, DIDS[5]], REGISTRY)
    assert refused.value.code == "E_CONSENT_UNKNOWN"
    assert refused.value.data["did"] == DIDS[5]


def test_a_look_alike_of_a_role_does_not_count() -> None:
    consents = {ANN: frozenset({"Treasury", "treasury ", "treasury-x"})}
    assert KOfN("treasury", 1).count(consents, WHO) == 0


_CONSENTS = st.dictionaries(
    st.sampled_from(DIDS), st.frozensets(st.sampled_from(["treasury", "approver"]))
)


@given(_CONSENTS, st.integers(1, 6))
def test_a_quorum_is_met_by_exactly_k_others_with_the_role(
    consents: dict[Did, frozenset[str]], k: int
) -> None:
    others = [did for did, roles in consents.items() if did != WHO and "treasury" in roles]
    assert KOfN("treasury", k).is_met(consents, WHO) is (len(others) >= k)


@given(_CONSENTS, _CONSENTS, st.integers(1, 6))
def test_more_consents_never_unmake_a_quorum(
    consents: dict[Did, frozenset[str]], more: dict[Did, frozenset[str]], k: int
) -> None:
    quorum = KOfN("treasury", k)
    if quorum.is_met(consents, WHO):
        assert quorum.is_met({**more, **consents}, WHO)
