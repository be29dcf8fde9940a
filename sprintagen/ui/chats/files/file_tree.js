// Folders and files as a tree whose folders are asked for when they are opened. Only the rows in view are in the page:
// a folder may have thousands.
const BEYOND = 12; // rows drawn above and below what is seen
const MOST_AGAIN = 30; // open folders that are asked for again when something changed; others are closed

export default {
  template: `
    <div ref="box" class="tree" @scroll.passive="scrolled">
      <div class="tree__rows" role="tree" :aria-label="'Files of ' + name" :aria-busy="rows.length ? null : 'true'" :style="{ height: rows.length * height + 'px' }" @keydown="key" @click="click">
        <div v-for="one in seen" :key="one.key" class="tree__row" :class="{ 'tree__row--soft': one.ignored || one.note, 'tree__row--here': one.path === here && !one.note }"
             :role="one.note ? 'none' : 'treeitem'" :aria-level="one.note ? null : one.level" :aria-setsize="one.note ? null : one.size" :aria-posinset="one.note ? null : one.place"
             :aria-expanded="one.kind === 'directory' ? (one.open ? 'true' : 'false') : null" :aria-selected="one.note ? null : one.path === here ? 'true' : 'false'"
             :aria-label="one.note ? null : label(one)" :tabindex="one.note ? null : one.index === at ? 0 : -1" :data-index="one.index" :title="one.note ? null : one.path"
             :style="{ top: one.index * height + 'px', height: height + 'px', paddingLeft: 6 + (one.level - 1) * 14 + 'px' }">
          <template v-if="one.note"><span class="tree__note" :data-tone="one.tone" role="status">{{ one.note }}</span></template>
          <template v-else>
            <svg v-if="one.kind === 'directory'" class="icon icon--small tree__chevron" :data-open="one.open || null" aria-hidden="true"><use href="#i-chevron-right"></use></svg>
            <span v-else class="tree__chevron"></span>
            <bdi class="tree__name">{{ one.name }}</bdi>
            <span v-if="marks[one.path]" class="tree__mark" :data-status="marks[one.path].status" aria-hidden="true"></span>
            <span v-else-if="one.kind === 'directory' && touched.has(one.path)" class="tree__mark" data-status="below" aria-hidden="true"></span>
            <button type="button" class="tree__add" tabindex="-1" :aria-label="'Add ' + one.name + ' to the prompt'" title="Add to the prompt (Ctrl+Enter)">
              <svg class="icon icon--small" aria-hidden="true"><use href="#i-plus"></use></svg></button>
          </template>
        </div>
      </div>
    </div>`,
  props: { name: String, marks: Object, here: String },
  emits: ["list", "open", "mention"],
  data: () => ({ version: 0, at: 0, top: 0, room: 0, height: matchMedia("(pointer: coarse)").matches ? 40 : 26 }),
  created() {
    this.folders = new Map(); // path -> {entries, left, error}
    this.opened = new Set([""]);
    this.asked = new Set();
  },
  computed: {
    rows() {
      void this.version;
      const rows = [];
      this.walk("", 1, rows);
      rows.forEach((row, index) => (row.index = index));
      return rows;
    },
    seen() {
      const first = Math.floor(this.top / this.height) - BEYOND;
      const last = Math.ceil((this.top + this.room) / this.height) + BEYOND;
      return this.rows.filter((row) => (row.index >= first && row.index <= last) || row.index === this.at);
    },
    touched() {
      const folders = new Set();
      for (const path of Object.keys(this.marks)) {
        for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) folders.add(path.slice(0, at));
      }
      return folders;
    },
  },
  mounted() {
    this.observer = new ResizeObserver(() => (this.room = this.$refs.box?.clientHeight ?? 0));
    this.observer.observe(this.$refs.box);
  },
  beforeUnmount() {
    this.observer.disconnect();
  },
  methods: {
    // -- from the server ---------------------------------------------------------------------------------------------
    reset() {
      this.folders.clear();
      this.opened = new Set([""]);
      this.asked.clear();
      this.at = this.top = 0;
      this.$refs.box.scrollTop = 0;
      this.version++;
    },
    put(path, folder) {
      this.asked.delete(path);
      const at = this.rows[this.at];
      this.folders.set(path, folder);
      this.version++;
      if (at) this.at = Math.max(0, this.rows.findIndex((row) => row.key === at.key)); // rows above may be more or less
    },
    // Something changed: ask again for what is open.
    again(path) {
      if (path !== undefined) {
        const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
        if (this.folders.has(folder)) this.ask(folder);
        return;
      }
      const known = [...this.folders.keys()];
      for (const folder of known) if (!this.opened.has(folder)) this.folders.delete(folder);
      [...this.opened].forEach((folder, i) => {
        if (i < MOST_AGAIN) return this.ask(folder);
        this.opened.delete(folder);
        this.folders.delete(folder);
      });
      this.version++;
    },
    // -- the rows ----------------------------------------------------------------------------------------------------
    walk(folder, level, rows) {
      const known = this.folders.get(folder);
      const note = (text, tone) => rows.push({ key: `${folder}\n`, path: folder, level, note: text, tone });
      if (!known) return level > 1 ? note("Loading…") : undefined;
      if (known.error) return note(known.error, "red");
      if (!known.entries.length) return note(level > 1 ? "Empty" : "There are no files here yet.");
      known.entries.forEach(([name, kind, ignored], i) => {
        const path = folder ? `${folder}/${name}` : name;
        const open = kind === "directory" && this.opened.has(path);
        rows.push({ key: path, path, name, kind, ignored, level, open, place: i + 1, size: known.entries.length + known.left });
        if (open) this.walk(path, level + 1, rows);
      });
      if (known.left) note(`and ${known.left.toLocaleString()} more; search for them by name`);
    },
    label(one) {
      const mark = this.marks[one.path]?.status ?? (one.kind === "directory" && this.touched.has(one.path) ? "with changes" : "");
      return mark ? `${one.name}, ${mark}` : one.name;
    },
    scrolled() {
      this.top = this.$refs.box.scrollTop;
    },
    ask(folder) {
      if (this.asked.has(folder)) return;
      this.asked.add(folder);
      this.$emit("list", folder);
    },
    toggle(row, open = !row.open) {
      if (row.kind !== "directory" || row.open === open) return;
      if (open) this.opened.add(row.path);
      else this.opened.delete(row.path);
      if (open && (!this.folders.has(row.path) || this.folders.get(row.path).error)) this.ask(row.path);
      this.version++;
    },
    // Show where a file is.
    reveal(path) {
      const steps = path.split("/");
      for (let i = 1; i < steps.length; i++) {
        const folder = steps.slice(0, i).join("/");
        this.opened.add(folder);
        if (!this.folders.has(folder)) this.ask(folder);
      }
      this.version++;
      const at = this.rows.findIndex((row) => row.path === path && !row.note);
      if (at >= 0) this.go(at, false);
    },
    go(index, wantsFocus = true) {
      this.at = Math.max(0, Math.min(this.rows.length - 1, index));
      const box = this.$refs.box;
      const top = this.at * this.height;
      if (top < box.scrollTop) box.scrollTop = top;
      else if (top + this.height > box.scrollTop + box.clientHeight) box.scrollTop = top + this.height - box.clientHeight;
      if (wantsFocus) this.focus();
    },
    // The row that is on, once it is drawn as such.
    focus() {
      this.$nextTick(() => this.$el.querySelector("[role=treeitem][tabindex='0']")?.focus({ preventScroll: true }));
    },
    // -- the person --------------------------------------------------------------------------------------------------
    click(event) {
      const row = this.rows[event.target.closest("[data-index]")?.dataset.index];
      if (!row || row.note) return;
      if (event.target.closest(".tree__add")) return this.add(row);
      this.go(row.index);
      this.act(row);
    },
    act(row) {
      if (row.kind === "directory") this.toggle(row);
      else this.$emit("open", row.path);
    },
    add(row) {
      this.$emit("mention", { kind: row.kind, path: row.path });
    },
    step(from, by) {
      let index = from + by;
      while (this.rows[index]?.note) index += by;
      return this.rows[index] ? index : from;
    },
    key(event) {
      const row = this.rows[this.at];
      if (!row || event.altKey || event.metaKey || (event.ctrlKey && event.key !== "Enter")) return;
      if (event.key === "ArrowDown") this.go(this.step(this.at, 1));
      else if (event.key === "ArrowUp") this.go(this.step(this.at, -1));
      else if (event.key === "Home") this.go(this.step(-1, 1));
      else if (event.key === "End") this.go(this.step(this.rows.length, -1));
      else if (event.key === "ArrowRight") {
        if (row.kind === "directory" && !row.open) this.toggle(row, true);
        else if (row.open) this.go(this.step(this.at, 1));
      } else if (event.key === "ArrowLeft") {
        if (row.open) this.toggle(row, false);
        else this.go(this.parent(row));
      } else if (event.key === "Enter" && event.ctrlKey) this.add(row);
      else if (event.key === "Enter" || event.key === " ") this.act(row);
      else if (event.key.length === 1) this.jump(event.key.toLowerCase());
      else return;
      event.preventDefault();
    },
    parent(row) {
      const folder = row.path.slice(0, Math.max(0, row.path.lastIndexOf("/")));
      const index = this.rows.findIndex((one) => one.path === folder && !one.note);
      return index < 0 ? this.at : index;
    },
    // The next row whose name begins so.
    jump(letter) {
      const fits = (row) => !row.note && row.name.toLowerCase().startsWith(letter);
      const next = this.rows.findIndex((row) => row.index > this.at && fits(row));
      const found = next >= 0 ? next : this.rows.findIndex(fits);
      if (found >= 0) this.go(found);
    },
  },
};
