// A unified diff as rows of one column or of two, coloured by language. Drawn without Vue nodes, since diffs are long.
import { copyText } from "prose";

const FIRST = 300; // rows drawn before somebody asks for the rest
const COLOURED = 3000; // rows; longer diffs stay plain
const NARROW = 600; // CSS pixels below which two columns are of no use
const KEPT = "sprintagen.diff";

const make = (tag, cls, text) => Object.assign(document.createElement(tag), { className: cls, textContent: text ?? "" });

// -> [{kind, from, to, text}]: kind is same, add, del, hunk or note
function rows(patch) {
  const out = [];
  let a = 0, b = 0, oldLeft = 0, newLeft = 0;
  const put = (kind, from, to, text) => out.push({ kind, from, to, text });
  for (const line of patch.split("\n")) {
    const hunk = /^@@+ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@+(.*)$/.exec(line);
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
  return out;
}

// Rows beside each other: what was removed stands left of what came instead.
function pairs(all) {
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

// The highlighter's HTML cut into lines, each with the spans that were open; the highlighter escapes the text.
function lineHtml(html) {
  const lines = [""];
  const open = [];
  for (const [token] of html.matchAll(/<\/?[^>]+>|\n|[^<\n]+/g)) {
    if (token === "\n") {
      lines[lines.length - 1] += "</span>".repeat(open.length);
      lines.push(open.join(""));
      continue;
    }
    if (token.startsWith("</")) open.pop();
    else if (token.startsWith("<")) open.push(token);
    if (open.length > 50) return []; // each line would begin with all of them
    lines[lines.length - 1] += token;
  }
  return lines;
}

function colour(all, lib, language) {
  for (const side of ["del", "add"]) {
    const own = all.filter((row) => row.kind === side || row.kind === "same");
    const text = own.map((row) => row.text).join("\n");
    if (text.length > 60000) continue; // as in prose.js
    const lines = lineHtml(lib.highlight(text, { language, ignoreIllegals: true }).value);
    if (lines.length === own.length) own.forEach((row, i) => (row.html = lines[i]));
  }
}

function textCell(row, cls = "diff__text") {
  const cell = make("span", cls, row?.kind === "hunk" ? row.text || "⋯" : row?.text);
  if (row?.html !== undefined) cell.innerHTML = row.html;
  return cell;
}

const sign = (kind) => ({ add: "+", del: "−" })[kind] || "";

function unified(all) {
  return all.map((row) => {
    const line = make("div", `diff__row diff__row--${row.kind}`);
    line.append(make("span", "diff__no", row.from), make("span", "diff__no", row.to), make("span", "diff__sign", sign(row.kind)), textCell(row));
    return line;
  });
}

function split(all) {
  return pairs(all).map(([left, right]) => {
    const line = make("div", "diff__pair");
    for (const [row, no] of [[left, left?.from], [right, right?.to]]) {
      const half = make("div", `diff__half diff__row--${row?.kind || "none"}`);
      half.append(make("span", "diff__no", no), make("span", "diff__sign", sign(row?.kind)), textCell(row));
      line.append(half);
      if (row?.kind === "hunk") break;
    }
    return line;
  });
}

function recall() {
  try {
    return localStorage[KEPT] === "split";
  } catch {
    return false; // a browser that keeps nothing
  }
}

export default {
  template: '<div class="diff"></div>',
  props: { patch: String, title: String, language: String, added: Number, removed: Number },
  mounted() {
    this.wantsSplit = recall();
    this.observer = new ResizeObserver(() => {
      cancelAnimationFrame(this.frame); // drawn in here, it would be a size that changes while sizes are told
      this.frame = requestAnimationFrame(() => this.isNarrow !== this.$el.clientWidth < NARROW && this.draw());
    });
    this.read();
    this.observer.observe(this.$el);
  },
  beforeUnmount() {
    this.observer?.disconnect();
    cancelAnimationFrame(this.frame);
  },
  watch: { patch: "read" },
  methods: {
    read() {
      const all = (this.rows = rows(this.patch || ""));
      this.draw();
      if (!this.language || all.length > COLOURED) return;
      import("highlight").then(({ default: lib }) => {
        if (this.rows !== all || !lib.getLanguage(this.language)) return;
        colour(all, lib, this.language);
        this.draw();
      }, () => {}); // a page that is being left, or a network that is gone: the diff stays plain
    },
    draw() {
      this.isNarrow = this.$el.clientWidth < NARROW;
      const isSplit = this.wantsSplit && !this.isNarrow;
      const bar = make("div", "code__bar");
      const copy = make("button", "code__copy", "Copy");
      copy.type = "button";
      copy.setAttribute("aria-label", "Copy diff");
      copy.onclick = (event) => { event.stopPropagation(); copyText(this.patch, copy); };
      const counts = make("span", "fold__counts diff__counts");
      if (this.added) counts.append(make("ins", "", `+${this.added}`));
      if (this.removed) counts.append(make("del", "", `−${this.removed}`));
      bar.append(make("span", "diff__title", this.title || "diff"), counts, make("span", "diff__space"));
      if (!this.isNarrow) bar.append(this.switcher(isSplit));
      bar.append(copy);
      const body = make("div", "diff__body");
      body.tabIndex = 0;
      body.setAttribute("role", "region");
      body.setAttribute("aria-label", `Changes in ${this.title || "the file"}`);
      const table = make("div", isSplit ? "diff__pairs" : "diff__rows");
      const seen = this.rows.filter((row, i) => !(row.kind === "hunk" && i === 0 && !row.text));
      table.append(...(isSplit ? split : unified)(this.all ? seen : seen.slice(0, FIRST)));
      body.append(table);
      const top = this.$el.querySelector(".diff__body")?.scrollTop;
      this.$el.replaceChildren(bar, body);
      if (top) body.scrollTop = top;
      if (this.all || seen.length <= FIRST) return;
      const more = make("button", "btn btn--quiet code__more", `Show all ${seen.length.toLocaleString()} lines`);
      more.type = "button";
      more.onclick = () => { this.all = true; this.draw(); };
      this.$el.append(more);
    },
    switcher(isSplit) {
      const button = make("button", "code__copy", isSplit ? "Unified" : "Side by side");
      button.type = "button";
      button.onclick = (event) => {
        event.stopPropagation(); // it looks like a copy button and is none
        this.wantsSplit = !isSplit;
        try {
          localStorage[KEPT] = this.wantsSplit ? "split" : "unified";
        } catch {
          // it holds for this diff then
        }
        this.draw();
        this.$el.querySelector(".code__copy").focus();
      };
      return button;
    },
  },
};
