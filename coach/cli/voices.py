"""``coach voices``: who can speak, what they sound like, and how to get more."""

from __future__ import annotations

import os
import re
from typing import Annotated, Any

import typer

from coach.cli.options import ForceOption, JsonOption
from coach.cli.order_options import takes
from coach.cli.output import say, say_json
from coach.cli.tables import print_table
from coach.order import Order
from coach.recipe import with_best_voice


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(voices)


@takes("rate")
def voices(
    *,
    json: JsonOption = False,
    every: Annotated[bool, typer.Option("--all", help="Every language, not only English.")] = False,
    try_: Annotated[
        str | None,
        typer.Option(
            "--try", metavar="NAME", help="Speak two sentences and a count into a file; “all”: one voice of each kind."
        ),
    ] = None,
    download: Annotated[
        str | None,
        typer.Option(
            "--download",
            metavar="NAME",
            help="Fetch a voice from the network: kokoro, kokoro:af_bella, or one of Piper's, en_US-lessac-medium.",
        ),
    ] = None,
    pack: Annotated[
        str | None,
        typer.Option("--pack", metavar="NAME", help="Have a voice speak every line beforehand, your scripts too."),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="PLACE",
            help="Where --try writes its file [default: here], or --pack its folder [default: among your voices].",
        ),
    ] = None,
    order: Order,
    force: ForceOption = False,
) -> None:
    """List the voices on this machine; the default is marked."""
    if download is not None:
        _download(download)
    elif pack is not None:
        _pack(pack, output, order.rate)
    elif try_ == "all":
        _try_all(order, output, force=force)
    elif try_ is not None:
        _try(order.changed(voice=try_), output, force=force)
    else:
        _list(every=every, as_json=json)


def _download(name: str) -> None:
    from coach.voices import kept, kokoro_files, neural

    kind, _, style = name.partition(":")
    if kind == "kokoro":
        for path in kokoro_files.download(style):
            say(str(path))
        return
    say(str(neural.download(name, kept.voices_folder())))


def _pack(name: str, output: str | None, rate_wpm: int) -> None:
    """Make a set of clips, or bring one up to date, and say what came of it."""
    from coach.cli.progress import shown_progress
    from coach.files import expanded
    from coach.library.standard import standard_library
    from coach.publish.packing import pack_library

    place = None if output is None else expanded(output)
    with shown_progress() as progress:
        folder, packed = pack_library(name, place, standard_library(), rate_wpm, progress)
    for line in packed.unclear:
        say(f"unclear: {line}")
    for line in packed.refused:
        say(f"refused: {line}", err=True)
    say(
        f"{folder}  {packed.spoken} spoken, {packed.kept} kept, {packed.removed} removed, "
        f"{packed.size / 1_000_000:.1f} MB"
    )
    if packed.refused:
        raise typer.Exit(1)


def _try(order: Order, output: str | None, *, force: bool) -> None:
    """Render the sample: two sentences, one counted breath."""
    from coach.cli.render import place_of, write
    from coach.core.languages import ENGLISH
    from coach.core.routine import Sample
    from coach.publish.rendering import prepare_programme

    order = with_best_voice(order).changed(guidance="full", captions=False)
    path = place_of(output, re.sub(r"[^\w.-]+", "-", f"voice-{order.voice}") + ".mp3")
    write(
        prepare_programme(Sample("voice", f"The voice {order.voice}", ENGLISH.phrases.SAMPLE), order, path, force=force)
    )


def _try_all(order: Order, output: str | None, *, force: bool) -> None:
    """Let every voice speak that is worth comparing: of the system's, only the one it takes by itself."""
    from coach.cli.progress import shown_progress
    from coach.cli.render import place_of
    from coach.publish.comparing import compare
    from coach.units import clock_text

    names = [row["name"] for row in (*_set_rows(), *_kokoro_rows(), *_neural_rows())] + ["system"]
    path = place_of(output, "voices.mp3")
    with shown_progress() as progress:
        chapters = compare(names, order.changed(guidance="full"), path, force=force, progress=progress)
    for chapter in chapters:
        say(f"{clock_text(chapter.start_ms)}  {chapter.title}")
    say(str(path))


def _list(*, every: bool, as_json: bool) -> None:
    from coach.core.languages import ENGLISH
    from coach.voices import best_voice, plugged_in

    rows = [*_set_rows(), *_kokoro_rows(), *_neural_rows(), *_system_rows()]
    if not every:
        rows = [row for row in rows if ENGLISH.code in row["language"].lower()[:3] or not row["language"]]
    rows += [
        _row(name, f"from the package {entry.dist.name if entry.dist else '?'}") for name, entry in plugged_in().items()
    ]
    rows.append(_row("silent", "chimes only, exact lengths"))
    best = os.environ.get("COACH_VOICE") or best_voice()
    for row in rows:
        row["default"] = row["name"] == best or (best == "system" and bool(row.pop("system_default", False)))
        row.pop("system_default", None)
    if as_json:
        say_json(rows)
        return
    keys = ("name", "quality", "description", "language", "gender", "sample_rate")
    marks = (["*" if row["default"] else "", *(str(row[key] or "") for key in keys)] for row in rows)
    print_table(("", "voice", "quality", "what it is", "language", "sex", "Hz"), marks)
    say("* speaks unless --voice names another; “--voice system:en-gb” takes a voice by its language.")
    if not any(row["name"].startswith("kokoro") for row in rows):
        from coach.voices.kokoro_files import HOW_TO_GET

        say(f"A natural voice that can say anything: pip install 'stretch-coach[kokoro]', then {HOW_TO_GET}.")


def _row(
    name: str, description: str, language: str = "", gender: str = "", rate: int | None = None, quality: str = ""
) -> dict[str, Any]:
    return {
        "name": name,
        "quality": quality,
        "description": description,
        "language": language,
        "gender": gender,
        "sample_rate": rate,
    }


VERY_GOOD, GOOD, PLAIN = "very good", "good", "plain"
"""What a predictor of quality (DistillMOS, of 5) says of ten lines: above 4.2, above 4, and 2.5 for espeak-ng."""


def _set_rows() -> list[dict[str, Any]]:
    from coach.errors import InputError
    from coach.voices.clip_set import CODED_RATE, ClipSet, sets

    rows = []
    for name, folder in sets().items():
        try:
            clips = ClipSet.read(folder)
        except InputError as error:  # the others are there all the same
            say(str(error), err=True)
            continue
        quality = VERY_GOOD if clips.speaker.startswith("kokoro") else ""
        what = f"{len(clips.clips)} lines of {clips.speaker}, spoken beforehand"
        what += f" ({clips.licence})" if clips.licence else ""
        rows.append(_row(name, what, clips.language, clips.gender, CODED_RATE, quality))
    return rows


def _kokoro_rows() -> list[dict[str, Any]]:
    from coach.publish.packing import told_by
    from coach.voices.clip_set import CODED_RATE
    from coach.voices.kokoro import is_installed
    from coach.voices.kokoro_files import styles

    rows = []
    for style in styles() if is_installed() else ():
        told = told_by(f"kokoro:{style}")
        what = "natural, offline (Kokoro 82M, Apache-2.0)"
        rows.append(_row(f"kokoro:{style}", what, told["language"], told["gender"], CODED_RATE, VERY_GOOD))
    return rows


def _neural_rows() -> list[dict[str, Any]]:
    from coach.voices.neural import is_installed, models

    rows = []
    for model in models() if is_installed() else ():
        facts = model.facts()
        rate = int(facts["rate"]) if facts["rate"].isdigit() else None
        what = "natural, offline (Piper, GPL-3.0)"
        rows.append(_row(f"neural:{model.name}", what, facts["language"], facts["gender"], rate, GOOD))
    return rows


def _system_rows() -> list[dict[str, Any]]:
    """Describe the operating system's voices; without an engine, say so and go on."""
    from coach.errors import VoiceError
    from coach.voices.system import ESPEAK_RATE, SystemVoice

    system = SystemVoice()
    try:
        found = system.voices()
    except VoiceError as error:
        say(str(error), err=True)
        return []
    finally:
        system.close()
    rate = ESPEAK_RATE if system.name != "system" else None
    rows = []
    for voice in found:
        name = f"system:{voice['id']}"
        row = _row(name, voice["name"], voice["language"], voice["gender"].lower(), rate, PLAIN if rate else "")
        rows.append({**row, "system_default": name == system.name})
    return rows
