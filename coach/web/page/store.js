/* What this browser keeps: settings in localStorage, sounds and the history in IndexedDB. Nothing of it is sent. */

const NAME = "stretch-coach";
const MOST_LATE = 3; // sessions that are kept without being asked to: the last few

let opened = null;

const open = () => {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("sounds", { keyPath: "key" });
      asked.result.createObjectStore("history", { keyPath: "id" });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opened;
};

const run = async (store, mode, work) => {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(store, mode);
    const asked = work(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(asked.result);
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
};

/** Keep a session with its whole sound; `isKept` says whether it was asked for, or is only one of the last. */
export const keepSound = async (session, blob, isKept) => {
  const before = await soundOf(session.key);
  const kept = { key: session.key, session, blob, at: Date.now(), isKept: isKept || Boolean(before?.isKept) };
  await run("sounds", "readwrite", (store) => store.put(kept));
  const late = (await sounds()).filter((each) => !each.isKept).sort((one, other) => other.at - one.at);
  for (const each of late.slice(MOST_LATE)) await removeSound(each.key);
};

/** Return what is kept of a session: {key, session, blob, at, isKept}, or undefined. */
export const soundOf = (key) => run("sounds", "readonly", (store) => store.get(key)).catch(() => undefined);

/** Return all that is kept. */
export const sounds = () => run("sounds", "readonly", (store) => store.getAll()).catch(() => []);

export const removeSound = (key) => run("sounds", "readwrite", (store) => store.delete(key));

/** Write a session into the history; one with the same id is replaced. */
export const writePractice = (practised) => run("history", "readwrite", (store) => store.put(practised));

/** Return the history, the newest first. */
export const practice = async () => {
  const all = await run("history", "readonly", (store) => store.getAll()).catch(() => []);
  return all.sort((one, other) => (one.began < other.began ? 1 : -1));
};

export const removePractice = () => run("history", "readwrite", (store) => store.clear());

/** Return a small value that was remembered, or what stands in for it. */
export const remembered = (name, otherwise) => {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
};

/** Remember a small value; null forgets it. Storage may be full or forbidden: then it is not remembered. */
export const remember = (name, value) => {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(value));
  } catch {
    /* nothing depends on it */
  }
};
