"""The recipe: how an order becomes a programme, and a programme is spoken and compiled, in one call each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from coach import compiler
from coach.audio.finish import BACKGROUNDS
from coach.compiler import Compiled, Compiler, IsCancelled, Progress, never, no_progress, signals
from coach.core.breath import NAMED_PATTERNS
from coach.core.conditions import GENTLE, Avoiding, Conditions, avoid
from coach.core.delivery import Level
from coach.core.fit import Length
from coach.core.routine import Breathing, Programme, Routine, at_level, breathing
from coach.errors import InputError, UnknownNameError, suggested
from coach.library.library import Library
from coach.library.paths import is_path
from coach.library.standard import standard_lexicon, standard_library
from coach.order import Order
from coach.voices import best_engine, best_voice, open_voice
from coach.voices.clip_set import UnsaidError
from coach.voices.kept import cache_limit_bytes, clips_folder
from coach.voices.speaker import Speaker

if TYPE_CHECKING:
    from coach.audio.finish import Finish
    from coach.core.delivery import Delivery
    from coach.core.timeline import Timeline
    from coach.voices.base import Voice

DEFAULT_DELIVERY = Order().delivery


class NothingLeftError(InputError):
    """Everything in a routine is to be avoided."""


def programme_of(order: Order, library: Library | None = None) -> tuple[Programme, tuple[str, ...]]:
    """Return what is ordered, and a line about each stretch that is swapped or left out.

    Args:
        order: what is asked for.
        library: where its routines and stretches are looked for; the person's own and the coach's if not given.

    Raises:
        InputError: nothing is named, there is no such routine, or nothing is left of it.
    """
    if order.breathing:
        return _breathing(order), ()
    return routine_of(order, library)


def routine_of(order: Order, library: Library | None = None) -> tuple[Routine, tuple[str, ...]]:
    """Do as :func:`programme_of` for an order that is not breathing alone."""
    if not order.targets:
        raise InputError("name a routine or a stretch, like daily; “coach list” shows them all")
    library = library or standard_library()
    routine = library.routine_of(order.targets)
    changes: tuple[str, ...] = ()
    if names := tuple(dict.fromkeys((*(GENTLE if order.gentle else ()), *order.avoid))):
        routine, changes = avoid(routine, Avoiding(names, _conditions(names, library), library.stretch))
        if not routine.items:
            raise NothingLeftError(f"nothing of {', '.join(order.targets)} is left without {', '.join(names)}")
    if order.level is not Level.USUAL:
        items = tuple(item if item.level else at_level(item, order.level) for item in routine.items)
        routine = replace(routine, items=items)
    return (routine if order.title is None else replace(routine, name=order.title)), changes


def _conditions(names: tuple[str, ...], library: Library) -> Conditions:
    known = library.conditions
    for name in names:
        if name not in known.by_name:
            raise UnknownNameError("condition", name, known.by_name, f"it is one of {', '.join(known.by_name)}")
    return known


def _breathing(order: Order) -> Breathing:
    assert order.length is not None  # noqa: S101 - breathing alone always has one
    programme = breathing(_pattern_name(order), order.length.target_ms)
    return programme if order.title is None else replace(programme, name=order.title)


def _pattern_name(order: Order) -> str:
    """Return the name of the breath pattern, or its counts, or both ends of a ramp."""
    stages = order.delivery.breath
    if stages[0] != stages[-1]:
        return f"{stages[0]} to {stages[-1]}"
    name = "calm" if order.breath is None else order.breath.strip().lower()
    return name if name in NAMED_PATTERNS else str(stages[0])


def file_stem(order: Order) -> str:
    """Return what its file is called if the order names none, without the ending: ``daily``, ``daily-gentle``."""
    if order.breathing:
        return _breathing(order).id
    alone = order.targets[0] if len(order.targets) == 1 else "my-routine"
    stem = Path(alone).stem or "my-routine" if is_path(alone) else alone
    return "-".join((stem, *(["gentle"] if order.gentle else []), *(f"no-{name}" for name in order.avoid)))


def finish_of(order: Order) -> Finish:
    """Return how the sound is to be finished.

    Raises:
        InputError: there is no such background.
    """
    finish = order.finish
    if finish.background is not None and not finish.background.is_file():
        problem = f"there is no background file {finish.background}"
        raise InputError(suggested(problem, str(order.background), BACKGROUNDS, "check the path"))
    return finish


def with_best_voice(order: Order) -> Order:
    """Return the order with the voice that ``auto`` stands for."""
    return order.changed(voice=best_voice()) if order.voice == "auto" else order


def open_voices(order: Order) -> tuple[Voice, Voice | None]:
    """Return the voice, and the one for the counts if they have their own; both keep their clips.

    Raises:
        CoachError: there is no such voice, or it cannot be used.
    """
    voice = cached_voice(with_best_voice(order).voice, order.rate)
    return voice, None if order.count_voice is None else cached_voice(order.count_voice, order.rate)


def cached_voice(name: str, rate_wpm: int) -> Voice:
    """Return a voice by name that reads texts by the lexicon, with the cache around it (silence needs neither).

    Raises:
        CoachError: there is no such voice, or it cannot be used.
    """
    from coach.voices.lexical import LexicalVoice

    voice = open_voice(name, rate_wpm, kept_engine)
    return voice if voice.name == "silent" else LexicalVoice(voice, standard_lexicon())


def kept_engine(voice: Voice) -> Voice:
    """Return an engine's voice that keeps its clips.

    Raises:
        InputError: the limit of the cache is not a number.
    """
    from coach.voices.cached import CachedVoice

    return CachedVoice(voice, clips_folder(), cache_limit_bytes())


def with_voice_for_all(order: Order, error: UnsaidError) -> tuple[Order, str]:
    """Return the order with a voice that can say what a set lacks, and why; so that one voice says all of it.

    Raises:
        UnsaidError: it is the voice of the counts that lacks it.
    """
    if order.count_voice is not None and with_best_voice(order).voice != error.voice:
        raise error
    other = order.changed(voice=best_engine())
    how = f"install what {error.speaker} needs"
    if error.speaker.startswith("kokoro"):
        how = f"pip install 'stretch-coach[kokoro]', then “coach voices --download {error.speaker}”"
    return other, f"{error}; {other.voice} says all of it instead. For {error.voice} to say it: {how}"


def estimate(order: Order, *, library: Library | None = None) -> Timeline:
    """Return the timeline of an order with the silent voice: about as long as a spoken one, and quickly made.

    >>> timeline = estimate(Order(targets=("five-minutes",)))
    >>> 240_000 < timeline.duration_ms < 360_000
    True

    Args:
        order: what is asked for.
        library: where its routines and stretches are looked for; the person's own and the coach's if not given.

    Raises:
        InputError: there is no such routine, it would be too long, or the length cannot be met.
    """
    programme, _ = programme_of(order, library)
    return compiler.estimate_fitted(programme, order.delivery, order.length)[1]


def compile(  # noqa: A001 - that is what it does
    order: Order,
    *,
    library: Library | None = None,
    progress: Progress = no_progress,
    cancelled: IsCancelled = never,
) -> Compiled:
    """Have every line of an order spoken, and place it in time.

    >>> compiled = compile(Order(targets=("cat-cow",), voice="silent"))
    >>> compiled.timeline.routine
    'cat-cow'

    Args:
        order: what is asked for.
        library: where its routines and stretches are looked for; the person's own and the coach's if not given.
        progress: called with what is being done, how much of it is done, and how much there is.
        cancelled: asked several times a second whether to give up.

    Raises:
        InputError: there is no such routine, it would be too long, or the length cannot be met.
        VoiceError: a line cannot be spoken.
        Cancelled: ``cancelled`` said so.
    """
    programme, _ = programme_of(order, library)
    return compile_as_ordered(programme, order, progress, cancelled)


def compile_as_ordered(
    programme: Programme, order: Order, progress: Progress = no_progress, cancelled: IsCancelled = never
) -> Compiled:
    """Do as :func:`compile` with a programme that is there already."""
    note = ""
    try:
        return _compiled(programme, order, progress, cancelled)
    except UnsaidError as error:
        order, note = with_voice_for_all(order, error)
    return replace(_compiled(programme, order, progress, cancelled), voice_note=note)


def _compiled(programme: Programme, order: Order, progress: Progress, cancelled: IsCancelled) -> Compiled:
    voice, counter = open_voices(order)
    return compile_routine(programme, order.delivery, voice, progress, order.length, counter, cancelled)


def compile_routine(
    programme: Programme,
    delivery: Delivery,
    voice: Voice,
    progress: Progress = no_progress,
    length: Length | None = None,
    counter: Voice | None = None,
    cancelled: IsCancelled = never,
) -> Compiled:
    """Speak every line of a programme and compile it, fitted to a length if one is asked for; the voices are closed.

    Raises:
        InputError: it would be too long, the length cannot be met, or the beat is too short for this voice.
        VoiceError: a line cannot be spoken.
        Cancelled: ``cancelled`` said so.
    """
    with Speaker(voice, counter) as speaker:
        having = Compiler(speaker=speaker, sounds=signals(), progress=progress, cancelled=cancelled)
        return having.compile(programme, delivery, length)


def notes(changes: tuple[str, ...], dropped: tuple[str, ...], voice_note: str = "") -> tuple[str, ...]:
    """Return lines about what is otherwise than in the script, or than was asked for."""
    left_out = (f"left out to fit: {', '.join(dropped)}",) if dropped else ()
    return (*filter(None, (voice_note,)), *(f"avoided: {change}" for change in changes), *left_out)
