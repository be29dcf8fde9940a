// What can be done with one message: buttons seen while somebody points at it; on touch one button opens them as a list.
import { place } from "places";

export default {
  template: `
    <div class="acts" role="group" aria-label="Message actions">
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
    </div>`,
  props: { acts: Array },
  emits: ["act"],
  data: () => ({ open: false, listed: false }),
  methods: {
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
