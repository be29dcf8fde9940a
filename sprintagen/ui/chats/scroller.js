// The transcript's scroll box. `column-reverse` keeps the end in view by itself and keeps a reader who scrolled up on
// the same line while the end grows; nothing is sent for either.
export default {
  template: `
    <div class="transcript">
      <div ref="box" class="transcript__box" data-testid="message-list" role="log" aria-label="Messages" aria-live="off" tabindex="0" @scroll.passive="scrolled">
        <div class="transcript__inner"><slot></slot></div>
      </div>
      <button v-show="!follows" type="button" class="latest" data-testid="jump-latest" :aria-label="fresh ? fresh + ' new, go to the latest' : 'Go to the latest'" @click="jump">
        <svg class="icon" aria-hidden="true"><use href="#i-arrow-down"></use></svg><span>{{ fresh ? fresh + " new" : "Latest" }}</span>
      </button>
    </div>`,
  emits: ["older", "follow"],
  data: () => ({ follows: true, fresh: 0 }),
  mounted() {
    this.known = null;
    this.watcher = new MutationObserver(this.count);
    this.watcher.observe(this.$refs.box, { childList: true, subtree: true });
    this.own = () => this.jump();
    addEventListener("sprintagen:sent", this.own);
    this.$nextTick(this.scrolled);
  },
  beforeUnmount() {
    this.watcher.disconnect();
    removeEventListener("sprintagen:sent", this.own);
  },
  methods: {
    last() {
      const all = this.$refs.box.getElementsByClassName("message");
      return all[all.length - 1];
    },
    count() {
      if (this.follows) {
        this.known = this.last();
        return;
      }
      const all = [...this.$refs.box.getElementsByClassName("message")];
      const at = all.indexOf(this.known);
      this.fresh = at < 0 ? 0 : all.slice(at + 1).filter((el) => el.offsetHeight > 0).length;
    },
    scrolled() {
      const box = this.$refs.box;
      if (!box) return;
      const follows = box.scrollTop > -48;
      if (follows !== this.follows) {
        this.follows = follows;
        this.known = this.last();
        this.fresh = 0;
        this.$emit("follow", follows);
      }
      const above = box.scrollHeight - box.clientHeight + box.scrollTop;
      if (above < 600 && !this.busy) {
        this.busy = true;
        setTimeout(() => (this.busy = false), 400);
        this.$emit("older");
      }
    },
    jump() {
      this.$refs.box.scrollTop = 0;
      this.scrolled();
    },
  },
};
