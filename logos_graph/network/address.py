"""Which addresses may be reached: a table, so that the answer is the same on every machine.

A grant without `private` reaches addresses of the public internet only; with it, also loopback and
private networks. What no grant reaches: link-local, multicast, documentation, reserved and
unspecified addresses, the metadata services of cloud machines (they hand out the machine's own
rights), and IPv6 forms that carry another address inside. Two such forms are in honest use, the
IPv4-mapped one and NAT64's; they are judged by the IPv4 address that they carry.

After the IANA registries of special-purpose addresses (RFC 6890) for IPv4 and IPv6.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

__all__ = ["may_reach"]

_PRIVATE_V4: Final = tuple(
    map(
        IPv4Network,
        ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
    )
)
_NEVER_V4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network; 0.0.0.0 connects to this very machine
            "100.100.100.200/32",  # metadata of a cloud
            "168.63.129.16/32",  # metadata of a cloud, in the middle of the public internet
            "169.254.0.0/16",  # link-local, and most clouds' metadata
            "192.0.0.0/24",  # protocol assignments, and a cloud's metadata
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # multicast tunnels
            "192.88.99.0/24",  # 6to4 relays
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
        ),
    )
)
_PRIVATE_V6: Final = tuple(map(IPv6Network, ("::1/128", "fc00::/7")))
_PUBLIC_V6: Final = IPv6Network("2000::/3")
_NEVER_V6: Final = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
            "fd00:ec2::/32",  # metadata of a cloud
        ),
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")
_ISATAP: Final = frozenset({0x0000_5EFE, 0x0200_5EFE})


def may_reach(address: IPv4Address | IPv6Address, *, private: bool) -> bool:
    """Whether a connection to this address may be opened under a grant with this `private`."""
    if isinstance(address, IPv6Address):
        carried = _carried(address)
        if carried is None:
            return _may_reach_v6(address, private)
        address = carried
    if any(address in network for network in _NEVER_V4):
        return False
    return private or not any(address in network for network in _PRIVATE_V4)


def _carried(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that is really meant: of `::ffff:a.b.c.d` and `64:ff9b::a.b.c.d`."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFF_FFFF) if address in _NAT64 else None


def _may_reach_v6(address: IPv6Address, private: bool) -> bool:
    if any(address in network for network in _NEVER_V6):
        return False
    if int(address) >> 32 & 0xFFFF_FFFF in _ISATAP:  # an IPv4 address in its lower half
        return False
    if any(address in network for network in _PRIVATE_V6):
        return private
    return address in _PUBLIC_V6
