"""A speech engine that does what it should not."""

from __future__ import annotations

import sys
from pathlib import Path


def fake(tmp_path: Path, body: str) -> tuple[str, ...]:
    """A worker that notes each request in a file and then does as ``body`` says; it may fall back on the real one."""
    path = tmp_path / "worker.py"
    path.write_text(
        f"""
import json, os, sys, time, wave
asked = {str(tmp_path / "asked")!r}
for line in sys.stdin:
    request = json.loads(line)
    with open(asked, "a") as file: file.write(str(os.getpid()) + "\\n")
    times = len(open(asked).readlines())
    def answer(**whole): print(json.dumps(whole), flush=True)
    def sound(frames=9000):
        with wave.open(request["path"], "wb") as file:
            file.setnchannels(1); file.setsampwidth(2); file.setframerate(22050)
            file.writeframes((b"\\x00\\x30" * 11 + b"\\x00\\xd0" * 11) * (frames // 22))
{body}
"""
    )
    return (sys.executable, str(path))
