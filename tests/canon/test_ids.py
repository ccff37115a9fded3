"""Content ids and domain tags."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.canon import Tag, content_id, parse_content_id, tagged, tagged_id
from logos_graph.errors import InvalidInput


@pytest.mark.parametrize(
    ("length", "digest"),
    # Of the BLAKE3 project's test_vectors.json: the input is 0, 1, … 250, 0, 1, …
    [
        (0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"),
        (1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"),
        (1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"),
    ],
)
def test_ids_are_blake3(length: int, digest: str) -> None:
    assert content_id(bytes(i % 251 for i in range(length))) == "b3:" + digest


@given(st.binary())
def test_an_id_parses_as_itself(data: bytes) -> None:
    assert parse_content_id(content_id(data)) == content_id(data)


@pytest.mark.parametrize(
    "text",
    ["", "b3:", "b3:" + "A" * 64, "b3:" + "a" * 63, "b3:" + "a" * 65, "B3:" + "a" * 64,
     "sha256:" + "a" * 64, "b3:" + "a" * 64 + "\n", None, 7, b"b3:"],
)  # fmt: skip
def test_what_is_not_exactly_an_id_is_refused(text: object) -> None:
    with pytest.raises(InvalidInput) as raised:
        parse_content_id(text)
    assert raised.value.code == "E_CONTENT_ID"


def test_a_tag_separates_the_same_bytes() -> None:
    assert tagged(Tag.INTENT, b"x") == b"logos/intent/v1\x00x"
    assert len({tagged_id(tag, b"x") for tag in Tag}) == len(Tag)


def test_no_tag_holds_the_separator_or_begins_another() -> None:
    texts = [tag.value + "\x00" for tag in Tag]
    assert all(text.count("\x00") == 1 for text in texts)
    assert not any(a != b and a.startswith(b) for a in texts for b in texts)
