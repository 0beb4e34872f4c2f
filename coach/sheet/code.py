"""The code to scan: an address as a picture."""

from __future__ import annotations

from html import escape

from coach.errors import InputError

QUIET = 4
"""Light modules around the code, without which scanners miss it."""
LEVEL = "m"
"""How much of it may be smudged: 15 %, or more where that makes it no larger."""
_SVG = "http://www.w3.org/2000/svg"


def alternative(address: str) -> str:
    """Return what stands for the code where it cannot be seen."""
    return f"Code to scan: {address}"


def code_svg(address: str) -> str:
    """Return an address as a QR code: an SVG picture, black on white, one unit a module.

    Raises:
        InputError: the package that makes codes is not installed.
    """
    try:
        import segno
    except ImportError as error:
        raise InputError(
            "a code to scan needs a package that is not installed: pip install 'stretch-coach[sheet]', "
            "or leave the address out"
        ) from error
    code = segno.make(address, error=LEVEL, micro=False)  # phones do not read micro codes
    svg = code.svg_inline(border=QUIET, dark="#000", light="#fff", omitsize=True)
    name = f'xmlns="{_SVG}" role="img" aria-label="{escape(alternative(address))}"'
    return svg.replace("<svg ", f"<svg {name} ", 1)
