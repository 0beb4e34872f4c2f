/* The player: one audio element for the whole session; everything that is shown follows its time. */

import { drawBreath, lastBefore } from "./breath.js";
import { $, clock, el, tellProblem } from "./dom.js";
import { Practice } from "./log.js";
import { lockScreen } from "./lock-screen.js";
import { keepSound, remember, soundOf } from "./store.js";

const REMEMBER_MS = 5000; // how often the place is remembered
const BACK_MS = 3000; // “previous” goes to the beginning of a part first, once this much of it has been heard
const WAIT_MS = 4000; // how long the sound may be late before what was loaded whole is played instead
const PATIENCE_MS = 25000; // how long, before it is asked for again
const MOST_TRIES = 3; // how often it is asked for again with nothing heard in between
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

/* A quarter of a second of silence. WebKit lets an element play later, without a tap, once it has played in one:
 * https://webkit.org/blog/6784/new-video-policies-for-ios/ */
const SILENCE = `data:audio/wav;base64,UklGRvMHAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0Yc8HAACA${"gICA".repeat(666)}`;

/* Not by way of the browser's cache: there it would wait for the element, which reads the same address slowly. */
const wholeSound = async (session) => {
  const answer = await fetch(session.sound, { cache: "no-store" });
  const blob = answer.ok ? await answer.blob() : null;
  if (blob?.size !== session.size) throw new Error("it is not whole");
  return blob;
};

export class Player {
  /** Take the audio element; `reopen(session)` asks the coach for a session again, and returns it. */
  constructor(audio, reopen) {
    this.audio = audio;
    this.reopen = reopen;
    this.session = null;
    this.rememberedAt = 0;
    this.listen();
  }

  /** Let the element play later on; must be called while a tap is handled. */
  bless() {
    if (this.session) return; // it has played
    this.audio.src = SILENCE;
    this.audio.play().catch(() => {});
  }

  /** Open a session, from a time in milliseconds on, and play it. */
  async open(session, at = 0) {
    this.leave();
    this.session = session;
    this.practice = new Practice(session);
    this.part = -2;
    this.second = -1;
    this.isAtEnd = false;
    this.isLost = false;
    this.tries = 0;
    this.wanted = at / 1000;
    this.blob = null;
    this.tell("");
    this.show();
    const kept = await soundOf(session.key);
    if (this.session !== session) return;
    this.isKept = Boolean(kept?.isKept);
    this.blob = kept?.blob ?? null;
    if (kept) keepSound(session, kept.blob, false).catch(() => {}); // now it is the last to go
    this.showKept();
    this.load(this.blob ? URL.createObjectURL(this.blob) : session.sound, at);
    await this.play();
  }

  load(source, at) {
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = source.startsWith("blob:") ? source : null;
    this.wanted = at / 1000;
    this.audio.src = source;
  }

  async play() {
    tellProblem("");
    if (this.isLost) await this.failed();
    else await this.sound();
  }

  async sound() {
    if (this.isAtEnd) this.seek(0);
    this.isAtEnd = false;
    try {
      await this.audio.play();
    } catch (error) {
      if (error.name === "NotAllowedError") this.tell("Tap the large button to begin.");
      else if (error.name !== "AbortError") {
        this.isLost = true;
        this.tell("The sound could not begin. Tap the large button again.");
      }
    }
  }

  toggle() {
    if (this.audio.paused) this.play();
    else this.audio.pause();
  }

  get ms() {
    return (this.wanted ?? this.audio.currentTime) * 1000;
  }

  seek(ms) {
    const to = Math.max(0, Math.min(ms, this.session.length_ms - 50));
    this.practice.jump();
    this.isAtEnd = false;
    if (this.audio.readyState && this.wanted == null) this.audio.currentTime = to / 1000;
    else this.wanted = to / 1000;
    this.draw();
    this.lock.tellTime();
  }

  /** Go to the next part, or to one before; `by` is 1 or -1. */
  skip(by) {
    if (!this.session) return;
    const parts = this.session.chapters;
    const here = lastBefore(parts, this.ms + 1);
    if (by > 0) {
      if (here + 1 < parts.length) this.seek(parts[here + 1][0]);
    } else if (here >= 0) {
      const isLate = this.ms - parts[here][0] > BACK_MS || here === 0;
      this.seek(parts[isLate ? here : here - 1][0]);
    } else this.seek(0);
  }

  /** Keep the session on this phone. */
  async keep() {
    this.tell("Keeping it …");
    try {
      await this.fetchWhole(true);
      await navigator.storage?.persist?.();
      this.isKept = true;
      this.tell("It is kept on this phone, and plays with no network.");
    } catch (error) {
      this.tell(error.name === "QuotaExceededError" ? "There is no room for it on this phone."
        : this.blob ? "It could not be kept: this browser keeps nothing for this page, perhaps because its window is private."
          : "It could not be kept: the coach’s computer cannot be reached.");
    }
    this.showKept();
  }

  async fetchWhole(isKept) {
    const { session } = this;
    const blob = this.blob ?? await (session.fetching ??= wholeSound(session).finally(() => { session.fetching = null; }));
    if (this.session === session) this.blob = blob;
    const { fetching, ...plain } = session;
    await keepSound(plain, blob, isKept);
  }

  tell(text) {
    $("player-state").textContent = text;
  }

  listen() {
    const { audio } = this;
    this.lock = lockScreen(this);
    const on = (name, work) => audio.addEventListener(name, () => this.session && this.isOurs() && work());
    on("loadedmetadata", () => {
      if (this.wanted) audio.currentTime = this.wanted;
      this.wanted = null;
      this.lock.tellTime();
    });
    on("playing", () => {
      this.tell("");
      clearTimeout(this.stalled);
      this.lock.register();
      this.lock.tellPart();
      if (!this.blob && !this.session.fetching && !navigator.connection?.saveData) this.fetchWhole(false).catch(() => {});
      this.follow();
      this.stayAwake();
    });
    on("play", () => this.changed());
    on("pause", () => this.changed());
    on("seeked", () => this.draw());
    on("timeupdate", () => this.heard());
    on("waiting", () => this.waited());
    on("error", () => this.failed());
    on("ended", () => {
      this.isAtEnd = true;
      this.practice.finish();
      remember("resume", null);
      this.tell("This session is over. Rest for a moment before you get up.");
      this.changed();
    });
    document.addEventListener("visibilitychange", () => {
      if (!this.session) return;
      if (document.visibilityState === "hidden") this.note();
      else this.stayAwake();
    });
    addEventListener("pagehide", () => this.session && this.note());
    $("awake").addEventListener("change", () => this.stayAwake());
  }

  isOurs() {
    return !this.audio.src.startsWith("data:");
  }

  changed() {
    document.body.classList.toggle("playing", !this.audio.paused);
    $("play").setAttribute("aria-label", this.audio.paused ? "Play" : "Pause");
    this.lock.tellState();
    this.draw();
    this.note();
    this.stayAwake();
  }

  /** Draw as long as it plays. */
  follow() {
    cancelAnimationFrame(this.frame);
    const step = () => {
      this.draw();
      if (!this.audio.paused) this.frame = requestAnimationFrame(step);
    };
    this.frame = requestAnimationFrame(step);
  }

  heard() {
    if (!this.audio.paused && !this.audio.seeking) this.tries = 0;
    this.practice.at(this.ms, this.audio);
    this.draw();
    if (Date.now() - this.rememberedAt > REMEMBER_MS) this.note();
  }

  /** Remember the place, and write what was practised. */
  note() {
    this.rememberedAt = Date.now();
    const { session } = this;
    const place = { title: session.title, order: session.order, key: session.key, at: this.ms, length_ms: session.length_ms };
    if (!this.isAtEnd && this.ms > 0 && this.ms < session.length_ms - 1000) remember("resume", place);
    this.practice.write();
  }

  leave() {
    if (!this.session) return;
    this.note();
    this.audio.pause();
  }

  /** The sound does not arrive: what was loaded whole goes on from here. */
  waited() {
    clearTimeout(this.stalled);
    this.tell("Waiting for the sound …");
    const isStuck = () => this.audio.readyState < 3 && !this.audio.paused;
    const fail = () => isStuck() && this.failed();
    this.stalled = setTimeout(() => {
      if (this.blob && !this.url) fail();
      else {
        this.stalled = setTimeout(fail, PATIENCE_MS);
        fetch(this.session.sound, { method: "HEAD", cache: "no-store" }).then(({ ok }) => ok || fail(), fail);
      }
    }, WAIT_MS);
  }

  /** Go on with what was loaded whole, or ask for it again; or say so, and wait for a tap. */
  async failed() {
    if (this.isFailing) return;
    this.isFailing = true;
    this.isLost = false;
    this.tries += 1;
    const { session } = this;
    this.wanted = this.ms / 1000; // where to go on; whoever moves it meanwhile changes that
    try {
      if (this.tries > MOST_TRIES) throw new Error("it fails again and again");
      if (this.blob && !this.url) {
        this.load(URL.createObjectURL(this.blob), this.ms);
        await this.sound();
        return;
      }
      this.tell("The sound stopped arriving. Asking for it again …");
      const again = await this.reopen(session);
      if (this.session !== session) return;
      this.session = { ...session, ...again };
      this.load(this.session.sound, this.ms);
      this.isLost = false;
      await this.sound();
    } catch {
      if (this.session !== session) return;
      this.isLost = true;
      this.tries = 0;
      this.audio.pause();
      this.tell("The coach’s computer cannot be reached. Tap the large button to try again.");
    } finally {
      this.isFailing = false;
    }
  }

  async stayAwake() {
    const wants = $("awake").checked && !this.audio.paused && document.visibilityState === "visible";
    remember("awake", $("awake").checked);
    if (wants && !this.wake) {
      this.wake = await navigator.wakeLock?.request("screen").catch(() => null);
      this.wake?.addEventListener("release", () => { this.wake = null; });
    } else if (!wants && this.wake) {
      await this.wake.release();
      this.wake = null;
    }
  }

  show() {
    const { session } = this;
    $("player-title").textContent = session.title;
    $("seek").max = Math.round(session.length_ms / 1000);
    $("notes").replaceChildren(...session.notes.map((note) => el("li", {}, note)));
    const comesTo = Object.fromEntries((session.stretches || []).map((each) => [each.start_ms, each]));
    $("parts").replaceChildren(...session.chapters.map(([start, , title]) => {
      const about = comesTo[start] ? el("small", { class: "soft" }, ` ${comesTo[start].comes_to}`) : null;
      return el("li", {}, el("button", { type: "button", onclick: () => this.seek(start) },
        el("span", {}, title, about), el("span", { class: "soft" }, clock(start))));
    }));
    $("parts-title").hidden = !session.chapters.length;
    $("save").href = session.file;
    $("save").hidden = !session.file;
    $("sheet").hidden = !session.sheet;
    $("sheet").href = session.sheet || "#";
    $("playing-now").textContent = `Playing: ${session.title}`;
    this.draw();
  }

  showKept() {
    $("keep").disabled = this.isKept;
    $("keep").textContent = this.isKept ? "Kept on this phone" : "Keep on this phone";
  }

  /** Show the moment. */
  draw() {
    const { session } = this;
    if (!session) return;
    const ms = this.ms;
    drawBreath($("breath"), session.breaths, ms, STILL.matches);
    const said = lastBefore(session.lines, ms);
    const words = said < 0 ? "" : session.lines[said][2];
    const then = session.lines[said + 1]?.[2] ?? "";
    if ($("now").textContent !== words) $("now").textContent = words;
    if ($("next").textContent !== then) $("next").textContent = then;
    const seconds = Math.floor(ms / 1000);
    if (seconds !== this.second) {
      this.second = seconds;
      $("seek").value = seconds;
      $("seek").setAttribute("aria-valuetext", `${clock(ms)} of ${clock(session.length_ms)}`);
      $("at").textContent = clock(ms);
      $("left").textContent = `−${clock(session.length_ms - ms)}`;
    }
    const part = lastBefore(session.chapters, ms);
    if (part !== this.part) {
      this.part = part;
      $("player-part").textContent = part < 0 ? "" : session.chapters[part][2];
      [...$("parts").querySelectorAll("button")].forEach((button, index) => {
        if (index === part) button.setAttribute("aria-current", "true");
        else button.removeAttribute("aria-current");
      });
      this.lock.tellPart();
    }
  }
}
