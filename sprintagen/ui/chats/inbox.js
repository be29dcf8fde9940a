// What waits for the person, from every session: a button with the count, and the cards in a panel that opens beside it.
import { isSilent } from "keys";
import { place } from "places";

const ANSWERS = ["permission-once", "permission-always", "permission-reject"];

export default {
  template: `
    <div class="menu inbox">
      <button ref="button" type="button" class="btn btn--quiet" :aria-label="name" :title="name + ' (Alt+I)'" aria-haspopup="dialog" :aria-expanded="open ? 'true' : 'false'"
              data-testid="inbox" @click="toggle"><svg class="icon" aria-hidden="true"><use href="#i-bell"></use></svg>
        <span v-if="count" class="inbox__count" aria-hidden="true">{{ count }}</span></button>
      <div ref="panel" popover tabindex="-1" class="menu__panel inbox__panel" role="dialog" aria-label="Waiting for you" @toggle="toggled" @keydown="key">
        <div class="inbox__head"><span class="inbox__title">Waiting for you</span>
          <span v-if="count" class="inbox__keys" aria-hidden="true"><kbd>↑</kbd><kbd>↓</kbd> choose <span class="inbox__digits"><kbd>1</kbd> allow <kbd>2</kbd> always <kbd>3</kbd> deny</span></span></div>
        <div class="inbox__cards" @click="follow"><slot></slot></div>
      </div>
    </div>`,
  props: { count: Number },
  emits: ["open"],
  data: () => ({ open: false }),
  computed: {
    name() {
      return this.count ? `Waiting for you: ${this.count}` : "Nothing waits for you";
    },
  },
  mounted() {
    addEventListener("resize", this.resized);
    addEventListener("sprintagen:inbox", this.called);
  },
  beforeUnmount() {
    removeEventListener("resize", this.resized);
    removeEventListener("sprintagen:inbox", this.called);
  },
  methods: {
    called(event) {
      event.preventDefault();
      this.toggle();
    },
    toggle() {
      if (this.open) return this.close();
      this.$emit("open", true);
      this.$refs.panel.showPopover();
      this.settle();
    },
    close() {
      if (this.open) this.$refs.panel.hidePopover();
    },
    // A keyboard on the screen is a resize, too: who writes in the panel keeps it.
    resized() {
      if (this.open && this.$refs.panel.contains(document.activeElement)) this.settle();
      else this.close();
    },
    toggled(event) {
      this.open = event.newState === "open";
      document.documentElement.toggleAttribute("data-inbox", this.open);
      if (!this.open) this.$emit("open", false);
    },
    // The cards are there, or are others now.
    settle(wantsFocus) {
      this.$nextTick(() => {
        if (!this.$refs.panel.matches(":popover-open")) return;
        place(this.$refs.panel, this.$refs.button, "end", "bottom");
        const at = document.activeElement; // who went elsewhere stays there; who lost their card goes to the next
        if ((wantsFocus || at === document.body) && !this.$refs.panel.contains(at)) (this.cards()[0] ?? this.$refs.panel).focus();
      });
    },
    cards() {
      const cards = [...this.$refs.panel.querySelectorAll(".card")];
      for (const card of cards) card.tabIndex = -1;
      return cards;
    },
    follow(event) {
      if (event.target.closest("a")) this.close();
    },
    key(event) {
      if (event.target.matches("input, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
      const cards = this.cards();
      const here = cards.findIndex((card) => card.contains(document.activeElement));
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && cards.length) {
        event.preventDefault();
        const next = cards[here < 0 ? 0 : (here + step + cards.length) % cards.length];
        next.focus();
        next.scrollIntoView({ block: "nearest" });
      } else if (/^[123]$/.test(event.key) && here >= 0 && !event.repeat && !isSilent(event)) {
        const button = cards[here].querySelector(`[data-testid=${ANSWERS[event.key - 1]}]`);
        if (!button) return;
        event.preventDefault();
        button.click();
      }
    },
  },
};
