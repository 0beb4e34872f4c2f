"""The process in which pocketsphinx runs: while it reads a piece of speech, nothing else in its interpreter can run,
and a loudspeaker does not wait.

It reads requests of little-endian numbers on stdin: how many pieces (32 bit), how many samples each has (32 bit each),
and the samples (32 bit floats). It answers each with one JSON line on what was stdout, and begins with one that says
that it is ready, or why it is not.
"""

from __future__ import annotations

import json
import os
import sys
from typing import IO

from coach.errors import CoachError
from coach.live.ears.spotter import Spotter


def read_request(stream: IO[bytes]) -> list[bytes] | None:
    """Return the samples of each piece; ``None`` at the end."""
    head = stream.read(4)
    if len(head) < 4:  # noqa: PLR2004 - a number of 32 bit
        return None
    count = int.from_bytes(head, "little")
    lengths = [int.from_bytes(stream.read(4), "little") for _ in range(count)]
    return [stream.read(4 * length) for length in lengths]


def request_of(pieces: list[bytes]) -> bytes:
    """Return the request for some pieces, each as bytes of 32 bit floats."""
    numbers = [len(pieces), *(len(piece) // 4 for piece in pieces)]
    return b"".join((*(number.to_bytes(4, "little") for number in numbers), *pieces))


def main() -> None:
    """Serve until stdin ends, which it does when the coach is gone."""
    import numpy as np

    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    try:
        spotter = Spotter()
    except CoachError as error:
        answers.write(json.dumps({"error": str(error)}) + "\n")
        return
    answers.write(json.dumps({"ready": True}) + "\n")
    while (pieces := read_request(sys.stdin.buffer)) is not None:
        command = spotter.command_in(np.frombuffer(piece, dtype="<f4") for piece in pieces)
        answers.write(json.dumps({"command": command}) + "\n")


if __name__ == "__main__":
    main()
