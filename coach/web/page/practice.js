// What sessions add up to: weeks, and days in a row, by the rules of coach/history/streaks.py.
//
// A session: {id, began, routine, title, planned_ms, practised_ms, outcome: "finished"|"stopped",
// stretches: [{id, name, practised_ms, done}], breathing}. It belongs to the day on which it began, by the clock of the
// place, and that is what the first ten characters of `began` say. Days are counted from 1970-01-01, a Thursday.

const COUNTS_MS = 180_000;
const DAY_MS = 86_400_000;

const dayOf = (began) => Date.parse(began.slice(0, 10)) / DAY_MS;
const dayOfDate = (date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY_MS;
const mondayOf = (day) => day - ((((day + 3) % 7) + 7) % 7);
const isoOf = (day) => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** The days that count: a session was finished, or three minutes were practised in all. */
const daysThatCount = (sessions) => {
  const days = new Set();
  const practised = new Map();
  for (const { began, practised_ms, outcome } of sessions) {
    const day = dayOf(began);
    practised.set(day, (practised.get(day) ?? 0) + practised_ms);
    if (outcome === "finished" || practised.get(day) >= COUNTS_MS) days.add(day);
  }
  return days;
};

const run = (days, day, step) => {
  let length = 0;
  for (; days.has(day); day += step) length += 1;
  return length;
};

/**
 * The last weeks, the newest last: this one and those before it, `count` in all.
 * @param {object[]} sessions
 * @param {Date} today by the clock of the phone
 * @param {number} count
 * @returns {{monday: string, days: boolean[], practised_ms: number, sessions: number}[]} days: whether each counts;
 *   sessions: how many there were
 */
export const weeks = (sessions, today, count) => {
  const counting = daysThatCount(sessions);
  const last = mondayOf(dayOfDate(today));
  const rows = Array.from({ length: count }, (_, index) => {
    const monday = last - 7 * (count - 1 - index);
    const days = Array.from({ length: 7 }, (_, day) => counting.has(monday + day));
    return { monday: isoOf(monday), days, practised_ms: 0, sessions: 0 };
  });
  for (const { began, practised_ms } of sessions) {
    const row = rows[count - 1 - (last - mondayOf(dayOf(began))) / 7];
    if (!row) continue;
    row.practised_ms += practised_ms;
    row.sessions += 1;
  }
  return rows;
};

/**
 * How many days in a row count: up to today, or up to yesterday as long as today does not count yet; and the most there
 * ever were.
 * @param {object[]} sessions
 * @param {Date} today by the clock of the phone
 * @returns {{current: number, longest: number}}
 */
export const streaks = (sessions, today) => {
  const days = daysThatCount(sessions);
  const now = dayOfDate(today);
  const firsts = [...days].filter((day) => !days.has(day - 1));
  return {
    current: run(days, days.has(now) ? now : now - 1, -1),
    longest: firsts.reduce((most, day) => Math.max(most, run(days, day, 1)), 0),
  };
};

/**
 * A moment by a clock that is some minutes ahead of UTC, with its distance from UTC.
 * @param {Date} date
 * @param {number} offset minutes
 * @returns {string} as "2026-11-29T07:30:00.000+01:00"
 */
export const isoAt = (date, offset) => {
  const two = (number) => String(Math.trunc(Math.abs(number))).padStart(2, "0");
  const clock = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
  return `${clock}${offset < 0 ? "-" : "+"}${two(offset / 60)}:${two(offset % 60)}`;
};

/**
 * A moment by the clock of the phone, with its distance from UTC.
 * @param {Date} date
 * @returns {string} as "2026-11-29T07:30:00.000+01:00"
 */
export const localIso = (date) => isoAt(date, -date.getTimezoneOffset());

/**
 * A new id: a UUID of version 4 without its dashes. `crypto.randomUUID` is not there on plain http.
 * @returns {string} 32 hexadecimal digits
 */
export const newId = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};
