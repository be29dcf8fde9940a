// The turns of a session in a dialog: a list of any length, of which only what is in view is drawn.
import { full, relative } from "moments";

const ROW = 44;
const BLOCK = 50;

export default {
  template: `
    <dialog ref="dialog" class="outline" :aria-labelledby="id" data-testid="outline" @close="closed" @click="outside">
      <div class="outline__box">
        <div class="outline__head"><h2 :id="id" class="outline__title">Outline</h2>
          <span class="outline__count">{{ count.toLocaleString() }} turns{{ reading ? ", older ones are still being read" : "" }}</span>
          <button type="button" class="btn btn--quiet" aria-label="Close the outline" @click="$refs.dialog.close()"><svg class="icon" aria-hidden="true"><use href="#i-close"></use></svg></button>
        </div>
        <div ref="list" class="outline__list" role="list" @scroll.passive="scrolled" @keydown="key">
          <div class="outline__space" :style="{ height: count * ${ROW} + 'px' }">
            <div v-for="n in drawn" :key="n" role="listitem" class="outline__item" :aria-setsize="count" :aria-posinset="n + 1" :style="{ top: n * ${ROW} + 'px' }">
              <button type="button" class="outline__row" :tabindex="n === at ? 0 : -1" :data-number="n" :aria-current="n === here ? 'true' : null" @click="pick(n)">
                <span class="outline__number">{{ n + 1 }}</span>
                <span class="outline__line">{{ rows[n] ? rows[n][1] || "Without words" : "…" }}</span>
                <span v-if="rows[n] && rows[n][2]" class="outline__failed">Failed</span>
                <time v-if="rows[n]" class="outline__time" :title="full(rows[n][0])">{{ relative(rows[n][0]) }}</time>
              </button>
            </div>
          </div>
        </div>
      </div>
    </dialog>`,
  emits: ["open", "need", "pick"],
  data: () => ({ count: 0, at: 0, here: 0, top: 0, height: 0, rows: {}, reading: false, id: "o" + Math.random().toString(36).slice(2) }),
  computed: {
    drawn() {
      const first = Math.max(0, Math.floor(this.top / ROW) - 4);
      const last = Math.min(this.count - 1, Math.ceil((this.top + this.height) / ROW) + 4);
      return Array.from({ length: Math.max(0, last - first + 1) }, (_, n) => first + n);
    },
  },
  watch: {
    drawn: "ask",
  },
  mounted() {
    addEventListener("sprintagen:outline", this.open);
  },
  beforeUnmount() {
    removeEventListener("sprintagen:outline", this.open);
    removeEventListener("sprintagen:placed", this.arrived);
  },
  methods: {
    full,
    relative,
    open(event) {
      event.preventDefault();
      const box = this.$el.parentElement?.querySelector(".transcript__box");
      const edge = box ? box.getBoundingClientRect().top + 30 : 0;
      const first = [...(box?.querySelectorAll(".transcript__messages > .message") ?? [])].find((el) => el.getBoundingClientRect().bottom > edge);
      this.$emit("open", first?.dataset.messageId ?? "");
    },
    show(count, at, reading) {
      Object.assign(this, { count, at, here: at, reading, rows: {} });
      if (!this.$refs.dialog.open) this.$refs.dialog.showModal();
      this.asked = new Set();
      this.$nextTick(() => {
        const list = this.$refs.list;
        list.scrollTop = Math.max(0, at * ROW - list.clientHeight / 2);
        this.scrolled();
        this.ask();
        this.$nextTick(this.focus);
      });
    },
    scrolled() {
      this.top = this.$refs.list.scrollTop;
      this.height = this.$refs.list.clientHeight;
    },
    ask() {
      const { 0: first, length } = this.drawn;
      for (let block = Math.floor(first / BLOCK); length && block <= Math.floor((first + length - 1) / BLOCK); block++) {
        if (this.asked?.has(block)) continue;
        this.asked?.add(block);
        this.$emit("need", [block * BLOCK, block * BLOCK + BLOCK - 1]);
      }
    },
    take(first, rows) {
      rows.forEach((row, n) => (this.rows[first + n] = row));
    },
    focus() {
      this.$refs.list.querySelector(`[data-number="${this.at}"]`)?.focus({ preventScroll: true });
    },
    key(event) {
      const page = Math.max(1, Math.floor(this.height / ROW) - 1);
      const to = {
        ArrowUp: this.at - 1, ArrowDown: this.at + 1, PageUp: this.at - page, PageDown: this.at + page, Home: 0, End: this.count - 1,
      }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      this.at = Math.max(0, Math.min(this.count - 1, to));
      const list = this.$refs.list;
      if (this.at * ROW < list.scrollTop) list.scrollTop = this.at * ROW;
      else if ((this.at + 1) * ROW > list.scrollTop + list.clientHeight) list.scrollTop = (this.at + 1) * ROW - list.clientHeight;
      this.scrolled();
      this.$nextTick(this.focus);
    },
    pick(number) {
      this.$refs.dialog.close();
      addEventListener("sprintagen:placed", this.arrived, { once: true });
      this.$emit("pick", number);
    },
    // Whoever chose a turn goes on reading there, with a screen reader as well.
    arrived({ detail: { id } }) {
      const el = [...document.querySelectorAll(".transcript__messages > .message")].find((one) => one.dataset.messageId === id);
      if (!el) return;
      el.tabIndex = -1;
      this.$nextTick(() => el.focus({ preventScroll: true })); // until then it may be hidden
    },
    closed() {
      this.count = 0;
    },
    outside(event) {
      if (event.target === this.$refs.dialog) this.$refs.dialog.close();
    },
  },
};
