// The page's third column: tabs, a way to close it, and the panels, of which one is seen. On a narrow window it is a
// sheet over the chat, which holds the focus until it is closed.
import { isMacTyping } from "places";

const NARROW = "(max-width: 899.98px)"; // as in chats.css

export default {
  template: `
    <aside class="side" tabindex="-1" :hidden="!tab" :role="sheet ? 'dialog' : null" :aria-modal="sheet ? 'true' : null" :aria-label="name"
           data-testid="side" @keydown="key">
      <div class="side__head">
        <div class="side__tabs" role="tablist" aria-label="Panels" @keydown="move">
          <button v-for="one in panels" :key="one.id" type="button" class="side__tab" role="tab" :id="'side-tab-' + one.id" :aria-controls="'side-' + one.id"
                  :aria-selected="one.id === tab ? 'true' : 'false'" :tabindex="one.id === tab ? 0 : -1" :data-testid="'side-tab-' + one.id"
                  @click="$emit('pick', one.id)">{{ one.label }}</button>
        </div>
        <button type="button" class="btn btn--quiet side__close" aria-label="Close" title="Close (Escape)" data-testid="side-close" @click="$emit('shut')">
          <svg class="icon" aria-hidden="true"><use href="#i-close"></use></svg></button>
      </div>
      <slot></slot>
    </aside>`,
  props: { panels: Array, tab: String },
  emits: ["pick", "shut", "begin", "size"],
  data: () => ({ narrow: matchMedia(NARROW).matches }),
  computed: {
    sheet() {
      return !!this.tab && this.narrow;
    },
    name() {
      return this.panels.find((one) => one.id === this.tab)?.label ?? "Panel";
    },
  },
  watch: {
    // Before the page changes: afterwards nobody knows any more where the focus was.
    tab(tab, before) {
      const at = document.activeElement;
      const isInside = this.$el.contains(at);
      const wantsFocus = this.wantsFocus || isInside || this.narrow;
      this.wantsFocus = false;
      if (tab && !before) this.opener = at;
      this.$nextTick(() => {
        this.cover();
        if (tab && wantsFocus) this.focus();
        else if (!tab && (isInside || (this.opener && document.activeElement === document.body))) this.giveBack(); // to who opened it, if anybody did
      });
    },
  },
  mounted() {
    this.media = matchMedia(NARROW);
    this.media.addEventListener("change", this.resized);
    addEventListener("keydown", this.shortcut);
    addEventListener("keydown", this.escape, true);
    if (this.tab || this.narrow) this.begin();
  },
  beforeUnmount() {
    this.media.removeEventListener("change", this.resized);
    removeEventListener("keydown", this.shortcut);
    removeEventListener("keydown", this.escape, true);
  },
  methods: {
    begin() {
      if (!window.did_handshake) return void setTimeout(this.begin, 20);
      this.$emit("begin", this.narrow);
    },
    resized() {
      this.narrow = this.media.matches;
      this.$emit("size", { narrow: this.narrow, keep: this.$el.contains(document.activeElement) });
      this.$nextTick(this.cover);
    },
    // What lies under the sheet is out of reach.
    cover() {
      const body = this.$el.parentElement;
      const under = [...body.children, ...body.parentElement.querySelectorAll(":scope > .header, :scope > .banners")];
      for (const one of under) if (one !== this.$el) one.inert = this.sheet;
    },
    focus() {
      this.$el.querySelector("[role=tab][aria-selected=true]")?.focus();
    },
    giveBack() {
      const isThere = this.opener?.isConnected && this.opener !== document.body;
      (isThere ? this.opener : document.querySelector(".chat__panels .btn--last, .composer__field"))?.focus();
    },
    shortcut(event) {
      if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
      const one = this.panels.find((panel) => event.code === `Key${panel.key}`);
      if (!one || document.querySelector("dialog[open]") || isMacTyping(event)) return;
      event.preventDefault();
      if (one.id !== this.tab) {
        this.wantsFocus = true;
        this.$emit("pick", one.id);
      } else if (this.$el.contains(document.activeElement)) this.$emit("shut");
      else this.focus();
    },
    // Escape inside closes the panel, and stops no turn; what is open in it comes first.
    key(event) {
      if (event.key !== "Escape" || event.defaultPrevented || event.isComposing || document.querySelector("dialog[open], :popover-open")) return;
      event.preventDefault();
      this.$emit("shut");
    },
    escape(event) {
      if (this.sheet && event.target === document.body) this.key(event);
    },
    move(event) {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const at = this.panels.findIndex((one) => one.id === this.tab);
      this.$emit("pick", this.panels[(at + step + this.panels.length) % this.panels.length].id);
    },
  },
};
