/* What is practised, as it goes by: how much of the whole and of each stretch, and which were done to their end. */

import { localIso, newId } from "./practice.js";
import { writePractice } from "./store.js";

const LEAST_MS = 10000; // less than this was a try
const MOST_STEP_MS = 2000; // a longer step is a jump

export class Practice {
  constructor(session) {
    this.before = null;
    this.stretches = (session.stretches || []).map(({ id, name, start_ms }) => ({
      id, name, practised_ms: 0, done: false, start_ms,
    }));
    const closing = session.chapters.at(-1)?.[0] ?? 0;
    this.ends = this.stretches.map((each, index) => this.stretches[index + 1]?.start_ms
      ?? (closing > each.start_ms ? closing : session.length_ms));
    this.record = {
      id: newId(), began: localIso(new Date()), routine: session.routine, title: session.title,
      planned_ms: session.length_ms, practised_ms: 0, outcome: "stopped", breathing: Boolean(session.breathing),
    };
  }

  /** The place was changed: what lies between was not practised. */
  jump() {
    this.before = null;
  }

  at(ms, audio) {
    if (audio.paused || audio.seeking) {
      this.before = null;
      return;
    }
    const step = this.before === null ? 0 : ms - this.before;
    if (step > 0 && step < MOST_STEP_MS * (audio.playbackRate || 1)) {
      this.record.practised_ms += step;
      this.stretches.forEach((stretch, index) => {
        if (this.before < stretch.start_ms || this.before >= this.ends[index]) return;
        stretch.practised_ms += step;
        stretch.done ||= ms >= this.ends[index];
      });
    }
    this.before = ms;
  }

  finish() {
    this.record.outcome = "finished";
    const last = this.stretches.at(-1);
    if (last?.practised_ms) last.done = true;
    this.write();
  }

  write() {
    if (this.record.practised_ms < LEAST_MS) return;
    const whole = (ms) => Math.round(ms);
    const stretches = this.stretches.map(({ id, name, practised_ms, done }) => ({
      id, name, practised_ms: whole(practised_ms), done,
    }));
    writePractice({ ...this.record, practised_ms: whole(this.record.practised_ms), stretches }).catch(() => {});
  }
}
