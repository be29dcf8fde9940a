// Notes to lines of a diff: a click or a drag on line numbers, or the keyboard, opens a small field below them.
//
// With the focus on the diff: the arrows go from line to line, with Shift they take more lines along, Enter or C opens
// the field; in it Enter adds the note, Shift+Enter begins a line, Escape leaves.
const make = (tag, cls, text) => Object.assign(document.createElement(tag), { className: cls, textContent: text ?? "" });
const LINE = ".diff__row, .diff__half";
const SHORT = 240; // characters of a note that are shown below its lines

const isLine = (el) => el?.row && ["same", "add", "del"].includes(el.row.kind);
const numberOf = (el) => (el.side === "old" ? el.row.from : el.row.to);

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(Object.assign(document.createElementNS("http://www.w3.org/2000/svg", "use")));
  svg.firstChild.setAttribute("href", `#i-${name}`);
  return svg;
}

// Where a person is who does not see the line that is marked.
function say(text) {
  say.voice ??= document.body.appendChild(Object.assign(make("div", "unseen"), { role: "status" }));
  say.voice.textContent = text;
}

// What lines are called: `line 3`, `lines 3 to 5`, of what was before.
export function words(note) {
  const lines = note.from === note.to ? `line ${note.from}` : `lines ${note.from} to ${note.to}`;
  return note.side === "old" ? `${lines} before the change` : lines;
}

export default {
  props: { notes: Array }, // [{id, side, from, to, note}]; absent: nobody can say anything here
  emits: ["note", "unnote"],
  mounted() {
    if (!this.notes) return;
    const listeners = { pointerdown: this.press, pointermove: this.drag, pointerup: this.release, pointercancel: this.leave, keydown: this.noteKey };
    for (const [event, handler] of Object.entries(listeners)) this.$el.addEventListener(event, handler);
    this.$el.classList.add("diff__body--notable");
  },
  watch: { notes: { handler: "placeNotes", deep: true } },
  methods: {
    lines() {
      return [...this.$el.querySelectorAll(LINE)].filter(isLine);
    },
    // -- choosing lines
    press(event) {
      const no = event.target.closest?.(".diff__no");
      const line = no?.closest(LINE);
      if (!isLine(line) || event.button !== 0) return;
      event.preventDefault();
      const isMore = (event.shiftKey || (this.form && !this.form.field.value.trim())) && this.span?.first.isConnected && this.span.first.side === line.side;
      this.mark(isMore ? this.span.first : line, line);
      this.isDragging = true;
      if (event.pointerType === "mouse") this.$el.setPointerCapture?.(event.pointerId);
    },
    drag(event) {
      if (!this.isDragging) return;
      const line = document.elementFromPoint(event.clientX, event.clientY)?.closest?.(LINE);
      if (isLine(line) && this.$el.contains(line) && this.fits(line)) this.mark(this.span.first, line);
    },
    release() {
      if (!this.isDragging) return;
      this.isDragging = false;
      this.openForm();
    },
    leave() {
      this.isDragging = false;
      this.dropMarks();
    },
    dropMarks() {
      this.span = null;
      for (const el of this.$el.querySelectorAll("[data-marked]")) delete el.dataset.marked;
    },
    // In two columns a note is to one of them.
    fits(line) {
      return !this.split || line.side === this.span.first.side;
    },
    mark(first, last) {
      this.dropMarks();
      this.span = { first, last };
      for (const line of this.taken()) line.dataset.marked = "";
    },
    taken() {
      const all = this.lines().filter((line) => this.fits(line));
      const [a, b] = [all.indexOf(this.span.first), all.indexOf(this.span.last)];
      return all.slice(Math.min(a, b), Math.max(a, b) + 1);
    },
    noteKey(event) {
      if (event.target !== this.$el || event.ctrlKey || event.metaKey || event.altKey) return;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const all = this.lines();
      if (step && all.length) {
        const side = this.span?.first.isConnected ? this.span.first.side : "new";
        const some = this.split ? all.filter((line) => line.side === side) : all;
        const at = this.span?.last.isConnected ? some.indexOf(this.span.last) : -1;
        const line = some[Math.max(0, Math.min(some.length - 1, at < 0 ? 0 : at + step))];
        this.mark(event.shiftKey && this.span?.first.isConnected ? this.span.first : line, line);
        line.scrollIntoView({ block: "nearest" });
        say(`${line.row.kind === "add" ? "added, " : line.row.kind === "del" ? "removed, " : ""}${words(this.range())}: ${line.row.text}`);
      } else if ((event.key === "Enter" || event.key === "c") && this.span?.first.isConnected) this.openForm();
      else if (event.key === "Escape" && this.span) this.dropMarks();
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    // What is chosen, in words that hold without this diff: numbers of the new text, of the old one if it is all gone.
    range() {
      const taken = this.taken();
      const come = taken.filter((line) => line.side === "new");
      const own = come.length ? come : taken;
      const signs = { add: "+", del: "-", same: " " };
      return { side: come.length ? "new" : "old", from: numberOf(own[0]), to: numberOf(own[own.length - 1]), code: taken.map((line) => signs[line.row.kind] + line.row.text) };
    },
    // -- the field
    openForm() {
      if (!this.span) return;
      const range = this.range();
      const form = (this.form ??= this.makeForm());
      form.range = range;
      form.where.textContent = words(range);
      form.field.setAttribute("aria-label", `Comment on ${words(range)}`);
      this.taken().at(-1).after(form.el);
      this.lift(form.el, this.taken().at(-1));
      form.el.scrollIntoView({ block: "nearest" });
      form.field.focus({ preventScroll: true });
    },
    makeForm() {
      const el = make("form", "diff__form");
      el.dataset.testid = "comment-form";
      const field = make("textarea", "field");
      field.rows = 2;
      field.maxLength = 4000;
      field.placeholder = "What should be different here?";
      const bar = make("div", "diff__form-bar");
      const where = make("span", "diff__form-where");
      const cancel = make("button", "btn btn--quiet", "Cancel");
      cancel.type = "button";
      const add = make("button", "btn btn--primary", "Add comment");
      add.type = "submit";
      bar.append(where, cancel, add);
      el.append(field, bar);
      const form = { el, field, where };
      cancel.onclick = () => this.closeForm();
      el.onsubmit = (event) => {
        event.preventDefault();
        if (!field.value.trim()) return field.focus();
        this.$emit("note", { ...form.range, note: field.value.trim() });
        this.closeForm();
      };
      field.onkeydown = (event) => {
        event.stopPropagation();
        if (event.isComposing) return;
        if (event.key === "Enter" && !event.shiftKey) (event.preventDefault(), el.requestSubmit());
        else if (event.key === "Escape") (event.preventDefault(), this.closeForm());
      };
      return form;
    },
    closeForm() {
      this.form?.el.remove();
      this.form = null;
      const line = this.span?.last;
      this.dropMarks();
      if (line?.isConnected) this.span = { first: line, last: line };
      this.$el.focus({ preventScroll: true });
    },
    // -- what was said
    placeNotes() {
      if (!this.notes || !this.$el) return;
      for (const el of this.$el.querySelectorAll(".diff__note")) el.remove();
      const lines = this.lines();
      const find = (note) => lines.findLast((line) => line.side === note.side && numberOf(line) === note.to) || lines.findLast((line) => line.row.kind === "same" && note.side === "old" && line.row.from === note.to);
      for (const note of this.notes) {
        const line = find(note);
        if (!line) continue;
        const el = this.makeNote(note);
        line.after(el);
        this.lift(el, line);
      }
      this.replaceForm(lines);
      if (this.looksFor) this.reveal(this.looksFor);
    },
    // Bring a note into view, now or when its lines are there.
    reveal(note) {
      const el = this.$el.querySelector(`.diff__note[data-id="${CSS.escape(note.id)}"]`);
      this.looksFor = el ? null : note;
      if (!el) return;
      el.scrollIntoView({ block: "center" });
      el.classList.remove("diff__note--found");
      void el.offsetWidth; // so that it begins anew
      el.classList.add("diff__note--found");
    },
    // In two columns it stands below both.
    lift(el, line) {
      const pair = line.closest(".diff__pair");
      if (pair) pair.after(el);
    },
    makeNote(note) {
      const el = make("div", "diff__note");
      el.dataset.testid = "comment";
      el.dataset.id = note.id;
      const text = make("span", "diff__note-text", note.note.length > SHORT ? `${note.note.slice(0, SHORT)}…` : note.note);
      const remove = make("button", "btn btn--quiet btn--small diff__note-remove");
      remove.type = "button";
      remove.setAttribute("aria-label", `Remove the comment on ${words(note)}`);
      remove.title = "Remove";
      remove.append(icon("close"));
      remove.onclick = () => this.$emit("unnote", note.id);
      el.append(icon("message"), text, remove);
      return el;
    },
    // The diff was drawn anew: the field stays with its lines, or with its text at the end.
    replaceForm(lines) {
      if (!this.form) return void (this.span = null);
      const { side, from, to } = this.form.range;
      const at = (wanted) => lines.find((line) => line.side === side && numberOf(line) === wanted);
      const [first, last] = [at(from), at(to)];
      if (first && last) this.mark(first, last);
      else this.span = null;
      const anchor = this.span ? this.taken().at(-1) : this.$el.firstChild?.lastElementChild;
      if (this.form.el.isConnected && this.span && this.form.el.previousElementSibling === anchor) return;
      const hadFocus = this.form.hasFocus || document.activeElement === this.form.field;
      this.form.hasFocus = false;
      anchor?.after(this.form.el);
      if (anchor) this.lift(this.form.el, anchor);
      if (hadFocus) this.form.field.focus({ preventScroll: true });
    },
  },
};
