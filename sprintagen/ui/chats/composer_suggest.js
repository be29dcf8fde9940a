// What can follow an `@` or a `/`: a list above the field, filled by the server, moved through without leaving the field.
import { place } from "places";

const LOOK_AFTER = 60; // milliseconds of quiet before the server is asked
const MENTION = /(?:^|[\s(\["'])@([^\s@]*)$/;

export default {
  data: () => ({ items: [], at: 0, looking: "", marks: [] }),
  computed: {
    // What the text still names, for the chips.
    named() {
      return this.marks.filter((mark) => this.text.includes(mark.value));
    },
    isOpen() {
      return this.looking !== "" && this.items.length > 0;
    },
  },
  watch: {
    isOpen(open) {
      const list = this.$refs.list;
      if (open && !list.matches(":popover-open")) list.showPopover();
      if (!open && list.matches(":popover-open")) list.hidePopover();
      if (open) this.$nextTick(this.settle);
    },
    items() {
      this.$nextTick(this.settle);
    },
    session() {
      this.dismiss();
    },
  },
  mounted() {
    addEventListener("resize", this.settle);
  },
  beforeUnmount() {
    removeEventListener("resize", this.settle);
    clearTimeout(this.asking);
  },
  methods: {
    settle() {
      if (!this.isOpen) return;
      this.$refs.list.style.width = `${Math.min(this.$el.offsetWidth, 560)}px`;
      place(this.$refs.list, this.$el, "start", "top");
    },
    // What stands before the caret, as something to look up; null: nothing.
    wanted() {
      const field = this.$refs.field;
      if (field.selectionStart !== field.selectionEnd || this.isShell) return null;
      const before = field.value.slice(Math.max(0, field.selectionStart - 400), field.selectionStart);
      if (field.selectionStart <= 100 && /^\/\S*$/.test(before)) return { kind: "command", query: before.slice(1), length: before.length };
      const found = MENTION.exec(before);
      return found && { kind: "mention", query: found[1], length: found[1].length + 1 };
    },
    look() {
      const wanted = this.wanted();
      const name = wanted ? `${wanted.kind} ${wanted.query}` : "";
      if (!wanted) return this.dismiss();
      if (name === this.looking || name === this.dismissed) return;
      this.dismissed = null;
      if (wanted.kind !== this.lookingFor) this.items = [];
      this.lookingFor = wanted.kind;
      this.looking = name;
      clearTimeout(this.asking);
      this.asking = setTimeout(() => this.$emit("look", { name, kind: wanted.kind, query: wanted.query.slice(0, 300) }), LOOK_AFTER);
    },
    dismiss(byPerson = false) {
      clearTimeout(this.asking);
      this.dismissed = byPerson ? this.looking : null;
      this.looking = "";
      this.items = [];
    },
    // The server found these for what was looked for by that name.
    found(name, items) {
      if (name !== this.looking) return;
      this.items = items;
      this.at = 0;
    },
    move(step) {
      this.at = (this.at + step + this.items.length) % this.items.length;
      this.$nextTick(() => this.$refs.list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }));
    },
    choose(item) {
      const wanted = this.wanted();
      if (!item || !wanted) return this.dismiss();
      const field = this.$refs.field;
      const value = wanted.kind === "command" ? `/${item.name}` : `@${item.name}${item.kind === "directory" ? "/" : ""}`;
      const end = field.selectionStart;
      const start = end - wanted.length;
      const rest = field.value.slice(end);
      const space = /^\s/.test(rest) ? "" : " ";
      this.text = field.value.slice(0, start) + value + space + rest;
      if (wanted.kind === "mention" && !this.marks.some((mark) => mark.value === value)) {
        this.marks = [...this.marks, { kind: item.kind, name: item.name, value }];
      }
      this.dismiss();
      this.typed();
      const caret = start + value.length + 1;
      this.$nextTick(() => {
        field.focus({ preventScroll: true });
        field.setSelectionRange(caret, caret);
        if (item.kind === "own") this.send();
      });
    },
    // Name something behind what is typed: a file, some lines of one, a folder.
    mention({ kind, name, lines }) {
      const range = lines ? `#L${lines[0]}${lines[1] > lines[0] ? `-${lines[1]}` : ""}` : "";
      const value = `@${name}${kind === "directory" ? "/" : ""}${range}`;
      if (this.disabled) return;
      if (!this.marks.some((mark) => mark.value === value)) this.marks = [...this.marks, { kind, name, value, ...(lines && { lines }) }];
      if (!this.named.some((mark) => mark.value === value)) this.text = `${this.text}${/(^|\s)$/.test(this.text) ? "" : " "}${value} `;
      this.typed();
      this.$nextTick(() => {
        this.focus();
        this.$refs.field.setSelectionRange(this.text.length, this.text.length);
      });
    },
    // A key for the list; true when it took it.
    listKey(event) {
      if (!this.isOpen) return false;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) this.move(step);
      else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") this.choose(this.items[this.at]);
      else if (event.key === "Escape") this.dismiss(true);
      else return false;
      event.preventDefault();
      event.stopPropagation();
      return true;
    },
    markName: (mark) => (mark.lines ? mark.value.slice(1) : mark.name),
    unmark(mark) {
      this.marks = this.marks.filter((one) => one !== mark);
      this.text = this.text.replace(new RegExp(mark.value.replace(/[.*+?^${}()|[\]\\]/g, "\\$&") + "[ ]?"), "");
      this.typed();
      this.$refs.field.focus();
    },
  },
};
