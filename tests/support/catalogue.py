"""The facts that the library must keep: of the five articles, a row a stretch, in each article's order; and of every
other page that a script names.

Copied from the project's catalogue of its sources. Each range is (least, most): repetitions, seconds held, breaths
held; ``None`` where the article states none. “few” is 3.
"""

from __future__ import annotations

from typing import NamedTuple

Range = tuple[int, int]


class Row(NamedTuple):
    article: str
    stretch: str
    script: str
    times: Range | None = None
    held_s: Range | None = None
    breaths: Range | None = None
    sided: bool = False


CATALOGUE = (
    Row("000", "Cat stretch", "cat-cow", times=(5, 10)),
    Row("000", "Seated torso twist", "seated-torso-twist", sided=True),
    Row("000", "Butterfly", "butterfly", breaths=(5, 5)),
    Row("000", "Happy baby", "happy-baby", breaths=(5, 5)),
    Row("001", "Deep breathing (opening)", "deep-breathing"),
    Row("001", "Seated straddle side bend", "seated-straddle-side-bend", breaths=(3, 3), sided=True),
    Row("001", "Child's pose, wide knees", "childs-pose", breaths=(3, 3)),
    Row("001", "Knee to chest", "knee-to-chest", sided=True),
    Row("001", "Knees to chest (both)", "knees-to-chest", times=(3, 3), held_s=(15, 20)),
    Row("001", "Happy baby", "happy-baby", breaths=(3, 3)),
    Row("001", "Hamstring stretch at a wall", "hamstring-at-wall", times=(1, 3), held_s=(1, 60), sided=True),
    Row("001", "Towel hamstring stretch", "towel-hamstring-stretch", sided=True),
    Row("001", "Figure four", "figure-four", held_s=(30, 30), sided=True),
    Row("001", "Pelvic tilt", "pelvic-tilt"),
    Row("001", "Knee rolls (lower back rotation)", "knee-rolls"),
    Row("001", "Cross-body knee pull", "cross-body-knee-pull", times=(1, 3), held_s=(30, 30), sided=True),
    Row("001", "Supported bridge", "supported-bridge"),
    Row("001", "Belly flop", "belly-flop"),
    Row("001", "Lizard pose", "lizard", sided=True),
    Row("002", "Knee to chest", "knee-to-chest", held_s=(10, 20), sided=True),
    Row("002", "Lying knee twist", "lying-knee-twist", held_s=(20, 20), sided=True),
    Row("002", "Child's pose", "childs-pose", held_s=(30, 30)),
    Row("002", "Cat-cow", "cat-cow", held_s=(30, 30)),
    Row("002", "Piriformis stretch", "piriformis", held_s=(10, 20), sided=True),
    Row("002", "Glute bridge", "glute-bridge", times=(10, 15)),
    Row("002", "Cobra", "cobra", times=(5, 10)),
    Row("003", "Child's pose", "childs-pose"),
    Row("003", "Cat-cow", "cat-cow"),
    Row("003", "Standing hamstring stretch", "standing-hamstring-stretch", held_s=(30, 30), sided=True),
    Row("003", "Pigeon pose", "pigeon", held_s=(30, 30), sided=True),
    Row("003", "Seated spinal twist", "seated-spinal-twist", breaths=(3, 3), sided=True),
    Row("004", "Leg twists", "leg-twists", times=(4, 5), held_s=(8, 10), sided=True),
    Row("004", "Seated spinal twist", "seated-spinal-twist", times=(4, 5), held_s=(8, 10), sided=True),
    Row("004", "Bridging", "bridging", times=(8, 8), held_s=(8, 10)),
    Row("004", "Bird-dog", "bird-dog", times=(4, 5), held_s=(8, 10), sided=True),
    Row("004", "Back extension push-up", "back-extension", times=(6, 6), held_s=(8, 10)),
    Row("004", "Knee rolls", "knee-rolls", times=(4, 5), held_s=(5, 5)),
    Row("004", "Knee-to-chest kicks", "knee-to-chest-kicks", times=(30, 50)),
)

ROUTINES = {
    "000": "between-massages",
    "001": "gentle-relief",
    "002": "lower-back-seven",
    "003": "therapeutic-five",
    "004": "fifteen-minutes",
}


class Figure(NamedTuple):
    """A dose that a page gives for a stretch which is in none of the five articles, or is done elsewhere than there."""

    script: str
    page: str
    """As the script names it."""
    times: Range | None = None
    held_s: Range | None = None
    breaths: Range | None = None


_NIA = "National Institute on Aging, as quoted by berkeleywellness.com, how to get up"

FIGURES = (
    Figure("dead-bug", "sweat.fitness, exercise of the week, deadbug", times=(5, 10)),
    Figure("dead-bug", "greatrockbible.com, core exercise, dead bug", times=(10, 12)),
    Figure("side-plank-knees", "kmpt.nhs.uk, physiotherapy strength exercise guide", times=(8, 10), held_s=(5, 10)),
    Figure("side-plank-knees", "mountainpeakfitness.com, McGill big three", times=(4, 6), held_s=(10, 10)),
    Figure("plank-knees", "physiotherapyoakville.com, core exercise progressions", held_s=(15, 20)),
    Figure("plank-knees", "harboursidefitness.com.au, the plank", times=(4, 4), held_s=(10, 10)),
    Figure("chair-cat-cow", "eskenazihealth.edu, exercise of the month, seated cat-cow", times=(5, 5)),
    Figure("chair-cat-cow", "stretchitapp.com, seated cat-cow stretch", times=(6, 8)),
    Figure("chair-chest-stretch", "www2.hse.ie, sitting exercises", times=(5, 5), held_s=(5, 10)),
    Figure("chair-side-bend", "morelifehealth.com, seated lumbar side flexion stretch", held_s=(10, 60)),
    Figure("chair-twist", "www2.hse.ie, sitting exercises", times=(5, 5), held_s=(5, 5)),
    Figure("chair-march", "www2.hse.ie, sitting exercises", times=(10, 10)),
    Figure("chair-ankles", "www2.hse.ie, sitting exercises", times=(5, 10)),
    Figure("chair-figure-four", "lanechiroandrehab.com, buttocks stretches, figure 4", held_s=(20, 30)),
    Figure("chair-figure-four", "eskenazihealth.edu, exercise of the month, piriformis stretch", held_s=(10, 15)),
    Figure("chair-forward-rest", "morelifehealth.com, seated lumbar flexion stretch", held_s=(10, 60)),
    Figure("chair-forward-rest", "saintlukeskc.org, back exercises, lower back stretch", times=(2, 2), held_s=(20, 20)),
    Figure("bed-stretch-long", "bupa.co.uk, your daily wake up routine", times=(2, 3), held_s=(15, 20)),
    Figure("bed-stretch-long", "newsbytesapp.com, morning stretches in bed", times=(2, 3), held_s=(10, 10)),
    Figure("bed-ankle-pumps", "sunnybrook.ca, leg exercises", times=(5, 10), held_s=(3, 3)),
    Figure("bed-ankle-pumps", "uconnect.wisc.edu, exercise and activity while in the hospital", times=(10, 10)),
    Figure("bed-pelvic-tilt", "nhsinform.scot, exercises for back pain", times=(5, 5)),
    Figure("bed-pelvic-tilt", "NHS, as quoted by briefnews.eu, pelvic tilts", times=(10, 15)),
    Figure("bed-knee-to-chest", "002", held_s=(10, 20)),
    Figure("bed-knee-to-chest", "bupa.co.uk, your daily wake up routine", times=(2, 3), held_s=(15, 20)),
    Figure("bed-knee-rolls", "mayoclinic.org, back exercises in 15 minutes a day", times=(2, 3), held_s=(5, 10)),
    Figure("bed-knee-rolls", "nhsinform.scot, exercises for back pain", times=(5, 5), held_s=(2, 2)),
    Figure("down-standing", "physio-pedia.com, backward-chaining"),
    Figure("down-one-knee", "physio-pedia.com, backward-chaining"),
    Figure("down-to-side", _NIA, held_s=(60, 120)),
    Figure("down-to-side", "physio-pedia.com, backward-chaining"),
    Figure("down-to-back", "physio-pedia.com, backward-chaining"),
    Figure("up-to-chair", "hartfordhospitaldocs.com, if you fall", held_s=(60, 120)),
    Figure("up-to-chair", _NIA),
    Figure("body-scan", "conversingcare.org, body scan", held_s=(300, 300)),
    Figure("body-scan", "mercedes-benz.com, body scan, inner peace in ten minutes", held_s=(600, 600)),
    Figure("walk-easy", "mclaren.org, starting a walking program", held_s=(300, 300)),
    Figure("walk-slow", "mclaren.org, starting a walking program", held_s=(300, 300)),
    Figure("walk-brisk", "mclaren.org, starting a walking program", held_s=(1800, 1800)),
    Figure("walk-brisk", "bestonhealth.com, walking", held_s=(300, 300)),
    Figure("walk-brisk", "WalkBack, Lancet 2024, 404, 134-144", held_s=(1800, 1800)),
)
