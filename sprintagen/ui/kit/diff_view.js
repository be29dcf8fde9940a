// A unified diff under a bar: what it is of, how much, in one column or two.
import DiffBody from "diff_body";
import { copyText } from "prose";

const NARROW = 600; // CSS pixels below which two columns are of no use
export const KEPT = "sprintagen.diff";

export function recallSplit() {
  try {
    return localStorage[KEPT] === "split";
  } catch {
    return false; // a browser that keeps nothing
  }
}

export function rememberSplit(isSplit) {
  try {
    localStorage[KEPT] = isSplit ? "split" : "unified";
  } catch {
    // it holds for this diff then
  }
}

export default {
  components: { DiffBody },
  template: `
    <div class="diff" :class="{ 'diff--narrow': isNarrow }">
      <div class="code__bar">
        <button v-if="file" type="button" class="diff__title diff__title--file" title="Open in the files" :data-file="file" :data-line="line || null">{{ title }}</button>
        <span v-else class="diff__title">{{ title || "diff" }}</span>
        <span class="fold__counts diff__counts"><ins v-if="added">+{{ added }}</ins><del v-if="removed">−{{ removed }}</del></span>
        <span class="diff__space"></span>
        <button v-if="!isNarrow" type="button" class="code__copy" @click="change">{{ wantsSplit ? "Unified" : "Side by side" }}</button>
        <button type="button" class="code__copy" aria-label="Copy diff" @click="copy">Copy</button>
      </div>
      <diff-body :patch="patch" :language="language" :label="'Changes in ' + (title || 'the file')" :split="wantsSplit && !isNarrow"></diff-body>
    </div>`,
  props: { patch: String, title: String, language: String, added: Number, removed: Number, file: String, line: Number },
  data: () => ({ wantsSplit: recallSplit(), isNarrow: true }),
  mounted() {
    this.measure();
    this.observer = new ResizeObserver(() => {
      cancelAnimationFrame(this.frame); // drawn in here, it would be a size that changes while sizes are told
      this.frame = requestAnimationFrame(this.measure);
    });
    this.observer.observe(this.$el);
  },
  beforeUnmount() {
    this.observer?.disconnect();
    cancelAnimationFrame(this.frame);
  },
  methods: {
    measure() {
      this.isNarrow = this.$el.clientWidth < NARROW;
    },
    change() {
      this.wantsSplit = !this.wantsSplit;
      rememberSplit(this.wantsSplit);
    },
    copy(event) {
      copyText(this.patch, event.currentTarget);
    },
  },
};
