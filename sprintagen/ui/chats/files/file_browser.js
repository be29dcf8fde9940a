// The files of a session's directory: a tree, a search by name and by text, and the file that is open. What is open is
// in the address, so that it can be sent to somebody.
import FileTree from "file_tree";
import FileViewer from "file_viewer";

const LOOK_AFTER = { names: 120, text: 350 }; // milliseconds of quiet before the server is asked

const byPath = (known) => Object.assign(Object.create(null), known); // a file may be called `constructor`

export default {
  components: { FileTree, FileViewer },
  template: `
    <div class="files" :class="{ 'files--file': file }">
      <div class="files__side" @keydown.esc="clear">
        <div class="files__find" role="search" aria-label="Files">
          <label class="search"><svg class="icon" aria-hidden="true"><use href="#i-search"></use></svg>
            <input ref="find" type="search" class="search__input" :placeholder="mode === 'names' ? 'Search by name' : 'Search in files'" :aria-label="mode === 'names' ? 'Search files by name' : 'Search in files'"
                   v-model="query" autocomplete="off" spellcheck="false" data-testid="file-find" @input="later" @keydown="findKey"></label>
          <div class="files__modes" role="group" aria-label="Search in">
            <button v-for="(label, one) in { names: 'Names', text: 'Text' }" :key="one" type="button" class="files__mode" :aria-pressed="mode === one ? 'true' : 'false'" :data-testid="'file-mode-' + one" @click="use(one)">{{ label }}</button>
            <button v-if="mode === 'text'" type="button" class="files__mode files__mode--mono" aria-label="Regular expression" title="Regular expression" :aria-pressed="pattern ? 'true' : 'false'" data-testid="file-pattern" @click="pattern = !pattern; look()">.*</button>
          </div>
          <button type="button" class="btn btn--quiet btn--small files__again" aria-label="Look again" title="Look again" data-testid="files-again" @click="again()"><svg class="icon" aria-hidden="true"><use href="#i-refresh"></use></svg></button>
        </div>
        <file-tree v-show="!query" ref="tree" :name="name" :marks="marks" :here="file?.path" @list="(path) => $emit('list', path)" @open="(path) => open(path)" @mention="(one) => $emit('mention', one)"></file-tree>
        <div v-if="query" class="files__found" @keydown="moveKey">
          <div class="files__note" role="status" :data-tone="found?.error ? 'red' : null" data-testid="files-note">{{ note }}</div>
          <ul class="files__hits" :aria-label="'Found for ' + query">
            <li v-for="one in hits" :key="one.key">
              <div v-if="one.head" class="files__head" :title="one.path"><bdi>{{ one.path }}</bdi></div>
              <button type="button" class="files__hit" :class="{ 'files__hit--line': one.line }" :title="one.path" data-testid="file-hit" @click="pick(one)">
                <template v-if="one.line"><span class="files__number">{{ one.line }}</span><code class="files__text"><template v-for="(piece, i) in one.pieces" :key="i"><mark v-if="i % 2">{{ piece }}</mark><template v-else>{{ piece }}</template></template></code></template>
                <template v-else><svg class="icon" aria-hidden="true"><use :href="one.kind === 'directory' ? '#i-folder' : '#i-file'"></use></svg><bdi class="files__name">{{ one.name }}</bdi><bdi class="files__folder">{{ one.folder }}</bdi></template>
              </button>
            </li>
          </ul>
        </div>
      </div>
      <file-viewer v-if="file" ref="viewer" :file="file" @back="close" @mention="(one) => $emit('mention', one)" @copy="(lines) => $emit('copy', lines)" @again="read(file.path)"
                   @piece="(index) => $emit('piece', { version: file.version, index })" @chosen="(lines) => ((lines_ = lines), place())"></file-viewer>
    </div>`,
  emits: ["ready", "list", "marks", "find", "read", "piece", "mention", "copy", "shut"],
  data: () => ({ name: "", marks: byPath(), mode: "names", pattern: false, query: "", found: null, file: null, lines_: null }),
  created() {
    this.shown = true;
    this.count = 0;
  },
  computed: {
    note() {
      if (!this.found) return "Searching…";
      if (this.found.error) return this.found.error;
      if (!this.found.hits.length) return "Nothing is found.";
      return this.found.note || "";
    },
    hits() {
      const hits = this.found?.hits ?? [];
      if (this.found?.mode === "names") {
        return hits.map(([path, kind]) => {
          const at = path.lastIndexOf("/");
          return { key: path, path, kind, name: path.slice(at + 1), folder: path.slice(0, Math.max(0, at)) };
        });
      }
      return hits.map(([path, line, text, spans], i) => ({ key: i, path, line, head: path !== hits[i - 1]?.[0], pieces: this.cut(text, spans) }));
    },
  },
  mounted() {
    this.$emit("ready");
  },
  beforeUnmount() {
    clearTimeout(this.timer);
    this.shown = false;
    this.place();
  },
  methods: {
    // -- from the server ---------------------------------------------------------------------------------------------
    // Another directory.
    begin(name) {
      Object.assign(this, { name, marks: byPath(), query: "", found: null, file: null });
      this.$refs.tree.reset();
      this.again();
    },
    listed(path, folder) {
      this.$refs.tree.put(path, folder);
    },
    marked(marks) {
      this.marks = byPath(marks);
    },
    answered(count, found) {
      if (count === this.count) this.found = found;
    },
    opened(file, index, lines, range) {
      if (this.file?.path !== file.path) return;
      const isSame = this.file.version !== undefined && !range;
      const hadFocus = this.wantsFocus;
      this.wantsFocus = false;
      this.file = file;
      this.$nextTick(() => {
        this.$refs.viewer?.start(index, lines, range, isSame);
        if (hadFocus) this.$nextTick(() => this.$refs.viewer?.focus());
      });
      this.place();
    },
    failed(path, error, hint) {
      if (this.file?.path === path) this.file = { path, error, hint };
    },
    piece(version, index, lines) {
      if (this.file?.version === version) this.$refs.viewer?.put(index, lines);
    },
    // A tool changed this file; without a name: anything may have changed.
    stale(path) {
      this.$refs.tree.again(path);
      this.$emit("marks");
      if (this.file && (path === undefined || path === this.file.path)) this.$emit("read", { path: this.file.path, lines: null });
    },
    seen(shown) {
      this.shown = shown;
      this.place();
    },
    // -- looking -----------------------------------------------------------------------------------------------------
    again() {
      this.$refs.tree.again();
      this.$emit("marks");
      if (this.query) this.look();
      if (this.file) this.read(this.file.path);
    },
    open(path, lines = null) {
      this.wantsFocus = !this.$refs.viewer || this.isNarrow();
      this.read(path, lines);
      if (this.wantsFocus) this.$nextTick(() => this.$refs.viewer?.focus()); // Escape leads back before the text is there
    },
    read(path, lines = null) {
      if (this.file?.path !== path || this.file.error) this.file = { path };
      this.$emit("read", { path, lines });
    },
    // What a link or a tool's row names.
    show(path, lines) {
      this.read(path, lines);
      this.query = "";
      this.$refs.tree.reveal(path);
    },
    close() {
      const { path } = this.file;
      this.file = this.lines_ = null;
      this.wantsFocus = false;
      this.place();
      this.$emit("shut");
      this.$nextTick(() => {
        if (this.query) this.$el.querySelector(".files__hit")?.focus();
        else (this.$refs.tree.reveal(path), this.$refs.tree.focus());
      });
    },
    isNarrow() {
      return getComputedStyle(this.$el.querySelector(".files__side")).getPropertyValue("--alone").trim() === "1";
    },
    // -- searching ---------------------------------------------------------------------------------------------------
    later() {
      clearTimeout(this.timer);
      this.timer = setTimeout(this.look, LOOK_AFTER[this.mode]);
    },
    look() {
      clearTimeout(this.timer);
      const text = this.query.trim();
      this.count++;
      if (!text) return;
      this.found = null;
      this.$emit("find", { count: this.count, mode: this.mode, text, pattern: this.pattern });
    },
    use(mode) {
      this.mode = mode;
      this.$refs.find.focus();
      this.look();
    },
    clear(event) {
      if (!this.query || event.defaultPrevented) return;
      event.preventDefault(); // the panel stays open
      this.query = "";
      this.$refs.find.focus();
    },
    cut(text, spans) {
      const pieces = [];
      let at = 0;
      const points = [...text]; // the server counts these
      for (const [start, end] of spans) {
        pieces.push(points.slice(at, start).join(""), points.slice(start, end).join(""));
        at = end;
      }
      return [...pieces, points.slice(at).join("")];
    },
    pick(one) {
      if (one.kind === "directory") {
        this.query = "";
        this.$refs.tree.reveal(`${one.path}/`);
        this.$nextTick(() => this.$refs.tree.focus());
      } else this.open(one.path, one.line ? [one.line, one.line] : null);
    },
    findKey(event) {
      if (event.key === "Enter") {
        event.preventDefault();
        if (this.found && this.mode === "names" && this.hits.length) this.pick(this.hits[0]);
        else this.look();
      } else if (event.key === "ArrowDown") {
        event.preventDefault();
        if (this.query) this.$el.querySelector(".files__hit")?.focus();
        else this.$refs.tree.focus();
      }
    },
    moveKey(event) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const all = [...this.$el.querySelectorAll(".files__hit")];
      const next = all.indexOf(document.activeElement) + step;
      (all[next] ?? (next < 0 ? this.$refs.find : null))?.focus();
    },
    // -- the address -------------------------------------------------------------------------------------------------
    place() {
      const url = new URL(location.href);
      const kept = [...url.searchParams].filter(([name]) => name !== "file" && name !== "lines").map((pair) => pair.map(encodeURIComponent).join("="));
      if (this.shown && this.file) {
        kept.push(`file=${encodeURIComponent(this.file.path).replaceAll("%2F", "/")}`);
        if (this.lines_) kept.push(`lines=${[...new Set(this.lines_)].join("-")}`);
      }
      const search = kept.length ? `?${kept.join("&")}` : "";
      if (search !== location.search) history.replaceState(history.state, "", location.pathname + search + location.hash);
    },
  },
};
