"""``coach play``: a live session."""

from __future__ import annotations

import gc
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from coach.cli.order_options import takes, tell_voice, typed
from coach.cli.output import say
from coach.cli.progress import shown_progress
from coach.cli.safety import point_to_safety_once
from coach.errors import InputError
from coach.order import Group, Order
from coach.recipe import notes

if TYPE_CHECKING:
    from coach.live.resuming import Stop
    from coach.live.session import Outcome, Session

PlayerOption = Annotated[
    str,
    typer.Option(
        "--player",
        metavar="NAME",
        help="Where to play: auto (the first that works), miniaudio, simpleaudio, or record:FILE.wav, "
        "which is quick and makes no sound.",
    ),
]
HandsFreeOption = Annotated[
    bool,
    typer.Option(
        "--hands-free",
        help="Listen for “coach pause”, “coach go on”, “coach next”, “coach again”, “coach slower”, “coach stop”.",
    ),
]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Show nothing.")]


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
        typer.Option(
            "--resume", help="Go on where the last session stopped, in the same manner unless another is given."
        ),
    ] = False,
    player: PlayerOption = "auto",
    hands_free: HandsFreeOption = False,
    quiet: QuietOption = False,
) -> None:
    """Lie down and be coached, hands-free: pause, skip, repeat or slow down by any key, or by voice."""
    if resume and order.targets:
        raise InputError("--resume goes on with the last session, so it takes no routine; leave one of them out")
    if not resume and not order.targets:
        raise InputError("name a routine, like “coach play daily”, or give --resume to go on with the last session")
    stop: Stop | None = None
    if resume:
        from coach.live.resuming import last_stop

        order, stop = last_stop(order, typed(context))
    is_first = not resume and "guidance" not in typed(context) and _is_first(order)
    if is_first:
        order = order.changed(guidance="full")
    play_order(
        order, stop, player=player, hands_free=hands_free, quiet=quiet, notes_first=(_FIRST,) if is_first else ()
    )


_FIRST = "your first session: every count is spoken; in later ones they thin out (--guidance full keeps them)"


def _is_first(order: Order) -> bool:
    """Return whether this is the listener's first session, in which every count helps."""
    from coach.core.delivery import Guidance
    from coach.errors import CoachError
    from coach.history.store import History

    try:
        return order.guidance is Guidance.FADING and not History.open().sessions(limit=1)
    except CoachError:
        return False  # the session itself tells of it


def play_order(
    order: Order,
    stop: Stop | None = None,
    *,
    player: str,
    hands_free: bool,
    quiet: bool,
    notes_first: tuple[str, ...] = (),
) -> None:
    """Play what is ordered, led from the keyboard."""
    from coach.library.paths import path_library
    from coach.live.opening import open_session
    from coach.live.screen import display, keys  # noqa: F401 - before anything plays: an import keeps the sound waiting

    gc.enable()
    tell_voice(order)
    with ExitStack() as stack:
        with shown_progress() as progress:
            session = open_session(
                order,
                player=player,
                library=path_library(),
                resume_at=stop,
                hands_free=hands_free,
                media_keys=True,
                progress=progress,
            )
        stack.enter_context(session)
        for note in (*notes_first, *notes(session.changes, session.dropped, session.voice_note)):
            say(note, err=True)
        say(f"player: {session.player_name}", err=True)
        try:
            outcome = _lead(session, quiet)
        finally:
            for remark in _remarks(session):
                say(remark, err=True)
    if outcome.is_finished:
        point_to_safety_once()


def _lead(session: Session, quiet: bool) -> Outcome:
    """Show a session and let it be led by keys until it ends; the terminal is as before afterwards."""
    from coach.live.screen.display import open_display
    from coach.live.screen.keys import open_keys

    with open_display(quiet) as screen, open_keys() as keys:
        session.screens.append(screen)
        return session.run(keys.read)


def _remarks(session: Session) -> list[str]:
    """Return what is to be said of a session when it is over."""
    remarks = [session.logbook.problem] if session.logbook.problem else []
    if session.underruns:
        times = "once" if session.underruns == 1 else f"{session.underruns} times"
        remarks.append(f"the loudspeaker ran dry {times}; close other programs")
    return remarks
