// The composer: what is typed lives here and in localStorage until the server has taken it over; a send clears the
// field at once. Long texts go in pieces, because one socket message may hold no more than a million bytes.
const PIECE = 60000; // code points per message: at most some 720 kB on the wire
const SAVE_AFTER = 200;
const LONG = 20000; // characters from which on the field is as high as it gets
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");

export default {
  template: `
    <div class="composer" :class="{ 'composer--off': disabled }">
      <div v-if="sending.length" class="composer__sending" role="status"><span class="spinner" aria-hidden="true"></span>
        Sending {{ size(sending[0]) }}<template v-if="sending[0].pieces > 1"> · {{ Math.round(100 * sending[0].sent / sending[0].pieces) }} %</template></div>
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
  props: { session: String, working: Boolean, disabled: Boolean, placeholder: String },
  emits: ["piece", "stop"],
  data: () => ({ text: "", sending: [], stopping: false }),
  watch: {
    session(value, before) {
      const mine = this.sending.filter((one) => one.session === before);
      if (before === "new" && mine.length) {
        // the chat that was begun here has its session now: what is typed on goes with it
        mine.forEach((one) => (one.session = value));
        localStorage.removeItem(this.name("new"));
        this.shown = value;
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
    this.leave = () => this.save();
    addEventListener("pagehide", this.leave);
    document.addEventListener("visibilitychange", this.leave);
    this.observer = new ResizeObserver(this.grow);
    this.observer.observe(this.$el);
    this.focus();
  },
  beforeUnmount() {
    this.save();
    removeEventListener("pagehide", this.leave);
    document.removeEventListener("visibilitychange", this.leave);
    this.observer.disconnect();
  },
  methods: {
    name(session = this.session) {
      return `sprintagen.draft.${session}`;
    },
    typed() {
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
      const unsent = this.sending.filter((one) => one.session === session).map((one) => one.text);
      const draft = [...unsent, session === this.shown ? this.text : ""].filter((text) => text.trim()).join("\n\n");
      try {
        if (draft) localStorage.setItem(this.name(session), draft);
        else localStorage.removeItem(this.name(session));
      } catch {
        /* the storage is full or forbidden: the draft lives as long as the page */
      }
    },
    restore() {
      this.shown = this.session; // whose draft the field holds
      try {
        this.text = localStorage.getItem(this.name()) || "";
      } catch {
        this.text = "";
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
      } else if (event.key === "Escape" && this.working && !this.text) this.stop();
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
      const text = this.$refs.field.value.toWellFormed?.() ?? this.$refs.field.value;
      if (!text.trim() || this.disabled) return;
      this.transmit(text);
      this.text = "";
    },
    transmit(text) {
      const points = text.length > PIECE ? Vue.markRaw(Array.from(text)) : null;
      const pieces = points ? Math.ceil(points.length / PIECE) : 1;
      const one = { key: newKey(), session: this.session, text, pieces, sent: 0, points };
      this.sending.push(one);
      this.save();
      dispatchEvent(new Event("sprintagen:sent"));
      this.next(this.sending[this.sending.length - 1]);
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
      const one = this.sending.find((item) => item.key === key);
      this.sending = this.sending.filter((item) => item.key !== key);
      if (one) this.save(one.session);
    },
    // It was not taken: what was typed comes back, before what has been typed since.
    refused(key) {
      const one = this.sending.find((item) => item.key === key);
      if (!one) return;
      this.sending = this.sending.filter((item) => item.key !== key);
      if (one.session === this.session) this.text = [one.text, this.text].filter((text) => text.trim()).join("\n\n");
      this.save(one.session);
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
