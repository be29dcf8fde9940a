// Formulas: `$x$`, `\(x\)`, and `$$…$$`, `\[…\]` for those that stand alone. TeX to MathML, which browsers draw
// themselves; a formula that cannot be read is shown as it was written.
import DOMPurify from "dompurify";
import { script } from "assets";

const KEPT = 400; // formulas kept drawn: the block that grows draws its own again with each piece
const LONGEST = 4000; // characters of a formula
// A dollar is money or a shell's more often than not: no space inside, and neither a letter nor a digit behind.
const INLINE = /^\$(?![\s$])((?:\\[^\n]|[^\\\n$])*?[^\\\s$])\$(?![\w$])|^\\\(([^\n]+?)\\\)/;
const DISPLAY_INLINE = /^\$\$([^\n$]+?)\$\$(?!\$)/;
// What begins a line with `$$` or `\[` goes on to the closing one or, without any, to the next empty line: so the rest
// of a text says the same however much of it has arrived.
const BLOCK = /^ {0,3}(\$\$|\\\[)((?:(?!\n[ \t]*(?:\n|$))[^])*?)(\$\$|\\\])[ \t]*(?:\n+|$)/;
const OPEN = /^ {0,3}(?:\$\$|\\\[)(?:(?!\n[ \t]*(?:\n|$))[^])*(?:\n+|$)/;
const CLOSING = { $$: "$$", "\\[": "\\]" };

const purify = DOMPurify(window);
const SANITIZE = { USE_PROFILES: { mathMl: true }, ADD_ATTR: ["class", "style"], RETURN_DOM_FRAGMENT: true };
const drawn = new Map();

const escape = (text) => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
const box = (kind, text) => `<span data-math="${kind}">${escape(text.trim())}</span>`;

export const extensions = [
  {
    name: "math",
    level: "block",
    start: (src) => src.match(/(?:^|\n) {0,3}(?:\$\$|\\\[)/)?.index,
    tokenizer(src) {
      const whole = BLOCK.exec(src);
      if (whole && CLOSING[whole[1]] === whole[3] && whole[2].trim() && !whole[2].includes("$$"))
        return { type: "math", raw: whole[0], text: whole[2] };
      const open = OPEN.exec(src);
      if (!open || /(?:\$\$|\\\])/.test(open[0].trim().slice(2))) return undefined; // closed in mid-line: words
      const text = open[0].trim();
      return { type: "paragraph", raw: open[0], text, tokens: this.lexer.inline(text) };
    },
    renderer: ({ text }) => `<p>${box("display", text)}</p>\n`,
  },
  {
    name: "formula",
    level: "inline",
    start: (src) => src.match(/\$|\\\(/)?.index,
    tokenizer(src) {
      const alone = DISPLAY_INLINE.exec(src);
      const found = alone || INLINE.exec(src);
      if (!found) return undefined;
      return { type: "formula", raw: found[0], text: found[1] ?? found[2], kind: alone ? "display" : "inline" };
    },
    renderer: ({ text, kind }) => box(kind, text),
  },
];

// Draws the formulas of some DOM, at once when it can, else when the library is there.
export function drawFormulas(root) {
  for (const el of root.querySelectorAll("[data-math]")) {
    if (window.temml) put(el);
    else script("temml.min.js").then(() => put(el), () => el.classList.add("math--source"));
  }
}

function put(el) {
  const text = el.textContent;
  const key = el.dataset.math + text;
  if (!drawn.has(key)) {
    if (drawn.size >= KEPT) drawn.delete(drawn.keys().next().value);
    drawn.set(key, draw(text, el.dataset.math === "display"));
  }
  const formula = drawn.get(key);
  if (!formula) return el.classList.add("math--source");
  el.classList.add("math");
  el.replaceChildren(formula.cloneNode(true));
}

function draw(text, displayMode) {
  if (text.length > LONGEST) return null;
  try {
    const markup = window.temml.renderToString(text, { displayMode, trust: false, throwOnError: true, maxSize: [20, 40], maxExpand: 200 });
    return purify.sanitize(markup, SANITIZE);
  } catch {
    return null; // the text itself is shown
  }
}
