// Markdown to safe DOM, shared by the streaming and the still renderings. Nothing here ever loads anything remote:
// images become links, raw HTML becomes text (a few harmless tags excepted), and DOMPurify has the last word.
import { Marked, Lexer } from "marked";
import DOMPurify from "dompurify";
import { drawDiagram } from "prose_diagram";
import { drawFormulas, extensions } from "prose_math";

const HARMLESS = /^<\/?(?:br|kbd|sub|sup|details|summary)\s*\/?>$/i;
const LINK = /^(?:https?:|mailto:)/i;
const TAGS = (
  "a blockquote br code del details em h1 h2 h3 h4 h5 h6 hr kbd li ol p pre span strong sub summary sup " +
  "table tbody td th thead tr ul"
).split(" ");
const SANITIZE = {
  ALLOWED_TAGS: TAGS,
  ALLOWED_ATTR: ["href", "title", "start", "align", "data-lang", "data-task", "data-math"],
  ALLOWED_URI_REGEXP: LINK,
  ADD_URI_SAFE_ATTR: ["title", "start", "align", "data-lang", "data-task", "data-math"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};
const purify = DOMPurify(window);

export const escape = (text) =>
  text.replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c]);

const marked = new Marked({ gfm: true });
marked.use({
  extensions,
  tokenizer: {
    // Rows are filled up to the head's width: a few characters would become millions of cells.
    table(src) {
      const end = src.search(/\n[ \t]*(?:\n|$)/);
      const block = end < 0 ? src : src.slice(0, end);
      const cells = block.split("\n", 1)[0].split("|").length * block.split("\n").length;
      return cells > 5000 && cells > block.length ? undefined : false;
    },
  },
  renderer: {
    html: ({ text }) => (HARMLESS.test(text.trim()) ? text : escape(text)),
    image: ({ href, text }) =>
      LINK.test(href) ? `<a href="${escape(href)}" title="Image">${escape(text || href)}</a>` : escape(text || href),
    code: ({ text, lang }) =>
      `<pre data-lang="${escape((lang || "").trim().split(/\s+/)[0])}"><code>${escape(text)}</code></pre>`,
    checkbox: ({ checked }) => `<span data-task="${checked ? "done" : "open"}">${checked ? "☑" : "☐"}</span> `,
  },
});

// Tokens of a piece of Markdown. `links` (name -> target) carries reference definitions from earlier pieces on.
export function lex(source, links) {
  const lexer = new Lexer({ ...marked.defaults });
  Object.assign(lexer.tokens.links, links);
  const tokens = lexer.lex(source);
  if (links) Object.assign(links, tokens.links);
  return tokens;
}

// Tokens of the inside of a paragraph, with the targets known by now.
export function lexInline(text, links) {
  const lexer = new Lexer({ ...marked.defaults });
  Object.assign(lexer.tokens.links, links);
  return lexer.inlineTokens(text);
}

// Sanitised DOM of some tokens.
export function render(tokens) {
  const fragment = purify.sanitize(marked.parser(tokens), SANITIZE);
  for (const a of fragment.querySelectorAll("a")) {
    if (!LINK.test(a.getAttribute("href") || "")) a.removeAttribute("href");
    else Object.assign(a, { target: "_blank", rel: "noopener noreferrer nofollow" });
  }
  for (const table of fragment.querySelectorAll("table")) {
    const box = Object.assign(document.createElement("div"), { className: "prose__table", tabIndex: 0 });
    const frame = Object.assign(document.createElement("div"), { className: "prose__frame" });
    const copy = Object.assign(document.createElement("button"), { type: "button", className: "prose__csv", textContent: "Copy as CSV" });
    table.replaceWith(frame);
    box.append(table);
    frame.append(box, copy);
  }
  for (const task of fragment.querySelectorAll("li > [data-task]")) task.parentElement.className = "prose__task";
  for (const pre of fragment.querySelectorAll("pre")) pre.replaceWith(codeBox(pre.textContent, pre.dataset.lang));
  drawFormulas(fragment);
  return fragment;
}

// A spreadsheet takes what begins so for a formula, which may fetch or run something: a quote before it makes it text.
// Numbers stay numbers, and a dash that says there is nothing stays a dash.
const FORMULA = /^[=+\-@\t\r＝＋－＠]/;
const NO_FORMULA = /^[-+](\d[\d.,]*(e[-+]?\d+)?\s?%?|[-+]*)$/i;

// Comma-separated values as spreadsheets read them (RFC 4180).
export function csvOf(table) {
  const quoted = (text) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const cell = (said) => quoted(FORMULA.test(said) && !NO_FORMULA.test(said) ? `'${said}` : said);
  return [...table.rows].map((row) => [...row.cells].map((one) => cell(one.textContent.trim())).join(",")).join("\r\n") + "\r\n";
}

// What a block of code becomes once it no longer grows.
export function finishCode(code) {
  if (code.dataset.lang === "mermaid") drawDiagram(code);
}

// A block of code: its language, buttons that wrap and copy, the text. Highlighting comes with `highlight`.
export function codeBox(text, language) {
  const box = Object.assign(document.createElement("div"), { className: "code" });
  const bar = Object.assign(document.createElement("div"), { className: "code__bar" });
  const name = Object.assign(document.createElement("span"), { textContent: language || "text" });
  const copy = Object.assign(document.createElement("button"), {
    type: "button",
    className: "code__copy",
    textContent: "Copy",
  });
  copy.setAttribute("aria-label", "Copy code");
  const wrap = Object.assign(document.createElement("button"), { type: "button", className: "code__act code__wrap", textContent: "Wrap" });
  wrap.setAttribute("aria-label", "Wrap long lines");
  wrap.setAttribute("aria-pressed", "false");
  const pre = Object.assign(document.createElement("pre"), { tabIndex: 0 });
  const code = Object.assign(document.createElement("code"), { textContent: text.replace(/\n$/, "") });
  code.dataset.lang = language || "";
  bar.append(name, wrap, copy);
  pre.append(code);
  box.append(bar, pre);
  return box;
}

let hljs;
let loading;
function withHighlighter(use) {
  if (hljs) return use(hljs);
  loading ??= import("highlight").then((module) => (hljs = module.default));
  loading.then(use);
}

// Colour one <code>. Does nothing for unknown languages and very long texts.
export function highlight(code, language = code.dataset.lang) {
  const text = code.textContent;
  if (!language || text.length > 60000 || code.dataset.coloured === String(text.length)) return;
  withHighlighter((lib) => {
    if (code.textContent !== text || !lib.getLanguage(language)) return;
    code.innerHTML = lib.highlight(text, { language, ignoreIllegals: true }).value; // the library escapes the text
    code.dataset.coloured = String(text.length);
  });
}

export function highlightAll(root) {
  for (const code of root.querySelectorAll("pre > code")) highlight(code);
}

// Returns whether it worked; a button with words says so for a moment.
export async function copyText(text, button) {
  let ok = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = Object.assign(document.createElement("textarea"), { value: text });
    area.style.cssText = "position:fixed;opacity:0";
    document.body.append(area);
    area.select();
    ok = document.execCommand("copy");
    area.remove();
  }
  if (!button) return ok;
  const before = button.dataset.label ?? (button.dataset.label = button.textContent);
  button.textContent = ok ? "Copied" : "Press Ctrl+C";
  clearTimeout(button.timer);
  button.timer = setTimeout(() => (button.textContent = before), 1600);
  return ok;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button");
  const code = button?.closest(".code"); // bars of other things have buttons that look alike
  if (button?.matches(".code__copy") && code) copyText(code.querySelector("code").textContent, button);
  else if (button?.matches(".prose__csv")) copyText(csvOf(button.parentElement.querySelector("table")), button);
  else if (button?.matches(".code__wrap") && code) button.ariaPressed = String(code.classList.toggle("code--wrap"));
});

// One message from the server for all texts that grew: [[element id, offset, text], ...].
window.sprintagenAppend = (pieces) => {
  for (const [id, at, text] of pieces) window.getElement(id)?.append?.(at, text);
};
