"""How loud every routine of the library is: ``uv run python tests/benchmarks/levels.py [VOICE...]``.

Each is rendered as it is, the MP3 decoded and measured by ffmpeg's ebur128: −19 LUFS on one loudspeaker (−16 on two)
within 0.5, true peak at most −1 dBTP.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from support.listening import levels_of


def main() -> None:
    """Print a table for each voice."""
    for voice in sys.argv[1:] or ("system", "neural"):
        with tempfile.TemporaryDirectory() as folder:
            command = [
                sys.executable,
                "-m",
                "coach",
                "render",
                "--all",
                "--voice",
                voice,
                "--no-captions",
                "-o",
                folder,
            ]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            paths = sorted(Path(folder).glob("*.mp3"))
            with ThreadPoolExecutor(2) as threads:
                found = list(threads.map(levels_of, paths))
        for path, levels in zip(paths, found, strict=True):
            print(f"{voice:8} {path.stem:20} {levels.lufs:6.1f} LUFS {levels.true_peak_db:6.1f} dBTP")
        lowest, highest = min(levels.lufs for levels in found), max(levels.lufs for levels in found)
        peak = max(levels.true_peak_db for levels in found)
        print(f"{voice:8} {len(found)} routines: {lowest:.1f} to {highest:.1f} LUFS, true peak at most {peak:.1f} dBTP")


if __name__ == "__main__":
    main()
