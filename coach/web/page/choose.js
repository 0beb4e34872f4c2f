/* The form: what to do, for how long, and how. Its fields are those of an order. */

import { $, clock, el, minutes } from "./dom.js";
import { remember, remembered } from "./store.js";

const KINDS = [["routine", "Routine"], ["stretches", "Stretches"], ["breath", "Breath"]];
const LENGTHS = [5, 7, 10, 12, 15, 20, 25, 30, 45, 60];
const MANNER = {
  words: ["How much is said", { full: "Everything, for the first weeks", brief: "The essentials", names: "Only names and signals" }],
  pace: ["What is heard of the breath", {
    count: "Counts", words: "“Breathe in”, “breathe out”", tone: "A soft tone", "tone+count": "Tone and counts",
    breath: "A sound like breath", chime: "Chimes", silent: "Nothing",
  }],
  guidance: ["How long the counting goes on", { full: "To the end", fading: "It fades", minimal: "It fades at once" }],
  setup: ["Time to move", { relaxed: "Plenty", normal: "Usual", brisk: "Little" }],
  level: ["How much it asks", { easier: "Less", usual: "As usual", harder: "More" }],
};

const card = (type, name, value, title, about, long, isChecked) => el("label", {},
  el("input", { type, name, value, checked: isChecked }),
  el("span", { class: "what" }, long ? el("span", { class: "long" }, long) : null, el("b", {}, title), about ? el("small", {}, about) : null));

const select = (name, title, options, chosen) => el("p", { class: "row" },
  el("label", { for: `f-${name}` }, title),
  el("select", { id: `f-${name}`, name }, ...options.map(([value, text]) =>
    el("option", { value, selected: String(value) === String(chosen ?? "") }, text))));

const check = (name, value, title, isChecked) => el("label", { class: "check" },
  el("input", { type: "checkbox", name, value, checked: isChecked }), el("span", {}, title));

const listOf = (value) => (Array.isArray(value) ? value : String(value ?? "").split(/[+,\s]+/)).filter(Boolean);

/** Fill the form; `given` are values by field that come before what was chosen last. */
export const fillForm = (catalogue, given) => {
  const last = remembered("form", {});
  if (given.targets) delete last.breathing; // what is asked for now, not what was before
  if (given.breathing) delete last.breath;
  const before = { ...catalogue.given, ...last, ...given };
  const targets = listOf(before.targets);
  const known = new Set(catalogue.routines.map((each) => each.id));
  const isBreath = before.breathing === true || before.breathing === "true";
  const isSingle = targets.length > 0 && !(targets.length === 1 && known.has(targets[0]));
  let kind = isBreath ? "breath" : isSingle ? "stretches" : "routine";
  const routine = known.has(targets[0]) ? targets[0] : (catalogue.routines.find((each) => each.id === "daily") ?? catalogue.routines[0])?.id;
  const avoid = new Set(listOf(before.avoid));

  const groups = {
    routine: el("fieldset", {}, el("legend", {}, "Which routine"), el("div", { class: "cards" },
      ...[...catalogue.routines].sort((one, other) => (other.id === routine) - (one.id === routine)).map((each) =>
        card("radio", "routine", each.id, each.name, each.about, minutes(each.length_ms), each.id === routine)))),
    stretches: el("fieldset", {}, el("legend", {}, "Which stretches"), el("div", { class: "cards" },
      ...catalogue.stretches.map((each) =>
        card("checkbox", "stretch", each.id, each.name, each.about, clock(each.length_ms), targets.includes(each.id))))),
    breath: el("fieldset", {}, el("legend", {}, "Which breath"), el("div", { class: "cards" },
      ...catalogue.patterns.map((each, index) =>
        card("radio", "pattern", each.id, each.name, each.about, null, isBreath && before.breath ? before.breath === each.id : !index)))),
  };
  const kinds = el("fieldset", {}, el("legend", {}, "What"), el("div", { class: "kinds" },
    ...KINDS.map(([value, text]) => el("label", {},
      el("input", { type: "radio", name: "kind", value, checked: value === kind }), text))));
  const lengths = LENGTHS.map((each) => [each, `${each} minutes`]);
  if (before.minutes && !LENGTHS.includes(Number(before.minutes))) lengths.push([before.minutes, `${before.minutes} minutes`]);
  const length = select("minutes", "How long", [["", "As long as it takes"], ...lengths], before.minutes);
  const more = el("details", {}, el("summary", {}, "More choices"),
    select("voice", "Voice", catalogue.voices.map(({ id, name }) => [id, name]), before.voice),
    ...Object.entries(MANNER).map(([field, [title, names]]) =>
      select(field, title, catalogue.choices[field].map((value) => [value, names[value] ?? value]),
        before[field] ?? { words: "full", pace: "count", guidance: "", setup: "normal", level: "usual" }[field])),
    select("breath", "Breath", [["", "As the routine has it"], ...catalogue.patterns.map(({ id, name }) => [id, name])], isBreath ? "" : before.breath),
    select("background", "Background", [["", "Quiet"], ...catalogue.backgrounds.map((name) => [name, name])], before.background),
    el("fieldset", {}, el("legend", {}, "What to avoid"),
      check("gentle", "true", "A fresh injury, or pregnancy", before.gentle === true || before.gentle === "true"),
      ...catalogue.conditions.map((each) => check("avoid", each.id, each.name, avoid.has(each.id)))));
  const guidance = more.querySelector("#f-guidance");
  guidance.prepend(el("option", { value: "", selected: !before.guidance }, "As usual"));

  const body = $("form-body");
  body.replaceChildren(kinds, groups.routine, groups.stretches, groups.breath, length, more);
  const arrange = () => {
    kind = new FormData($("form")).get("kind");
    for (const [name, group] of Object.entries(groups)) {
      group.hidden = name !== kind;
      group.disabled = name !== kind;
    }
    more.querySelector("#f-breath").closest(".row").hidden = kind === "breath";
    length.querySelector("option").textContent = kind === "breath" ? "5 minutes, as usual" : "As long as it takes";
  };
  kinds.addEventListener("change", arrange);
  // Single stretches come in the order in which they are chosen.
  const chosen = targets.filter((each) => !known.has(each));
  groups.stretches.addEventListener("change", ({ target }) => {
    const at = chosen.indexOf(target.value);
    if (target.checked && at < 0) chosen.push(target.value);
    if (!target.checked && at >= 0) chosen.splice(at, 1);
  });
  arrange();
  document.querySelector("#form .go button").disabled = false;
  return () => orderOf(new FormData($("form")), chosen);
};

/** Return what the form asks for: the fields of an order that are not left as usual. */
const orderOf = (form, chosen) => {
  const order = {};
  const kind = form.get("kind");
  if (kind === "breath") Object.assign(order, { breathing: true, breath: form.get("pattern") });
  else order.targets = kind === "routine" ? [form.get("routine")] : chosen;
  for (const field of ["minutes", "voice", "background", ...Object.keys(MANNER)]) {
    if (form.get(field)) order[field] = form.get(field);
  }
  if (kind !== "breath" && form.get("breath")) order.breath = form.get("breath");
  if (kind !== "breath") {
    const avoid = form.getAll("avoid");
    if (avoid.length) order.avoid = avoid;
    if (form.get("gentle")) order.gentle = true;
  }
  remember("form", order);
  return order;
};
