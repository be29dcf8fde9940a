// The changes panel: what to show, how much there is, and the files, each opened to its lines by whoever wants them.
//
// What is open, what was seen and how lines are shown belongs to the browser; comments belong to the composer, which
// keeps them with the draft: `sprintagen:comments` tells them, `sprintagen:comment` and `sprintagen:uncomment` change them.
import ChangedFile from "changed_file";
import { recallSplit, rememberSplit } from "diff_view";

const NARROW = 640; // CSS pixels below which two columns are of no use
const FEW = { files: 6, lines: 300 }; // so few changes are opened from the start
const MANY = 12; // files from which on there is a filter
const STALE = 5000; // milliseconds after which coming back to the window is a reason to ask git again
const WRAP = "sprintagen.diff.wrap";

const byPath = (known) => Object.assign(Object.create(null), known); // a file may be called `constructor`

const recall = (name) => {
  try {
    return JSON.parse(localStorage.getItem(name) || "null");
  } catch {
    return null;
  }
};
const remember = (name, value) => {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    /* it holds for this page then */
  }
};

export default {
  components: { ChangedFile },
  template: `
    <div class="changes" data-testid="changes" :data-state="state" :aria-busy="state === 'loading' ? 'true' : 'false'">
      <div class="changes__head">
        <label class="changes__scope">
          <select :value="scope" aria-label="Which changes" data-testid="changes-scope" :disabled="!session" @change="$emit('scope', $event.target.value)">
            <option v-for="one in scopes" :key="one.value" :value="one.value" :disabled="one.off">{{ one.label }}</option>
            <optgroup v-if="turns?.length" label="Turns"><option v-for="[id, line] in turns" :key="id" :value="id">{{ line }}</option></optgroup>
          </select>
          <svg class="icon icon--small" aria-hidden="true"><use href="#i-chevron-down"></use></svg>
        </label>
        <span class="diff__space"></span>
        <button type="button" class="btn btn--quiet" aria-label="Look again" title="Look again" data-testid="changes-refresh" :disabled="!session" @click="refresh">
          <span v-if="state === 'loading'" class="spinner" aria-hidden="true"></span><svg v-else class="icon" aria-hidden="true"><use href="#i-refresh"></use></svg></button>
      </div>
      <div v-if="files?.length" class="changes__sum">
        <span role="status" data-testid="changes-total">{{ files.length.toLocaleString("en") }} {{ files.length === 1 ? "file" : "files" }}</span>
        <span class="fold__counts"><ins>+{{ total("added") }}</ins><del>−{{ total("removed") }}</del></span>
        <span v-if="seenCount" class="changes__faint">{{ seenCount }} seen</span>
        <span class="diff__space"></span>
        <button v-if="!narrow" type="button" class="code__copy" @click="changeSplit">{{ split ? "Unified" : "Side by side" }}</button>
        <button type="button" class="code__copy changes__wrap" :aria-pressed="wrap ? 'true' : 'false'" @click="changeWrap">Wrap</button>
        <button type="button" class="code__copy" @click="changeAll">{{ isAllOpen ? "Close all" : "Open all" }}</button>
      </div>
      <div v-if="files?.length > ${MANY}" class="changes__filter">
        <input type="search" class="field" v-model="filter" placeholder="Filter files" aria-label="Filter files" data-testid="changes-filter" spellcheck="false">
      </div>
      <div ref="list" class="changes__list" @keydown="move">
        <div v-if="message" class="changes__empty" :role="state === 'failed' ? 'alert' : null" data-testid="changes-words">
          <p class="changes__message">{{ message }}</p><p v-if="hint" class="changes__hint">{{ hint }}</p>
          <button v-if="state === 'failed'" type="button" class="btn btn--plain" @click="refresh">Try again</button>
        </div>
        <div v-else-if="state === 'loading' && !files?.length" class="changes__empty" role="status">Reading what was changed …</div>
        <p v-else-if="files?.length && !some.length" class="changes__empty">No file is called so.</p>
        <changed-file v-for="file in some" :key="file.path" :ref="(one) => hold(file.path, one)" :file="file" :patch="patches[file.path]" :open="isOpen(file)" :seen="isSeen(file)" :opens="opens"
          :split="split" :wrap="wrap" :narrow="narrow" :notes="notesOf(file)" @toggle="toggle(file)" @seen="see(file, $event)" @want="$emit('want', { path: file.path, stamp: $event })"
          @note="note(file, $event)" @unnote="unnote" @show="$emit('open_file', { path: file.path, line: $event })"></changed-file>
      </div>
      <p v-if="comments.length" class="changes__foot" role="status" data-testid="changes-comments">{{ comments.length }} {{ comments.length === 1 ? "comment goes" : "comments go" }} with your next message</p>
      <p v-else-if="hasText" class="changes__foot changes__foot--soft">Click line numbers to comment</p>
    </div>`,
  props: { session: String, state: String, scope: String, scopes: Array, turns: Array, files: Array, message: String, hint: String, opens: Boolean },
  emits: ["scope", "refresh", "want", "open_file"],
  data: () => ({ patches: byPath(), opened: byPath(), seen: byPath(), filter: "", split: recallSplit(), wrap: recall(WRAP) === true, narrow: true, comments: [] }),
  computed: {
    some() {
      const wanted = this.filter.trim().toLowerCase();
      return wanted ? (this.files || []).filter((file) => file.path.toLowerCase().includes(wanted)) : this.files || [];
    },
    isFew() {
      return this.files?.length <= FEW.files && this.total("added") + this.total("removed") <= FEW.lines;
    },
    isAllOpen() {
      return this.some.length > 0 && this.some.every((file) => this.isOpen(file));
    },
    seenCount() {
      return (this.files || []).filter((file) => this.isSeen(file)).length;
    },
    hasText() {
      return this.some.some((file) => this.isOpen(file) && this.patches[file.path]?.text);
    },
    place() {
      return `${this.session} ${this.scope}`;
    },
  },
  watch: {
    place: "begin",
    files(files) {
      this.at = Date.now();
      const known = new Set(files?.map((file) => file.path));
      for (const path of Object.keys(this.patches)) if (!known.has(path)) delete this.patches[path];
    },
  },
  created() {
    this.shown = new Map(); // the files' components, by path
    this.at = 0;
  },
  mounted() {
    this.begin();
    this.listeners = [
      [window, "sprintagen:comments", this.hear],
      [window, "sprintagen:comment-shown", this.reveal],
      [window, "focus", this.returned],
      [document, "visibilitychange", this.returned],
    ];
    for (const [target, event, handler] of this.listeners) target.addEventListener(event, handler);
    this.observer = new ResizeObserver(() => {
      cancelAnimationFrame(this.frame);
      this.frame = requestAnimationFrame(() => (this.narrow = this.$el.clientWidth < NARROW));
    });
    this.observer.observe(this.$el);
    this.ask();
  },
  beforeUnmount() {
    for (const [target, event, handler] of this.listeners) target.removeEventListener(event, handler);
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
  },
  methods: {
    total(field) {
      return (this.files || []).reduce((sum, file) => sum + file[field], 0);
    },
    hold(path, one) {
      if (one) this.shown.set(path, one);
      else this.shown.delete(path);
    },
    // Another session or scope: nothing of what was open is.
    begin() {
      this.patches = byPath();
      this.opened = byPath();
      this.filter = "";
      this.seen = byPath(recall(`sprintagen.seen.${this.session}`));
      this.$refs.list?.scrollTo(0, 0);
      this.ask();
    },
    refresh() {
      this.$emit("refresh");
    },
    returned() {
      const isGit = this.scope === "worktree" || this.scope === "branch";
      if (isGit && !document.hidden && this.$el.offsetParent && Date.now() - this.at > STALE) this.refresh();
    },
    // The lines of a file, as the server sends them.
    take(path, stamp, text) {
      if (this.files?.some((file) => file.path === path)) this.patches[path] = { stamp, text };
    },
    isOpen(file) {
      return this.opened[file.path] ?? (this.isFew && !this.isSeen(file));
    },
    toggle(file) {
      this.opened[file.path] = !this.isOpen(file);
    },
    changeAll() {
      const isOpen = !this.isAllOpen;
      for (const file of this.some) this.opened[file.path] = isOpen;
    },
    isSeen(file) {
      return this.seen[file.path] === file.stamp; // until it changes again
    },
    see(file, isSeen) {
      if (isSeen) this.seen[file.path] = file.stamp;
      else delete this.seen[file.path];
      this.opened[file.path] = !isSeen;
      remember(`sprintagen.seen.${this.session}`, this.seen);
    },
    changeSplit() {
      rememberSplit((this.split = !this.split));
    },
    changeWrap() {
      remember(WRAP, (this.wrap = !this.wrap));
    },
    // The arrows go from file to file.
    move(event) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step || !event.target.matches(".changes__name") || event.ctrlKey || event.metaKey || event.altKey) return;
      const names = [...this.$refs.list.querySelectorAll(".changes__name")];
      const next = names[names.indexOf(event.target) + step];
      if (!next) return;
      event.preventDefault();
      next.focus();
    },
    // -- comments
    ask() {
      dispatchEvent(new CustomEvent("sprintagen:comments-wanted"));
    },
    hear({ detail }) {
      this.comments = detail.session === this.session ? detail.comments : [];
    },
    notesOf(file) {
      return this.comments.filter((one) => one.path === file.path);
    },
    note(file, said) {
      const comment = { id: crypto.getRandomValues(new Uint32Array(2)).join("-"), path: file.path, ...said };
      dispatchEvent(new CustomEvent("sprintagen:comment", { detail: { session: this.session, comment } }));
    },
    unnote(id) {
      dispatchEvent(new CustomEvent("sprintagen:uncomment", { detail: { id } }));
    },
    reveal({ detail }) {
      const file = this.files?.find((one) => one.path === detail.path);
      if (!file) return;
      this.filter = "";
      this.opened[file.path] = true;
      this.$nextTick(() => {
        const one = this.shown.get(file.path);
        one?.$el.scrollIntoView({ block: "nearest" });
        one?.reveal(detail);
      });
    },
  },
};
