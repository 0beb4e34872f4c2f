"""``coach play``: a live session."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from coach.cli.order_options import notes, takes, tell_voice, typed
from coach.cli.output import say
from coach.cli.progress import shown_progress
from coach.cli.safety import point_to_safety_once
from coach.core.languages.english import phrases
from coach.core.routine import Departure, Routine
from coach.errors import InputError
from coach.files import expanded
from coach.history.store import History
from coach.library.paths import is_path, path_library
from coach.order import Group, Order
from coach.recipe import compile_as_ordered, finish_of, open_voices, routine_of

if TYPE_CHECKING:
    from coach.live.screen.display import Display
    from coach.live.session import Outcome, Screen, Session
    from coach.live.status import Status
    from coach.live.stream import Stream
    from coach.players.base import Player


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(play)


@takes(Group.CONTENT, Group.MANNER, Group.VOICE, Group.SOUND)
def play(
    *,
    context: typer.Context,
    order: Order,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on where the last session stopped, in its manner where no other is given."),
    ] = False,
    player: Annotated[
        str,
        typer.Option(
            "--player",
            metavar="NAME",
            help="Where to play: auto (the first that works), miniaudio, simpleaudio, or record:FILE.wav, "
            "which is quick and makes no sound.",
        ),
    ] = "auto",
    hands_free: Annotated[
        bool,
        typer.Option(
            "--hands-free",
            help="Listen for “coach pause”, “coach go on”, “coach next”, “coach again”, “coach slower”, “coach stop”.",
        ),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show nothing.")] = False,
) -> None:
    """Lie down and be coached, hands-free: pause, skip, repeat or slow down by any key, or by voice."""
    if resume and order.targets:
        raise InputError("--resume goes on with the last session, so it takes no routine; leave one of them out")
    if not resume and not order.targets:
        raise InputError("name a routine, like “coach play daily”, or give --resume to go on with the last session")
    place: Place | None = None
    if resume:
        order, place = _last_order(order, typed(context))
    outcome = _play(_from_anywhere(order), place, player, hands_free=hands_free, quiet=quiet)
    if outcome.is_finished:
        point_to_safety_once()


def _from_anywhere(order: Order) -> Order:
    """Return an order that means the same from any folder: it is kept with the session, which may go on later."""
    order = order.changed(targets=tuple(_in_full(target) for target in order.targets))
    if order.background is None:
        return order
    return order.changed(background=expanded(str(order.background)).absolute())


def _in_full(target: str) -> str:
    """Return a target that means the same from any folder."""
    return str(expanded(target).absolute()) if is_path(target) else target


class Place(NamedTuple):
    """Where a session is to go on: a stretch, and which one of the routine it was, from 0."""

    stretch: str
    """Its id."""
    number: int


def _last_order(now: Order, given: set[str]) -> tuple[Order, Place]:
    """Return the order of the last session, with what is given now in its place, and where it goes on.

    Raises:
        InputError: there is no such session, or another version of the coach kept it.
    """
    last = History.open().last_unfinished()
    if last is None or last.goes_on_at is None:
        raise InputError("there is no session to go on with: the last one was finished, or there was none")
    try:
        before = Order.from_json(last.order)
    except InputError as error:
        raise InputError("the last session was played by another version of the coach; begin a new one") from error
    order = before.changed(**{name: getattr(now, name) for name in given})
    return order, Place(last.stretches[last.goes_on_at].id, last.goes_on_at)


def _play(order: Order, place: Place | None, player_name: str, *, hands_free: bool, quiet: bool) -> Outcome:
    from coach.live.screen.display import open_display
    from coach.live.screen.keys import open_keys
    from coach.live.stream import Stream
    from coach.players import open_player

    gc.enable()
    player, stream = open_player(player_name), Stream()
    with ExitStack() as stack:
        # A device takes its time to open, and then plays silence; a recording would keep it.
        stack.callback(player.stop)
        threads = stack.enter_context(ThreadPoolExecutor(1))  # left before the player is stopped: it may be opening
        is_device = player.latency_ms > 0
        opening = threads.submit(player.start, stream.read) if is_device else None
        session = _session(stack, order, place, player, stream)
        stack.callback(session.stop)
        if hands_free:
            stack.enter_context(_hearing(session))
        if opening is not None:
            opening.result()
        session.play()
        if not is_device:
            player.start(stream.read)
        say(f"player: {player.name}", err=True)
        routine = session.routine
        stretches = [(item.id, item.script.name) for item in routine.items]
        log = None
        if is_device:  # a recording is no practice
            log = History.open().begin(routine.id, routine.name, order.to_json(), session.planned_ms, stretches)
            session.log = log
        is_finished = False
        try:
            with ExitStack() as around:  # the terminal is as it was before anything more is said
                screen = around.enter_context(open_display(quiet))
                keys = around.enter_context(open_keys())
                shown = around.enter_context(_taking_media_keys(session, screen))
                outcome = session.run(shown, keys.read)
            is_finished = outcome.is_finished
        finally:
            if log is not None:
                log.end(is_finished, session.practised_ms)
                if log.problem:
                    say(log.problem, err=True)
            if session.underruns:
                say(f"the loudspeaker ran dry {session.underruns} times; close other programs", err=True)
    return outcome


def _session(stack: ExitStack, order: Order, place: Place | None, player: Player, stream: Stream) -> Session:
    from coach.compiler import signals
    from coach.live.session import Session
    from coach.voices.speaker import Speaker

    routine = _routine(order, place)
    speaker = stack.enter_context(Speaker(*open_voices(order)))
    return Session(routine, order.delivery, speaker, signals(), player, stream, finish_of(order))


def _routine(order: Order, place: Place | None) -> Routine:
    """Return what is ordered, going on with one of its items if a place is given."""
    routine, changes = routine_of(order, path_library())
    for note in notes(changes, ()):
        say(note, err=True)
    tell_voice(order)
    if order.length is not None:
        routine = _fitted(routine, order)
    if place is None:
        return routine
    # Since then the script may have changed, or other stretches may be left out.
    found = [index for index, item in enumerate(routine.items) if item.id == place.stretch]
    if not found:
        raise InputError(
            f"the last session stopped at {place.stretch}, which is no longer in the routine; begin a new one"
        )
    index = min(found, key=lambda each: abs(each - place.number))
    return replace(routine, departure=Departure(index, greeting=phrases.WELCOME_BACK)) if index else routine


def _fitted(routine: Routine, order: Order) -> Routine:
    with shown_progress() as progress:
        compiled = compile_as_ordered(routine, order, progress)
    for note in notes((), compiled.dropped):
        say(note, err=True)
    assert isinstance(compiled.programme, Routine)  # noqa: S101 - a routine stays one
    return compiled.programme


@contextmanager
def _taking_media_keys(session: Session, screen: Display) -> Iterator[Screen]:
    """Take commands from media keys; yield what is to be told where the session stands."""
    from coach.live.media_keys import MediaKeys

    media_keys = MediaKeys()
    media_keys.start(session.commands.put)
    try:
        yield _Told((screen, media_keys))
    finally:
        media_keys.stop()


@contextmanager
def _hearing(session: Session) -> Iterator[None]:
    """Listen for spoken commands.

    Raises:
        CoachError: there is no microphone, or no recogniser.
    """
    from coach.live.ears.ears import Ears

    ears = Ears()
    ears.start(session.heard)
    session.stream.listener = ears.played
    session.troubles.append(ears.problem)
    try:
        yield
    finally:
        session.stream.listener = None
        ears.stop()


@dataclass(frozen=True)
class _Told:
    """Everything that is told where a session stands."""

    screens: tuple[Screen, ...]

    def update(self, status: Status) -> None:
        """Tell each."""
        for screen in self.screens:
            screen.update(status)
