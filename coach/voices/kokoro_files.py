"""Kokoro's files: the model and its styles, where they are and how they get there.

The model (Kokoro 82M, 8 bit, Apache-2.0; its ONNX form is MIT) and the styles (Apache-2.0) lie in a folder ``kokoro``
beside the other voices: ``model.onnx``, and a file ``NAME.bin`` for each style.
"""

from __future__ import annotations

import hashlib
import os
import urllib.error
import urllib.request
from pathlib import Path

from coach.errors import InputError, MachineError, UnknownNameError, reason
from coach.files import HeldFolder
from coach.voices.kept import DOWNLOAD_TIMEOUT_S, voices_folder

MODEL = "model.onnx"
MODEL_SUM = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
MODEL_BYTES = 92_361_271
STYLE_BYTES = 522_240
"""510 rows, one for each length in phonemes, of 256 numbers of 32 bit."""
STYLE_SUMS = {
    "af_alloy": "c4a6b876047fd7fb472edf4ebd63cfac7c3b958a7cae7c106e8f038ca6308c45",
    "af_aoede": "4a004c33430762e2461eedb2013fad808ef4ab3121f5300f554476caf58d8361",
    "af_bella": "f69d836209b78eb8c66e75e3cda491e26ea838a3674257e9d4e5703cbaf55c8b",
    "af_heart": "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b",
    "af_jessica": "a240a5e3c15b43563d6e923bdca8ef5613a23471d9b77653694012435df23bd8",
    "af_kore": "9be5221b6a941c04b561959b8ff0b06e809444dcc4ab7e75a7b23606f691819e",
    "af_nicole": "cd2191ab31b914ed7b318416b0e4440fdf392ddad9106a060819aa600a64f59a",
    "af_nova": "18778272caa0d0eebaea251c35fd635f038434f9eee5e691d02a174bd328414f",
    "af_river": "00a2bcf82b1d86e8f19902ede58c65ccf6c0e43b44b7d74fad54e5d8933c9c30",
    "af_sarah": "4409fbc125afabacc615d94db5398d847006a737b0247d6892b7a9a0007a2f0a",
    "af_sky": "4435255c9744f3f31659e0d714ab7689bf65d9e77ec1cce060f083912614f0b9",
    "am_adam": "162b035ed91cfc48b6046982184c645f72edcdd1b82843347f605d7bf7b15716",
    "am_echo": "3968b92c3c4cd1c4416dbded36c13eaa388a90d5788d02a13e4d781f5f8cf3c3",
    "am_eric": "e8b5be17edd1e3636901ce7598baafe2dc8dd8ff707a0c23bf9e461add7e2832",
    "am_fenrir": "c27989f741f7ee34d273a39d8a595cc0837d35f5ced9a29b7cc162614616df43",
    "am_liam": "52403be32fd047c6a44517cb0bcd6b134f2a18baa73e70ef41651e0eab921ade",
    "am_michael": "1d1f21dd8da39c30705cd4c75d039d265e9bc4a2a93ed09bc9e1b1225eb95ba1",
    "am_onyx": "da5d135b424164916d75a68ffb4c2abce3d7d5ccc82dd1ee6cf447ce286145e6",
    "am_puck": "fcf73c989033e9233e0b98713eca600c8c74dcc1614b37009d5450ff4a2274a0",
    "am_santa": "61150cf726ab6c5ed7a99f90a304f91f5a72c00c592e89ec94e5df11c319227a",
    "bf_alice": "08afa6ba24da61ea5e8efa139e5aadc938d83f0a6da5a900adaf763ac1da5573",
    "bf_emma": "669fe0647f9dd04fcab92f1439a40eeb4c8b4ab1f82e4996fe3d918ce4a63b73",
    "bf_isabella": "3754352c4aaa46d17f27654ab7518d65b62ad6163a0f55a5f4330c2da2c4e94f",
    "bf_lily": "5e0ee32ebe64a467124976b14e69590746f1c4ce41a12b587a50c862edfea335",
    "bm_daniel": "6b3194bbceffb746733cbc22c8f593dd44e401a71d53895a2dca891bc595a1e8",
    "bm_fable": "f889083196807b4adb15e9204252165f503b8d33d3982e681c52443c49d798f1",
    "bm_george": "c4b235a4c1f2cd3b939fed08b899ce9385638b763f7b73a59616c4fc9bd6c9bc",
    "bm_lewis": "b8f671cef828c30e66fdf0b0756a76bba58f6bb3398cbbf27058642acbcedb97",
}
"""The English styles: af_ and am_ are American, bf_ and bm_ British; f is a woman's voice and m a man's."""

HOME_VARIABLE = "COACH_KOKORO_HOME"
"""Where the files are fetched from instead: a mirror that has ``model.onnx`` and ``NAME.bin``."""
_MODEL_HOME = "https://github.com/thewh1teagle/kokoro-onnx/releases/download/model-files-v1.0/kokoro-v1.0.int8.onnx"
_STYLES_HOME = "https://huggingface.co/onnx-community/Kokoro-82M-v1.0-ONNX/resolve/main/voices"
USUAL_STYLES = ("af_heart", "am_michael")
"""What is fetched with the model: the styles of the sets that come with the coach."""
HOW_TO_GET = "“coach voices --download kokoro” fetches it (93 MB)"
_PIECE_BYTES = 1 << 20


def kokoro_folder() -> Path:
    """Return where the model and the styles are; it need not exist."""
    return voices_folder() / "kokoro"


def styles() -> tuple[str, ...]:
    """Return the styles on this machine by name; none if there is no model."""
    folder = kokoro_folder()
    if not (folder / MODEL).is_file():
        return ()
    found = sorted(path.stem for path in folder.glob("*.bin"))
    return tuple(sorted(found, key=lambda name: (name not in USUAL_STYLES, name)))


def style_path(name: str) -> Path:
    """Return the file of a style.

    Raises:
        InputError: there is no model.
        UnknownNameError: there is no such style.
    """
    there = styles()
    if not there:
        raise InputError(f"Kokoro's model is not on this machine; {HOW_TO_GET}")
    for known in there:
        if known.lower() == name.lower():
            return kokoro_folder() / f"{known}.bin"
    if name.lower() in STYLE_SUMS:
        hint = f"“coach voices --download kokoro:{name.lower()}” fetches it"
        raise InputError(f"the style {name.lower()} is not on this machine; {hint}")
    raise UnknownNameError("style", name, (*there, *STYLE_SUMS), "“coach voices” lists those that are here")


def sum_of(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def download(wanted: str = "") -> tuple[Path, ...]:
    """Fetch the model and styles; each appears whole and with the right checksum, or not at all.

    Args:
        wanted: a style, or a blend of some; the usual ones if it is empty.

    Returns:
        What is there now.

    Raises:
        UnknownNameError: there is no such style.
        MachineError: the network or the disk fails, or what came is not what it should be.
    """
    names = [name.strip().lower() for name in wanted.split("+")] if wanted else list(USUAL_STYLES)
    for name in names:
        if name not in STYLE_SUMS:
            raise UnknownNameError("style", name, STYLE_SUMS, f"there are {', '.join(STYLE_SUMS)}")
    mirror = os.environ.get(HOME_VARIABLE, "").rstrip("/")
    files = [(MODEL, f"{mirror}/{MODEL}" if mirror else _MODEL_HOME, MODEL_SUM, MODEL_BYTES)]
    files += [(f"{name}.bin", f"{mirror or _STYLES_HOME}/{name}.bin", STYLE_SUMS[name], STYLE_BYTES) for name in names]
    folder = kokoro_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with HeldFolder(".download-", folder) as temporary:
            for name, address, right_sum, size in files:
                place = folder / name
                if not (place.is_file() and sum_of(place) == right_sum):
                    _fetch(address, temporary / name, right_sum, size)
                    (temporary / name).replace(place)
    except OSError as error:
        raise MachineError(f"Kokoro could not be downloaded to {folder}: {reason(error)}") from error
    return tuple(folder / name for name, *_ in files)


def _fetch(address: str, place: Path, right_sum: str, size: int) -> None:
    if not address.startswith(("https://", "http://")):
        raise MachineError(f"{HOME_VARIABLE} is not the address of a server: {address}")
    digest, count = hashlib.sha256(), 0
    try:
        with urllib.request.urlopen(address, timeout=DOWNLOAD_TIMEOUT_S) as answer, place.open("wb") as file:  # noqa: S310
            # No more is taken than the file may have.
            while count <= size and (piece := answer.read(_PIECE_BYTES)):
                file.write(piece)
                digest.update(piece)
                count += len(piece)
    except urllib.error.HTTPError as error:
        raise MachineError(f"{address} could not be downloaded: the server says {error.code}") from error
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        why = getattr(error, "reason", error)
        raise MachineError(f"{address} could not be downloaded: {why}. Is there a network?") from error
    except ValueError as error:
        raise MachineError(f"{address} could not be downloaded: {error}") from error
    if digest.hexdigest() != right_sum:
        problem = f"{count} bytes instead of {size}" if count != size else "its checksum is wrong"
        raise MachineError(f"what came from {address} is not Kokoro's file ({problem}); it was thrown away")
