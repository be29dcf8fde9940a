// Markdown that grows at its end: settled blocks are rendered once, only the last one again with every piece.
import { finishCode, lex, render, highlight, highlightAll } from "prose";
import { LongParagraph } from "prose_paragraph";

const FRAME = 12; // ms; a paint this long after the last one happens at once, a sooner one with the next frame
const CHUNK = 20; // blocks that make a chunk full
const LIVE_COLOUR = 8000; // characters of an unfinished code block that are still coloured while it grows

// Blocks that can be rendered together: each by itself would give the same. One with a tag may leave it open.
function runs(tokens) {
  const found = [];
  let last = null;
  for (const token of tokens) {
    if (token.type === "space") {
      last?.push(token);
      continue;
    }
    const isAlone = token.raw.includes("<");
    if (isAlone || !last) found.push((last = []));
    last.push(token);
    if (isAlone) last = null;
  }
  return found;
}

// Whether a block begins a line of its own and has no margin above it. A full chunk keeps its margins to itself, so
// between two chunks there is only the one below the upper one.
function begins(el) {
  if (!/^(P|UL|OL|DIV|BLOCKQUOTE)$/.test(el.nodeName)) return false;
  for (; el; el = el.firstElementChild) if (/^H[1-6R]$/.test(el.nodeName)) return false;
  return true;
}

export default {
  template: '<div class="prose"></div>',
  props: { text: String, live: Boolean },
  mounted() {
    this.reset(this.text || "");
  },
  beforeUnmount() {
    this.cancel();
  },
  watch: {
    text(value) {
      if (value !== this.source) this.reset(value || "");
    },
    live(value) {
      if (!value) this.settle();
    },
  },
  methods: {
    reset(source) {
      this.cancel();
      this.source = source;
      this.stable = this.cost = this.last = 0;
      this.links = {};
      this.named = {};
      this.chunk = null;
      this.paragraph = null;
      this.asked = -1;
      this.tail = document.createElement("div");
      this.tail.className = "prose__tail";
      this.$el.replaceChildren(this.tail);
      this.draw();
    },
    append(at, piece) {
      const skip = this.source.length - at;
      if (skip < 0) {
        if (this.asked !== this.source.length) this.$emit("gap", (this.asked = this.source.length));
        return;
      }
      if (skip >= piece.length) return;
      this.source += piece.slice(skip);
      this.schedule();
    },
    schedule() {
      if (this.waiting) return;
      const rest = Math.max(FRAME, 3 * this.cost) - (performance.now() - this.last);
      if (rest <= 0) return this.paint();
      if (document.hidden) this.waiting = setTimeout(this.tick, rest);
      else this.waiting = requestAnimationFrame(this.tick);
    },
    cancel() {
      if (!this.waiting) return;
      cancelAnimationFrame(this.waiting);
      clearTimeout(this.waiting);
      this.waiting = 0;
    },
    tick() {
      this.waiting = 0;
      if (performance.now() - this.last < 3 * this.cost && !document.hidden)
        this.waiting = requestAnimationFrame(this.tick);
      else this.paint();
    },
    paint() {
      this.draw();
      this.$el.dispatchEvent(new Event("grown", { bubbles: true }));
    },
    // Without a word to anybody: who stands around a text that is new sees to all of them once, with the next frame, and
    // a session that is opened is laid out once and not with each of its texts.
    draw() {
      const start = performance.now();
      if (!this.live || !this.paragraph?.grow(this.source, this.links)) this.drawBlocks();
      this.mark();
      this.last = performance.now();
      this.cost = this.last - start;
    },
    drawBlocks() {
      const tokens = lex(this.source.slice(this.stable), this.links);
      const settled = this.settled(tokens);
      for (const run of runs(tokens.slice(0, settled))) {
        const blocks = render(run);
        const codes = [...blocks.querySelectorAll("pre > code")];
        this.put(blocks);
        for (const code of codes) {
          this.colour(code);
          finishCode(code);
        }
      }
      for (const token of tokens.slice(0, settled)) this.stable += token.raw.length;
      const rest = tokens.slice(settled);
      if (!this.growCode(rest[0])) {
        this.tail.replaceChildren(...rest.map((token) => render([token])));
        if (rest[0]?.raw.length < LIVE_COLOUR || !this.live) this.tail.querySelectorAll("pre > code").forEach((code) => this.colour(code));
        if (!this.live) this.tail.querySelectorAll("pre > code").forEach(finishCode);
      }
      const isParagraph = rest.length === 1 && rest[0].type === "paragraph";
      this.paragraph = isParagraph ? LongParagraph.of(this.source, this.stable, this.tail.firstElementChild) : null;
    },
    // Settled blocks stand in chunks. A full one is contained (kit.css): when the text below grows, the browser goes
    // through chunks and not through every block.
    put(blocks) {
      for (const block of [...blocks.childNodes]) {
        if (!this.chunk || (this.chunk.childElementCount >= CHUNK && begins(block))) {
          this.chunk?.classList.add("prose__chunk--full");
          this.chunk = document.createElement("div");
          this.chunk.className = "prose__chunk";
          this.$el.insertBefore(this.chunk, this.tail);
        }
        this.chunk.append(block);
      }
    },
    // How many blocks will stay as they are. The last one grows; what its first line begins is only sure when that line
    // is whole (after "***" may come "bold**", after "2" a dot), and till then it may be part of the block before.
    settled(tokens) {
      const before = (at) => {
        while (at > 0 && tokens[at].type === "space") at--;
        return Math.max(at, 0);
      };
      const last = before(tokens.length - 1);
      const previous = before(last - 1);
      const lines = tokens[last]?.type === "table" ? 2 : 1; // a table is one from its second line on
      if (last === 0 || tokens[last].raw.split("\n", 3).length > lines) return last;
      const { type } = tokens[previous];
      return type === "list" || (type !== "code" && previous === last - 1) ? previous : last;
    },
    // Which block is the first and which the last, said here: a style sheet that asks for it with `:has()` or by position
    // has the browser style the whole text again with every block.
    mark() {
      const first = this.$el.firstElementChild.firstElementChild;
      const end = this.tail.lastElementChild ?? this.chunk?.lastElementChild;
      this.name("first", first);
      this.name("end", end);
      this.$el.toggleAttribute("data-empty", !end);
    },
    name(place, el) {
      if (el === this.named[place]) return;
      this.named[place]?.removeAttribute("data-" + place);
      el?.setAttribute("data-" + place, "");
      this.named[place] = el;
    },
    // A long code block that only grew: add the new text instead of rendering it again.
    growCode(token) {
      if (token?.type !== "code" || token.raw.length < LIVE_COLOUR) return false;
      const code = this.tail.querySelector(":scope > .code:only-child code");
      const text = token.text.replace(/\n$/, "");
      if (!code || code.dataset.at !== String(this.stable)) {
        this.tail.replaceChildren(render([token]));
        const fresh = this.tail.querySelector("code");
        if (fresh) fresh.dataset.at = String(this.stable);
        return true;
      }
      const shown = code.textContent;
      if (!text.startsWith(shown)) return false;
      if (text.length > shown.length) code.append(text.slice(shown.length));
      return true;
    },
    colour(code) {
      if (this.live) highlight(code);
      else (window.requestIdleCallback || setTimeout)(() => highlight(code));
    },
    // The end: what could only be known now (a link's target defined below its use) is set right.
    settle() {
      this.cancel();
      this.paint();
      if (this.source.includes("]:")) this.reset(this.source);
      highlightAll(this.$el);
      this.$el.querySelectorAll("pre > code").forEach(finishCode);
    },
  },
};
