"""``coach serve``: the page for phones."""

from __future__ import annotations

import ipaddress
from typing import Annotated

import platformdirs
import typer

from coach.cli.order_options import takes
from coach.cli.output import say
from coach.core.quoting import quoted
from coach.errors import InputError
from coach.order import Order
from coach.web.server import (
    EVERYWHERE,
    HERE,
    PORT,
    Place,
    check_installed,
    hosts_of,
    listen,
    qr_lines,
    secret_of,
    serve,
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve")(serve_page)


@takes("voice")
def serve_page(
    *,
    lan: Annotated[
        bool, typer.Option("--lan", help="Let the phones of the home network in, by an address that holds a secret.")
    ] = False,
    address: Annotated[
        str | None,
        typer.Option(
            "--address",
            metavar="DIGITS",
            help="With --lan: the address of this machine that phones use, if the coach finds none or another one.",
        ),
    ] = None,
    https: Annotated[
        bool,
        typer.Option("--https", help="Serve by https, so that the page can be installed; phones must trust it once."),
    ] = False,
    port: Annotated[int, typer.Option("--port", metavar="N", help="Where to listen, 1024 to 65535.")] = PORT,
    new_secret: Annotated[
        bool, typer.Option("--new-secret", help="Make another secret, so that old addresses no longer work.")
    ] = False,
    order: Order,
) -> None:
    """Serve a page for phones: choose, listen, keep a session for later. Ctrl-C ends it."""
    check_installed()
    if not 1024 <= port <= 65535:  # noqa: PLR2004 - below are those of the system
        raise InputError(f"--port: {port} is not possible; choose 1024 to 65535")
    hosts = _hosts(address, lan=lan)
    place = _place(hosts, lan=lan, https=https, port=port, new_secret=new_secret)
    with listen(place) as listening:
        serve(place, order, on=[listening], ready=lambda: _tell(place, hosts, lan=lan))


def _hosts(address: str | None, *, lan: bool) -> tuple[str, ...]:
    """Return the addresses at which the page is to be found, best first."""
    if address is None:
        hosts = hosts_of(lan=lan)
        if not hosts:
            raise InputError("--lan: no home network was found; connect this machine, or name its --address")
        return hosts
    try:
        named = str(ipaddress.ip_address(address))
    except ValueError:
        raise InputError(f"--address: {quoted(address)} is no address in digits, like 192.168.1.20") from None
    if not lan:
        raise InputError("--address: it is for the phones of the home network; add --lan")
    return (named,)


def _place(hosts: tuple[str, ...], *, lan: bool, https: bool, port: int, new_secret: bool) -> Place:
    state = platformdirs.user_state_path("stretch-coach", appauthor=False)
    secret = secret_of(state, anew=new_secret) if lan else None
    host = EVERYWHERE if lan else HERE
    if not https:
        return Place(host=host, port=port, secret=secret)
    from coach.web.authority import certificate

    own = certificate(state / "https", [*hosts, *([] if HERE in hosts else [HERE]), "localhost"])
    say(f"certificate of the authority: {own.fingerprint}", err=True)
    return Place(host=host, port=port, secret=secret, certificate=own.chain, key=own.key, authority=own.authority)


def _tell(place: Place, hosts: tuple[str, ...], *, lan: bool) -> None:
    """Say where the page is, with a code to scan."""
    address = place.address(hosts[0])
    if lan:
        for line in qr_lines(address):
            say(line)
        say("Scan this with the phone's camera, in the same Wi-Fi, or type the address:")
    say(address)
    for other in hosts[1:]:
        say(f"or {place.address(other)}")
    if place.authority is not None:
        say(f"To trust it once, open {place.address(hosts[0])}authority.crt on the phone (docs/phone.md says how).")
    say("Ctrl-C ends it.")
