// A command and what it printed. What is far above the end is not drawn until somebody asks for it.
import { copyText, highlight } from "prose";
import { parse, plain } from "ansi";

const LAST = 200; // lines

const make = (tag, className, text) => Object.assign(document.createElement(tag), { className, textContent: text ?? "" });

export default {
  template: '<div class="code terminal"></div>',
  props: { command: String, text: String, title: String, live: Boolean },
  emits: ["gap"],
  mounted() {
    this.output = this.text || "";
    this.build();
  },
  beforeUnmount() {
    cancelAnimationFrame(this.frame);
  },
  watch: {
    text(text) {
      if (text === this.output) return;
      this.output = text || "";
      this.paint();
    },
    live: "paint",
    command: "build",
  },
  methods: {
    append(at, text) {
      const skip = this.output.length - at;
      if (skip < 0) return this.$emit("gap", this.output.length);
      if (skip >= text.length) return;
      this.output += text.slice(skip);
      cancelAnimationFrame(this.frame);
      this.frame = requestAnimationFrame(() => this.paint());
    },
    build() {
      const bar = make("div", "code__bar");
      const copies = make("span", "terminal__copies");
      for (const [words, what] of [["Copy command", () => this.command], ["Copy output", () => plain(this.output)]]) {
        const button = make("button", "code__copy", words);
        button.type = "button";
        button.onclick = (event) => { event.stopPropagation(); copyText(what(), button); };
        copies.append(button);
      }
      bar.append(make("span", "", this.title || "shell"), copies);
      const code = make("code", "terminal__command", this.command);
      this.pre = make("pre", "terminal__pre");
      this.pre.tabIndex = 0;
      this.screen = make("span", "terminal__screen");
      this.pre.append(make("span", "terminal__prompt", "$ "), code, "\n", this.screen);
      this.more = make("button", "btn btn--quiet code__more");
      this.more.type = "button";
      this.more.onclick = () => { this.all = true; this.paint(); this.pre.scrollTop = 0; };
      this.$el.replaceChildren(bar, this.more, this.pre);
      highlight(code, "bash");
      this.paint();
    },
    paint() {
      const { pre, screen, more } = this;
      const end = pre.scrollTop + pre.clientHeight >= pre.scrollHeight - 4;
      const lines = parse(this.output);
      const shown = this.all ? lines : lines.slice(-LAST);
      const rows = document.createDocumentFragment();
      for (const line of shown) {
        for (const [text, names] of line) rows.append(names ? make("span", names, text) : text);
        rows.append("\n");
      }
      screen.replaceChildren(rows);
      if (!lines.length) screen.append(make("span", "ansi--faint", this.live ? "" : "No output"));
      more.hidden = shown.length === lines.length;
      more.textContent = `Show all ${lines.length.toLocaleString()} lines`;
      if (end) pre.scrollTop = pre.scrollHeight;
    },
  },
};
