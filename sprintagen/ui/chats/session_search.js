// Finding words in the open session. The server knows which messages have them; what is drawn of them is marked here,
// with the browser's own highlights: nothing in the page is changed by it.
import { full } from "moments";

const PAUSE = 180; // ms without a key before a search begins
const MOST = 2000; // marks on the page at most
const OPENED = 3; // folded parts of a hit that are opened for it
const ALL = "session-hit";
const HERE = "session-hit-here";

// Small letters, with every character where it was.
const small = (text) => {
  const lower = text.toLowerCase();
  if (lower.length === text.length) return lower;
  return Array.from(text, (one) => (one.toLowerCase().length === one.length ? one.toLowerCase() : one)).join("");
};

function* places(root, words) {
  const nodes = [];
  let text = "";
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    if (walker.currentNode.parentElement.closest(".message__tools, .facts, .code__bar")) continue;
    nodes.push([text.length, walker.currentNode]);
    text += walker.currentNode.data;
  }
  text = small(text);
  const nodeAt = (at) => {
    let low = 0;
    let high = nodes.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (nodes[middle][0] <= at) low = middle;
      else high = middle - 1;
    }
    return nodes[low];
  };
  for (const word of words) {
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
      const [from, first] = nodeAt(at);
      const [to, last] = nodeAt(at + word.length - 1);
      const range = document.createRange();
      range.setStart(first, at - from);
      range.setEnd(last, at + word.length - to);
      yield range;
    }
  }
}

export default {
  template: `
    <div class="find" :hidden="!open" role="search" aria-label="This session" @keydown.esc.stop.prevent="close">
      <div class="find__bar">
        <svg class="icon" aria-hidden="true"><use href="#i-search"></use></svg>
        <input ref="input" type="text" class="find__field" placeholder="Search this session" aria-label="Search this session" maxlength="200"
               autocomplete="off" spellcheck="false" enterkeyhint="search" data-testid="session-find" v-model="text" @input="later" @keydown="key">
        <span class="find__count" role="status" data-testid="session-find-count">{{ words }}</span>
        <button type="button" class="btn btn--quiet btn--small" aria-label="Older hit" title="Older (Enter)" :disabled="!count" @click="step(1)"><svg class="icon" aria-hidden="true"><use href="#i-arrow-up"></use></svg></button>
        <button type="button" class="btn btn--quiet btn--small" aria-label="Newer hit" title="Newer (Shift Enter)" :disabled="!count" @click="step(-1)"><svg class="icon" aria-hidden="true"><use href="#i-arrow-down"></use></svg></button>
        <button type="button" class="btn btn--quiet btn--small" aria-label="Close the search" title="Close (Esc)" @click="close"><svg class="icon" aria-hidden="true"><use href="#i-close"></use></svg></button>
      </div>
      <div v-if="note" class="find__note" data-testid="session-find-note">{{ note }}</div>
    </div>`,
  emits: ["search", "step", "close"],
  data: () => ({ open: false, text: "", asked: "", count: 0, at: 0, done: true, back: null, limit: null, told: false }),
  computed: {
    words() {
      if (!this.asked || !this.told) return "";
      if (!this.count) return this.done ? "Nothing found" : "Searching";
      return `${(this.at + 1).toLocaleString()} of ${this.count.toLocaleString()}${this.done ? "" : "+"}`;
    },
    note() {
      if (!this.asked || !this.told) return "";
      if (!this.done) return this.back ? `Searched back to ${full(this.back)} …` : "";
      if (this.back) return `Older messages could not be read; searched back to ${full(this.back)}.`;
      return this.limit ? `This session has more than ${this.limit} characters; its oldest part is read again for each search.` : "";
    },
  },
  mounted() {
    addEventListener("keydown", this.escape);
    addEventListener("sprintagen:find", this.find);
    addEventListener("sprintagen:placed", this.placed);
    this.observer = new MutationObserver(this.soon);
    this.chat = this.$el.closest(".chat");
    this.chat?.setAttribute("data-search", ""); // for the header's button; see timeline.js
  },
  beforeUnmount() {
    removeEventListener("keydown", this.escape);
    removeEventListener("sprintagen:find", this.find);
    removeEventListener("sprintagen:placed", this.placed);
    this.chat?.removeAttribute("data-search");
    this.stop();
  },
  methods: {
    list() {
      return this.$el.parentElement?.querySelector(".transcript__messages");
    },
    escape(event) {
      if (event.key === "Escape" && this.open && !event.defaultPrevented && !event.target.closest?.("input, textarea") && !document.querySelector("dialog[open], :popover-open")) this.close();
    },
    // The keys for finding are ours while the chat is what one uses; in the field they are the browser's again.
    find(event) {
      const at = document.activeElement;
      if (event.detail?.key && (at === this.$refs.input || (at && at !== document.body && !at.closest(".chat")))) return;
      event.preventDefault();
      this.show();
    },
    show() {
      if (!this.open) this.before = document.activeElement;
      this.open = true;
      this.$nextTick(() => {
        this.$refs.input.focus();
        this.$refs.input.select();
        const list = this.list();
        if (list) this.observer.observe(list, { subtree: true, childList: true, characterData: true });
        if (this.text && !this.asked) this.search();
      });
    },
    close() {
      this.stop();
      this.open = false;
      this.asked = "";
      this.$emit("close");
      const back = this.before?.isConnected && this.before !== document.body ? this.before : this.$el.parentElement?.querySelector(".transcript__box");
      back?.focus({ preventScroll: true });
    },
    stop() {
      clearTimeout(this.typing);
      clearTimeout(this.marking);
      this.observer.disconnect();
      this.here_ = null;
      globalThis.CSS?.highlights?.delete(ALL);
      globalThis.CSS?.highlights?.delete(HERE);
    },
    later() {
      clearTimeout(this.typing);
      this.typing = setTimeout(this.search, PAUSE);
    },
    search() {
      clearTimeout(this.typing);
      this.asked = this.text.trim();
      Object.assign(this, { count: 0, at: 0, done: !this.asked, back: null, limit: null, told: false });
      this.here_ = null;
      this.$emit("search", this.asked);
      this.paint();
    },
    key(event) {
      if (event.isComposing) return;
      const by = { Enter: event.shiftKey ? -1 : 1, ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      if (this.text.trim() !== this.asked) this.search();
      else this.step(by);
    },
    step(by) {
      this.$emit("step", by);
    },
    tell(count, at, done, back, limit) {
      Object.assign(this, { count, at, done, back, limit, told: true });
    },
    // This message has the hit the reader is at.
    here(id, parts) {
      this.here_ = { id, parts, opened: false, seek: 0 };
    },
    placed({ detail: { id } }) {
      if (!this.open || !this.here_ || id !== this.here_.id) return;
      this.here_.seek = performance.now() + 1500;
      this.unfold();
      this.paint();
    },
    message() {
      return this.here_ && [...(this.list()?.children ?? [])].find((el) => el.dataset.messageId === this.here_.id);
    },
    // What is folded has no text to mark: open the rows that have a hit, and the run they stand in.
    unfold() {
      const message = this.message();
      if (!message || this.here_.opened) return;
      this.here_.opened = true;
      const parts = [...message.querySelectorAll("[data-part-id]")].filter((el) => this.here_.parts.includes(el.dataset.partId));
      for (const part of parts.slice(0, OPENED)) {
        const row = part.closest(".run__row:not(.run__row--open)");
        if (row) {
          const runs = [...this.list().querySelectorAll(".run")];
          runs.findLast((run) => run.compareDocumentPosition(row) & Node.DOCUMENT_POSITION_FOLLOWING)?.querySelector(".fold__head")?.click();
        }
        if (![...places(part, this.sought())].length) part.querySelector('.fold__head[aria-expanded="false"]:not([disabled])')?.click();
      }
    },
    sought() {
      return [...new Set(small(this.asked).split(/\s+/).filter(Boolean))];
    },
    soon() {
      if (!this.marking) this.marking = setTimeout(this.paint, 80);
    },
    paint() {
      clearTimeout(this.marking);
      this.marking = null;
      const list = this.list();
      if (!list || !globalThis.Highlight || !CSS.highlights) return;
      const words = this.sought();
      const all = new Highlight();
      const here = new Highlight();
      here.priority = 1;
      const current = this.message();
      let first = null;
      for (const message of words.length ? list.children : []) {
        for (const range of places(message, words)) {
          if (all.size + here.size >= MOST) break;
          if (message !== current) all.add(range);
          else {
            here.add(range);
            if (!first || range.compareBoundaryPoints(Range.START_TO_START, first) < 0) first = range;
          }
        }
      }
      CSS.highlights.set(ALL, all);
      CSS.highlights.set(HERE, here);
      if (first && this.here_?.seek > performance.now()) this.reach(first);
    },
    // A long message was brought to its beginning; go on to the words.
    reach(range) {
      const box = this.$el.parentElement.querySelector(".transcript__box");
      const { top, bottom } = box.getBoundingClientRect();
      const at = range.getBoundingClientRect();
      if (!at.height) return;
      const by = at.top - top - (bottom - top) / 3;
      if (at.top < top + 48 || at.bottom > bottom - 48) dispatchEvent(new CustomEvent("sprintagen:nudge", { detail: { by } }));
    },
  },
};
