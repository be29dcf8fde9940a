// A unified diff as rows: read, paired for two columns, folded where nothing changes, coloured by language.
import { lineHtml } from "code_lines";

export const AROUND = 3; // unchanged rows that stay beside a change
const LEAST = 8; // rows that are worth folding
export const STEP = 25; // rows a fold gives away at each end when it is opened
const COLOURED = 60000; // characters that are coloured at once, as in prose.js
const COLOURED_ALL = 240000;

// -> [{kind, from, to, text}]: kind is same, add, del, hunk or note
export function read(patch) {
  const out = [];
  let a = 0, b = 0, oldLeft = 0, newLeft = 0;
  const put = (kind, from, to, text) => out.push({ kind, from, to, text });
  for (const line of patch.split("\n")) {
    const hunk = oldLeft + newLeft > 0 ? null : /^@@+ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@+(.*)$/.exec(line);
    if (hunk) {
      [a, b] = [Number(hunk[1]), Number(hunk[3])];
      [oldLeft, newLeft] = [Number(hunk[2] ?? 1), Number(hunk[4] ?? 1)];
      put("hunk", "", "", hunk[5].trim());
    } else if (line.startsWith("\\")) put("note", "", "", line.slice(2));
    else if (line.startsWith("+") && newLeft > 0) [newLeft] = [newLeft - 1, put("add", "", b++, line.slice(1))];
    else if (line.startsWith("-") && oldLeft > 0) [oldLeft] = [oldLeft - 1, put("del", a++, "", line.slice(1))];
    else if (line.startsWith(" ") && oldLeft > 0 && newLeft > 0) {
      [oldLeft, newLeft] = [oldLeft - 1, newLeft - 1];
      put("same", a++, b++, line.slice(1));
    }
  }
  return out.filter((row, i) => !(row.kind === "hunk" && i === 0 && !row.text));
}

// The rows with long unchanged stretches as one {kind: "gap", key, count} each. `opened`: by key, how many rows more
// are shown at both ends.
export function fold(rows, opened) {
  const out = [];
  for (let i = 0; i < rows.length; ) {
    if (rows[i].kind !== "same") {
      out.push(rows[i++]);
      continue;
    }
    let end = i;
    while (rows[end]?.kind === "same") end++;
    const isFirst = i === 0 || rows[i - 1].kind === "hunk";
    const isLast = end === rows.length || rows[end].kind === "hunk" || rows[end].kind === "note";
    const key = rows[i].from;
    const more = opened.get(key) || 0;
    const low = i + (isFirst ? 0 : AROUND + more);
    const high = end - (isLast ? 0 : AROUND + more);
    if (high - low < LEAST || (isFirst && isLast)) out.push(...rows.slice(i, end));
    else out.push(...rows.slice(i, low), { kind: "gap", key, count: high - low }, ...rows.slice(high, end));
    i = end;
  }
  return out;
}

// Rows beside each other: what was removed stands left of what came instead.
export function pairs(all) {
  const out = [];
  for (let i = 0; i < all.length; ) {
    if (all[i].kind !== "del" && all[i].kind !== "add") {
      out.push([all[i], all[i]]);
      i++;
      continue;
    }
    const [gone, come] = [[], []];
    while (all[i]?.kind === "del") gone.push(all[i++]);
    while (all[i]?.kind === "add") come.push(all[i++]);
    for (let n = 0; n < Math.max(gone.length, come.length); n++) out.push([gone[n], come[n]]);
  }
  return out;
}

function colourStretch(all, lib, language) {
  for (const side of ["del", "add"]) {
    const own = all.filter((row) => row.kind === side || row.kind === "same");
    const text = own.map((row) => row.text).join("\n");
    if (text.length > COLOURED) continue;
    const lines = lineHtml(lib.highlight(text, { language, ignoreIllegals: true }).value);
    if (lines.length === own.length) own.forEach((row, i) => (row.html = lines[i]));
  }
}

// Give rows their `html`: of the whole text where it is short enough, else stretch by stretch of what is shown.
export function colour(rows, shown, lib, language) {
  const size = (some) => some.reduce((sum, row) => sum + (row.text?.length || 0) + 1, 0);
  if (size(rows) <= COLOURED) return colourStretch(rows, lib, language);
  let left = COLOURED_ALL;
  let stretch = [];
  for (const row of [...shown, { kind: "gap" }]) {
    if (row.kind !== "gap" && row.kind !== "hunk") {
      stretch.push(row);
      continue;
    }
    const isNew = stretch.some((one) => one.html === undefined && one.kind !== "note");
    if (isNew && (left -= size(stretch)) > 0) colourStretch(stretch, lib, language);
    stretch = [];
  }
}
