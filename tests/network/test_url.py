"""URLs are read in one way only; what could be read in two is refused."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.errors import Rejected
from logos_graph.network.url import Url, parse_url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://a.example", Url("http", "a.example", 80, "/")),
        ("https://a.example/", Url("https", "a.example", 443, "/")),
        ("https://a.example?q=1", Url("https", "a.example", 443, "/?q=1")),
        ("http://a.b:8080/x/../y?z=%20&u=/?", Url("http", "a.b", 8080, "/x/../y?z=%20&u=/?")),
        ("http://127.0.0.1:443/", Url("http", "127.0.0.1", 443, "/")),
        ("http://[::1]:81/", Url("http", "[::1]", 81, "/")),
        ("https://xn--bcher-kva.example/", Url("https", "xn--bcher-kva.example", 443, "/")),
    ],
)  # fmt: skip
def test_a_url_is_scheme_host_port_and_target(text: str, expected: Url) -> None:
    assert parse_url(text) == expected


@pytest.mark.parametrize(
    ("url", "authority", "name"),
    [
        ("http://a.example:80/", "a.example", "a.example"),
        ("https://a.example:80/", "a.example:80", "a.example"),
        ("http://[::1]:81/", "[::1]:81", "::1"),
    ],
)
def test_the_authority_names_a_port_only_when_it_must(url: str, authority: str, name: str) -> None:
    parsed = parse_url(url)
    assert (parsed.authority, parsed.name) == (authority, name)


HOSTILE = [
    "",
    "a.example/",
    "//a.example/",
    "ftp://a.example/",
    "file:///etc/passwd",
    "gopher://a.example/",
    "HTTP://a.example/",
    "http:a.example",
    "http:/a.example",
    "http:///a.example",
    "http://",
    "http://:80/",
    "http://a.example:/",
    "http://a.example:0/",
    "http://a.example:080/",
    "http://a.example:65536/",
    "http://a.example:8080:80/",
    "http://a.example:+80/",
    "http://user@a.example/",
    "http://user:word@a.example/",
    "http://a.example@b.example/",
    "http://a.example:80@b.example/",
    "http://a.example#b",
    "http://a.example/#b",
    "http://a.example\\@b.example/",
    "http://a.example\\b",
    "http://a.example/a\\b",
    "http://a.example/ b",
    " http://a.example/",
    "http://a.example/\n",
    "http://a.example/\r\nX: y",
    "http://a.example/\t",
    "http://a.example/\x00",
    "http://a.example/\x7f",
    "http://bücher.example/",
    "http://a.example/ü",
    "http://a。example/",
    "http://%61.example/",
    "http://a%2eexample/",
    "http://A.example/",
    "http://a_b.example/",
    "http://-a.example/",
    "http://a-.example/",
    "http://a..example/",
    "http://.example/",
    "http://a.example./",
    "http://localhost./",
    f"http://{'a' * 64}.example/",
    f"http://{'a.' * 127}example/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0x/",
    "http://2130706433/",
    "http://127.1/",
    "http://127.0.0.1.1/",
    "http://0177.0.0.1/",
    "http://127.0.0.01/",
    "http://256.0.0.1/",
    "http://a.1/",
    "http://[::1/",
    "http://::1/",
    "http://[::1]x/",
    "http://[::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://[v1.x]/",
    "http://[127.0.0.1]/",
    "http://[]/",
    "http://[::G]/",
    "http://a.example/%",
    "http://a.example/%2",
    "http://a.example/%zz",
    "http://a.example/<x>",
    "http://a.example/?[x]",
    'http://a.example/"',
    "http://a.example/" + "a" * 8192,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_not_exactly_right_is_refused(text: str) -> None:
    with pytest.raises(Rejected) as caught:
        parse_url(text)
    assert caught.value.code == "E_HTTP_URL"


@given(
    st.text(max_size=40)
    | st.from_regex(r"\Ahttps?://[a-z0-9.\[\]:@%\\/-]{1,30}(/[ -~]*)?\Z")
)  # fmt: skip
def test_what_is_read_says_the_same_as_what_was_written(text: str) -> None:
    with suppress(Rejected):
        url = parse_url(text)
        assert parse_url(url.origin + url.target) == url
        assert text.startswith(f"{url.scheme}://{url.host}")
