// One file: its lines with numbers, coloured piece by piece as they come into view; a picture; or why it is not shown.
// A click on a number chooses a line, with Shift or a drag several: for the prompt, and for a link to them.
import { lineHtml } from "code_lines";
import { copyText } from "prose";

const ROW = 19; // pixels of a line, as in files.css
const COLOURED = 60000; // characters coloured at once, as in prose.js
const NEAR = 600; // pixels around what is seen in which lines are drawn
const FAR = 12000; // pixels away from which they are taken out again

const make = (cls) => Object.assign(document.createElement("div"), { className: cls });
const words = (size) => (size == null ? "" : size < 1024 ? `${size} bytes` : size < 1048576 ? `${Math.round(size / 1024)} kB` : `${(size / 1048576).toFixed(1)} MB`);

export default {
  template: `
    <section class="viewer" :aria-label="file.path" @keydown.esc="leave">
      <div class="viewer__head">
        <button type="button" class="btn btn--quiet viewer__back" aria-label="Back to the files" title="Back to the files (Escape)" data-testid="file-back" @click="$emit('back')">
          <svg class="icon" aria-hidden="true"><use href="#i-reply"></use></svg></button>
        <div class="viewer__title" :title="file.path"><bdi class="viewer__name" data-testid="file-name">{{ name }}</bdi><bdi v-if="folder" class="viewer__folder">{{ folder }}</bdi></div>
        <span class="viewer__size">{{ facts }}</span>
      </div>
      <div class="viewer__bar" role="toolbar" aria-label="With this file">
        <button type="button" class="btn btn--plain btn--small" :disabled="!file.kind" data-testid="file-mention" @click="$emit('mention', { kind: 'file', path: file.path, lines: chosen })">{{ chosen ? "Add lines to prompt" : "Add to prompt" }}</button>
        <input v-if="file.kind === 'text'" ref="lines" class="field viewer__lines" type="text" aria-label="Lines, for example 12 or 12-20" placeholder="Lines" title="Go to lines: 12 or 12-20"
               autocomplete="off" spellcheck="false" data-testid="file-lines" @keydown.enter="goTo($event.target.value)" @change="goTo($event.target.value)">
        <span class="viewer__space"></span>
        <svg class="icon viewer__copies" aria-hidden="true"><use href="#i-copy"></use></svg>
        <button type="button" class="btn btn--quiet btn--small" aria-label="Copy path" title="Copy path" data-testid="file-copy-path" @click="copy($event, file.path)">Path</button>
        <button type="button" class="btn btn--quiet btn--small" aria-label="Copy link" :title="chosen ? 'Copy a link to these lines' : 'Copy a link to this file'" data-testid="file-copy-link" @click="copy($event, address())">Link</button>
        <button v-if="file.kind === 'text'" type="button" class="btn btn--quiet btn--small" :aria-label="chosen ? 'Copy lines' : 'Copy text'" :title="chosen ? 'Copy these lines' : 'Copy the whole text'" data-testid="file-copy" @click="$emit('copy', chosen)">{{ chosen ? "Lines" : "Text" }}</button>
      </div>
      <div v-for="note in notes" :key="note" class="viewer__note" role="status">{{ note }}</div>
      <div v-if="file.error" class="viewer__none" role="alert" data-testid="file-error"><p>{{ file.error }}</p><p v-if="file.hint" class="viewer__hint">{{ file.hint }}</p>
        <button type="button" class="btn btn--plain btn--small" @click="$emit('again')">Try again</button></div>
      <div v-else-if="!file.kind" class="viewer__none" role="status"><span class="spinner" aria-hidden="true"></span><span class="unseen">Reading the file</span></div>
      <div v-else-if="file.kind === 'picture' && file.image" class="viewer__picture"><img :src="file.image" :alt="name" data-testid="file-picture" @load="measured"></div>
      <div v-else-if="file.kind !== 'text'" class="viewer__none" data-testid="file-none">{{ file.kind === "binary" ? "This is not a text file, so it is not shown." : "This picture is too large to be shown here." }}</div>
      <div v-show="file.kind === 'text' && !file.error" ref="scroll" class="viewer__scroll" tabindex="0" role="region" :aria-label="'Text of ' + name" data-testid="file-text" @scroll.passive="later">
        <div ref="sheet" class="viewer__sheet" @pointerdown="press" @pointermove="drag" @pointerup="release" @pointercancel="release"></div>
      </div>
    </section>`,
  props: { file: Object },
  emits: ["back", "mention", "copy", "again", "piece", "chosen"],
  data: () => ({ chosen: null, pixels: "" }),
  computed: {
    name() {
      return this.file.path.slice(this.file.path.lastIndexOf("/") + 1);
    },
    folder() {
      return this.file.path.slice(0, Math.max(0, this.file.path.lastIndexOf("/")));
    },
    facts() {
      if (!this.file.kind || this.file.error) return "";
      const lines = this.file.kind === "text" && this.file.whole ? `${this.file.total.toLocaleString()} line${this.file.total === 1 ? "" : "s"}` : "";
      return [lines, this.pixels, words(this.file.size)].filter(Boolean).join(" · ");
    },
    notes() {
      if (this.file.kind !== "text" || this.file.error) return [];
      return [
        !this.file.whole && `Only the first ${words(this.file.limit)} are shown.`,
        !this.file.exact && "This file is not UTF-8: what is not text is shown as \uFFFD.",
        this.file.cut && "Long lines are cut.",
      ].filter(Boolean);
    },
  },
  created() {
    this.texts = [];
    this.waiting = new Set();
  },
  mounted() {
    this.observer = new ResizeObserver(() => this.later());
    this.observer.observe(this.$refs.scroll);
  },
  beforeUnmount() {
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
  },
  methods: {
    // A file was read, or read again: `isSame` keeps the place and what is chosen.
    start(index, lines, range, isSame) {
      this.texts = [];
      this.waiting.clear();
      this.pixels = "";
      const { total, step } = this.file;
      if (this.file.kind !== "text") return this.choose(null);
      this.texts[index] = lines;
      const blocks = Array.from({ length: Math.ceil(total / step) }, (_, i) => {
        const block = make("viewer__block");
        block.style.height = `${Math.min(step, total - i * step) * ROW}px`;
        return block;
      });
      const mark = make("viewer__chosen");
      mark.hidden = true;
      this.$refs.sheet.style.setProperty("--digits", String(total).length);
      this.$refs.sheet.replaceChildren(mark, ...blocks);
      this.drawn = new Set();
      this.choose(isSame ? this.chosen : range);
      this.$nextTick(() => {
        const box = this.$refs.scroll;
        if (!isSame) box.scrollTop = box.scrollLeft = 0;
        if (!isSame && range) this.show(range[0]);
        this.look();
      });
    },
    put(index, lines) {
      this.waiting.delete(index);
      this.texts[index] = lines;
      this.look();
    },
    focus() {
      (this.file.kind === "text" ? this.$refs.scroll : this.$el.querySelector(".viewer__back"))?.focus({ preventScroll: true });
    },
    leave(event) {
      if (event.defaultPrevented) return;
      event.preventDefault();
      if (this.chosen) this.choose(null);
      else this.$emit("back");
    },
    measured(event) {
      this.pixels = `${event.target.naturalWidth} × ${event.target.naturalHeight}`;
    },
    // -- drawing -----------------------------------------------------------------------------------------------------
    later() {
      cancelAnimationFrame(this.frame);
      this.frame = requestAnimationFrame(this.look);
    },
    look() {
      const box = this.$refs.scroll;
      if (this.file.kind !== "text" || !box?.clientHeight) return;
      const { step } = this.file;
      const [from, to] = [box.scrollTop, box.scrollTop + box.clientHeight];
      this.blocks().forEach((block, i) => {
        const top = i * step * ROW;
        const gap = Math.max(top - to, from - (top + block.offsetHeight), 0);
        if (gap <= NEAR && !this.drawn.has(i)) {
          if (this.texts[i]) this.fill(block, i);
          else if (!this.waiting.has(i)) {
            this.waiting.add(i);
            this.$emit("piece", i);
          }
        } else if (gap > FAR && this.drawn.delete(i)) block.replaceChildren();
      });
    },
    blocks() {
      return [...this.$refs.sheet.children].slice(1);
    },
    fill(block, i) {
      this.drawn.add(i);
      const lines = this.texts[i];
      const [numbers, code] = [document.createElement("pre"), document.createElement("pre")];
      numbers.className = "viewer__numbers";
      numbers.setAttribute("aria-hidden", "true");
      numbers.textContent = lines.map((_, n) => i * this.file.step + n + 1).join("\n");
      code.className = "viewer__code";
      code.textContent = lines.join("\n");
      block.replaceChildren(numbers, code);
      this.colour(code, i);
    },
    // Coloured together with the piece before it, so that a comment that began there is known as one.
    colour(code, i) {
      const { language, version } = this.file;
      const before = this.texts[i - 1] || [];
      const own = this.texts[i].join("\n");
      const text = before.length && before.join("\n").length + own.length < COLOURED ? `${before.join("\n")}\n${own}` : own;
      if (!language || text.length > COLOURED) return;
      import("highlight").then(({ default: lib }) => {
        if (this.file.version !== version || !code.isConnected || !lib.getLanguage(language)) return;
        const lines = lineHtml(lib.highlight(text, { language, ignoreIllegals: true }).value);
        if (lines.length === text.split("\n").length) code.innerHTML = lines.slice(-this.texts[i].length).join("\n");
      }, () => {}); // a page that is being left, or a network that is gone: the text stays plain
    },
    // -- lines -------------------------------------------------------------------------------------------------------
    choose(range) {
      const total = this.file.total || 0;
      const lines = range && [Math.max(1, Math.min(total, range[0])), Math.max(1, Math.min(total, range[1]))].sort((a, b) => a - b);
      this.chosen = this.file.kind === "text" ? lines : null;
      const mark = this.$refs.sheet.firstChild;
      if (mark) {
        mark.hidden = !this.chosen;
        if (this.chosen) {
          mark.style.top = `${(lines[0] - 1) * ROW}px`;
          mark.style.height = `${(lines[1] - lines[0] + 1) * ROW}px`;
        }
      }
      if (this.$refs.lines) this.$refs.lines.value = this.chosen ? (lines[0] === lines[1] ? `${lines[0]}` : lines.join("-")) : "";
      this.$emit("chosen", this.chosen);
    },
    goTo(text) {
      const found = /^\D*(\d{1,9})(?:\D+(\d{1,9}))?\D*$/.exec(text);
      if (!found) return this.choose(null);
      this.choose([Number(found[1]), Number(found[2] ?? found[1])]);
      this.show(this.chosen[0]);
    },
    show(line) {
      const box = this.$refs.scroll;
      const top = (line - 1) * ROW;
      if (top < box.scrollTop || top > box.scrollTop + box.clientHeight - 3 * ROW) box.scrollTop = top - box.clientHeight / 3;
    },
    lineAt(event) {
      const y = event.clientY - this.$refs.sheet.getBoundingClientRect().top;
      return Math.max(1, Math.min(this.file.total, Math.floor(y / ROW) + 1));
    },
    press(event) {
      if (event.button || !event.target.closest(".viewer__numbers")) return;
      event.preventDefault();
      const line = this.lineAt(event);
      if (event.shiftKey && this.anchor) this.choose([this.anchor, line]);
      else if (this.chosen && this.chosen[0] === line && this.chosen[1] === line) return this.choose(null);
      else {
        this.anchor = line;
        this.choose([line, line]);
      }
      this.dragging = event.pointerType === "mouse";
      if (this.dragging) this.$refs.sheet.setPointerCapture(event.pointerId);
    },
    drag(event) {
      if (this.dragging) this.choose([this.anchor, this.lineAt(event)]);
    },
    release() {
      this.dragging = false;
    },
    address() {
      return location.href;
    },
    copy(event, text) {
      copyText(text, event.currentTarget);
    },
  },
};
