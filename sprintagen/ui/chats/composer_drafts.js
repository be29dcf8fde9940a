// What is typed and not sent: kept in localStorage for each session, shared with the other tabs, with the chips.
const SAVE_AFTER = 200;
const CARET = "sprintagen.caret";

function stored(name) {
  try {
    return JSON.parse(localStorage.getItem(name) || "null");
  } catch {
    return null;
  }
}

export default {
  methods: {
    name(session = this.session) {
      return `sprintagen.draft.${session}`;
    },
    chipsName(session = this.session) {
      return `sprintagen.chips.${session}`;
    },
    typed() {
      this.touched = true;
      this.trouble = "";
      clearTimeout(this.timer);
      this.timer = setTimeout(this.save, SAVE_AFTER);
    },
    save(session = this.session) {
      if (typeof session !== "string") session = this.session;
      clearTimeout(this.timer);
      if (!this.touched || session !== this.shown) return; // another tab may know better
      this.touched = false;
      try {
        const files = this.files.filter((file) => file.id).map(({ id, name, mime, size }) => ({ id, name, mime, size }));
        const { marks, comments } = this;
        if (marks.length || files.length || comments.length) localStorage.setItem(this.chipsName(session), JSON.stringify({ marks, files, comments }));
        else localStorage.removeItem(this.chipsName(session));
        if (this.text.trim()) localStorage.setItem(this.name(session), this.text);
        else localStorage.removeItem(this.name(session));
      } catch {
        localStorage.removeItem(this.name(session)); // rather none than an old one
        this.trouble = "This text is too long for the browser to keep: it is lost when the page is closed.";
      }
    },
    restore() {
      this.shown = this.session; // whose draft the field holds
      this.touched = false;
      try {
        this.text = localStorage.getItem(this.name()) || "";
      } catch {
        this.text = "";
      }
      this.restoreChips();
      this.$nextTick(this.place);
    },
    restoreChips() {
      const chips = stored(this.chipsName());
      this.marks = chips?.marks || [];
      this.comments = chips?.comments || [];
      this.files = (chips?.files || []).map((file) => ({ ...file, key: file.id }));
    },
    // A file that was attached in a session which is not shown any more.
    keepFor(session, { id, name, mime, size }) {
      const chips = stored(this.chipsName(session)) || {};
      localStorage.setItem(this.chipsName(session), JSON.stringify({ ...chips, files: [...(chips.files || []), { id, name, mime, size }] }));
    },
    // The page goes or is put aside: everything into the browser's storage, the caret too.
    leave() {
      this.save();
      const field = this.$refs.field;
      const caret = { session: this.session, from: field.selectionStart, to: field.selectionEnd, direction: field.selectionDirection, top: field.scrollTop, focused: document.activeElement === field };
      try {
        sessionStorage[CARET] = JSON.stringify(caret);
      } catch {
        /* then the caret is at the end */
      }
    },
    // Put the caret where it was before the page was loaded anew; once.
    place() {
      const field = this.$refs.field;
      const caret = JSON.parse(sessionStorage[CARET] || "null");
      if (!field || caret?.session !== this.session) return;
      delete sessionStorage[CARET];
      field.setSelectionRange(caret.from, caret.to, caret.direction);
      field.scrollTop = caret.top;
      if (caret.focused) field.focus({ preventScroll: true });
    },
    // Another tab changed this draft: follow it, unless the person is typing here.
    stored(event) {
      if (this.touched) return;
      if (event.key === this.chipsName()) this.restoreChips();
      if (event.key === this.name()) this.text = event.newValue || "";
    },
  },
};
