// The transcript's scroll box. Whoever is at the end stays there; a reader who scrolled up keeps the same line whatever
// is added or removed above and below it.
// The messages drawn are a window around the reader; `move` says what is missing near it and what is far away.
// Beside this: scroller_holding.js keeps the place, scroller_selection.js what is selected.
import holding from "scroller_holding";
import selecting from "scroller_selection";

const KEEP = 2.5; // heights of the box that stay drawn on either side
const NEAR = 1.25; // less than that many on a side: more is wanted
const MANY = 1400; // elements from which on less is kept
const SELECTED = "sprintagen:selected:";
const SETTLE = 1500; // ms in which the messages around one that was gone to find their heights

export default {
  mixins: [holding, selecting],
  template: `
    <div class="transcript">
      <div ref="box" class="transcript__box" data-testid="message-list" role="log" aria-label="Messages" aria-live="off" tabindex="0"
           :data-away="newer || null" :data-placing="placing || null" @scroll.passive="scrolled" @keydown="key"
           @wheel.passive="wheeled" @touchmove.passive="touched" @pointerdown.passive="act" @grown="grown">
        <div ref="inner" class="transcript__inner"><slot></slot></div>
      </div>
      <button v-show="!follows" type="button" class="latest" data-testid="jump-latest" :aria-label="fresh ? fresh + ' new, go to the latest' : 'Go to the latest'" @click="jump">
        <svg class="icon" aria-hidden="true"><use href="#i-arrow-down"></use></svg><span>{{ fresh ? fresh + " new" : "Latest" }}</span>
      </button>
    </div>`,
  props: { session: String, ends: Array },
  emits: ["move", "follow", "go"],
  data() {
    const [older, newer, fresh] = this.ends || [];
    return { follows: true, older: !!older, newer: !!newer, fresh: fresh || 0, placing: false };
  },
  mounted() {
    this.resized = new ResizeObserver(this.hold);
    this.resized.observe(this.$refs.inner);
    this.resized.observe(this.$refs.box);
    this.own = () => this.jump();
    this.asked = (event) => this.show(event.detail);
    this.leave = () => this.remember();
    addEventListener("sprintagen:sent", this.own);
    addEventListener("sprintagen:show", this.asked);
    addEventListener("sprintagen:nudge", this.nudge);
    addEventListener("hashchange", this.follow);
    addEventListener("pagehide", this.leave);
    this.$nextTick(this.restore);
  },
  beforeUnmount() {
    this.remember();
    this.resized.disconnect();
    clearTimeout(this.patience);
    clearTimeout(this.later);
    removeEventListener("sprintagen:sent", this.own);
    removeEventListener("sprintagen:show", this.asked);
    removeEventListener("sprintagen:nudge", this.nudge);
    removeEventListener("hashchange", this.follow);
    removeEventListener("pagehide", this.leave);
  },
  methods: {
    list() {
      return this.$refs.inner?.querySelector(".transcript__messages")?.children ?? [];
    },
    find(id) {
      return [...this.list()].find((el) => el.dataset.messageId === id);
    },
    offset(el) {
      return el.getBoundingClientRect().top - this.$refs.box.getBoundingClientRect().top;
    },
    // The first message that reaches below a line (pixels from the box's upper edge).
    below(line) {
      const all = this.list();
      const edge = this.$refs.box.getBoundingClientRect().top + line;
      let low = 0;
      let high = all.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (all[middle].getBoundingClientRect().bottom > edge) high = middle;
        else low = middle + 1;
      }
      return low;
    },
    scrolled() {
      const box = this.$refs.box;
      if (!box || this.placing) return;
      if (!box.clientHeight) return void (this.unseen = true);
      if (this.unseen) Object.assign(this, { top: box.scrollTop, end: 0 }); // one not displayed may forget its place
      this.unseen = false;
      if (this.follows) this.keepEnd();
      else this.keepLine();
      this.ask();
    },
    // A text says so when it has grown: who follows it is taken along at once, so that the browser goes through the
    // page once and not again after the observer.
    grown() {
      if (this.follows && !this.placing && this.$refs.box?.clientHeight) this.keepEnd();
    },
    // Something became higher or lower: put the reader back on their line before anything is painted.
    hold() {
      if (!this.placing) this.tryToSelect();
      this.scrolled();
    },
    ask() {
      if (this.busy || this.placing) return;
      const box = this.$refs.box;
      const height = box.clientHeight;
      if (!height) return;
      const above = box.scrollTop;
      const under = this.lowest() - above;
      const older = this.older && above < NEAR * height;
      const newer = this.newer && under < NEAR * height;
      const all = this.list();
      const crowded = this.$refs.inner.getElementsByTagName("*").length > MANY;
      const keep = (crowded ? NEAR + 0.25 : KEEP) * height;
      const first = Math.min(this.below(-keep), all.length - 1);
      const last = Math.min(this.below(height + keep), all.length - 1);
      const spare = (crowded ? 0.5 : KEEP) * height;
      const many = above > keep + spare || under > keep + spare;
      if (!all.length || (!older && !newer && !(many && (first > 0 || last < all.length - 1)))) return;
      this.busy = true;
      clearTimeout(this.patience);
      this.patience = setTimeout(() => (this.busy = false), 3000);
      this.$emit("move", { older, newer, first: all[first].dataset.messageId, last: all[last].dataset.messageId });
    },
    // The server has drawn what it could.
    hear(older, newer, fresh) {
      Object.assign(this, { older, newer, fresh });
      this.$nextTick(() =>
        requestAnimationFrame(() => {
          this.busy = false;
          this.scrolled();
        }),
      );
    },
    jump() {
      if (this.newer) {
        this.hide();
        this.$emit("go", null);
      } else this.place(null, 0);
    },
    hide() {
      this.placing = true;
      clearTimeout(this.showing);
      this.showing = setTimeout(() => ((this.placing = false), this.stand()), 4000);
    },
    // Bring a message to the reader: {id, offset, mark}.
    show(wanted) {
      if (this.find(wanted.id)) return this.place(wanted.id, wanted.offset ?? 24);
      this.hide();
      this.$emit("go", wanted.id, wanted.offset ?? 24);
    },
    place(id, offset) {
      this.$nextTick(() => {
        const box = this.$refs.box;
        const el = id && this.find(id);
        clearTimeout(this.showing);
        this.placing = false;
        if (el) {
          box.scrollTop += this.offset(el) - offset;
          this.pin = { el, id, offset, until: performance.now() + SETTLE };
          if (this.marked !== id && location.hash.slice(1) === id) this.flash(el);
        } else {
          box.scrollTop = box.scrollHeight;
          this.pin = null;
        }
        this.stand();
        dispatchEvent(new CustomEvent("sprintagen:placed", { detail: { id } }));
      });
    },
    // Somebody knows a better place near the one that was gone to: so many pixels further down.
    nudge({ detail: { by } }) {
      this.act();
      this.$refs.box.scrollTop += by;
    },
    wheeled(event) {
      this.act();
      if (event.deltaY < 0) this.wait();
    },
    touched() {
      this.act();
      this.wait();
    },
    flash(el) {
      this.marked = el.dataset.messageId;
      el.animate([{ background: "var(--accent-soft, var(--hover))" }, { background: "transparent" }], { duration: 1600 });
    },
    follow() {
      const id = location.hash.slice(1);
      if (/^msg_/.test(id)) this.show({ id, offset: 24 });
    },
    name() {
      return "sprintagen:place:" + this.session;
    },
    remember() {
      try {
        if (this.follows || !this.held) sessionStorage.removeItem(this.name());
        else sessionStorage.setItem(this.name(), JSON.stringify([this.held.id, Math.round(this.held.offset)]));
        const selection = this.selection();
        if (selection) sessionStorage.setItem(SELECTED + this.session, JSON.stringify(selection));
        else sessionStorage.removeItem(SELECTED + this.session);
      } catch {} // a browser that keeps nothing begins at the end
    },
    // Where the address points, else where the reader was.
    restore() {
      let kept;
      try {
        kept = JSON.parse(sessionStorage.getItem(this.name()));
        this.select(JSON.parse(sessionStorage.getItem(SELECTED + this.session)));
      } catch {}
      if (/^#msg_/.test(location.hash) && !kept) this.follow();
      else if (kept) this.show({ id: kept[0], offset: kept[1] });
      else this.scrolled();
    },
    key(event) {
      this.act();
      if (event.target !== this.$refs.box || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key !== "End") return this.wait();
      event.preventDefault(); // the browser would go to where the end was at that moment
      this.jump();
    },
  },
};
