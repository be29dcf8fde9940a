// Times as people say them. The server's clock rules: `sprintagenSkew` is how far this browser's is ahead of it.
const HOUR = 3600e3;
const DAY = 24 * HOUR;

export const now = () => Date.now() - (window.sprintagenSkew || 0);

export function duration(ms) {
  const s = Math.max(0, ms) / 1000;
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 60) return `${Math.round(s)} s`;
  const m = Math.floor(s / 60);
  return m < 60 ? `${m} min ${Math.round(s % 60)} s` : `${Math.floor(m / 60)} h ${m % 60} min`;
}

// Making a format costs far more than using it, and most are never used on a page.
const written = (options) => {
  let format = null;
  return (t) => (format ??= new Intl.DateTimeFormat(undefined, options)).format(t);
};
const dayAndMonth = written({ day: "numeric", month: "short" });

const midnight = (t) => new Date(t).setHours(0, 0, 0, 0);

export function relative(t, from = now()) {
  const ms = from - t;
  if (ms < 60e3) return "now";
  if (ms < HOUR) return `${Math.floor(ms / 60e3)} min`;
  if (ms < 12 * HOUR || midnight(t) === midnight(from)) return `${Math.floor(ms / HOUR)} h`;
  const days = Math.round((midnight(from) - midnight(t)) / DAY);
  if (days < 7) return `${days} d`;
  return dayAndMonth(t);
}

// The heading a session stands under.
export function dayGroup(t, from = now()) {
  const days = Math.round((midnight(from) - midnight(t)) / DAY);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days < 7) return "This week";
  const date = new Date(t);
  const year = date.getFullYear() === new Date(from).getFullYear() ? undefined : "numeric";
  return date.toLocaleDateString(undefined, { month: "long", year });
}

// The earliest time that stands under the same heading.
export function dayGroupStart(t, from = now()) {
  const days = Math.round((midnight(from) - midnight(t)) / DAY);
  const today = new Date(from);
  const back = (count) => new Date(today.getFullYear(), today.getMonth(), today.getDate() - count).getTime();
  if (days <= 0) return back(0);
  if (days === 1) return back(1);
  if (days < 7) return back(6);
  const date = new Date(t);
  return new Date(date.getFullYear(), date.getMonth(), 1).getTime();
}

export const full = written({ dateStyle: "medium", timeStyle: "short" });
export const clock = written({ hour: "2-digit", minute: "2-digit" });
