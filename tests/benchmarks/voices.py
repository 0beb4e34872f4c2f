"""What a cold render costs in each voice: ``uv run python tests/benchmarks/voices.py [VOICE...]``.

“alone” is the engine itself speaking the same lines one after another in one process (Piper with its model loaded once,
espeak-ng a process a line), “encode” is ffmpeg alone on the same samples. The aim is a cold render of at most 1.2 times
both together. Figures are the best of the rounds, which take turns.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from coach.audio.ffmpeg import ffmpeg_path
from coach.core.plan import lay
from coach.library.standard import standard_lexicon, standard_library
from coach.publish.mp3 import KBIT_PER_S as MP3_KBIT_PER_S
from coach.recipe import DEFAULT_DELIVERY
from coach.units import SAMPLE_RATE

ROUTINE = "lower-back-seven"
PIPER = """
import sys, wave
from piper import PiperVoice, SynthesisConfig
from coach.voices.neural import find_model
voice = PiperVoice.load(find_model("").path)
for line in sys.stdin.read().splitlines():
    for chunk in voice.synthesize(line, SynthesisConfig(length_scale=1.25)):
        chunk.audio_int16_bytes
"""


def timed(command: list[str], folder: Path, text: str | None = None, **environment: str) -> float:
    """Run a command and return how long it took."""
    started = time.perf_counter()
    env = {**os.environ, **environment}
    subprocess.run(command, cwd=folder, env=env, input=text, text=True, check=True, capture_output=True)
    return time.perf_counter() - started


def speak_alone(voice: str, lines: list[str], folder: Path) -> float:
    """Return how long the engine alone takes for the lines."""
    if voice == "neural":
        return timed([sys.executable, "-c", PIPER], folder, "\n".join(lines))
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        raise SystemExit("espeak-ng is needed for the comparison; install it from your distribution")
    return sum(timed([espeak, "-v", "en-us", "-s", "145", "-w", "x.wav", line], folder) for line in lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("voices", nargs="*", default=["system", "neural"])
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    lexicon = standard_lexicon()
    lines = [lexicon.said(line) for line in lay(standard_library().routine(ROUTINE), DEFAULT_DELIVERY).texts]
    print(f"{ROUTINE}: {len(lines)} lines")
    print(f"{'voice':>8} {'cold':>7} {'warm':>7} {'alone':>7} {'encode':>7} {'cold/(alone+encode)':>20}")
    for voice in arguments.voices:
        cold, warm, alone, encode = ([], [], [], [])  # type: tuple[list[float], ...]
        for _ in range(arguments.rounds):
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                render = [sys.executable, "-m", "coach", "render", ROUTINE, "--voice", voice, "-o"]
                cold.append(timed([*render, "x.mp3"], folder, COACH_CACHE=str(folder)))
                warm.append(timed([*render, "y.mp3"], folder, COACH_CACHE=str(folder)))
                alone.append(speak_alone(voice, lines, folder))
                timed([*render, "z.wav"], folder, COACH_CACHE=str(folder))
                raw = ["-v", "error", "-y", "-i", "z.wav", "-f", "s16le", "x.raw"]
                subprocess.run([ffmpeg_path(), *raw], cwd=folder, check=True)
                pcm = ["-v", "error", "-y", "-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", "x.raw"]
                mp3 = ["-c:a", "libmp3lame", "-b:a", f"{MP3_KBIT_PER_S}k", "alone.mp3"]
                encode.append(timed([ffmpeg_path(), *pcm, *mp3], folder))
        best = [min(each) for each in (cold, warm, alone, encode)]
        print(f"{voice:>8} " + " ".join(f"{each:6.2f}s" for each in best) + f" {best[0] / (best[2] + best[3]):20.2f}")


if __name__ == "__main__":
    main()
