import { clock, duration, full, now, relative } from "moments";

export default {
  template: '<time class="moment" :datetime="iso" :title="title">{{ words }}</time>',
  props: { at: Number, kind: String },
  data: () => ({ now: now() }),
  computed: {
    iso() { return new Date(this.at).toISOString(); },
    title() { return full(this.at); },
    words() {
      if (this.kind === "since") return duration(this.now - this.at);
      if (this.kind === "until") return this.at > this.now ? `in ${duration(this.at - this.now)}` : "now";
      if (this.kind === "relative") return relative(this.at, this.now);
      return clock(this.at);
    },
  },
  mounted() {
    const every = { since: 1000, until: 1000, relative: 30000 }[this.kind];
    if (every) this.timer = setInterval(() => (this.now = now()), every);
  },
  beforeUnmount() { clearInterval(this.timer); },
};
