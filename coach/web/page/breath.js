/* The breath, drawn from the time of the sound alone: it cannot drift. */

const FULLNESS = { in: [0, 1], hold: [1, 1], out: [1, 0], rest: [0, 0] };
const NAMES = { in: "Breathe in", hold: "Hold", out: "Breathe out", rest: "Rest" };
const LEAST = 0.35; // what is left of the circle when the breath is out

/** Return the index of the last of some [start, …] that begins at or before a time, or -1. */
export const lastBefore = (sorted, ms) => {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle][0] <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
};

/** Return {phase, share, full} at a time in milliseconds; null where no breath is paced. `breaths` are [start, end, phase]. */
export const breathAt = (breaths, ms) => {
  const found = breaths[lastBefore(breaths, ms)];
  if (!found || ms >= found[1]) return null;
  const [start, end, phase] = found;
  const share = (ms - start) / (end - start);
  const [from, to] = FULLNESS[phase];
  return { phase, share, full: from + (to - from) * share };
};

/** Draw the breath at a time into the element of the class “breath”; with `isStill` in words alone. */
export const drawBreath = (root, breaths, ms, isStill) => {
  const found = breathAt(breaths, ms);
  const [air, words] = [root.querySelector(".air"), root.querySelector(".phase")];
  const full = found ? found.full : 0;
  root.dataset.still = String(!found);
  air.style.transform = `scale(${(LEAST + (1 - LEAST) * (isStill ? 0.5 : full)).toFixed(4)})`;
  const text = found ? NAMES[found.phase] : "";
  if (words.textContent !== text) words.textContent = text;
  return full;
};
