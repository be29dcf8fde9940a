// A unified diff as rows: old number, new number, the line. Drawn without Vue nodes, since diffs are long.
import { copyText } from "prose";

const FIRST = 400;

function rows(patch) {
  const out = [];
  let a = 0, b = 0, inside = false;
  for (const line of patch.split("\n")) {
    const hunk = /^@@+ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@+(.*)$/.exec(line);
    if (hunk) {
      [a, b, inside] = [Number(hunk[1]), Number(hunk[2]), true];
      out.push(["hunk", "", "", hunk[3].trim() || ""]);
    } else if (!inside || /^(Index: |={5,}|diff |index |--- |\+\+\+ )/.test(line)) {
      if (/^(Index: |diff )/.test(line)) inside = false;
    } else if (line.startsWith("+")) out.push(["add", "", b++, line.slice(1)]);
    else if (line.startsWith("-")) out.push(["del", a++, "", line.slice(1)]);
    else if (line.startsWith("\\")) out.push(["note", "", "", line.slice(2)]);
    else if (line.startsWith(" ")) out.push(["same", a++, b++, line.slice(1)]);
  }
  return out;
}

export default {
  template: '<div class="diff"></div>',
  props: { patch: String, title: String },
  mounted() { this.draw(); },
  watch: { patch: "draw" },
  methods: {
    draw() {
      const all = rows(this.patch || "");
      const make = (tag, cls, text) => Object.assign(document.createElement(tag), { className: cls, textContent: text ?? "" });
      const bar = make("div", "code__bar");
      const copy = make("button", "code__copy", "Copy");
      copy.type = "button";
      copy.setAttribute("aria-label", "Copy diff");
      copy.onclick = (event) => { event.stopPropagation(); copyText(this.patch, copy); };
      bar.append(make("span", "", this.title || "diff"), copy);
      const body = make("div", "diff__body");
      body.tabIndex = 0;
      const table = make("div", "diff__rows");
      all.slice(0, this.all ? undefined : FIRST).forEach(([kind, from, to, text], i) => {
        if (kind === "hunk" && i === 0 && !text) return;
        const row = make("div", `diff__row diff__row--${kind}`);
        const sign = { add: "+", del: "−" }[kind] || "";
        row.append(make("span", "diff__no", from), make("span", "diff__no", to), make("span", "diff__sign", sign), make("span", "diff__text", kind === "hunk" ? text || "⋯" : text));
        table.append(row);
      });
      body.append(table);
      this.$el.replaceChildren(bar, body);
      if (!this.all && all.length > FIRST) {
        const more = make("button", "btn btn--quiet code__more", `Show all ${all.length} lines`);
        more.onclick = () => { this.all = true; this.draw(); };
        this.$el.append(more);
      }
    },
  },
};
