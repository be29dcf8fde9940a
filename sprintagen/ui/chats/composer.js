// The composer: what is typed lives here and in localStorage until the server has taken it over; a send clears the
// field at once. Beside this: composer_drafts.js keeps what is typed, composer_sending.js hands it over,
// composer_suggest.js lists what can follow @ and /, composer_attach.js takes files, composer_past.js what was sent,
// composer_comments.js what was said to changed lines.
import attaching from "composer_attach";
import commenting from "composer_comments";
import drafts from "composer_drafts";
import past from "composer_past";
import sending from "composer_sending";
import suggesting from "composer_suggest";

const LONG = 20000; // characters from which on the field is as high as it gets

export default {
  mixins: [drafts, sending, suggesting, attaching, commenting, past],
  template: `
    <div class="composer" :class="{ 'composer--off': disabled, 'composer--over': isOver, 'composer--shell': isShell }">
      <div v-if="away && sending.length" class="composer__sending" role="status" data-testid="unsent"><span class="spinner" aria-hidden="true"></span>
        {{ sending.length > 1 ? sending.length + " messages" : "The message" }} will be sent when the connection is back</div>
      <div v-else-if="sending.length" class="composer__sending" role="status"><span class="spinner" aria-hidden="true"></span>
        Sending {{ size(sending[0]) }}<template v-if="sending[0].pieces > 1"> · {{ Math.round(100 * sending[0].sent / sending[0].pieces) }} %</template></div>
      <div v-if="trouble || notTaken" class="composer__sending" role="alert" data-testid="composer-trouble"><svg class="icon" aria-hidden="true"><use href="#i-error"></use></svg>{{ trouble || notTaken }}</div>
      <ul v-if="files.length || named.length || comments.length" class="chips" aria-label="Goes along with the message" data-testid="chips">
        <li v-for="file in files" :key="file.key" class="chip" :class="{ 'chip--picture': preview(file) }">
          <img v-if="preview(file)" class="chip__picture" :src="preview(file)" :alt="file.name">
          <span v-else-if="!file.id" class="spinner" role="status" aria-label="Uploading"></span>
          <svg v-else class="icon" aria-hidden="true"><use href="#i-file-text"></use></svg>
          <span class="chip__name" :title="file.name">{{ file.name }}</span><span class="chip__size">{{ bytes(file.size) }}</span>
          <button type="button" class="chip__remove" :aria-label="'Take out ' + file.name" @click="detach(file)"><svg class="icon" aria-hidden="true"><use href="#i-close"></use></svg></button>
        </li>
        <li v-for="mark in named" :key="mark.value" class="chip">
          <svg class="icon" aria-hidden="true"><use :href="'#i-' + icons[mark.kind]"></use></svg><span class="chip__name" :title="markName(mark)">{{ markName(mark) }}</span>
          <button type="button" class="chip__remove" :aria-label="'Take out ' + markName(mark)" @click="unmark(mark)"><svg class="icon" aria-hidden="true"><use href="#i-close"></use></svg></button>
        </li>
        <li v-for="one in comments" :key="one.id" class="chip chip--comment" data-testid="comment-chip">
          <button type="button" class="chip__comment" :title="titleOf(one)" @click="showComment(one)"><svg class="icon" aria-hidden="true"><use href="#i-message"></use></svg><span class="chip__name">{{ placeOf(one) }}</span><span class="chip__said">{{ one.note }}</span></button>
          <button type="button" class="chip__remove" :aria-label="'Take out the comment on ' + placeOf(one)" @click="dropComment(one.id)"><svg class="icon" aria-hidden="true"><use href="#i-close"></use></svg></button>
        </li>
      </ul>
      <textarea ref="field" class="composer__field" data-testid="composer" rows="1" :placeholder="placeholder" aria-label="Message" v-model="text"
        role="combobox" aria-autocomplete="list" aria-haspopup="listbox" :aria-expanded="isOpen ? 'true' : 'false'" :aria-controls="listId" :aria-activedescendant="isOpen ? listId + '-' + at : null"
        :disabled="disabled" spellcheck="true" enterkeyhint="send" @keydown="key" @input="typed(); look()" @compositionend="composed" @paste="pasted" @click="look" @keyup.left="look" @keyup.right="look" @blur="dismiss()"></textarea>
      <div v-if="isShell || runsShell" class="composer__mode" role="status" data-testid="shell-mode"><svg class="icon" aria-hidden="true"><use href="#i-terminal"></use></svg>
        {{ isShell ? "Shell: runs in the project at once and asks nobody. opencode replaces $names before it runs." : "opencode runs what stands between !\` and \` in the shell of the project, at once, and asks nobody." }}</div>
      <div v-if="commentsWait" class="composer__mode" role="status" data-testid="comments-wait"><svg class="icon" aria-hidden="true"><use href="#i-message"></use></svg>
        Commands and shell lines take no comments: {{ comments.length === 1 ? "this one goes" : "these go" }} with your next message.</div>
      <ul ref="list" popover="manual" class="suggest" role="listbox" :id="listId" aria-label="Suggestions" data-testid="suggest" @pointerdown.prevent>
        <li v-for="(item, i) in items" :key="item.kind + item.name" :id="listId + '-' + i" class="suggest__item" :class="{ 'suggest__item--at': i === at }" role="option"
            :aria-selected="i === at ? 'true' : 'false'" @mousemove="at = i" @click="choose(item)">
          <svg class="icon" aria-hidden="true"><use :href="'#i-' + icons[item.kind]"></use></svg>
          <span class="suggest__words"><span class="suggest__label">{{ item.label }}</span><span v-if="item.detail" class="suggest__detail">{{ item.detail }}</span></span>
          <span v-if="item.source" class="suggest__source">{{ item.source }}</span>
        </li>
      </ul>
      <div class="composer__bar">
        <input ref="picker" type="file" multiple hidden data-testid="file-input" @change="picked" tabindex="-1" aria-hidden="true">
        <button type="button" class="btn btn--quiet composer__attach" data-testid="attach" aria-label="Attach files" :title="'Attach pictures, PDF or text files, up to ' + bytes(limits.file) + ' each'" :disabled="disabled" @click="$refs.picker.click()">
          <svg class="icon" aria-hidden="true"><use href="#i-plus"></use></svg></button>
        <slot></slot>
        <span class="composer__space"></span>
        <span v-if="text.length > 20000" class="composer__size">{{ size({ text }) }}</span>
        <button v-if="working" type="button" class="btn btn--round btn--stop" data-testid="stop" aria-label="Stop" title="Stop (Esc)" :disabled="stopping" @click="stop">
          <span v-if="stopping" class="spinner" aria-hidden="true"></span><svg v-else class="icon" aria-hidden="true"><use href="#i-square"></use></svg></button>
        <button v-if="!working || hasSomething" type="button" class="btn btn--round btn--send" data-testid="send" :aria-label="working ? 'Queue the message' : 'Send'"
          :title="working ? 'Queue (Enter)' : 'Send (Enter)'" :disabled="disabled || !hasSomething || isUploading" @click="send"><svg class="icon" aria-hidden="true"><use href="#i-arrow-up"></use></svg></button>
      </div>
    </div>`,
  props: { session: String, begun: String, working: Boolean, disabled: Boolean, placeholder: String, limit: Number, limits: Object, commands: Array, own: Array, takes: Array },
  emits: ["piece", "stop", "look", "own"],
  data: () => ({
    text: "", sending: [], stopping: false, away: false, trouble: "",
    listId: "s" + Math.random().toString(36).slice(2),
    icons: { file: "file", directory: "folder", agent: "agent", command: "terminal", skill: "terminal", mcp: "terminal", own: "wrench" },
  }),
  computed: {
    isShell() {
      return this.text.startsWith("!");
    },
    // So do the lines in a command's own text, which what follows its name becomes part of.
    runsShell() {
      return this.kindOfText(this.text) === "command" && /!`[^`]+`/.test(this.text);
    },
    hasSomething() {
      return Boolean(this.text.trim()) || this.files.length > 0 || this.comments.length > 0;
    },
  },
  watch: {
    session(value, before) {
      const mine = this.sending.filter((one) => one.session === before);
      if (before === "new" && mine.length && value === this.begun) {
        // the chat that was begun here has its session now: what is typed on goes with it
        mine.forEach((one) => ((one.session = value), this.keep(one)));
        localStorage.removeItem(this.name("new"));
        localStorage.removeItem(this.chipsName("new"));
        this.shown = value;
        this.touched = true;
        return this.save();
      }
      this.stopping = false; // it was the other session's turn
      this.save(before);
      this.restore();
      this.$nextTick(this.focus); // in the midst of drawing it would have the browser lay out a page that is half drawn
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
      [window, "sprintagen:write", this.write],
      [window, "dragover", this.over], // anywhere on the page: elsewhere the browser would leave it for the file
      [window, "dragleave", this.out],
      [window, "drop", this.dropped],
    ];
    for (const [target, event, handler] of this.listeners) target.addEventListener(event, handler);
    this.observer = new ResizeObserver(this.grow);
    this.observer.observe(this.$el);
    this.focus();
  },
  beforeUnmount() {
    this.save();
    for (const [target, event, handler] of this.listeners) target.removeEventListener(event, handler);
    this.observer.disconnect();
  },
  methods: {
    composed(event) {
      this.text = event.target.value;
      this.typed();
    },
    grow() {
      const field = this.$refs.field;
      if (!field) return;
      const most = Math.round(innerHeight * 0.4);
      if (this.text.length > LONG) return void (field.style.height = `${most}px`); // measuring would lay out all of it
      // The composer stays as high while it is measured: a transcript that became higher for that moment would be
      // moved off its end.
      this.$el.style.minHeight = `${this.$el.offsetHeight}px`;
      field.style.height = "auto";
      field.style.height = `${Math.min(field.scrollHeight, most)}px`;
      this.$el.style.minHeight = "";
    },
    focus() {
      if (matchMedia("(hover: hover)").matches && !document.querySelector("dialog[open]")) this.$refs.field?.focus({ preventScroll: true });
    },
    write(event) {
      event.preventDefault();
      this.$refs.field.focus();
    },
    key(event) {
      if (event.isComposing || event.keyCode === 229) return;
      if (this.listKey(event) || this.pastKey(event)) return;
      if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
        event.preventDefault();
        this.send();
      }
    },
    // Escape stops the turn wherever the person is, unless it means something nearer.
    escape(event) {
      if (event.key !== "Escape" || event.defaultPrevented || event.isComposing || event.repeat || !this.working || this.stopping) return;
      const field = event.target.closest?.("input, textarea, select, [contenteditable]");
      if (field && (field !== this.$refs.field || this.text)) return;
      if (document.querySelector("dialog[open], :popover-open, .find:not([hidden])") || document.documentElement.dataset.drawer) return;
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
    // Words from elsewhere, before what is typed.
    add(text) {
      this.put([text, this.text].filter((one) => one.trim()).join("\n\n"));
    },
    kindOfText(text) {
      if (text.startsWith("!")) return "shell";
      const name = /^\/(\S+)/.exec(text.trim())?.[1];
      return name && this.commands?.includes(name) ? "command" : "prompt";
    },
    send() {
      const field = this.$refs.field;
      const text = field.value.toWellFormed?.() ?? field.value;
      if (this.disabled || this.isUploading || !(text.trim() || this.files.length || this.comments.length)) return;
      const own = this.own?.find((name) => text.trim() === `/${name}`);
      if (own) {
        this.put("");
        return this.$emit("own", own);
      }
      if (text.length * 3 > this.limit && new Blob([text]).size > this.limit) {
        this.trouble = `This is ${this.size({ text })}; a message takes at most ${Math.floor(this.limit / 1048576)} MB. Put the long part into a file of the repository and name it.`;
        return;
      }
      const kind = this.kindOfText(text);
      const comments = kind === "prompt" ? this.comments : []; // see `commentsWait`
      this.haveStayed = kind !== "prompt" && this.comments.length > 0;
      const extra = { kind, marks: this.marks.filter((mark) => text.includes(mark.value)), files: this.files, comments };
      field.value = this.text = ""; // the field itself, too: a second Enter may come before it is drawn
      this.marks = [];
      this.files = [];
      if (comments.length) this.comments = [];
      this.dismiss();
      this.rememberSent(text);
      this.touched = true;
      this.transmit(text, { extra });
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
