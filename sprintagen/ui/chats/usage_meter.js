// How full the context is and what the session cost: a button, and the numbers behind it in a panel beside it.
import { place } from "places";

export default {
  template: `
    <div class="menu">
      <button ref="button" type="button" class="btn btn--quiet use" :aria-label="[...words, name].join(' · ')" :title="name" aria-haspopup="dialog" :aria-expanded="open ? 'true' : 'false'" data-testid="usage" @click="toggle">
        <span v-if="share >= 0" class="ring" :style="{ '--share': share }" aria-hidden="true"></span>
        <span v-for="word in words" class="use__word">{{ word }}</span></button>
      <div ref="panel" popover tabindex="-1" class="menu__panel usage" role="dialog" aria-label="Context and cost" @toggle="toggled" @click="follow"><slot></slot></div>
    </div>`,
  props: { name: String, share: { type: Number, default: -1 }, words: Array },
  emits: ["open"],
  data: () => ({ open: false }),
  mounted() {
    addEventListener("resize", this.close);
  },
  beforeUnmount() {
    removeEventListener("resize", this.close);
  },
  methods: {
    toggle() {
      if (this.open) return this.close();
      this.$emit("open", true);
      this.$refs.panel.showPopover();
      this.$refs.panel.focus();
      this.settle();
    },
    close() {
      if (this.open) this.$refs.panel.hidePopover();
    },
    toggled(event) {
      this.open = event.newState === "open";
      if (!this.open) this.$emit("open", false);
    },
    settle() {
      this.$nextTick(() => this.$refs.panel?.matches(":popover-open") && place(this.$refs.panel, this.$refs.button, "end", "bottom"));
    },
    follow(event) {
      if (event.target.closest("button")) this.close();
    },
  },
};
