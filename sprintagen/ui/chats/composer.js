// The composer: what is typed lives here and in localStorage until the server has taken it over; a send clears the
// field at once. What was sent and not taken yet is kept under its key and sent again with the same key when the
// connection is back, or the page: the server knows the key, so that it is sent once. Long texts go in pieces, because
// one socket message may hold no more than a million bytes.
const PIECE = 60000; // code points per message: at most some 720 kB on the wire
const SAVE_AFTER = 200;
const LONG = 20000; // characters from which on the field is as high as it gets
const UNSENT = "sprintagen.unsent.";
const CARET = "sprintagen.caret";
const ORPHANED = 20000; // milliseconds after which another tab's unsent message is ours to send
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");

const TAB = (sessionStorage["sprintagen.tab"] ??= newKey());

export default {
  template: `
    <div class="composer" :class="{ 'composer--off': disabled }">
      <div v-if="away && sending.length" class="composer__sending" role="status" data-testid="unsent"><span class="spinner" aria-hidden="true"></span>
        {{ sending.length > 1 ? sending.length + " messages" : "The message" }} will be sent when the connection is back</div>
      <div v-else-if="sending.length" class="composer__sending" role="status"><span class="spinner" aria-hidden="true"></span>
        Sending {{ size(sending[0]) }}<template v-if="sending[0].pieces > 1"> · {{ Math.round(100 * sending[0].sent / sending[0].pieces) }} %</template></div>
      <div v-if="trouble" class="composer__sending" role="alert" data-testid="composer-trouble"><svg class="icon" aria-hidden="true"><use href="#i-error"></use></svg>{{ trouble }}</div>
      <textarea ref="field" class="composer__field" data-testid="composer" rows="1" :placeholder="placeholder" aria-label="Message" v-model="text"
        :disabled="disabled" spellcheck="true" enterkeyhint="send" @keydown="key" @input="typed" @compositionend="composed"></textarea>
      <div class="composer__bar">
        <slot></slot>
        <span class="composer__space"></span>
        <span v-if="text.length > 20000" class="composer__size">{{ size({ text }) }}</span>
        <button v-if="working" type="button" class="btn btn--round btn--stop" data-testid="stop" aria-label="Stop" title="Stop (Esc)" :disabled="stopping" @click="stop">
          <span v-if="stopping" class="spinner" aria-hidden="true"></span><svg v-else class="icon" aria-hidden="true"><use href="#i-square"></use></svg></button>
        <button v-if="!working || text.trim()" type="button" class="btn btn--round btn--send" data-testid="send" :aria-label="working ? 'Queue the message' : 'Send'"
          :title="working ? 'Queue (Enter)' : 'Send (Enter)'" :disabled="disabled || !text.trim()" @click="send"><svg class="icon" aria-hidden="true"><use href="#i-arrow-up"></use></svg></button>
      </div>
    </div>`,
  props: { session: String, working: Boolean, disabled: Boolean, placeholder: String, limit: Number },
  emits: ["piece", "stop"],
  data: () => ({ text: "", sending: [], stopping: false, away: false, trouble: "" }),
  watch: {
    session(value, before) {
      const mine = this.sending.filter((one) => one.session === before);
      if (before === "new" && mine.length) {
        // the chat that was begun here has its session now: what is typed on goes with it
        mine.forEach((one) => ((one.session = value), this.keep(one)));
        localStorage.removeItem(this.name("new"));
        this.shown = value;
        this.touched = true;
        return this.save();
      }
      this.save(before);
      this.restore();
      this.focus();
    },
    working(value) {
      if (!value) this.stopping = false;
    },
    text() {
      this.$nextTick(this.grow);
    },
  },
  mounted() {
    this.restore();
    this.listeners = [
      [window, "pagehide", this.leave],
      [document, "visibilitychange", this.leave],
      [window, "storage", this.stored],
      [window, "sprintagen:away", () => (this.away = true)],
      [window, "sprintagen:back", this.again],
      [document, "keydown", this.escape],
    ];
    for (const [target, event, handler] of this.listeners) target.addEventListener(event, handler);
    this.observer = new ResizeObserver(this.grow);
    this.observer.observe(this.$el);
    this.focus();
    this.adopt();
    this.later = setTimeout(this.adopt, ORPHANED + 1000);
  },
  beforeUnmount() {
    this.save();
    clearTimeout(this.later);
    for (const [target, event, handler] of this.listeners) target.removeEventListener(event, handler);
    this.observer.disconnect();
  },
  methods: {
    name(session = this.session) {
      return `sprintagen.draft.${session}`;
    },
    typed() {
      this.touched = true;
      this.trouble = "";
      clearTimeout(this.timer);
      this.timer = setTimeout(this.save, SAVE_AFTER);
    },
    composed(event) {
      this.text = event.target.value;
      this.typed();
    },
    save(session = this.session) {
      if (typeof session !== "string") session = this.session;
      clearTimeout(this.timer);
      if (!this.touched || session !== this.shown) return; // another tab may know better
      this.touched = false;
      try {
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
      this.$nextTick(this.place);
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
      if (event.key !== this.name() || this.touched) return;
      this.text = event.newValue || "";
    },
    keep(one) {
      try {
        localStorage.setItem(UNSENT + one.key, JSON.stringify({ session: one.session, text: one.text, at: one.at, tab: TAB }));
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
      for (const one of found.sort((a, b) => a.at - b.at)) this.transmit(one.text, one);
    },
    // The connection is back: what was on its way may have been lost there.
    again() {
      this.away = false;
      for (const one of this.sending) {
        one.sent = 0;
        this.next(one);
      }
    },
    grow() {
      const field = this.$refs.field;
      if (!field) return;
      const most = Math.round(innerHeight * 0.4);
      if (this.text.length > LONG) return void (field.style.height = `${most}px`); // measuring would lay out all of it
      field.style.height = "auto";
      field.style.height = `${Math.min(field.scrollHeight, most)}px`;
    },
    focus() {
      if (matchMedia("(hover: hover)").matches && !document.querySelector("dialog[open]")) this.$refs.field?.focus({ preventScroll: true });
    },
    key(event) {
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
        event.preventDefault();
        this.send();
      }
    },
    // Escape stops the turn wherever the person is, unless it means something nearer.
    escape(event) {
      if (event.key !== "Escape" || event.defaultPrevented || event.isComposing || !this.working || this.stopping) return;
      const field = event.target.closest?.("input, textarea, select, [contenteditable]");
      if (field && (field !== this.$refs.field || this.text)) return;
      if (document.querySelector("dialog[open], :popover-open") || document.documentElement.dataset.drawer) return;
      this.stop();
    },
    // Put a text into the field; used by suggestions.
    put(text) {
      this.text = text;
      this.typed();
      this.$nextTick(() => {
        this.focus();
        this.$refs.field.setSelectionRange(text.length, text.length);
      });
    },
    send() {
      const field = this.$refs.field;
      const text = field.value.toWellFormed?.() ?? field.value;
      if (!text.trim() || this.disabled) return;
      if (text.length * 3 > this.limit && new Blob([text]).size > this.limit) {
        this.trouble = `This is ${this.size({ text })}; a message takes at most ${Math.floor(this.limit / 1048576)} MB. Put the long part into a file of the repository and name it.`;
        return;
      }
      field.value = this.text = ""; // the field itself, too: a second Enter may come before it is drawn
      this.touched = true;
      this.transmit(text);
      this.save();
    },
    transmit(text, known = {}) {
      const points = text.length > PIECE ? Vue.markRaw(Array.from(text)) : null;
      const pieces = points ? Math.ceil(points.length / PIECE) : 1;
      const one = { key: newKey(), session: this.session, at: Date.now(), ...known, text, pieces, sent: 0, points };
      this.sending.push(one);
      this.keep(one);
      dispatchEvent(new Event("sprintagen:sent"));
      if (!this.away) this.next(this.sending[this.sending.length - 1]);
    },
    next(one) {
      const piece = one.points ? one.points.slice(one.sent * PIECE, (one.sent + 1) * PIECE).join("") : one.text;
      this.$emit("piece", { key: one.key, session: one.session, index: one.sent, pieces: one.pieces, text: piece });
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
      this.bring(one.text, one.session);
    },
    // A text comes back to be said again: before what has been typed since.
    bring(text, session) {
      const join = (later) => [text, later].filter((one) => one.trim()).join("\n\n");
      if (session === this.session) {
        this.text = join(this.text);
        this.touched = true;
        this.save();
        this.$nextTick(this.focus);
      } else localStorage.setItem(this.name(session), join(localStorage.getItem(this.name(session)) || ""));
    },
    takeBack(text, session) {
      if (session !== this.session || this.text !== text) return;
      this.text = "";
      this.touched = true;
      this.save();
    },
    stop() {
      this.stopping = true;
      this.$emit("stop");
    },
    stayed() {
      this.stopping = false;
    },
    size(one) {
      const bytes = new Blob([one.text]).size;
      return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
    },
  },
};
