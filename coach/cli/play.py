"""``coach play``: a live session."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from coach import defaults
from coach.cli import options
from coach.cli.output import say
from coach.core.delivery import Guidance, Pace, Setup, Words

if TYPE_CHECKING:
    from coach.core.plan import Delivery
    from coach.core.routine import Routine
    from coach.live.screen.display import Display
    from coach.live.session import Outcome, Screen, Session
    from coach.live.status import Status
    from coach.live.stream import Stream
    from coach.players.base import Player
    from coach.publish.publish import Finish
    from coach.recipe import Length


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(play)


def play(
    context: typer.Context,
    routine: Annotated[list[str] | None, options.TARGETS_ARGUMENT] = None,
    minutes: options.MinutesOption = None,
    drop: options.DropOption = False,
    gentle: options.GentleOption = False,
    words: options.WordsOption = Words.FULL,
    breath: options.BreathOption = None,
    ramp: options.RampOption = None,
    beat: options.BeatOption = options.DEFAULT_BEAT,
    pace: options.PaceOption = Pace.COUNT,
    guidance: options.GuidanceOption = Guidance.FADING,
    setup: options.SetupOption = Setup.NORMAL,
    voice: options.VoiceOption = defaults.VOICE,
    rate: options.RateOption = defaults.RATE_WPM,
    count_voice: options.CountVoiceOption = None,
    title: options.TitleOption = None,
    loudness: options.LoudnessOption = defaults.LOUDNESS_LUFS,
    background: options.BackgroundOption = None,
    background_level: options.BackgroundLevelOption = defaults.BACKGROUND_LU,
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
    from coach.cli.safety import point_to_safety_once
    from coach.errors import InputError
    from coach.files import expanded

    if resume and routine:
        raise InputError("--resume goes on with the last session, so it takes no routine; leave one of them out")
    if not resume and not routine:
        raise InputError("name a routine, like “coach play daily”, or give --resume to go on with the last session")
    place: Place | None = None
    asked = Asked(
        targets=tuple(_in_full(target) for target in routine or ()),
        minutes=minutes,
        drop=drop,
        gentle=gentle,
        words=words,
        breath=breath,
        ramp=ramp,
        beat=beat,
        pace=pace,
        guidance=guidance,
        setup=setup,
        voice=voice,
        rate=rate,
        count_voice=count_voice,
        title=title,
        loudness=loudness,
        background=None if background is None else str(expanded(str(background)).absolute()),
        background_level=background_level,
    )
    if resume:
        asked, place = _last_asked(asked, {name for name in context.params if _is_given(context, name)})
    outcome = _play(asked, place, player, hands_free=hands_free, quiet=quiet)
    if outcome.is_finished:
        point_to_safety_once()


@dataclass(frozen=True)
class Asked:
    """What is to be played, as the command line says it: kept with a session, so that it can go on later."""

    targets: tuple[str, ...]
    minutes: float | None
    drop: bool
    gentle: bool
    words: Words
    breath: str | None
    ramp: str | None
    beat: str
    pace: Pace
    guidance: Guidance
    setup: Setup
    voice: str
    rate: int
    count_voice: str | None
    title: str | None
    loudness: float
    background: str | None
    background_level: float

    def to_json(self) -> str:
        """Return it as text."""
        return json.dumps(self.__dict__, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Asked:
        """Read what :meth:`to_json` wrote.

        Raises:
            ValueError: it is something else.
        """
        try:
            whole: dict[str, Any] = json.loads(text)
            kinds = {"words": Words, "pace": Pace, "guidance": Guidance, "setup": Setup, "targets": tuple}
            return cls(**{name: kinds[name](value) if name in kinds else value for name, value in whole.items()})
        except (TypeError, KeyError) as error:
            raise ValueError(str(error)) from error

    @property
    def delivery(self) -> Delivery:
        """The manner.

        Raises:
            InputError: something of it is impossible.
        """
        manner = options.Manner(self.breath, self.ramp, self.beat, self.words, self.pace, self.guidance, self.setup)
        return manner.read()

    @property
    def finish(self) -> Finish:
        """The loudness, and what lies under it.

        Raises:
            InputError: a level is impossible, or there is no background file.
        """
        path = None if self.background is None else Path(self.background)
        return options.read_finish(self.loudness, path, self.background_level, no_captions=True, podcast=False)

    @property
    def length(self) -> Length | None:
        """The length.

        Raises:
            InputError: it is no length.
        """
        return options.read_length(self.minutes, self.drop)


def _in_full(target: str) -> str:
    """Return a target that means the same from any folder."""
    from coach.files import expanded
    from coach.library.library import is_path

    return str(expanded(target).absolute()) if is_path(target) else target


class Place(NamedTuple):
    """Where a session is to go on: a stretch, and which one of the routine it was, from 0."""

    stretch: str
    """Its id."""
    number: int


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _last_asked(now: Asked, given: set[str]) -> tuple[Asked, Place]:
    """Return how the last session was asked for, with what is given now in its place, and where it goes on."""
    from coach.errors import InputError
    from coach.history.store import History

    last = History.open().last_unfinished()
    if last is None or last.goes_on_at is None:
        raise InputError("there is no session to go on with: the last one was finished, or there was none")
    try:
        before = Asked.from_json(last.order)
    except ValueError as error:
        raise InputError("the last session was played by another version of the coach; begin a new one") from error
    instead = {name: getattr(now, name) for name in given if name in Asked.__dataclass_fields__}
    if {"breath", "ramp"} & given:
        instead |= {"breath": now.breath, "ramp": now.ramp}  # one of them
    return replace(before, **instead), Place(last.stretches[last.goes_on_at].id, last.goes_on_at)


def _play(asked: Asked, place: Place | None, player_name: str, *, hands_free: bool, quiet: bool) -> Outcome:
    from coach.history.store import History
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
        session = _session(stack, asked, place, player, stream)
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
            log = History.open().begin(routine.id, routine.name, asked.to_json(), session.planned_ms, stretches)
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


def _session(stack: ExitStack, asked: Asked, place: Place | None, player: Player, stream: Stream) -> Session:
    from coach.live.session import Session
    from coach.recipe import signals
    from coach.voices.speaker import Speaker

    speaking = options.read_speaking(asked.voice, asked.rate, asked.count_voice)
    routine = _routine(asked, speaking, place)
    speaker = stack.enter_context(Speaker(*speaking.open()))
    return Session(routine, asked.delivery, speaker, signals(), player, stream, asked.finish)


def _routine(asked: Asked, speaking: options.Speaking, place: Place | None) -> Routine:
    """Return what was asked for, going on with one of its items where a place is given."""
    from coach.core import phrases
    from coach.core.routine import Departure
    from coach.errors import InputError

    routine = options.read_routine(asked.targets, asked.gentle)
    if asked.title is not None:
        routine = replace(routine, name=options.read_title(asked.title))
    if asked.length is not None:
        routine = _fitted(routine, asked.delivery, speaking, asked.length)
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


def _fitted(routine: Routine, delivery: Delivery, speaking: options.Speaking, length: Length) -> Routine:
    from coach.cli.progress import shown_progress
    from coach.core.routine import Routine
    from coach.recipe import compile_routine

    voice, counter = speaking.open()
    with shown_progress() as progress:
        compiled = compile_routine(routine, delivery, voice, progress, length, counter)
    options.tell_dropped(compiled.dropped)
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
