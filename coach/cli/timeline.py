"""``coach timeline``: the timeline as JSON or as a score."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from coach.cli import options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coach.core.timeline import Cue, Timeline


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(timeline)


def timeline(
    routine: options.Target,
    breath: options.BreathOption = options.DEFAULT_BREATH,
    beat: options.BeatOption = options.DEFAULT_BEAT,
    voice: options.VoiceOption = options.DEFAULT_VOICE,
    rate: options.RateOption = options.DEFAULT_RATE,
    json: options.JsonOption = False,
) -> None:
    """Show when everything in a routine is said and sounded."""
    from coach.cli.progress import shown_progress
    from coach.library import standard_library
    from coach.recipe import cached_voice, compile_routine

    pacing = options.read_pacing(breath, beat)
    speaking = options.read_speaking(voice, rate)
    wanted = standard_library().routine(routine)
    with shown_progress() as progress:
        speaker = cached_voice(speaking.voice, speaking.rate_wpm)
        compiled = compile_routine(wanted, pacing, speaker, progress)
    if json:
        typer.echo(compiled.timeline.to_json())
        return
    from rich.console import Console

    for line in score(compiled.timeline):
        Console(soft_wrap=True, highlight=False).print(line, markup=False)


def score(timeline: Timeline) -> Iterator[str]:
    """Yield a timeline as text that reads like a score: a heading a stretch, a line a moment, a breath in one line."""
    from coach.units import clock_text

    yield (
        f"{timeline.routine}  {clock_text(timeline.duration_ms)}  "
        f"breath {timeline.breath}, beat {timeline.beat_ms / 1000:g} s, voice {timeline.voice}"
    )
    heading: tuple[str | None, str | None] = (None, None)
    for first, counts in _moments(timeline):
        if (first.stretch, first.side) != heading:
            heading = (first.stretch, first.side)
            yield ""
            yield (", ".join(filter(None, (first.stretch, f"{first.side} side" if first.side else None))) or "closing")
        yield f"{_time(first.start_ms):>10}  {_what(first, counts)}"


def _time(ms: int) -> str:
    from coach.units import clock_text

    return f"{clock_text(ms)}.{ms % 1000 // 100}"


def _what(first: Cue, counts: tuple[Cue, ...]) -> str:
    if first.kind == "chime":
        return f"♪ {first.sound}"
    if first.kind == "breath":
        words = " ".join(cue.text or "" for cue in counts)
        seconds = (first.end_ms - first.start_ms) / 1000
        return f"{first.phase:>6} {seconds:g} s  {words}".rstrip()
    if first.kind == "count":
        return f" count  {' '.join(cue.text or '' for cue in (first, *counts))}"
    return f"“{first.text}”"


def _moments(timeline: Timeline) -> Iterator[tuple[Cue, tuple[Cue, ...]]]:
    """Yield each cue with the counts that belong on its line: those inside a breath's phase, or that follow a count."""
    counts = [cue for cue in timeline.cues if cue.kind == "count"]
    shown: set[int] = set()
    others = sorted(
        (cue for cue in timeline.cues if cue.kind != "count" or cue.phase in (None, "hold")),
        key=lambda cue: (cue.center_ms or cue.start_ms, cue.kind == "breath"),
    )
    for cue in others:
        if id(cue) in shown:
            continue
        if cue.kind == "breath":
            inside = [c for c in counts if c.center_ms is not None and cue.start_ms <= c.center_ms < cue.end_ms]
        elif cue.kind == "count":
            inside = [c for c in counts if _same_set(cue, c) and (c.count or 0) > (cue.count or 0)]
        else:
            inside = []
        shown.update(map(id, inside))
        yield cue, tuple(inside)


def _same_set(one: Cue, other: Cue) -> bool:
    """Whether two counts belong to one set: the same repetition of a hold, or a plain count."""
    return (one.stretch, one.side, one.phase) == (other.stretch, other.side, other.phase) and (
        one.phase is None or one.rep == other.rep
    )
