"""What a person types for a node is that node, whatever others have published or signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from logos_graph.errors import Rejected

if TYPE_CHECKING:
    from tests.integration.conftest import Cast

NODE = """
use logos_sdk::prelude::*;

node! {{
    /// Differs from the others.
    fn salted(value: u32) -> out: u32 {{ value ^ {salt} }}
}}
"""


def published(example: Cast, salt: int, name: str) -> str:
    outcome = example.publish_node(NODE.format(salt=salt), name)
    assert outcome.result is not None, outcome
    return str(outcome.result["node"])


def test_look_alikes_a_name_that_is_the_beginning_of_another_s_id_leads_to_neither(
    example: Cast,
) -> None:
    """The approver of a grant, say, means the id: whoever may publish could have taken its name."""
    resolve = example.system.reader.resolve
    ids = (published(example, salt, "salted") for salt in range(50))
    victim = next(each for each in ids if each[3].isalpha())  # a name begins with a letter
    assert resolve(victim[:19], ("Node",)) == resolve(victim[3:19], ("Node",)) == victim
    assert published(example, 99, victim[3:19]) != victim
    with pytest.raises(Rejected) as refused:
        resolve(victim[3:19], ("Node",))
    assert refused.value.code == "E_AMBIGUOUS"
    assert resolve(victim[:19], ("Node",)) == victim


def test_ids_of_other_kinds_do_not_hide_what_is_meant(example: Cast, echo: str) -> None:
    """Intents come first in the order, and anybody can sign as many as it takes."""
    rows = example.system.reader.rows("read/ids", prefix="b3:", kinds=["Node"])
    assert {row["kind"] for row in rows} == {"Node"}
