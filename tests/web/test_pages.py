"""The files of the page, and the data that it is given."""

from __future__ import annotations

import io
import json
import re

from PIL import Image

import coach
from coach.core.routine import stretch_names
from coach.drawing.curve import height
from coach.library.library import Library
from coach.library.standard import standard_library
from coach.recipe import programme_of
from coach.web.catalogue import CHOICES, catalogue
from coach.web.forms import FIELDS, order_of
from coach.web.pages import ICONS, WORKER, manifest, notice, page_files
from coach.web.programme import programme_data

LIBRARY = standard_library()
MOST_BYTES = 100_000
"""The page without sound, and what there is to choose from."""


def data_of(**values: object) -> tuple[coach.Order, coach.Compiled, dict[str, object]]:
    order = coach.Order(voice="silent", **values)
    compiled = coach.compile(order)
    return order, compiled, programme_data(compiled, order)


def test_the_page_is_light() -> None:
    late = (WORKER, "history.js", "exports.js", "icon-512.png", "icon-180.png")
    first = [file for name, file in page_files().items() if name not in late]
    told = json.dumps(catalogue(LIBRARY, ["heart", "michael", "silent"]), ensure_ascii=False).encode()
    assert sum(len(file.data) for file in first) + len(told) + len(manifest()) <= MOST_BYTES


def test_every_module_that_is_imported_is_there() -> None:
    for name, file in page_files().items():
        if name.endswith(".js"):
            for other in re.findall(r'^import .* from "\./([^"]+)";$', file.data.decode(), re.MULTILINE):
                assert other in page_files(), name


def test_the_page_has_no_script_or_style_in_it() -> None:
    html = page_files()["index.html"].data.decode()
    assert re.findall(r"<script(?![^>]* src=)|<style|style=| on[a-z]+=", html) == []


def test_the_service_worker_keeps_the_whole_page() -> None:
    text = page_files()[WORKER].data.decode()
    shell = json.loads(re.search(r"^const SHELL = (.*);$", text, re.MULTILINE)[1])  # type: ignore[index]
    assert set(shell) == {name for name in page_files() if name not in (WORKER, *ICONS)}


def test_icons_have_their_sizes() -> None:
    for name, side in ICONS.items():
        image = Image.open(io.BytesIO(page_files()[name].data))
        assert image.size == (side, side)
    told = json.loads(manifest())
    assert {icon["sizes"] for icon in told["icons"]} >= {"192x192", "512x512"}  # as Chromium asks for
    assert told["start_url"] == "./"


def test_a_notice_says_what_it_is_given_as_text() -> None:
    assert "<script>" not in notice("<script>alert(1)</script>")


def test_all_that_is_offered_can_be_ordered() -> None:
    told = catalogue(LIBRARY, ["silent"])
    assert {each["id"] for each in told["routines"]} == set(LIBRARY.routines)
    for kind in ("routines", "stretches"):
        for each in told[kind]:
            assert each["name"]
            assert each["about"]
            assert each["length_ms"] > 0
            programme_of(order_of({"targets": [each["id"]]}, ["auto"]), LIBRARY)
    for each in told["patterns"]:
        order_of({"breathing": True, "breath": each["id"]}, ["auto"])
    for each in told["conditions"]:
        order_of({"targets": "daily", "avoid": [each["id"]]}, ["auto"])
    for field in CHOICES:
        for word in told["choices"][field]:
            order_of({"targets": "daily", field: word}, ["auto"])
    for name in told["backgrounds"]:
        order_of({"targets": "daily", "background": name}, ["auto"])


def test_a_script_that_cannot_be_read_is_not_offered() -> None:
    library = Library(
        LIBRARY.folders, routines={"broken": "name: [", "sound": "name: A\npurpose: B\nstretches: [cobra]"}
    )
    offered = {each["id"] for each in catalogue(library, [])["routines"]}
    assert "broken" not in offered
    assert "sound" in offered


def test_the_player_is_given_the_timeline() -> None:
    _, compiled, data = data_of(targets=("cat-cow", "piriformis"))
    timeline = compiled.timeline
    assert data["length_ms"] == timeline.duration_ms
    assert data["breaths"] == [[c.start_ms, c.end_ms, c.phase] for c in timeline.cues if c.kind == "breath"]
    words = " ".join(line[2] for line in data["lines"])  # type: ignore[attr-defined]
    assert all(cue.text in words for cue in timeline.cues if cue.kind == "speech" and cue.text)
    names = [each["name"] for each in data["stretches"]]  # type: ignore[attr-defined]
    assert names == list(stretch_names(compiled.programme).values())
    starts = [each["start_ms"] for each in data["stretches"]]  # type: ignore[attr-defined]
    assert starts == [part[0] for part in data["chapters"] if part[2] in names]  # type: ignore[attr-defined]
    json.dumps(data)


def test_what_was_ordered_can_be_ordered_again() -> None:
    order, _, data = data_of(targets=("cat-cow", "cobra"), words="names", avoid=("knees",))
    form = data["order"]
    assert set(form) <= set(FIELDS)  # type: ignore[call-overload]
    assert order_of(form, ["silent"]) == order


def test_breath_alone_has_no_stretches_and_no_chapters() -> None:
    _, _, data = data_of(breathing=True, minutes=1)
    assert data["breathing"] is True
    assert data["stretches"] == data["chapters"] == []
    assert data["breaths"]


def test_what_was_swapped_and_left_out_is_told() -> None:
    order = coach.Order(targets=("daily",), voice="silent", gentle=True)
    _, changes = programme_of(order)
    data = programme_data(coach.compile(order), order, changes)
    assert len(data["notes"]) == len(changes) > 0


def test_the_heights_of_the_breath_are_those_of_the_page() -> None:
    """See FULLNESS in breath.js."""
    text = page_files()["breath.js"].data.decode()
    for phase in ("in", "hold", "out", "rest"):
        found = re.search(rf"\b{phase}: \[(\d), (\d)\]", text)
        assert found
        assert (float(found[1]), float(found[2])) == (height(phase, 0), height(phase, 1))
