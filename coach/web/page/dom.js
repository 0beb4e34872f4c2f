/* Small helpers for the page. */

/** Return the element with an id. */
export const $ = (id) => document.getElementById(id);

/** Make an element: el("p", {class: "soft", onclick: f}, "text", child, …). */
export const el = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key in made && typeof value !== "string") made[key] = value;
    else if (value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
};

/** Return a time in milliseconds as people read it: 7:05, 1:02:09. */
export const clock = (ms) => {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
};

/** Return a length in whole minutes: “16 min”. */
export const minutes = (ms) => `${Math.max(1, Math.round(ms / 60000))} min`;

/** Say what went wrong; an empty text takes it away. */
export const tellProblem = (text) => {
  $("problem").textContent = text;
  if (text) $("problem").scrollIntoView({ block: "nearest" });
};
