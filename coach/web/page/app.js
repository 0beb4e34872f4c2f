/* The page: what is shown where, and what a tap does. */

import { fillForm } from "./choose.js";
import { $, clock, el, minutes, tellProblem } from "./dom.js";
import { Player } from "./player.js";
import { practice, remember, remembered, removePractice, removeSound, sounds, soundOf, writePractice } from "./store.js";

const MOST_RECENT = 5;
const GONE = "The coach’s computer cannot be reached. What is kept on this phone plays without it.";

let catalogue = null;
let orderNow = () => ({});
let latest = null;

/** Return what an address holds as JSON; throws an Error with words for a person. */
const asked = async (address, order) => {
  let answer;
  try {
    answer = await fetch(address, order && {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(order),
    });
  } catch {
    throw new Error(GONE);
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.problem ?? (answer.status === 403
    ? "This page needs its whole address. Scan the code in the coach’s window again." : GONE));
  return told;
};

/** Ask for the session of an order; on a page of files, for the one that was made. */
const sessionOf = async (order) => {
  if (catalogue && !catalogue.is_live) {
    const found = catalogue.sessions.find((each) => each.id === order.targets?.[0]);
    if (!found) throw new Error("That session is not here.");
    const kept = await soundOf(found.key);
    if (kept) return kept.session;
    const session = await asked(found.session);
    const beside = new URL(found.session, document.baseURI);
    for (const name of ["sound", "file", "sheet"]) session[name] = new URL(session[name], beside).href;
    return session;
  }
  const session = await asked("sessions", order);
  const query = new URLSearchParams(Object.entries(order).map(([name, value]) => [name, [].concat(value).join("+")]));
  return { ...session, order, sheet: `sheet.html?${query}` };
};

const player = new Player($("audio"), (session) => sessionOf(session.order));

/** Begin what is asked for; called while a tap is handled. */
const begin = async (find, at = 0) => {
  const turn = { find };
  latest = turn; // of two taps the later counts
  tellProblem("");
  player.bless();
  document.body.setAttribute("aria-busy", "true");
  $("wait").textContent = "One moment …";
  try {
    const session = await find();
    if (latest !== turn) return;
    const recent = remembered("recent", []).filter((each) => JSON.stringify(each.order) !== JSON.stringify(session.order));
    const now = { title: session.title, order: session.order, length_ms: session.length_ms, key: session.key };
    remember("recent", [now, ...recent].slice(0, MOST_RECENT));
    location.hash = "#/play";
    await player.open(session, at);
  } catch (error) {
    if (latest === turn) tellProblem(error.message);
  } finally {
    if (latest === turn) {
      document.body.removeAttribute("aria-busy");
      $("wait").textContent = "";
    }
  }
};

/** Return a session that is kept, or else ask for it. */
const keptOrAsked = async (key, order) => (await soundOf(key))?.session ?? sessionOf(order);

const showResume = () => {
  const last = remembered("resume", null);
  $("resume").replaceChildren(...(last && !player.session ? [el("p", {}, el("button", {
    type: "button", onclick: () => begin(() => keptOrAsked(last.key, last.order), last.at),
  }, `Go on with ${last.title}, at ${clock(last.at)}`))] : []));
};

const showRecent = () => {
  const recent = remembered("recent", []);
  $("recent").replaceChildren(...(recent.length ? [el("h2", {}, "Recent"), el("ul", { class: "cards" },
    ...recent.map((each) => el("li", {}, el("button", {
      type: "button", onclick: () => begin(() => keptOrAsked(each.key, each.order)),
    }, `${each.title}, ${minutes(each.length_ms)}`))))] : []));
};

const showKept = async () => {
  const kept = (await sounds()).sort((one, other) => other.at - one.at);
  $("kept-list").replaceChildren(...(kept.length ? kept.map((each) => el("li", {},
    el("b", {}, each.session.title),
    el("small", {}, `${minutes(each.session.length_ms)}, ${(each.blob.size / 1e6).toFixed(1)} MB`
      + (each.isKept ? "" : ", for now: one of the last you heard")),
    el("div", { class: "actions" },
      el("button", { type: "button", "aria-label": `Play ${each.session.title}`, onclick: () => begin(async () => each.session) }, "Play"),
      el("button", {
        type: "button", "aria-label": `Remove ${each.session.title}`,
        onclick: async () => { await removeSound(each.key); showKept(); },
      }, "Remove"))))
    : [el("li", {}, "Nothing yet. While a session plays, “Keep on this phone” puts it here.")]));
  $("install").textContent = isSecureContext
    ? (matchMedia("(display-mode: standalone)").matches ? "" : "Choose “Add to home screen” in the menu of the browser: Safari forgets what it keeps for other pages after a week without use.")
    : "This address is not secure (http), so the page cannot be installed, and must be open before the coach’s computer is "
      + "switched off. “coach serve --https” changes that.";
};

const showPractice = async () => {
  const { showHistory } = await import("./history.js"); // it is not needed before
  showHistory($("history-body"), await practice(), {
    today: new Date(),
    remove: async () => { await removePractice(); showPractice(); },
    onImport: async (sessions) => { for (const each of sessions) await writePractice(each); showPractice(); },
  });
};

const showHelp = () => {
  $("safety").replaceChildren(...(catalogue?.safety ?? []).flatMap(({ title, lines }) => [
    el("h2", {}, title), el("ul", {}, ...lines.map((line) => el("li", {}, line)))]), el("p", {}, catalogue?.no_diagnosis ?? ""));
  $("version").textContent = catalogue ? `Stretch Coach ${catalogue.version}` : "";
  const feed = catalogue?.feed;
  $("podcasts").replaceChildren(...(feed ? [
    el("h2", {}, "In a podcast app"),
    el("ol", {},
      el("li", {}, "Copy this address: ", el("code", {}, new URL(feed, document.baseURI).href)),
      el("li", {}, "AntennaPod: “Add podcast”, then “Add podcast by RSS address”, and paste it. "
        + "Apple Podcasts: “Library”, then the three dots, “Follow a Show by URL”, and paste it."),
      el("li", {}, "Download the episodes you like; then they play without this computer.")),
    el("p", { class: "soft" }, "The phone must be in the same network as this address. Some podcast apps fetch feeds through a "
      + "server of their own, which cannot reach a home network; AntennaPod fetches them itself."),
  ] : []));
};

const VIEWS = { choose: () => { showResume(); showRecent(); }, play: () => {}, kept: showKept, history: showPractice, help: showHelp };

const showView = (isFirst) => {
  const name = location.hash.replace(/^#\/?/, "") || "choose";
  const view = name in VIEWS && (name !== "play" || player.session) ? name : "choose";
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== (view === "play" ? "player" : view);
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  $("playing-now").hidden = view === "play" || !player.session;
  VIEWS[view]();
  if (!isFirst) {
    scrollTo(0, 0);
    $("main").focus({ preventScroll: true });
  }
};

const listenToTaps = () => {
  $("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const order = orderNow();
    if (order.targets && !order.targets.length) tellProblem("Choose at least one stretch.");
    else begin(() => sessionOf(order));
  });
  $("play").addEventListener("click", () => player.session && player.toggle());
  $("previous").addEventListener("click", () => player.skip(-1));
  $("following").addEventListener("click", () => player.skip(1));
  $("keep").addEventListener("click", () => player.session && player.keep());
  $("seek").addEventListener("input", ({ target }) => player.session && player.seek(Number(target.value) * 1000));
  $("awake").checked = remembered("awake", false);
  $("awake").closest("label").hidden = !navigator.wakeLock;
  addEventListener("hashchange", () => showView(false));
};

/** On a page of files: a list of what was made, with a button each. */
const showSessions = () => {
  $("form").hidden = true;
  $("recent").before(el("ul", { class: "cards" }, ...catalogue.sessions.map((each) => el("li", {},
    el("b", {}, each.name), each.about ? el("small", {}, each.about) : null,
    el("div", { class: "actions" }, el("button", {
      type: "button", class: "primary", "aria-label": `Begin ${each.name}`, onclick: () => begin(() => sessionOf({ targets: [each.id] })),
    }, `Begin, ${minutes(each.length_ms)}`))))));
};

const start = async () => {
  listenToTaps();
  if (isSecureContext && "serviceWorker" in navigator) navigator.serviceWorker.register(new URL("sw.js", import.meta.url)).catch(() => {});
  // A new version of the page has come: it is shown at once, unless somebody is on the mat.
  if (navigator.serviceWorker?.controller) {
    navigator.serviceWorker.addEventListener("controllerchange", () => player.session || location.reload());
  }
  showView(true);
  try {
    catalogue = await asked("catalogue.json");
    if (catalogue.is_live) orderNow = fillForm(catalogue, Object.fromEntries(new URLSearchParams(location.search)));
    else showSessions();
    if (location.hash === "#/help") showHelp();
  } catch (error) {
    $("form-body").replaceChildren();
    tellProblem(error.message);
  }
};

start();
