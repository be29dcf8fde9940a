// What a program wrote for a terminal, as lines of styled text. Colours (SGR) are kept, a line rewritten after a carriage
// return shows what is left of it, and every other control sequence is dropped: it can neither hide nor move anything.
const CONTROL = new RegExp(
  [
    "\\x1b\\[([0-9;:]*)m", // 1: colours
    "\\x1b\\[([0-9]*)([GK])", // 2, 3: to a column, erase in the line
    "\\x1b\\[[0-?]*[ -/]*(?:[@-~]|$)", // any other CSI
    "\\x1b[\\]PX^_][^\\x07\\x1b\\n]*(?:\\x07|\\x1b\\\\)?", // OSC and its like, at most to the end of the line
    "\\x1b[ -/]*[0-~]?",
    "(\\r)",
    "(\\n)",
    "(\\x08)",
    "[\\x00-\\x07\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f]",
  ].join("|"),
  "g",
);
const FAINT = 8;

// -> [[[text, classes], …] per line]
export function parse(source) {
  const lines = [];
  let style = {}, line = [], under = [], at = 0;
  const put = (text) => {
    if (!text) return;
    const names = classes(style);
    const last = line.at(-1);
    if (last && last[1] === names) last[0] += text;
    else line.push([text, names]);
  };
  const end = () => {
    lines.push(over(line, under));
    [line, under] = [[], []];
  };
  CONTROL.lastIndex = 0;
  for (let match; (match = CONTROL.exec(source)); at = CONTROL.lastIndex) {
    put(source.slice(at, match.index));
    const [, colours, column, act, back, feed, backspace] = match;
    if (colours !== undefined) style = dress(style, colours);
    else if (back || (act === "G" && Number(column || 1) === 1)) [line, under] = [[], over(line, under)];
    else if (act === "K") [line, under] = column === "2" ? [[], []] : column === "1" ? [line, under] : [line, []];
    else if (feed) end();
    else if (backspace && line.length) {
      const last = line.at(-1);
      last[0] = last[0].slice(0, -1);
      if (!last[0]) line.pop();
    }
  }
  put(source.slice(at));
  if (line.length || under.length) end();
  return lines;
}

export const plain = (source) => parse(source).map((line) => line.map(([text]) => text).join("")).join("\n");

// What was written over what was there: the new text, then what stands out behind it.
function over(line, under) {
  if (under.length > 200) under = [[under.map(([text]) => text).join(""), ""]]; // else each return costs all of it
  let written = 0;
  for (const [text] of line) written += text.length;
  const rest = [];
  for (const [text, names] of under) {
    if (written < text.length) rest.push([text.slice(Math.max(0, written)), names]);
    written -= text.length;
  }
  return rest.length ? [...line, ...rest] : line;
}

function dress(before, text) {
  const style = { ...before };
  const codes = text.replaceAll(":", ";").split(";", 64).map(Number);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    if (code === 0) for (const key of Object.keys(style)) delete style[key];
    else if (code === 1) style.bold = true;
    else if (code === 2) style.dim = true;
    else if (code === 3) style.italic = true;
    else if (code === 4) style.underline = true;
    else if (code === 7) style.inverse = true;
    else if (code === 9) style.strike = true;
    else if (code === 22) style.bold = style.dim = false;
    else if (code === 23) style.italic = false;
    else if (code === 24) style.underline = false;
    else if (code === 27) style.inverse = false;
    else if (code === 29) style.strike = false;
    else if (code >= 30 && code <= 37) style.ink = code - 30;
    else if (code >= 90 && code <= 97) style.ink = code - 90 + FAINT;
    else if (code >= 40 && code <= 47) style.ground = code - 40;
    else if (code >= 100 && code <= 107) style.ground = code - 100 + FAINT;
    else if (code === 39) style.ink = undefined;
    else if (code === 49) style.ground = undefined;
    else if (code === 38 || code === 48) {
      const key = code === 38 ? "ink" : "ground";
      if (codes[i + 1] === 5) [style[key], i] = [indexed(codes[i + 2]), i + 2];
      else if (codes[i + 1] === 2) [style[key], i] = [nearest(...codes.slice(i + 2, i + 5)), i + 4];
    }
  }
  return style;
}

// 256 colours and true colours become the nearest of the theme's: those can be read on its ground, light or dark.
function indexed(n) {
  if (!(n < 256)) return undefined;
  if (n < 16) return n;
  if (n >= 232) return n < 244 ? FAINT : 7;
  const level = (v) => (v ? 55 + 40 * v : 0);
  return nearest(level(Math.floor((n - 16) / 36)), level(Math.floor((n - 16) / 6) % 6), level((n - 16) % 6));
}

function nearest(r, g, b) {
  if (b === undefined) return undefined;
  const [high, low] = [Math.max(r, g, b), Math.min(r, g, b)];
  const span = high - low;
  if (!(span > 40)) return high < 140 ? FAINT : 7;
  const sector = high === r ? ((g - b) / span + 6) % 6 : high === g ? (b - r) / span + 2 : (r - g) / span + 4;
  const hue = sector * 60;
  if (hue < 18 || hue >= 345) return 1;
  if (hue < 70) return 3;
  if (hue < 160) return 2;
  if (hue < 200) return 6;
  return hue < 265 ? 4 : 5;
}

// Black, white and grey inks are the theme's own text; a ground sets its text, too, so that it can be read.
function classes(style) {
  const names = [];
  let [ink, ground] = [hue(style.ink), hue(style.ground)];
  if (style.inverse) [ink, ground] = [0, ink || "text"];
  if (ground) names.push(`ansi--on-${ground}`);
  else if (style.ground !== undefined) names.push("ansi--on-grey");
  else if (ink) names.push(`ansi--${ink}`);
  else if (style.dim || style.ink === FAINT) names.push("ansi--faint");
  for (const name of ["bold", "italic", "underline", "strike"]) if (style[name]) names.push(`ansi--${name}`);
  return names.join(" ");
}

const HUES = [0, "red", "green", "amber", "blue", "magenta", "cyan", 0];
const hue = (n) => (n === undefined ? 0 : HUES[n % 8] || 0);
