// One changed file of the changes panel: its line, and its diff once it is open and near enough to be seen.
import DiffBody from "diff_body";
import { copyText } from "prose";

const MARKS = { added: ["A", "added"], deleted: ["D", "deleted"], modified: ["M", "changed"], renamed: ["R", "renamed"] };
const LACKS = {
  binary: "This is no text, so there are no lines to show.",
  large: "The server leaves out the lines of files this large.",
  unreadable: "opencode could not read the lines of a file with this name.",
};

export default {
  components: { DiffBody },
  template: `
    <section class="changes__file" data-testid="changed-file" :data-path="file.path" :data-open="open || null">
      <div class="changes__bar">
        <button type="button" class="changes__name" :aria-expanded="open ? 'true' : 'false'" :title="file.old ? file.old + ' → ' + file.path : file.path" @click="$emit('toggle')">
          <svg class="icon icon--small changes__chevron" aria-hidden="true"><use href="#i-chevron-right"></use></svg>
          <span class="changes__mark" :data-status="file.status" aria-hidden="true">{{ mark[0] }}</span><span class="unseen">{{ mark[1] }}</span>
          <span class="changes__path"><span v-if="folder" class="changes__folder"><bdi>{{ folder }}</bdi></span><bdi class="changes__base">{{ base }}</bdi></span>
          <span v-if="notes.length" class="changes__said"><svg class="icon icon--small" aria-hidden="true"><use href="#i-message"></use></svg>{{ notes.length }}<span class="unseen"> {{ notes.length === 1 ? "comment" : "comments" }}</span></span>
          <span class="fold__counts changes__counts"><ins v-if="file.added">+{{ file.added }}</ins><del v-if="file.removed">−{{ file.removed }}</del></span>
        </button>
        <label class="changes__seen" :title="seen ? 'Seen; click to take it back' : 'Mark as seen'"><input type="checkbox" :checked="seen" :aria-label="'Seen: ' + file.path" @change="$emit('seen', $event.target.checked)"><span aria-hidden="true">Seen</span></label>
      </div>
      <div v-if="open" class="changes__inside diff--narrow" :class="{ 'diff--roomy': !narrow }">
        <div class="changes__acts">
          <span v-if="file.old" class="changes__was">was <bdi>{{ file.old }}</bdi></span>
          <span class="diff__space"></span>
          <button type="button" class="code__copy" @click="copyPath">Copy path</button>
          <button v-if="text" type="button" class="code__copy" @click="copyDiff">Copy diff</button>
          <button v-if="opens && file.status !== 'deleted'" type="button" class="code__copy" @click="$emit('show', firstLine)">Open file</button>
        </div>
        <p v-if="words" class="changes__words">{{ words }}</p>
        <diff-body v-else-if="text" ref="body" :patch="text" :language="file.language" :label="'Changes in ' + file.path" :split="split && !narrow" :wrap="wrap" :notes="notes"
                   @note="$emit('note', $event)" @unnote="$emit('unnote', $event)"></diff-body>
        <div v-else class="changes__wait" :style="{ minHeight: Math.min(400, file.added + file.removed) * 19 + 'px' }" role="status"><span class="spinner" aria-hidden="true"></span>Reading …</div>
      </div>
    </section>`,
  props: { file: Object, patch: Object, open: Boolean, seen: Boolean, opens: Boolean, split: Boolean, wrap: Boolean, narrow: Boolean, notes: Array },
  emits: ["toggle", "seen", "want", "note", "unnote", "show"],
  data: () => ({ isNear: false }),
  computed: {
    mark() {
      return MARKS[this.file.status] || MARKS.modified;
    },
    folder() {
      return this.file.path.slice(0, this.file.path.lastIndexOf("/") + 1);
    },
    base() {
      return this.file.path.slice(this.folder.length);
    },
    // What was read last stays until what came since is there.
    text() {
      return this.patch?.text || "";
    },
    words() {
      const { lack, added, removed, status, stamp } = this.file;
      if (lack) return LACKS[lack] || "There are no lines to show.";
      if (this.patch?.stamp !== stamp || this.text) return "";
      if (added + removed) return `${(added + removed).toLocaleString("en")} lines are different: too many to show here.`;
      return { added: "The new file is empty.", deleted: "The file was empty.", renamed: "Only its name changed." }[status] || "No line is different; perhaps its mode is.";
    },
    firstLine() {
      const hunk = /^@@ -\d+(?:,\d+)? \+(\d+)/.exec(this.text);
      if (!hunk) return null;
      const lines = this.text.split("\n").slice(1);
      const before = lines.slice(0, Math.max(0, lines.findIndex((line) => /^[-+]/.test(line))));
      return Number(hunk[1]) + before.length;
    },
    lacksPatch() {
      return this.open && this.isNear && !this.file.lack && this.patch?.stamp !== this.file.stamp ? this.file.stamp : "";
    },
  },
  watch: {
    lacksPatch: {
      handler(stamp) {
        if (stamp) this.$emit("want", stamp);
      },
      immediate: true,
    },
  },
  mounted() {
    this.eye = new IntersectionObserver(([entry]) => (this.isNear = entry.isIntersecting), { root: this.$el.parentElement, rootMargin: "800px 0px" });
    this.eye.observe(this.$el);
  },
  beforeUnmount() {
    this.eye.disconnect();
  },
  methods: {
    copyPath(event) {
      copyText(this.file.path, event.currentTarget);
    },
    copyDiff(event) {
      const { path, old, status } = this.file;
      const head = `--- ${status === "added" ? "/dev/null" : "a/" + (old || path)}\n+++ ${status === "deleted" ? "/dev/null" : "b/" + path}\n`;
      copyText(head + this.text, event.currentTarget);
    },
    reveal(note) {
      this.$refs.body?.reveal(note);
    },
  },
};
