// Diagrams of Mermaid. The text comes from a model, so it is drawn in a frame that has no origin and may load nothing, and
// what comes out is shown as a picture, in which nothing runs either.
import { address } from "assets";

const PATIENCE = 10_000; // milliseconds for one diagram
const POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";
const WORKER = `
  const draw = async ({ id, text, dark }) => {
    mermaid.initialize({ startOnLoad: false, securityLevel: "strict", theme: dark ? "dark" : "neutral", htmlLabels: false,
      flowchart: { htmlLabels: false }, fontFamily: "system-ui, sans-serif", maxTextSize: 30000, maxEdges: 400, suppressErrorRendering: true });
    return (await mermaid.render("diagram" + id, text)).svg;
  };
  addEventListener("message", ({ data }) => {
    draw(data).then((svg) => parent.postMessage({ id: data.id, svg }, "*"),
      (error) => parent.postMessage({ id: data.id, error: String(error?.message || error).slice(0, 300) }, "*"));
  });`;

let frame = null; // a promise of the frame's window
let count = 0;
let last = Promise.resolve(); // one after the other: each has its own time, and one that never ends takes no other along
const waiting = new Map();

const isDark = () => getComputedStyle(document.documentElement).colorScheme === "dark";

function open() {
  frame ??= fetch(address("mermaid.tiny.js"))
    .then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error("the drawing program cannot be fetched"))))
    .then((library) => {
      const el = document.createElement("iframe");
      el.className = "diagram__frame";
      el.tabIndex = -1;
      el.setAttribute("sandbox", "allow-scripts");
      el.setAttribute("aria-hidden", "true");
      const safe = library.replaceAll("</script", "<\\/script");
      const open = `<script nonce="${document.querySelector("script[nonce]").nonce}">`; // the page's policy holds in it as well
      el.srcdoc = `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><body>${open}${safe}</script>${open}${WORKER}</script>`;
      const ready = new Promise((resolve) => (el.onload = () => resolve(el)));
      document.body.append(el);
      return ready;
    });
  frame.catch(close);
  return frame;
}

function close() {
  frame?.then((el) => el.remove(), () => {});
  frame = null;
}

addEventListener("message", async ({ data, source }) => {
  if (!frame || !waiting.has(data?.id) || source !== (await frame).contentWindow) return;
  const { resolve, reject } = waiting.get(data.id);
  if (typeof data.svg === "string") resolve(data.svg);
  else reject(new Error(typeof data.error === "string" ? data.error : "it cannot be read"));
});

function ask(text) {
  const asked = last.then(() => askNow(text));
  last = asked.catch(() => {});
  return asked;
}

async function askNow(text) {
  const id = ++count;
  const el = await open();
  const answer = new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  const timer = setTimeout(() => {
    close(); // whatever holds it
    waiting.get(id)?.reject(new Error("it takes too long"));
  }, PATIENCE);
  el.contentWindow.postMessage({ id, text, dark: isDark() }, "*");
  try {
    return await answer;
  } finally {
    clearTimeout(timer);
    waiting.delete(id);
  }
}

// The size a picture has by itself: Mermaid says it only as a style, which counts for nothing in an image.
function picture(svg) {
  const root = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  const [, , width, height] = (root.getAttribute("viewBox") || "").split(/[\s,]+/).map(Number);
  if (root.nodeName !== "svg" || !(width > 0 && height > 0)) throw new Error("it came out as no picture");
  root.setAttribute("width", width);
  root.setAttribute("height", height);
  root.removeAttribute("style");
  const image = Object.assign(document.createElement("img"), { className: "diagram__picture", width: Math.ceil(width), height: Math.ceil(height) });
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(root));
  return image;
}

// Shows a code block of Mermaid as a diagram, with a button that brings its text back.
export async function drawDiagram(code) {
  const text = code.textContent;
  const block = code.closest(".code");
  if (!block || !text.trim() || block.dataset.diagram === text) return;
  block.dataset.diagram = text;
  let image;
  try {
    image = picture(await ask(text));
  } catch (error) {
    note(block, `No diagram: ${error.message}`);
    return;
  }
  image.alt = `Diagram: ${text.trim().split("\n", 1)[0]}`;
  block.querySelector(".diagram__note")?.remove();
  const before = block.querySelector(".diagram");
  if (before) return before.replaceChildren(image);
  const box = Object.assign(document.createElement("div"), { className: "diagram", tabIndex: 0 });
  box.append(image);
  block.querySelector("pre").before(box);
  block.querySelector(".code__copy").before(toggle(block));
  block.classList.add("code--drawn");
}

function toggle(block) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "code__act", textContent: "Source" });
  button.setAttribute("aria-pressed", "false");
  button.onclick = () => {
    const isDrawn = block.classList.toggle("code--drawn");
    button.setAttribute("aria-pressed", String(!isDrawn));
  };
  return button;
}

function note(block, words) {
  block.querySelector(".diagram__note")?.remove();
  const box = Object.assign(document.createElement("div"), { className: "diagram__note", textContent: words });
  block.querySelector("pre").before(box);
}

// Another theme has other colours.
function redraw() {
  for (const block of document.querySelectorAll(".code[data-diagram]")) {
    delete block.dataset.diagram;
    drawDiagram(block.querySelector("code"));
  }
}
new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
