"""Which addresses this machine has in its home network, and which addresses and names can only be in one."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
from collections.abc import Iterator

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

HOME_NETWORKS = tuple(
    map(
        ipaddress.ip_network,
        (
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "fc00::/7",
            "fe80::/10",
            "::1/128",
        ),
    )
)
"""The addresses that no machine in the internet has: private, loopback and link-local ones.

``ipaddress`` calls more of them private (0.0.0.0, those of documentation and of tests), none of which a phone can
reach.
See https://www.iana.org/assignments/iana-ipv4-special-registry and
https://www.iana.org/assignments/iana-ipv6-special-registry.
"""

HOME_NAMES = ("localhost", "local")
"""The names, and ends of names, that are never in the internet: https://www.rfc-editor.org/rfc/rfc6761 and rfc6762."""

_LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOME_NAME = re.compile(rf"(?:{_LABEL}\.)*(?:{'|'.join(HOME_NAMES)})")
_ZONE = re.compile(r"[A-Za-z0-9_.-]*")
_LONGEST_NAME = 253  # https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4
_ELSEWHERE = ("192.0.2.1", 9)
"""An address that nobody has, https://www.rfc-editor.org/rfc/rfc5737; nothing is sent to it."""


def home_addresses() -> list[str]:
    """Return the IPv4 addresses of this machine in its home network, in digits, the most likely first.

    Never fails; offline there are none. Link-local ones are given only if there are no others.
    """
    found = [address for address in dict.fromkeys([*_of_the_route(), *_of_the_name()]) if is_private(address)]
    others = [address for address in found if not ipaddress.ip_address(address).is_loopback]
    usual = [address for address in others if not ipaddress.ip_address(address).is_link_local]
    return usual or others


def is_private(host: str) -> bool:
    """Return whether an address, or a name such as ``localhost`` or ``kitchen.local``, can only be in a home network.

    Other names are not looked up: they may lead anywhere. The unspecified addresses ``0.0.0.0`` and ``::`` are not
    private: what listens there listens everywhere.
    """
    address = address_of(host)
    if address is not None:
        return any(address in network for network in HOME_NETWORKS)
    return len(host) <= _LONGEST_NAME and _HOME_NAME.fullmatch(host.lower()) is not None


def address_of(host: str) -> Address | None:
    """Return the address that a text is, without its zone, and as IPv4 if it is that inside IPv6; else ``None``."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if not _ZONE.fullmatch(address.scope_id or ""):
        return None
    return address.ipv4_mapped or ipaddress.IPv6Address(int(address))


def _of_the_route() -> Iterator[str]:
    """Yield the address from which packets leave for the internet."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(_ELSEWHERE)  # chooses a route and sends nothing
        yield str(probe.getsockname()[0])


def _of_the_name() -> Iterator[str]:
    """Yield the addresses that this machine's own name stands for."""
    with contextlib.suppress(OSError, UnicodeError):  # UnicodeError: a name that cannot be one in DNS
        for *_, place in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET):
            yield str(place[0])
