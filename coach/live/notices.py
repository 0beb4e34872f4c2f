"""What a session has to say to the person at the screen."""

from __future__ import annotations

import time
from collections.abc import Callable

SHOWN_S = 10.0
"""How long a notice is shown."""


class Notices:
    """Notices for a while, and troubles for as long as they last."""

    def __init__(self) -> None:
        """Begin with none."""
        self.troubles: list[Callable[[], str | None]] = []
        """Asked again and again what the listener should know; each returns ``None`` while all is well."""
        self._text, self._until_s = "", 0.0
        self._keys_until_s = 0.0

    def tell(self, text: str) -> None:
        """Show a notice for a while."""
        self._text, self._until_s = text, time.monotonic() + SHOWN_S

    def show_keys(self) -> None:
        """Show for a while what the keys do; asked again, no longer."""
        self._keys_until_s = 0.0 if self.shows_keys else time.monotonic() + SHOWN_S

    @property
    def shows_keys(self) -> bool:
        """Whether to show what the keys do."""
        return time.monotonic() < self._keys_until_s

    @property
    def current(self) -> str:
        """What to show now; empty while all is well."""
        if self._text and time.monotonic() < self._until_s:
            return self._text
        return next((told for trouble in self.troubles if (told := trouble())), "")
