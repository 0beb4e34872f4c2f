"""Opening a live session: player, stream, voices, history and spoken commands, in one call."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

from coach.compiler import Compiler, IsCancelled, Progress, estimate_fitted, never, no_progress, signals
from coach.core.routine import Programme, Routine
from coach.history.store import History
from coach.live.resuming import Stop, from_anywhere, going_on_at
from coach.live.session import Session
from coach.live.stream import Stream
from coach.live.studio import Studio
from coach.players import open_player
from coach.recipe import finish_of, open_voices, programme_of, with_voice_for_all
from coach.voices.clip_set import UnsaidError
from coach.voices.speaker import Speaker

if TYPE_CHECKING:
    from collections.abc import Callable

    from coach.core.delivery import Delivery
    from coach.core.fit import Length
    from coach.library.library import Library
    from coach.order import Order
    from coach.players.base import Player


def open_session(
    order: Order,
    *,
    player: str | Player = "auto",
    library: Library | None = None,
    resume_at: Stop | None = None,
    hands_free: bool = False,
    media_keys: bool = False,
    progress: Progress = no_progress,
    cancelled: IsCancelled = never,
) -> Session:
    """Begin a live session; it is heard from now on, and its ``run`` looks after it.

    It is written to the history, unless it is only recorded.

    >>> import tempfile
    >>> from coach.order import Order
    >>> order = Order(targets=("cat-cow",), voice="silent", words="names")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with open_session(order, player=f"record:{folder}/cat-cow.wav") as session:
    ...         session.run().is_finished
    True

    Args:
        order: what is asked for.
        player: ``auto``, ``miniaudio``, ``simpleaudio``, ``record:`` and the WAV to write, or a player of your own.
        library: where routines and stretches are looked for; the person's own and the coach's if not given.
        resume_at: where the last session stopped; from the beginning if not given.
        hands_free: whether to listen for spoken commands.
        media_keys: whether to take commands from media keys.
        progress: called while a routine is fitted to a length, for which all of it is spoken first.
        cancelled: asked several times a second, until the session begins, whether to give up.

    Raises:
        InputError: something that is ordered is not possible, or there is no such routine, player or voice.
        MachineError: a line cannot be spoken, or there is no loudspeaker or microphone.
        Cancelled: ``cancelled`` said so.
    """
    finish = finish_of(order)
    programme, changes = programme_of(order, library)
    chosen = open_player(player) if isinstance(player, str) else player
    with ExitStack() as stack:
        stream = Stream()
        opened = _opened(chosen, stream, stack)

        def begun(order: Order) -> tuple[Session, ExitStack]:
            with ExitStack() as voices:
                speaker = voices.enter_context(Speaker(*open_voices(order), is_live=True))
                compiler = Compiler(speaker=speaker, sounds=signals(), progress=progress, cancelled=cancelled)
                prepared, dropped = _prepared(programme, order, compiler, resume_at)
                session = Session(prepared, order.delivery, Studio(compiler, finish, stream), chosen)
                session.changes, session.dropped = changes, dropped
                return session, voices.pop_all()

        session = _in_one_voice(order, begun, stack)
        _connect(session, stack, hands_free=hands_free, media_keys=media_keys)
        opened()
        _start(session, chosen, order)
        session.closing = stack.pop_all()
    return session


def _in_one_voice(order: Order, begun: Callable[[Order], tuple[Session, ExitStack]], stack: ExitStack) -> Session:
    """Begin a session; if its voice lacks a line, begin it in one that can say all of it."""
    note = ""
    try:
        session, voices = begun(order)
    except UnsaidError as error:
        order, note = with_voice_for_all(order, error)
        session, voices = begun(order)
    stack.push(voices)
    session.voice_note = note
    return session


def _connect(session: Session, stack: ExitStack, *, hands_free: bool, media_keys: bool) -> None:
    """Let it take commands from elsewhere than its keys."""
    if hands_free:
        _listen(session, stack)
    if media_keys:
        _take_media_keys(session, stack)


def _start(session: Session, player: Player, order: Order) -> None:
    """Let a session be heard; a recorder reads it at once, a device reads it already."""
    session.play()
    if player.is_device:
        _remember(session, order)
    else:
        player.start(session.stream.read)


def _opened(player: Player, stream: Stream, stack: ExitStack) -> Callable[[], None]:
    """Open a device in the background, since it takes its time; return a function that waits until it is open.

    A device plays silence until the session begins. A recorder would keep that, so it is started later.
    """
    stack.callback(player.stop)
    if not player.is_device:
        return lambda: None
    threads = stack.enter_context(ThreadPoolExecutor(1))  # left before the player is stopped: it may be opening
    return threads.submit(player.start, stream.read).result


def _prepared(
    programme: Programme, order: Order, compiler: Compiler, resume_at: Stop | None
) -> tuple[Programme, tuple[str, ...]]:
    """Return a programme fitted to its length, going on where a session stopped, and what was dropped."""
    dropped: tuple[str, ...] = ()
    if order.length is not None:
        programme, dropped = _fitted(programme, order.delivery, order.length, compiler)
    if resume_at is not None and isinstance(programme, Routine):
        programme = going_on_at(programme, resume_at)
    return programme, dropped


def _fitted(
    programme: Programme, delivery: Delivery, length: Length, compiler: Compiler
) -> tuple[Programme, tuple[str, ...]]:
    if isinstance(programme, Routine):
        return compiler.fit(programme, delivery, length)
    # Few words and a whole number of breaths: an estimate is near enough, and it begins at once.
    fitted, _, dropped = estimate_fitted(programme, delivery, length)
    return fitted, dropped


def _listen(session: Session, stack: ExitStack) -> None:
    from coach.live.ears.ears import Ears

    ears = Ears()
    ears.start(session.take_spoken)
    stack.callback(ears.stop)
    session.stream.listener = ears.add_played
    session.notices.troubles.append(ears.problem)


def _take_media_keys(session: Session, stack: ExitStack) -> None:
    from coach.live.media_keys import MediaKeys

    keys = MediaKeys()
    keys.start(session.commands.put)
    stack.callback(keys.stop)
    session.screens.append(keys)


def _remember(session: Session, order: Order) -> None:
    programme = session.programme
    items = programme.items if isinstance(programme, Routine) else ()
    stretches = [(item.id, item.script.name) for item in items]
    kept = from_anywhere(order).to_json()
    session.logbook.log = History.open().begin(programme.id, programme.name, kept, session.planned_ms, stretches)
