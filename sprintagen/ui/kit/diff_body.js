// The rows of a diff, in one column or two, drawn without Vue nodes, since diffs are long. With `notes` people can say
// something to lines: see diff_notes.js.
import notes from "diff_notes";
import { STEP, colour, fold, pairs, read } from "diff_rows";

const FIRST = 300; // rows drawn before somebody asks for more
const MORE = 5000;

const make = (tag, cls, text) => Object.assign(document.createElement(tag), { className: cls, textContent: text ?? "" });
const sign = (kind) => ({ add: "+", del: "−" })[kind] || "";
const number = (count) => count.toLocaleString("en");

export default {
  mixins: [notes],
  template: '<div class="diff__body" tabindex="0" role="region" :aria-label="label"></div>',
  props: { patch: String, language: String, label: String, split: Boolean, wrap: Boolean },
  data: () => ({ limit: FIRST }),
  created() {
    this.opened = new Map(); // folds that were opened, by the number of their first line
  },
  mounted() {
    this.read();
  },
  watch: { patch: "read", split: "draw", limit: "draw", wrap: "draw" },
  methods: {
    read() {
      this.rows = read(this.patch || "");
      this.draw();
      this.colour();
    },
    colour() {
      const rows = this.rows;
      if (!this.language || rows.every((row) => row.html !== undefined)) return;
      import("highlight").then(({ default: lib }) => {
        if (this.rows !== rows || !lib.getLanguage(this.language)) return;
        colour(rows, this.shown, lib, this.language);
        for (const row of rows) if (row.html !== undefined) for (const cell of row.cells || []) cell.innerHTML = row.html;
      }, () => {}); // a page that is being left, or a network that is gone: the diff stays plain
    },
    draw() {
      const all = fold(this.rows, this.opened);
      const some = (this.shown = all.slice(0, this.limit));
      for (const row of this.rows) row.cells = [];
      const digits = String(Math.max(0, ...[...this.rows.slice(-3)].map((row) => Math.max(row.from || 0, row.to || 0)))).length;
      const table = make("div", this.split ? "diff__pairs" : "diff__rows");
      table.classList.toggle("diff--wrap", this.wrap);
      table.style.setProperty("--digits", Math.max(2, digits));
      table.append(...(this.split ? this.paired(some) : this.unified(some)));
      const left = all.length - some.length;
      if (left > 0) {
        const text = left > MORE ? `Show ${number(MORE)} more of ${number(all.length)} lines` : `Show all ${number(all.length)} lines`;
        const more = make("button", "btn btn--quiet code__more", text);
        more.type = "button";
        more.onclick = () => ((this.limit += MORE), this.$nextTick(this.colour));
        table.append(more);
      }
      const top = this.$el.scrollTop;
      if (this.form) this.form.hasFocus = document.activeElement === this.form.field; // it loses it when it is taken out
      this.$el.replaceChildren(table);
      if (top) this.$el.scrollTop = top;
      this.placeNotes();
    },
    cell(row, cls = "diff__text") {
      const cell = make("span", cls, row?.kind === "hunk" ? row.text || "⋯" : row?.text);
      if (row?.html !== undefined) cell.innerHTML = row.html;
      row?.cells?.push(cell);
      return cell;
    },
    gap(row) {
      const line = make("button", "diff__gap", `${number(row.count)} unchanged lines`);
      line.type = "button";
      line.title = row.count > 2 * STEP ? `Show ${STEP} more at both ends` : "Show them";
      line.onclick = (event) => {
        event.stopPropagation();
        this.opened.set(row.key, (this.opened.get(row.key) || 0) + (row.count > 2 * STEP ? STEP : row.count));
        this.draw();
        this.colour();
        this.$el.focus({ preventScroll: true });
      };
      return line;
    },
    unified(all) {
      return all.map((row) => {
        if (row.kind === "gap") return this.gap(row);
        const line = make("div", `diff__row diff__row--${row.kind}`);
        line.row = row;
        line.side = row.kind === "del" ? "old" : "new";
        line.append(make("span", "diff__no", row.from), make("span", "diff__no", row.to), make("span", "diff__sign", sign(row.kind)), this.cell(row));
        return line;
      });
    },
    paired(all) {
      return pairs(all).map(([left, right]) => {
        if (left?.kind === "gap") return this.gap(left);
        const line = make("div", "diff__pair");
        for (const [row, no, side] of [[left, left?.from, "old"], [right, right?.to, "new"]]) {
          const half = make("div", `diff__half diff__row--${row?.kind || "none"}`);
          half.row = row;
          half.side = side;
          half.append(make("span", "diff__no", no), make("span", "diff__sign", sign(row?.kind)), this.cell(row));
          line.append(half);
          if (row?.kind === "hunk") break;
        }
        return line;
      });
    },
  },
};
