// One quiet line that opens: icon, what, on what, how it stands, how long. What is inside is built when first asked for.
import { duration, now } from "moments";

export default {
  template: `
    <div class="fold" :data-open="open || null">
      <button type="button" class="fold__head" :aria-expanded="open ? 'true' : 'false'" :aria-controls="body"
              :disabled="locked" @click="toggle" :title="tip">
        <span v-if="spin" class="spinner" aria-hidden="true"></span>
        <svg v-else class="icon fold__icon" aria-hidden="true"><use :href="'#i-' + icon"></use></svg>
        <span class="fold__title">{{ title }}</span>
        <span v-if="detail" class="fold__detail" :class="{ 'fold__detail--mono': mono }" :data-file="file || null" :data-line="line || null" :data-last="last || null"><bdi>{{ detail }}</bdi></span>
        <span v-if="added || removed" class="fold__counts"><ins v-if="added">+{{ added }}</ins><del v-if="removed">−{{ removed }}</del></span>
        <span v-if="note" class="fold__note" :data-tone="tone"><svg v-if="sign" class="icon icon--small" aria-hidden="true"><use :href="'#i-' + sign"></use></svg>{{ note }}</span>
        <span v-if="elapsed" class="fold__time">{{ elapsed }}</span>
        <span v-if="spoken" class="unseen">{{ spoken }}</span>
        <svg v-if="!locked" class="icon fold__chevron" aria-hidden="true"><use href="#i-chevron-right"></use></svg>
      </button>
      <button v-if="file" type="button" class="fold__file" :data-file="file" :data-line="line || null" :data-last="last || null" :aria-label="'Open ' + file" title="Open in the files">
        <svg class="icon icon--small" aria-hidden="true"><use href="#i-file"></use></svg></button>
      <div v-if="built" v-show="open" :id="body" class="fold__body"><slot></slot></div>
    </div>`,
  props: {
    icon: String, title: String, detail: String, mono: Boolean, note: String, tone: String, sign: String, spoken: String, spin: Boolean,
    start: Number, end: Number, locked: Boolean, initially: Boolean, added: Number, removed: Number,
    file: String, line: Number, last: Number,
  },
  emits: ["open"],
  data() {
    return { open: !!this.initially, built: !!this.initially, clock: now(), body: "b" + Math.random().toString(36).slice(2) };
  },
  computed: {
    elapsed() {
      if (!this.start) return "";
      const ms = (this.end || this.clock) - this.start;
      return !this.end && !this.spin ? "" : this.end && ms < 100 ? "" : duration(ms);
    },
    tip() {
      return this.detail && this.detail.length > 60 ? this.detail : null;
    },
  },
  watch: { spin: "tickWhile", end: "tickWhile" },
  mounted() {
    this.tickWhile();
  },
  beforeUnmount() {
    clearInterval(this.timer);
  },
  methods: {
    tickWhile() {
      clearInterval(this.timer);
      if (this.spin && this.start && !this.end) this.timer = setInterval(() => (this.clock = now()), 1000);
    },
    toggle() {
      this.open = !this.open;
      this.built = true;
      this.$emit("open", this.open);
    },
  },
};
