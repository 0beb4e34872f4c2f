"""The addresses of this machine in its home network."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.web import addresses
from coach.web.addresses import address_of, home_addresses, is_private


def machine(monkeypatch: pytest.MonkeyPatch, route: str | None, named: Sequence[str] | Exception) -> None:
    """Pretend that packets leave from an address, and that the machine's name stands for some."""

    class Probe:
        def __init__(self, *_: object) -> None:
            if route == "no sockets":
                raise OSError("none")

        def __enter__(self) -> Probe:
            return self

        def __exit__(self, *_: object) -> None: ...

        def connect(self, place: tuple[str, int]) -> None:
            if route is None:
                raise OSError("Network is unreachable")

        def getsockname(self) -> tuple[str, int]:
            return str(route), 40_000

    def look_up(*_: object) -> list[tuple[object, ...]]:
        if isinstance(named, Exception):
            raise named
        return [(socket.AF_INET, 1, 6, "", (address, 0)) for address in named for _ in range(2)]  # TCP, UDP

    monkeypatch.setattr(addresses.socket, "socket", Probe)  # type: ignore[attr-defined]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", look_up)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("route", "named", "expected"),
    [
        ("192.168.1.20", ["127.0.1.1"], ["192.168.1.20"]),
        ("192.168.1.20", ["10.0.0.5", "192.168.1.20"], ["192.168.1.20", "10.0.0.5"]),
        ("192.168.1.20", ["10.0.0.5", "10.0.0.5", "172.17.0.1"], ["192.168.1.20", "10.0.0.5", "172.17.0.1"]),
        ("84.20.30.40", ["84.20.30.40"], []),  # no router between this machine and the internet
        ("84.20.30.40", ["10.0.0.5"], ["10.0.0.5"]),
        ("100.64.0.9", ["192.168.1.20"], ["192.168.1.20"]),  # a private network across the internet
        (None, ["192.168.1.20"], ["192.168.1.20"]),
        (None, ["127.0.0.1"], []),
        ("0.0.0.0", [], []),
        ("169.254.7.7", ["127.0.1.1"], ["169.254.7.7"]),  # two machines and a cable
        ("169.254.7.7", ["192.168.1.20"], ["192.168.1.20"]),
        (None, socket.gaierror(-2, "Name or service not known"), []),
        ("10.0.0.5", UnicodeError("label too long"), ["10.0.0.5"]),
        ("no sockets", OSError("none"), []),
    ],
)
def test_the_most_likely_address_is_first(
    monkeypatch: pytest.MonkeyPatch, route: str | None, named: Sequence[str] | Exception, expected: list[str]
) -> None:
    machine(monkeypatch, route, named)
    assert home_addresses() == expected


def test_this_machine_can_be_asked_too() -> None:
    found = home_addresses()
    assert len(set(found)) == len(found)
    for text in found:
        assert is_private(text)
        assert str(ipaddress.IPv4Address(text)) == text
        assert not ipaddress.ip_address(text).is_loopback


HOME = """
10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 127.0.0.1 127.0.1.1 169.254.1.1
::1 fd00::1 fe80::1 fe80::1%eth0 ::ffff:192.168.0.1
localhost LOCALHOST kitchen.local Kitchen.Local my_pc.local a.b.local 127.0.0.1.local a.localhost local
"""
ANYWHERE = """
9.255.255.255 11.0.0.0 172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0 0.0.0.0 8.8.8.8 192.0.2.1 198.18.0.1
100.64.0.1 224.0.0.251 255.255.255.255 :: 2001:db8::1 ::ffff:8.8.8.8 fec0::1 fe80::1% fe80::1%<b> [::1]
example.org localhost.example.org 127.0.0.1.example.org xlocal notlocalhost kitchen .local local. küche.local
a..local -a.local a-.local *.local 0127.0.0.1 2130706433 127.1 127.0.0.1:80 http://localhost
"""


@pytest.mark.parametrize("host", HOME.split())
def test_of_a_home_network(host: str) -> None:
    assert is_private(host)


@pytest.mark.parametrize(
    "host",
    [
        *ANYWHERE.split(),
        *("", " ", "localhost ", "localhost\n", "lo\0cal", "a b.local", "fe80::1%a b"),
        *("a" * 64 + ".local", "a." * 125 + "local"),
    ],
)
def test_of_anywhere(host: str) -> None:
    assert not is_private(host)


@given(st.ip_addresses(v=4))
def test_an_address_inside_ipv6_counts_as_itself(address: ipaddress.IPv4Address) -> None:
    assert address_of(f"::ffff:{address}") == address
    assert is_private(f"::ffff:{address}") == is_private(str(address))


@given(st.ip_addresses())
def test_what_is_private_here_has_no_place_in_the_internet(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_private(str(address)):
        assert not address.is_global


@given(st.text(max_size=300))
def test_any_text_can_be_asked_about(host: str) -> None:
    if is_private(host):
        assert host.isascii()
        assert not any(map(str.isspace, host))
