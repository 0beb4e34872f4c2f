// The page of what was practised.
//
// Classes, all styled in history.css: history-hidden (read aloud only), history-weeks (the table), history-days (seven
// marks), history-bar (a cell: a number and a bar), history-last (the list of sessions), history-buttons,
// history-note, history-remind (the form), history-choices (its checkboxes), history-ask (the dialog),
// history-remove (buttons that remove), history-import (the choice of a file).

import { el } from "./dom.js";
import { toCalendar, toCsv, toFhir, toSessions } from "./exports.js";
import { localIso, streaks, weeks } from "./practice.js";

const WEEKS = 8;
const LAST = 6;
const MINUTE_MS = 60_000;
const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

const hidden = (text) => el("span", { class: "history-hidden" }, text);
const button = (text, onclick, className = "") => el("button", { type: "button", class: className || null, onclick }, text);
const days = (count) => `${count} day${count === 1 ? "" : "s"}`;

/** Whole minutes, the nearest; less than one is not nothing, and not one. */
const minutes = (ms) => (ms > 0 && ms < MINUTE_MS ? "<1" : String(Math.round(ms / MINUTE_MS)));

const length = (ms) => (ms < MINUTE_MS ? `${Math.floor(ms / 1000)} s` : `${minutes(ms)} min`);

const date = (iso, today) => {
  const year = iso.startsWith(String(today.getFullYear())) ? undefined : "numeric";
  const shown = new Date(`${iso}T12:00`).toLocaleDateString("en-GB", { day: "numeric", month: "short", year });
  return el("time", { datetime: iso }, shown);
};

/**
 * Save a text as a file.
 * @param {string} name
 * @param {string} type its media type
 * @param {string} text
 */
export const save = (name, type, text) => {
  const href = URL.createObjectURL(new Blob([text], { type }));
  const link = el("a", { href, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(href), MINUTE_MS);
};

const streakSentence = ({ current, longest }) => {
  if (!longest) return "No streak yet.";
  if (!current) return `No streak just now; the longest was ${days(longest)}.`;
  const best = current === longest ? "the longest so far" : `the longest was ${days(longest)}`;
  return `${days(current)} in a row; ${best}.`;
};

const weekRow = (week, most, today) => {
  const now = localIso(today).slice(0, 10);
  const gone = (index) => new Date(Date.parse(week.monday) + index * 86_400_000).toISOString().slice(0, 10) <= now;
  const marks = week.days.map((counts, index) => el("span", {}, counts ? "●" : gone(index) ? "·" : ""));
  const words = DAYS.filter((_, index) => week.days[index]).join(", ") || "none";
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, date(week.monday, today)),
    el("td", {}, el("span", { class: "history-days", "aria-hidden": "true" }, ...marks), hidden(words)),
    el(
      "td",
      { class: "history-bar" },
      el("span", {}, minutes(week.practised_ms)),
      el("meter", { max: most, value: week.practised_ms, "aria-hidden": "true" }),
    ),
  );
};

const weekTable = (sessions, today) => {
  const [first] = sessions.map(({ began }) => began.slice(0, 10)).sort();
  const all = weeks(sessions, today, WEEKS);
  // The weeks before the very first session are left out, but never this one.
  const rows = all.filter((_, index) => index === WEEKS - 1 || all[index + 1].monday > first);
  const most = Math.max(1, ...rows.map((row) => row.practised_ms));
  const letters = DAYS.map((day) => el("span", {}, day[0]));
  return el(
    "table",
    { class: "history-weeks" },
    el("caption", {}, "Your weeks"),
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        el("th", { scope: "col" }, "Week of"),
        el(
          "th",
          { scope: "col" },
          el("span", { class: "history-days", "aria-hidden": "true" }, ...letters),
          hidden("Days that count"),
        ),
        el("th", { scope: "col" }, "Minutes"),
      ),
    ),
    el("tbody", {}, ...rows.map((row) => weekRow(row, most, today))),
  );
};

const lastList = (sessions, today) => {
  const items = sessions.slice(-LAST).reverse();
  const line = ({ began, practised_ms, title, outcome }) =>
    el("li", {}, date(began.slice(0, 10), today), ` · ${length(practised_ms)} · `, title, ` · ${outcome}`);
  return el("ul", { class: "history-last", role: "list" }, ...items.map(line));
};

const reminder = (sessions, { title = "Stretch", url = location.origin + location.pathname }) => {
  const planned = sessions.at(-1)?.planned_ms;
  const alert = el("p", { role: "alert", class: "history-note" });
  const choice = (day) =>
    el(
      "label",
      {},
      el("input", { type: "checkbox", name: "day", value: day.slice(0, 2).toUpperCase(), checked: true }),
      el("span", { "aria-hidden": "true" }, day.slice(0, 3)),
      hidden(day),
    );
  const onsubmit = (event) => {
    event.preventDefault();
    const given = new FormData(event.target);
    const chosen = given.getAll("day");
    alert.textContent = chosen.length ? "" : "Choose one day or more.";
    if (!chosen.length) return;
    const facts = { title, url, days: chosen, time: given.get("time"), from: new Date() };
    save("stretch-coach.ics", "text/calendar", toCalendar({ ...facts, minutes: planned && planned / MINUTE_MS }));
  };
  return el(
    "form",
    { class: "history-remind", onsubmit },
    el(
      "fieldset",
      { class: "history-choices" },
      el("legend", {}, "On these days"),
      ...DAYS.map(choice),
    ),
    el("label", {}, "At ", el("input", { type: "time", name: "time", value: "07:30", required: true })),
    alert,
    el("button", {}, "Save for my calendar"),
  );
};

/** A dialog that asks before all is removed, and the button that opens it. */
const remover = (removeAll) => {
  const dialog = el(
    "dialog",
    { class: "history-ask", "aria-labelledby": "history-ask" },
    el("p", { id: "history-ask" }, "Remove all that you practised, for good?"),
    el(
      "p",
      { class: "history-buttons" },
      button("Keep it", () => dialog.close()),
      button("Remove it", () => (dialog.close(), removeAll()), "history-remove"),
    ),
  );
  return [button("Remove all", () => dialog.showModal(), "history-remove"), dialog];
};

/**
 * Show what was practised.
 * @param {HTMLElement} root what is in it is replaced
 * @param {object[]} sessions in any order
 * @param {{today: Date, remove: function(): *, onImport?: function(object[]): *, title?: string, url?: string}} options
 *   remove: forget all sessions, and resolve when that is done; onImport: keep sessions that were read from a file, and
 *   show the history anew (without it, no file is asked for); title and url: what the reminder says, where it leads
 */
export const showHistory = (root, sessions, options) => {
  const { today, remove, onImport } = options;
  const sorted = [...sessions].sort((one, other) => Date.parse(one.began) - Date.parse(other.began));
  const name = `stretch-coach-${localIso(today).slice(0, 10)}`;
  const note = (text) => el("p", { class: "history-note" }, text);
  const heading = el("h2", { tabIndex: -1 }, "What you practised");
  const status = el("p", { role: "status", class: "history-note" });
  const removeAll = async () => {
    try {
      await remove();
    } catch {
      status.textContent = "It could not be removed.";
      return;
    }
    showHistory(root, [], options);
  };
  const importer = () => {
    const onchange = async ({ target }) => {
      try {
        await onImport(toSessions(await target.files[0].text()));
      } catch {
        status.textContent = "No sessions could be read from that file.";
      }
    };
    const input = el("input", { type: "file", accept: ".csv,.json", onchange });
    return [
      el("label", { class: "history-import" }, "Add from a file ", input),
      note("A CSV file that was saved here, or what “coach history --json” wrote on a computer."),
    ];
  };
  const practised = () => [
    weekTable(sorted, today),
    el("p", {}, streakSentence(streaks(sorted, today))),
    note("A day counts once a session is finished, or three minutes are practised."),
    el("h3", {}, "Last sessions"),
    lastList(sorted, today),
  ];
  const buttons = () => [
    button("Save as CSV", () => save(`${name}.csv`, "text/csv", toCsv(sorted))),
    button("Save as FHIR", () => save(`${name}.fhir.json`, "application/fhir+json", JSON.stringify(toFhir(sorted)))),
    ...remover(removeAll),
  ];
  const hadFocus = root.contains(document.activeElement);
  root.replaceChildren(
    heading,
    ...(sorted.length ? practised() : [el("p", {}, "No sessions yet.")]),
    el("h3", {}, "Remind me"),
    reminder(sorted, options),
    el("h3", {}, "Your data"),
    note("It is kept on this device, in this browser, and nowhere else."),
    el("div", { class: "history-buttons" }, ...(sorted.length ? buttons() : [])),
    ...(onImport ? importer() : []),
    status,
  );
  if (hadFocus) heading.focus();
};
