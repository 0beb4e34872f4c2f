"""A session as desktops see it: the two interfaces of MPRIS 2.2, by which media keys and headsets reach a player.

Imported only where media keys are used; see :mod:`coach.live.media_keys`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable
from typing import Annotated

from dbus_fast import NameFlag, PropertyAccess, RequestNameReply, Variant  # noqa: TID253 - here is where it is used
from dbus_fast.aio import MessageBus  # noqa: TID253
from dbus_fast.annotations import (  # noqa: TID253
    DBusBool,
    DBusDict,
    DBusDouble,
    DBusInt64,
    DBusObjectPath,
    DBusSignature,
    DBusStr,
)
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property, dbus_signal  # noqa: TID253

from coach.live.commands import Command
from coach.live.status import State, Status
from coach.units import db_to_factor

BUS_NAME = "org.mpris.MediaPlayer2.stretch_coach"
OBJECT_PATH = "/org/mpris/MediaPlayer2"
TRACK = "/stretch_coach/session"
"""The routine is one track all along: its position never goes back, whatever is repeated or left out."""
JUMP_MS = 1_500
"""How far the position may be from where a desktop believes it is, before it is told."""
_LENGTH_STEP_MS = 1_000
_CONNECT_S = 5.0
_PLAYBACK = {
    State.PLAYING: "Playing",
    State.WAITING: "Playing",  # as players do that wait for data: what a key then asks for is a pause
    State.PAUSED: "Paused",
    State.OVER: "Stopped",
}

DBusStrings = Annotated[list[str], DBusSignature("as")]
DBusNothing = Annotated[None, DBusSignature("")]

# What fails on the bus must not be printed into the session's display.
logging.getLogger("dbus_fast").addHandler(logging.NullHandler())


class _Root(ServiceInterface):
    """Who the player is."""

    def __init__(self) -> None:
        super().__init__("org.mpris.MediaPlayer2")

    @dbus_method("Raise")
    def _raise(self) -> DBusNothing: ...

    @dbus_method("Quit")
    def _quit(self) -> DBusNothing: ...

    @dbus_property(PropertyAccess.READ, "CanQuit")
    def _can_quit(self) -> DBusBool:
        return False

    @dbus_property(PropertyAccess.READ, "CanRaise")
    def _can_raise(self) -> DBusBool:
        return False

    @dbus_property(PropertyAccess.READ, "HasTrackList")
    def _has_track_list(self) -> DBusBool:
        return False

    @dbus_property(PropertyAccess.READ, "Identity")
    def _identity(self) -> DBusStr:
        return "Stretch Coach"

    @dbus_property(PropertyAccess.READ, "SupportedUriSchemes")
    def _schemes(self) -> DBusStrings:
        return []

    @dbus_property(PropertyAccess.READ, "SupportedMimeTypes")
    def _mime_types(self) -> DBusStrings:
        return []


class _Player(ServiceInterface):
    """What the player does, and what can be asked of it."""

    def __init__(self, on_command: Callable[[Command], None]) -> None:
        super().__init__("org.mpris.MediaPlayer2.Player")
        self._on_command = on_command
        self.status: Status | None = None
        """The latest; the position is taken from it."""
        self._told_playback = "Stopped"
        self._told_metadata: dict[str, Variant] = {}
        self._told_length_ms = 0
        self._told_position_ms = 0.0
        self._told_at_s = time.monotonic()

    def tell(self) -> None:
        """Tell the desktop what has changed."""
        if self.status is None:
            return
        changes: dict[str, object] = {}
        playback, metadata = self._playback(), self._metadata()
        if playback != self._told_playback:
            changes["PlaybackStatus"] = playback
        if metadata != self._told_metadata:
            changes["Metadata"] = metadata
        believed_ms = self._believed_ms()
        is_jump = abs(self.status.elapsed_ms - believed_ms) > JUMP_MS
        if is_jump or playback != self._told_playback:
            self._told_position_ms = self.status.elapsed_ms if is_jump else believed_ms
            self._told_at_s = time.monotonic()
        self._told_playback, self._told_metadata = playback, metadata
        if changes:
            self.emit_properties_changed(changes)
        if is_jump:
            self._seeked(self._position_us())

    def _believed_ms(self) -> float:
        """Where a desktop believes the position to be: it reads it once and counts on by itself."""
        gone_ms = (time.monotonic() - self._told_at_s) * 1000 if self._told_playback == "Playing" else 0
        return self._told_position_ms + gone_ms

    def _playback(self) -> str:
        return "Stopped" if self.status is None else _PLAYBACK[self.status.state]

    def _metadata(self) -> dict[str, Variant]:
        status = self.status
        if status is None:
            return {}
        length_ms = status.elapsed_ms + status.left_ms
        if abs(length_ms - self._told_length_ms) >= _LENGTH_STEP_MS:
            self._told_length_ms = length_ms
        metadata = {
            "mpris:trackid": Variant("o", TRACK),
            "mpris:length": Variant("x", self._told_length_ms * 1000),
            "xesam:title": Variant("s", status.place),
            "xesam:album": Variant("s", status.title),
            "xesam:artist": Variant("as", ["Stretch Coach"]),
        }
        if status.number:
            metadata["xesam:trackNumber"] = Variant("i", status.number)
        return metadata

    def _position_us(self) -> int:
        return 0 if self.status is None else self.status.elapsed_ms * 1000

    def _ask(self, command: Command) -> None:
        with contextlib.suppress(Exception):  # the person who pressed a key cannot help it
            self._on_command(command)

    @dbus_method("PlayPause")
    def _toggle(self) -> DBusNothing:
        self._ask(Command.TOGGLE)

    @dbus_method("Play")
    def _play(self) -> DBusNothing:
        self._ask(Command.GO_ON)

    @dbus_method("Pause")
    def _pause(self) -> DBusNothing:
        self._ask(Command.PAUSE)

    @dbus_method("Stop")
    def _stop(self) -> DBusNothing:
        self._ask(Command.STOP)

    @dbus_method("Next")
    def _next(self) -> DBusNothing:
        self._ask(Command.NEXT)

    @dbus_method("Previous")
    def _previous(self) -> DBusNothing:
        self._ask(Command.PREVIOUS)

    # MPRIS asks for these to be there; CanSeek says that they do nothing.
    @dbus_method("Seek")
    def _seek(self, offset_us: DBusInt64) -> DBusNothing: ...

    @dbus_method("SetPosition")
    def _set_position(self, track: DBusObjectPath, position_us: DBusInt64) -> DBusNothing: ...

    @dbus_method("OpenUri")
    def _open_uri(self, uri: DBusStr) -> DBusNothing: ...

    @dbus_signal("Seeked")
    def _seeked(self, position_us: int) -> DBusInt64:
        return position_us

    @dbus_property(PropertyAccess.READ, "PlaybackStatus")
    def _playback_status(self) -> DBusStr:
        return self._playback()

    @dbus_property(PropertyAccess.READ, "Metadata")
    def _metadata_now(self) -> DBusDict:
        return self._metadata()

    @dbus_property(PropertyAccess.READ, "Position")
    def _position(self) -> DBusInt64:
        return self._position_us()

    @dbus_property(PropertyAccess.READ, "Volume")
    def _volume(self) -> DBusDouble:
        return 1.0 if self.status is None else db_to_factor(self.status.volume_db)

    @dbus_property(PropertyAccess.READ, "Rate")
    def _rate(self) -> DBusDouble:
        return 1.0

    @dbus_property(PropertyAccess.READ, "MinimumRate")
    def _minimum_rate(self) -> DBusDouble:
        return 1.0

    @dbus_property(PropertyAccess.READ, "MaximumRate")
    def _maximum_rate(self) -> DBusDouble:
        return 1.0

    @dbus_property(PropertyAccess.READ, "CanGoNext")
    def _can_go_next(self) -> DBusBool:
        return True

    @dbus_property(PropertyAccess.READ, "CanGoPrevious")
    def _can_go_previous(self) -> DBusBool:
        return True

    @dbus_property(PropertyAccess.READ, "CanPlay")
    def _can_play(self) -> DBusBool:
        return True

    @dbus_property(PropertyAccess.READ, "CanPause")
    def _can_pause(self) -> DBusBool:
        return True

    @dbus_property(PropertyAccess.READ, "CanSeek")
    def _can_seek(self) -> DBusBool:
        return False

    @dbus_property(PropertyAccess.READ, "CanControl")
    def _can_control(self) -> DBusBool:
        return True


class Service:
    """The player on a bus. All of it is used from the thread of one event loop."""

    def __init__(self, on_command: Callable[[Command], None]) -> None:
        self._player = _Player(on_command)
        self._is_there = False

    async def serve(self, address: str) -> None:
        """Be there until cancelled, or until the bus goes away; this then returns or raises.

        Args:
            address: of the bus.
        """
        async with asyncio.timeout(_CONNECT_S):
            bus = await MessageBus(bus_address=address).connect()
        gone = asyncio.ensure_future(bus.wait_for_disconnect())  # type: ignore[no-untyped-call]
        try:
            bus.export(OBJECT_PATH, _Root())
            bus.export(OBJECT_PATH, self._player)
            async with asyncio.timeout(_CONNECT_S):
                taken = await bus.request_name(BUS_NAME, NameFlag.DO_NOT_QUEUE)
                if taken is not RequestNameReply.PRIMARY_OWNER:  # another coach runs
                    await bus.request_name(f"{BUS_NAME}.instance{os.getpid()}", NameFlag.DO_NOT_QUEUE)
            self._is_there = True  # nothing told before would have been heard
            self._player.tell()
            await asyncio.shield(gone)
        finally:
            bus.disconnect()
            await asyncio.wait({gone}, timeout=1)  # until its socket is closed

    def show(self, status: Status) -> None:
        """Take a status; the desktop can ask for its position."""
        self._player.status = status

    def tell(self) -> None:
        """Tell the desktop what has changed since the last time."""
        if not self._is_there:
            return
        with contextlib.suppress(Exception):  # the bus has just gone; serve() ends by itself
            self._player.tell()
