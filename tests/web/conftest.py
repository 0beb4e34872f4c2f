from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from support.browser import started_chromium
from support.page import phone

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext


# Not for the whole run: as long as it is open, no other test of this process could use asyncio.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start a browser for the tests of one file, which say ``pytestmark = needs_chromium``."""
    with started_chromium() as browser:
        yield browser


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """Open the browser as a phone does."""
    with phone(chromium) as made:
        yield made
