// What was sent before: Up at the beginning of the text and Down at its end go through it, as in a shell.
const PAST = "sprintagen.past";
const KEPT = 100;
const LONGEST = 20000; // characters; longer ones are not kept

function read() {
  try {
    const known = JSON.parse(localStorage.getItem(PAST) || "[]");
    return Array.isArray(known) ? known.filter((text) => typeof text === "string") : [];
  } catch {
    return [];
  }
}

export default {
  methods: {
    rememberSent(text) {
      this.past = null;
      if (!text.trim() || text.length > LONGEST) return;
      const known = [text, ...read().filter((one) => one !== text)].slice(0, KEPT);
      try {
        localStorage.setItem(PAST, JSON.stringify(known));
      } catch {
        /* then there is no history */
      }
    },
    // Up or Down at an end of the text; true when another text was shown.
    pastKey(event) {
      const field = this.$refs.field;
      if (event.shiftKey || event.altKey || event.ctrlKey || event.metaKey || field.selectionStart !== field.selectionEnd) return false;
      const isShown = this.past && this.past.texts[this.past.at] === this.text;
      if (event.key === "ArrowUp" && (field.selectionStart === 0 || isShown && field.selectionStart === this.text.length)) {
        if (!isShown) this.past = { texts: read(), at: -1, draft: this.text };
        if (this.past.at + 1 >= this.past.texts.length) return false;
        this.past.at++;
        return this.showPast(this.past.texts[this.past.at], event);
      }
      if (event.key === "ArrowDown" && isShown && field.selectionStart === this.text.length) {
        this.past.at--;
        return this.showPast(this.past.at < 0 ? this.past.draft : this.past.texts[this.past.at], event);
      }
      return false;
    },
    showPast(text, event) {
      event.preventDefault();
      this.text = text;
      this.typed();
      this.$nextTick(() => this.$refs.field.setSelectionRange(text.length, text.length));
      return true;
    },
  },
};
