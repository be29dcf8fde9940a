// Handing a message over: kept under its key until the server has it, and sent again with the same key when the
// connection is back, or the page: the server knows the key, so that it is sent once. Long texts go in pieces, because
// one socket message may hold no more than a million bytes.
const PIECE = 60000; // code points per message: at most some 720 kB on the wire
const UNSENT = "sprintagen.unsent.";
const ORPHANED = 20000; // milliseconds after which another tab's unsent message is ours to send
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");
const TAB = (sessionStorage["sprintagen.tab"] ??= newKey());

export default {
  mounted() {
    this.adopt();
    this.later = setTimeout(this.adopt, ORPHANED + 1000);
  },
  beforeUnmount() {
    clearTimeout(this.later);
  },
  methods: {
    keep(one) {
      try {
        const { session, text, at, extra } = one;
        localStorage.setItem(UNSENT + one.key, JSON.stringify({ session, text, at, extra, tab: TAB }));
      } catch {
        /* it lives as long as the page */
      }
    },
    forget(one) {
      this.sending = this.sending.filter((item) => item.key !== one.key);
      localStorage.removeItem(UNSENT + one.key);
    },
    // Messages this tab sent before it was loaded anew, and those of tabs that are no more.
    adopt() {
      const found = [];
      for (const name of Object.keys(localStorage).filter((name) => name.startsWith(UNSENT))) {
        const key = name.slice(UNSENT.length);
        const known = JSON.parse(localStorage.getItem(name) || "null");
        if (!known || this.sending.some((one) => one.key === key)) continue;
        if (known.tab === TAB || (known.session !== "new" && Date.now() - known.at > ORPHANED)) found.push({ ...known, key });
      }
      for (const one of found.sort((a, b) => a.at - b.at)) this.transmit(one.text, { ...one, isRepeat: true });
    },
    // The connection is back: what was on its way may have been lost there.
    again() {
      this.away = false;
      for (const one of this.sending) {
        one.sent = 0;
        this.next(one);
      }
    },
    transmit(text, known = {}) {
      const points = text.length > PIECE ? Vue.markRaw(Array.from(text)) : null;
      const pieces = points ? Math.ceil(points.length / PIECE) : 1;
      const one = { key: newKey(), session: this.session, at: Date.now(), extra: {}, ...known, text, pieces, sent: 0, points };
      this.sending.push(one);
      this.keep(one);
      dispatchEvent(new Event("sprintagen:sent"));
      if (!this.away) this.next(this.sending[this.sending.length - 1]);
    },
    next(one) {
      const piece = one.points ? one.points.slice(one.sent * PIECE, (one.sent + 1) * PIECE).join("") : one.text;
      const { kind, marks, files, comments } = one.extra || {};
      const extra = { kind, marks, files: files?.map((file) => file.id), comments: one.sent ? undefined : comments, isRepeat: one.isRepeat };
      this.$emit("piece", { key: one.key, session: one.session, index: one.sent, pieces: one.pieces, text: piece, extra });
    },
    // The server has piece `index` and wants the next one.
    more(key, index) {
      const one = this.sending.find((item) => item.key === key);
      if (!one || index !== one.sent) return;
      one.sent++;
      if (one.sent < one.pieces) this.next(one);
    },
    // The server has the whole text and answers for it from here on.
    taken(key) {
      this.forget({ key });
    },
    // It was not taken: what was typed comes back, before what has been typed since.
    refused(key) {
      const one = this.sending.find((item) => item.key === key);
      if (!one) return;
      this.forget(one);
      this.bring(one.text, one.session, one.extra);
    },
    // A text comes back to be said again, with what goes with it: before what has been typed since.
    bring(text, session, extra) {
      const join = (later) => [text, later].filter((one) => one.trim()).join("\n\n");
      const { marks = [], files = [], comments = [] } = extra || {};
      if (session === this.session) {
        const isAgain = !extra; // brought by an undo: what an earlier one brought and nobody touched gives way
        this.text = isAgain && this.text === this.brought ? text : join(this.text);
        this.brought = isAgain ? text : null;
        this.marks = [...marks, ...this.marks];
        this.files = [...files, ...this.files];
        this.comments = [...comments, ...this.comments];
        this.touched = true;
        this.save();
        this.$nextTick(this.focus);
      } else {
        localStorage.setItem(this.name(session), join(localStorage.getItem(this.name(session)) || ""));
        const kept = JSON.parse(localStorage.getItem(this.chipsName(session)) || "{}");
        const chips = { marks: [...marks, ...(kept.marks || [])], files: [...files, ...(kept.files || [])], comments: [...comments, ...(kept.comments || [])] };
        if (chips.marks.length || chips.files.length || chips.comments.length) localStorage.setItem(this.chipsName(session), JSON.stringify(chips));
      }
    },
    // Not to be said again after all, unless it was changed.
    takeBack(text, session) {
      if (session !== this.session || this.text !== text) return;
      this.text = "";
      this.touched = true;
      this.save();
    },
  },
};
