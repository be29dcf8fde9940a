// The soft line under a message: what is said of it, when, a way to copy it, and what can be done with it. The buttons are
// seen while somebody points at the message; on touch one button opens them as a list.
// One component for all of it: each message on the page has one, and a click on a session draws a dozen at once.
import { place } from "places";
import { clock, full } from "moments";
import { copyText } from "prose";

export default {
  template: `
    <div :class="role === 'user' ? 'message__tools' : 'facts'">
      <div v-for="fact in facts" class="facts__fact">{{ fact }}</div>
      <time v-if="at" class="moment" :datetime="iso" :title="when">{{ time }}</time>
      <button type="button" class="btn btn--quiet btn--small copy" :aria-label="copies" :title="done ? 'Copied' : copies" data-testid="copy-message" @click="copy">
        <svg class="icon" aria-hidden="true"><use :href="done ? '#i-check' : '#i-copy'"></use></svg></button>
      <div v-if="acts.length" class="acts" role="group" aria-label="Message actions">
        <button v-for="act in acts" :key="act.value" type="button" class="btn btn--quiet btn--small acts__one" :aria-label="act.label" :title="act.label"
                :data-act="act.value" @click="$emit('act', act.value)">
          <svg class="icon" aria-hidden="true"><use :href="'#i-' + act.icon"></use></svg></button>
        <button ref="more" type="button" class="btn btn--quiet btn--small acts__more" aria-label="More actions" aria-haspopup="menu" :aria-expanded="open ? 'true' : 'false'"
                data-testid="message-menu" @click="toggle"><svg class="icon" aria-hidden="true"><use href="#i-more"></use></svg></button>
        <div v-if="listed" ref="panel" popover class="menu__panel" @toggle="toggled" @keydown="key">
          <div class="menu__items" role="menu" aria-label="Message actions">
            <button v-for="act in acts" :key="act.value" type="button" class="menu__item" role="menuitem" :data-value="act.value" @click="pick(act)">
              <svg class="icon" aria-hidden="true"><use :href="'#i-' + act.icon"></use></svg>
              <span class="menu__words"><span class="menu__label">{{ act.label }}</span></span></button>
          </div>
        </div>
      </div>
    </div>`,
  props: { role: String, facts: Array, at: Number, partial: Boolean, may: Array },
  emits: ["act", "whole"],
  data: () => ({ done: false, open: false, listed: false }),
  computed: {
    iso() { return new Date(this.at).toISOString(); },
    when() { return full(this.at); },
    time() { return clock(this.at); },
    copies() { return this.role === "user" ? "Copy the message" : "Copy the answer"; },
    acts() { return (this.may || []).map((value) => ACTS[this.role][value]); },
  },
  beforeUnmount() {
    clearTimeout(this.timer);
  },
  methods: {
    // -- copying: from what the browser holds already, since a click has to reach the clipboard without a detour --------
    copy() {
      if (this.partial) this.$emit("whole");
      else this.put(this.said());
    },
    async put(text) {
      this.done = await copyText(text);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => (this.done = false), 1600);
    },
    // A person's message, or every text of the agent since then, as Markdown.
    said() {
      let message = this.$el.closest(".message");
      if (this.role === "user") return [...message.querySelectorAll(".bubble__text")].map((el) => el.textContent).join("\n\n");
      const texts = [];
      for (; message?.dataset.role === "assistant"; message = message.previousElementSibling) {
        const parts = [...message.querySelectorAll('[data-part-type="text"]')].map((el) => window.getElement(el)?.source ?? el.innerText);
        texts.unshift(...parts.filter((text) => text.trim()));
      }
      return texts.join("\n\n");
    },

    // -- the list of what can be done -------------------------------------------------------------------------------------
    async toggle() {
      if (this.open) return this.$refs.panel.hidePopover();
      this.listed = true;
      await this.$nextTick();
      this.$refs.panel.showPopover();
      place(this.$refs.panel, this.$refs.more, "end", "bottom");
      this.$refs.panel.querySelector(".menu__item")?.focus();
    },
    toggled(event) {
      this.open = event.newState === "open";
    },
    pick(act) {
      this.$refs.panel.hidePopover();
      this.$refs.more.focus();
      this.$emit("act", act.value);
    },
    key(event) {
      const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!move) return;
      event.preventDefault();
      const all = [...this.$refs.panel.querySelectorAll(".menu__item")];
      all[(all.indexOf(document.activeElement) + move + all.length) % all.length].focus();
    },
  },
};

const act = (value, label, icon) => ({ value, label, icon });
const ACTS = {
  user: {
    edit: act("edit", "Edit and send again", "edit"),
    undo: act("undo", "Undo from here", "undo"),
    fork: act("fork", "Fork before this message", "branch"),
  },
  assistant: {
    regenerate: act("regenerate", "Ask again", "refresh"),
    fork: act("fork", "Fork after this answer", "branch"),
  },
};
