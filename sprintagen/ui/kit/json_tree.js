// A JSON value as a tree that opens a level at a time; what is closed is not there.
import { copyText } from "prose";

const OPEN = 2; // levels that are open from the start
const FEW = 12; // entries; a longer list or object starts closed, below the first level
const MANY = 200; // entries drawn at a time
const LONG = 400; // characters of a text

const make = (tag, cls, text) => Object.assign(document.createElement(tag), { className: cls, textContent: text ?? "" });

function kindOf(value) {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}

function leaf(value) {
  const kind = kindOf(value);
  const span = make("span", `json__value json__value--${kind}`);
  const text = kind === "string" ? value : String(value);
  if (text.length <= LONG) span.textContent = text;
  else {
    const more = make("button", "btn btn--quiet code__more", `Show all ${text.length.toLocaleString()} characters`);
    more.type = "button";
    more.onclick = () => (span.textContent = text);
    span.append(text.slice(0, LONG) + "… ", more);
  }
  return span;
}

function entries(box, list, level, from = 0) {
  for (const [key, value] of list.slice(from, from + MANY)) box.append(node(key, value, level));
  if (list.length <= from + MANY) return;
  const more = make("button", "btn btn--quiet code__more", `Show more of ${list.length.toLocaleString()}`);
  more.type = "button";
  more.onclick = () => {
    more.remove();
    entries(box, list, level, from + MANY);
  };
  box.append(more);
}

function node(key, value, level) {
  if (value === null || typeof value !== "object") {
    const row = make("div", "json__row");
    row.append(make("span", "json__key", key), leaf(value));
    return row;
  }
  const list = Object.entries(value);
  const count = Array.isArray(value) ? `${list.length} ${list.length === 1 ? "item" : "items"}` : `{${list.length}}`;
  if (!list.length) {
    const row = make("div", "json__row");
    row.append(make("span", "json__key", key), make("span", "json__count", Array.isArray(value) ? "empty list" : "empty"));
    return row;
  }
  const details = make("details", "json__node");
  const summary = make("summary", "json__row json__row--opens");
  summary.append(make("span", "json__key", key), make("span", "json__count", count));
  const box = make("div", "json__inside");
  const fill = () => !box.childNodes.length && details.open && entries(box, list, level + 1);
  details.append(summary, box);
  details.open = level < OPEN && (list.length <= FEW || level === 0);
  details.addEventListener("toggle", fill);
  fill();
  return details;
}

export default {
  template: '<div class="code json"></div>',
  props: { text: String, title: String },
  mounted() { this.draw(); },
  watch: { text: "draw" },
  methods: {
    draw() {
      const bar = make("div", "code__bar");
      const copy = make("button", "code__copy", "Copy");
      copy.type = "button";
      copy.setAttribute("aria-label", `Copy ${this.title || "JSON"}`);
      copy.onclick = () => copyText(this.text, copy);
      bar.append(make("span", "", this.title || "JSON"), copy);
      const body = make("div", "json__body");
      body.tabIndex = 0;
      let value;
      try {
        value = JSON.parse(this.text);
        if (value && typeof value === "object") entries(body, Object.entries(value), 1);
        else body.append(leaf(value));
      } catch {
        body.append(leaf(this.text)); // no JSON a browser reads: as it is
      }
      this.$el.replaceChildren(bar, body);
    },
  },
};
