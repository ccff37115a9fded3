"""Which addresses a grant reaches, on every machine alike."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logos_graph.network.address import may_reach

PUBLIC = ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"]
PRIVATE = [
    "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.0.1", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "::1", "fd00::1", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::10.0.0.1",
]  # fmt: skip
NEVER = [
    "0.0.0.0", "0.1.2.3", "169.254.1.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.7",
    "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192",
    "fd00:ec2::254", "::", "fe80::1", "fec0::1", "ff02::1", "2001:db8::1", "3fff::1", "100::1",
    "::127.0.0.1", "::1.1.1.1", "::ffff:169.254.169.254", "::ffff:0:0", "64:ff9b::169.254.169.254",
    "64:ff9b:1::127.0.0.1", "2002:7f00:1::", "2002:101:101::", "2001:0:7f00:1::1", "2001:2::1",
    "2606:4700::5efe:127.0.0.1", "2606:4700::200:5efe:1.1.1.1",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_is_reached_by_every_grant(address: str) -> None:
    assert may_reach(ip_address(address), private=False)
    assert may_reach(ip_address(address), private=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_loopback_and_private_networks_need_a_grant_that_says_so(address: str) -> None:
    assert not may_reach(ip_address(address), private=False)
    assert may_reach(ip_address(address), private=True)


@pytest.mark.parametrize("address", NEVER)
def test_no_grant_reaches_metadata_multicast_reserved_or_disguised_addresses(address: str) -> None:
    assert not may_reach(ip_address(address), private=False)
    assert not may_reach(ip_address(address), private=True)


@given(st.ip_addresses() | st.ip_addresses(v=6, network="2000::/3"))
def test_what_is_reached_without_private_is_global_by_pythons_own_table(
    address: IPv4Address | IPv6Address,
) -> None:
    if may_reach(address, private=False):
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_link_local


@given(st.ip_addresses(v=4))
def test_a_disguise_changes_nothing(address: IPv4Address) -> None:
    for disguise in (f"::ffff:{address}", f"64:ff9b::{address}"):
        for private in (False, True):
            reached = may_reach(IPv6Address(disguise), private=private)
            assert reached == may_reach(address, private=private)
