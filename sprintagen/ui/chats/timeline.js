// The turns of a session as a slim line beside the transcript: where they lie, where the reader is, a card for the one
// under the pointer. The server knows the turns; here are marks for them, and the words of those somebody looked at.
import { full } from "moments";

const BLOCK = 32; // rows asked for at a time
const EDGE = 30; // pixels below the box's edge where a turn that was gone to begins

export default {
  template: `
    <div class="timeline" :data-shown="shown || null">
      <div v-if="shown" ref="rail" class="timeline__rail" role="slider" tabindex="0" aria-orientation="vertical" aria-label="Turns of this session"
           aria-valuemin="1" :aria-valuemax="count" :aria-valuenow="(looked ?? at) + 1" :aria-valuetext="spoken" data-testid="timeline"
           @pointerdown="press" @pointermove="hover" @pointerup="release" @pointercancel="leave" @pointerleave="leave"
           @focus="focused" @blur="leave" @keydown="key">
        <span class="timeline__here" :style="{ top: span[0] / 10 + '%', height: Math.max(0.6, (span[1] - span[0]) / 10) + '%' }"></span>
        <svg class="timeline__ticks" viewBox="0 0 10 1000" preserveAspectRatio="none" aria-hidden="true">
          <path v-for="(d, flag) in paths" :key="flag" :d="d" :data-flag="flag"></path>
        </svg>
      </div>
      <div v-if="shown && looked !== null" class="timeline__card" :style="{ top: place(looked) / 10 + '%' }" aria-hidden="true" data-testid="timeline-card">
        <div class="timeline__line">{{ row ? row[1] || "Without words" : "…" }}</div>
        <div class="timeline__facts">Turn {{ (looked + 1).toLocaleString() }} of {{ count.toLocaleString() }}<template v-if="row"> · {{ when(row[0]) }}</template><span v-if="row && row[2]" class="timeline__failed"> · Failed</span></div>
      </div>
    </div>`,
  props: { turns: Array },
  emits: ["need", "jump", "step", "where"],
  data() {
    const [count, ticks, messages] = this.turns || [0, [], 0];
    return { count, ticks, messages, at: 0, span: [0, 0], looked: null, rows: {} };
  },
  computed: {
    shown() {
      return this.ticks.length > 0;
    },
    paths() {
      const paths = ["", "", ""];
      for (const [at, , , flag] of this.ticks) paths[flag] += `M0 ${at}h10`;
      return paths;
    },
    row() {
      return this.rows[this.looked];
    },
    spoken() {
      const number = this.looked ?? this.at;
      const row = this.rows[number];
      return `Turn ${number + 1} of ${this.count}` + (row ? `: ${row[1] || "without words"}${row[2] ? ", failed" : ""}` : "");
    },
  },
  mounted() {
    document.addEventListener("scroll", this.moved, { capture: true, passive: true });
    addEventListener("sprintagen:turn-before", this.before);
    addEventListener("sprintagen:turn-after", this.after);
    addEventListener("sprintagen:placed", this.placed);
    this.chat = this.$el.closest(".chat");
    this.tell();
    this.moved();
  },
  beforeUnmount() {
    document.removeEventListener("scroll", this.moved, { capture: true });
    removeEventListener("sprintagen:turn-before", this.before);
    removeEventListener("sprintagen:turn-after", this.after);
    removeEventListener("sprintagen:placed", this.placed);
    clearTimeout(this.telling);
    this.chat?.removeAttribute("data-turns");
  },
  watch: {
    shown: "tell",
    turns(turns) {
      if (turns) this.put(turns);
    },
  },
  methods: {
    when: full,
    // For the header's button, said here: a style sheet that asked `.chat:has()` would look at the whole transcript
    // with every word.
    tell() {
      this.chat?.toggleAttribute("data-turns", this.shown);
    },
    put([count, ticks, messages]) {
      if (count !== this.count) this.rows = {};
      Object.assign(this, { count, ticks, messages });
      if (this.looked !== null) {
        this.looked = Math.min(this.looked, count - 1);
        this.ask(this.looked);
      }
      this.told = null;
      this.moved();
    },
    take(first, rows) {
      rows.forEach((row, n) => (this.rows[first + n] = row));
    },
    mark(at, top, bottom) {
      this.at = at;
      this.span = [top, bottom];
    },
    ask(number) {
      if (this.rows[number]) return;
      const first = number - (number % BLOCK);
      this.$emit("need", [first, first + BLOCK - 1]);
    },
    look(number) {
      if (number === this.looked) return;
      this.looked = number;
      this.ask(number);
    },
    // Thousandths from the top at which a turn has its mark.
    place(number) {
      const tick = this.ticks.findLast((tick) => tick[1] <= number);
      return tick ? tick[0] : 0;
    },
    // The turn that has its mark nearest to the pointer; of a mark for many, the one that far into it.
    under(event) {
      const box = this.$refs.rail.getBoundingClientRect();
      const at = Math.max(0, Math.min(1000, (1000 * (event.clientY - box.top)) / box.height));
      let found = 0;
      this.ticks.forEach((tick, n) => {
        if (Math.abs(tick[0] - at) <= Math.abs(this.ticks[found][0] - at)) found = n;
      });
      const [start, number, many] = this.ticks[found];
      const end = this.ticks[found + 1]?.[0] ?? 1000;
      const into = many > 1 && end > start ? Math.floor((many * (at - start)) / (end - start)) : 0;
      return number + Math.max(0, Math.min(many - 1, into));
    },
    press(event) {
      if (event.button) return;
      this.$refs.rail.setPointerCapture(event.pointerId);
      this.pressed = true;
      this.look(this.under(event));
    },
    hover(event) {
      this.look(this.under(event));
    },
    release(event) {
      if (!this.pressed) return;
      this.pressed = false;
      this.jump(this.under(event));
      if (event.pointerType === "touch") this.looked = null;
    },
    leave() {
      if (!this.$refs.rail?.matches(":focus-visible")) this.looked = null;
    },
    focused() {
      if (this.$refs.rail.matches(":focus-visible")) this.look(this.at);
    },
    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const from = this.looked ?? this.at;
      const to = {
        ArrowUp: from - 1, ArrowLeft: from - 1, ArrowDown: from + 1, ArrowRight: from + 1,
        PageUp: from - 10, PageDown: from + 10, Home: 0, End: this.count - 1,
      }[event.key];
      if (to === undefined) {
        if (event.key === "Escape" && this.looked !== null) {
          event.preventDefault();
          this.looked = null;
        }
        return;
      }
      event.preventDefault();
      this.look(Math.max(0, Math.min(this.count - 1, to)));
      this.jump(this.looked);
    },
    jump(number) {
      this.flashing = true;
      this.$emit("jump", number);
    },
    box() {
      return this.$el.parentElement?.querySelector(".transcript__box");
    },
    // The messages in view: the first, and the last.
    view() {
      const box = this.box();
      const all = box?.querySelectorAll(".transcript__messages > .message");
      if (!all?.length) return null;
      const { top, bottom } = box.getBoundingClientRect();
      const reach = (line) => {
        let low = 0;
        let high = all.length - 1;
        while (low < high) {
          const middle = (low + high) >> 1;
          if (all[middle].getBoundingClientRect().bottom > line) high = middle;
          else low = middle + 1;
        }
        return all[low];
      };
      return [reach(top + EDGE), reach(bottom - 1)];
    },
    moved(event) {
      if (event && event.target !== this.box()) return;
      if (!this.shown || this.telling) return;
      this.telling = setTimeout(() => {
        this.telling = null;
        const view = this.view()?.map((el) => el.dataset.messageId);
        if (!view || String(view) === this.told) return;
        this.told = String(view);
        this.$emit("where", view);
      }, 120);
    },
    before(event) {
      this.turn(event, -1);
    },
    after(event) {
      this.turn(event, 1);
    },
    // The turn before or after, from anywhere on the page.
    turn(event, by) {
      const box = this.box();
      const first = this.view()?.[0];
      if (!first) return;
      event.preventDefault();
      this.flashing = true;
      const { top, bottom } = box.getBoundingClientRect();
      // At the end of a session the last turns cannot come to the edge: there, go on from where the last step went.
      const last = this.stepped?.isConnected && this.stepped.getBoundingClientRect().top;
      const atEnd = box.scrollHeight - box.clientHeight - box.scrollTop < 2;
      if (last && atEnd && last > top && last < bottom) return this.$emit("step", [by, this.stepped.dataset.messageId, true]);
      const start = first.getBoundingClientRect().top >= top;
      this.$emit("step", [by, first.dataset.messageId, start && first.dataset.role === "user"]);
    },
    placed({ detail: { id } }) {
      const el = id && [...(this.box()?.querySelectorAll(".transcript__messages > .message") ?? [])].find((one) => one.dataset.messageId === id);
      this.stepped = el || null;
      if (!this.flashing) return;
      this.flashing = false;
      if (!el || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
      el.animate([{ background: "var(--accent-soft)" }, { background: "transparent" }], { duration: 1200 });
    },
  },
};
