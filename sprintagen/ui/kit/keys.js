// Keys as people read them and as the browser reports them: `Mod+Shift+K`, where Mod is Command on a Mac.
export const isMac = /Mac|iP/.test(navigator.platform);

const MAC = { Mod: "⌘", Alt: "⌥", Shift: "⇧", Enter: "↩", Escape: "esc" };
const OTHER = { Mod: "Ctrl", Escape: "Esc" };
const ANY = { ArrowUp: "↑", ArrowDown: "↓", Home: "Home", End: "End" };
const SPOKEN = { "⌘": "Command", "⌥": "Option", "⇧": "Shift", "↩": "Enter", "↑": "Up", "↓": "Down", Ctrl: "Control", esc: "Escape", Esc: "Escape" };

// The caps to press together: ["Ctrl", "K"], on a Mac ["⌘", "K"].
export function caps(keys) {
  if (!keys) return [];
  return keys.split("+").map((key) => (isMac ? MAC : OTHER)[key] ?? ANY[key] ?? key);
}

// Whether a person wants keys of a single character to mean something.
const takesCharacters = () => document.documentElement.dataset.keys !== "combined";

// Whether it is a character, as it is written: nothing is held but Shift.
export const isCharacter = (event) => !event.ctrlKey && !event.metaKey && !event.altKey && event.key.length === 1;

// Whether the person has switched this key off.
export const isSilent = (event) => isCharacter(event) && !takesCharacters();

// The keys, unless they are switched off.
export const offered = (keys) => (keys?.length === 1 && !takesCharacters() ? "" : keys);

// The same for a screen reader: "Control K".
export const spoken = (keys) => caps(keys).map((cap) => SPOKEN[cap] ?? cap).join(" ");

// The same for `aria-keyshortcuts`.
export const aria = (keys) => keys.replace("Mod", isMac ? "Meta" : "Control");

// Whether a key that was pressed is this one. With Alt the key's place counts, since on a Mac Option writes other letters.
export function fits(keys, event) {
  const parts = keys.split("+");
  const key = parts.pop();
  const wants = (name) => parts.includes(name);
  const mod = isMac ? event.metaKey : event.ctrlKey;
  const other = isMac ? event.ctrlKey : event.metaKey;
  if (mod !== wants("Mod") || other || event.altKey !== wants("Alt")) return false;
  if (/^[A-Z]$/.test(key)) return event.shiftKey === wants("Shift") && (wants("Alt") ? event.code === `Key${key}` : event.key.toUpperCase() === key);
  return event.key === key && (!/^[A-Za-z]/.test(key) || event.shiftKey === wants("Shift")); // a sign may need Shift to be written
}
