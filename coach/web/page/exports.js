// What was practised, as files for other programs: a table (and back), a calendar, a record for a doctor's system.

import { isoAt, newId } from "./practice.js";

const MINUTE_MS = 60_000;

/** A text without control characters, of which neither calendars nor FHIR know any but tabs and line ends. */
const readable = (text) => text.replace(/\r\n?/g, "\n").replace(/[\0-\x08\x0b-\x1f\x7f]/g, "");

// CSV

const HEADS =
  "began began_utc routine title planned_ms practised_ms outcome stretches done at_stretch side stretch_ms order id";

// A spreadsheet takes a text that begins so for a formula and may run it; after an apostrophe it is a text. One that has
// apostrophes already gets another, so that there is a way back.
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;

const cell = (value) => {
  const text = typeof value === "string" && FORMULA.test(value) ? `'${value}` : String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/**
 * Sessions as `coach history --csv` writes them, a row each. The page does not know `at_stretch`, `side` and `order`.
 * @param {object[]} sessions
 * @returns {string} lines that end with LF
 */
export const toCsv = (sessions) => {
  const heads = HEADS.split(" ");
  const rows = sessions.map((session) => {
    const facts = {
      ...session,
      began_utc: new Date(session.began).toISOString().replace("Z", "+00:00"),
      stretches: session.stretches.length,
      done: session.stretches.filter(({ done }) => done).length,
      stretch_ms: session.stretches.map(({ id, practised_ms }) => `${id}=${practised_ms}`).join(" "),
      at_stretch: "",
      side: "",
      order: "",
    };
    return heads.map((head) => cell(facts[head]));
  });
  return [heads, ...rows].map((row) => `${row.join(",")}\n`).join("");
};

const CELL = /("[^"]*(?:""[^"]*)*"|[^,\n"]*?)(,|\r?\n|$)/y;

const rowsOf = (text) => {
  const rows = [[]];
  CELL.lastIndex = 0;
  while (CELL.lastIndex < text.length) {
    const [, raw, stop] = CELL.exec(text) ?? raise("no CSV");
    const value = raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw;
    rows.at(-1).push(value.startsWith("'") && FORMULA.test(value) ? value.slice(1) : value);
    if (stop.endsWith("\n")) rows.push([]);
  }
  return rows.filter((row) => row.length);
};

/** The table knows how many stretches were done, not which: the first ones, then. It knows no names. */
const fromCsv = (text) => {
  const [heads, ...rows] = rowsOf(text);
  return rows.map((row) => {
    const facts = Object.fromEntries(heads.map((head, index) => [head, row[index]]));
    const stretches = facts.stretch_ms.split(" ").filter(Boolean).map((part, index) => {
      const [id, practised_ms] = part.split("=");
      return { id, name: id, practised_ms, done: index < Number(facts.done) };
    });
    return { ...facts, stretches };
  });
};

const raise = (reason) => {
  throw new SyntaxError(reason);
};

const length = (value) => (Number(value) >= 0 && Number(value) < 1e12 ? Number(value) : raise("no length"));

/** A session with what the page keeps of one, and nothing else. */
const checked = ({ id, began, routine, title, planned_ms, practised_ms, outcome, stretches, breathing }) => {
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$/.test(began) && Date.parse(began);
  if (!/^[0-9a-f]{32}$/.test(id) || !isTime) raise("no session");
  return {
    id,
    began,
    routine: String(routine),
    title: String(title),
    planned_ms: length(planned_ms),
    practised_ms: length(practised_ms),
    outcome: outcome === "finished" ? outcome : "stopped",
    stretches: stretches.map((part) => ({
      id: String(part.id),
      name: String(part.name),
      practised_ms: length(part.practised_ms),
      done: part.done === true,
    })),
    breathing: breathing === true,
  };
};

/**
 * The sessions of a file that the page, `coach history --csv` or `coach history --json` wrote.
 * @param {string} text
 * @returns {object[]}
 * @throws {Error} it holds none
 */
export const toSessions = (text) => {
  const found = text.trimStart().startsWith("{") ? JSON.parse(text).sessions : fromCsv(text);
  return found.length ? found.map(checked) : raise("no sessions");
};

// Calendar: https://www.rfc-editor.org/rfc/rfc5545

const WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

const escaped = (text) => readable(text).replace(/[\\;,]/g, "\\$&").replaceAll("\n", "\\n");

/** Lines of at most 75 octets, the line end left out; no character is split. */
const folded = (line) => {
  const encoder = new TextEncoder();
  let text = "";
  let octets = 0;
  for (const character of line) {
    const more = encoder.encode(character).length;
    if (octets + more > 75) {
      text += "\r\n ";
      octets = 1;
    }
    text += character;
    octets += more;
  }
  return `${text}\r\n`;
};

const stamp = (iso) => iso.slice(0, 19).replace(/[-:]/g, "");

/** The first time on one of the days that is not over yet, by the clock on the wall. */
const firstTime = (from, days, time) => {
  const [hours, minutes] = time.split(":").map(Number);
  for (let ahead = 0; ahead < 7; ahead += 1) {
    const first = new Date(Date.UTC(from.getFullYear(), from.getMonth(), from.getDate() + ahead, hours, minutes));
    const isGone = !ahead && hours * 60 + minutes <= from.getHours() * 60 + from.getMinutes();
    if (!isGone && days.includes(WEEKDAYS[(first.getUTCDay() + 6) % 7])) return first;
  }
  // Only today's weekday was chosen, and its time is over.
  return new Date(Date.UTC(from.getFullYear(), from.getMonth(), from.getDate() + 7, hours, minutes));
};

/**
 * A calendar with one event that comes again every week, at the same time by the clock of wherever the phone is.
 * @param {{title: string, url?: string, days: string[], time: string, alarm_minutes?: number, minutes?: number,
 *   from: Date}} reminder days: one or more of "MO" to "SU"; time: "07:30"; alarm_minutes: how long before it the
 *   calendar rings; minutes: how long it lasts; from: now
 * @returns {string}
 */
export const toCalendar = ({ title, url, days, time, alarm_minutes = 0, minutes, from }) => {
  const chosen = WEEKDAYS.filter((day) => days.includes(day));
  if (!chosen.length) throw new RangeError("no day is chosen");
  const summary = escaped(title);
  const address = url ? new URL(url).href : "";
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Stretch Coach//Stretch Coach//EN",
    "BEGIN:VEVENT",
    `UID:${newId()}@stretch-coach`,
    `DTSTAMP:${stamp(from.toISOString())}Z`,
    `DTSTART:${stamp(firstTime(from, chosen, time).toISOString())}`,
    minutes > 0 && `DURATION:PT${Math.ceil(minutes)}M`,
    `RRULE:FREQ=WEEKLY;BYDAY=${chosen.join(",")}`,
    `SUMMARY:${summary}`,
    address && `DESCRIPTION:${escaped(address)}`, // some calendars do not show the URL
    address && `URL:${address}`,
    "BEGIN:VALARM",
    "ACTION:DISPLAY",
    `DESCRIPTION:${summary}`,
    `TRIGGER:${alarm_minutes > 0 ? "-" : ""}PT${alarm_minutes}M`,
    "END:VALARM",
    "END:VEVENT",
    "END:VCALENDAR",
  ];
  return lines.filter(Boolean).map(folded).join("");
};

// FHIR R4, by the Physical Activity Implementation Guide 1.0: https://hl7.org/fhir/us/physical-activity/STU1/
//
// - A session is an activity group whose member is its duration. A walk has its kind, too; other kinds have none, as
//   the guide's list (https://loinc.org/LL734-5) has no stretching: the group's note names the routine.
// - The guide asks for a subject that a reader can look up and that is a US Core patient: a display alone does not do.
//   So the bundle has one that says nothing of a person: its name is masked, its gender unknown, and its identifier is
//   made from the first session's random id. Contained in each observation it would be as many people.
// - Pauses are not kept, so a session is told to end as if there had been none.
// - Ids come from the session's, so whoever reads a file twice can tell.

const GUIDE = "http://hl7.org/fhir/us/physical-activity";
const PA_CODES = `${GUIDE}/CodeSystem/pa-temporary-codes`;
const LOINC = "http://loinc.org";

const coded = (system, code, display) => ({ coding: [{ system, code, display }] });

/** The id of a part of a session, as a UUID: its last digit differs. */
const partId = (id, part) => {
  const digits = id.slice(0, -1) + (parseInt(id.at(-1), 16) ^ part).toString(16);
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
};

const reference = (id) => ({ reference: `urn:uuid:${id}` });
const entry = (resource) => ({ fullUrl: `urn:uuid:${resource.id}`, resource });

const end = ({ began, practised_ms }) => {
  const offset = (Date.parse(`${began.slice(0, 23)}Z`) - Date.parse(began)) / MINUTE_MS;
  return isoAt(new Date(Date.parse(began) + practised_ms), offset);
};

const observations = (session, who) => {
  const made = (part, profile, code, rest) => ({
    resourceType: "Observation",
    id: partId(session.id, part),
    meta: { profile: [`${GUIDE}/StructureDefinition/pa-observation-activity-${profile}`] },
    status: "final",
    category: [
      coded("http://terminology.hl7.org/CodeSystem/observation-category", "activity", "Activity"),
      coded(PA_CODES, "PhysicalActivity", "Physical Activity"),
    ],
    code,
    subject: who,
    effectivePeriod: { start: session.began, end: end(session) },
    performer: [who],
    ...rest,
  });
  const minutes = Math.round(session.practised_ms / 600) / 100;
  const members = [
    made(1, "measure", coded(LOINC, "55411-3", "Exercise duration"), {
      valueQuantity: { value: minutes, unit: "min", system: "http://unitsofmeasure.org", code: "min" },
    }),
  ];
  if (session.routine === "walk") {
    const kind = { valueCodeableConcept: coded(LOINC, "LA11834-1", "Walking") };
    members.push(made(2, "measure", coded(LOINC, "73985-4", "Exercise activity"), kind));
  }
  const group = made(0, "group", coded(PA_CODES, "PAPanel", "Physical Activity Panel"), {
    note: [{ authorReference: who, time: session.began, text: `${readable(session.title)}: ${session.outcome}` }],
    hasMember: members.map(({ id }) => reference(id)),
  });
  return [group, ...members];
};

/**
 * Sessions as a FHIR R4 bundle; those in which nothing was practised are left out.
 * @param {object[]} sessions the oldest first
 * @returns {object}
 */
export const toFhir = (sessions) => {
  const bundle = { resourceType: "Bundle", type: "collection" };
  const practised = sessions.filter(({ practised_ms }) => practised_ms > 0);
  if (!practised.length) return bundle; // FHIR knows no empty list
  const id = partId(practised[0].id, 3);
  const patient = {
    resourceType: "Patient",
    id,
    identifier: [{ system: "urn:ietf:rfc:3986", value: `urn:uuid:${id}` }],
    name: [
      { extension: [{ url: "http://hl7.org/fhir/StructureDefinition/data-absent-reason", valueCode: "masked" }] },
    ],
    gender: "unknown",
  };
  const found = practised.flatMap((session) => observations(session, reference(id)));
  return { ...bundle, entry: [patient, ...found].map(entry) };
};
