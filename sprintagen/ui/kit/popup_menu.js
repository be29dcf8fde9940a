// A button with a list of choices that opens beside it. Native popover: Esc and a click elsewhere close it.
import { aria, caps, offered } from "keys";
import { place } from "places";

export default {
  template: `
    <div class="menu">
      <button ref="button" type="button" class="btn" :class="'btn--' + kind" :aria-label="text ? name + ': ' + text : name" :title="name" aria-haspopup="menu"
              :aria-expanded="open ? 'true' : 'false'" @click="toggle" :data-testid="testid">
        <svg v-if="icon" class="icon" aria-hidden="true"><use :href="'#i-' + icon"></use></svg>
        <span v-if="text" class="btn__text">{{ text }}</span>
        <svg v-if="text && !plain" class="icon icon--small" aria-hidden="true"><use href="#i-chevron-down"></use></svg>
        <slot></slot>
      </button>
      <div ref="panel" popover class="menu__panel" @toggle="toggled" @keydown="key">
        <div v-if="head" class="menu__head">{{ head }}</div>
        <div class="menu__items" role="menu" :aria-label="name">
          <template v-for="(item, i) in items" :key="item.value">
            <div v-if="item.group && item.group !== items[i - 1]?.group" class="menu__group" role="presentation">{{ item.group }}</div>
            <div v-if="item.line" class="menu__line" role="separator"></div>
            <button type="button" class="menu__item" :class="{ 'menu__item--danger': item.danger, 'menu__item--at': i === at }"
                    :role="item.checked === undefined ? 'menuitem' : 'menuitemradio'" :aria-checked="item.checked === undefined ? null : item.checked ? 'true' : 'false'"
                    :data-value="item.value" :aria-keyshortcuts="offered(item.keys) ? aria(item.keys) : null" :disabled="item.disabled" @click="pick(item)" @mousemove="at = i">
              <svg v-if="item.icon" class="icon" aria-hidden="true"><use :href="'#i-' + item.icon"></use></svg>
              <span class="menu__words"><span class="menu__label">{{ item.label }}</span><span v-if="item.detail" class="menu__detail">{{ item.detail }}</span></span>
              <span v-if="offered(item.keys)" class="menu__keys" aria-hidden="true"><kbd v-for="cap in caps(item.keys)">{{ cap }}</kbd></span>
              <svg v-if="item.checked" class="icon menu__check" aria-hidden="true"><use href="#i-check"></use></svg>
            </button>
          </template>
          <div v-if="!items.length" class="menu__none">{{ none }}</div>
        </div>
      </div>
    </div>`,
  props: {
    text: String, name: String, icon: String, kind: { type: String, default: "quiet" }, plain: Boolean, items: { type: Array, default: () => [] },
    align: { type: String, default: "start" }, side: { type: String, default: "bottom" }, testid: String, head: String,
    none: { type: String, default: "Nothing here" },
  },
  emits: ["pick", "open"],
  data: () => ({ open: false, at: -1 }),
  watch: {
    items() {
      if (this.open) this.$nextTick(this.settle);
    },
  },
  mounted() {
    addEventListener("resize", this.close);
  },
  beforeUnmount() {
    removeEventListener("resize", this.close);
  },
  methods: {
    aria,
    caps,
    offered,
    settle() {
      place(this.$refs.panel, this.$refs.button, this.align, this.side);
    },
    toggle() {
      if (this.open) return this.close();
      this.$emit("open");
      this.$refs.panel.showPopover();
      this.settle();
      const checked = this.items.findIndex((item) => item.checked);
      this.at = Math.max(checked, 0);
      this.$nextTick(() => this.buttons()[this.at]?.focus());
      if (checked > 0) this.$nextTick(() => this.buttons()[checked]?.scrollIntoView({ block: "center" }));
    },
    close() {
      if (this.open) this.$refs.panel.hidePopover();
    },
    toggled(event) {
      this.open = event.newState === "open";
    },
    buttons() {
      return [...this.$refs.panel.querySelectorAll(".menu__item:not([disabled])")];
    },
    pick(item) {
      this.close();
      this.$refs.button.focus();
      this.$emit("pick", item.value);
    },
    key(event) {
      const all = this.buttons();
      const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (move) {
        event.preventDefault();
        this.at = (this.at + move + all.length) % all.length;
        all[this.at]?.focus();
        all[this.at]?.scrollIntoView({ block: "nearest" });
      } else if (event.key === "Home" || event.key === "End") {
        this.at = event.key === "Home" ? 0 : all.length - 1;
        all[this.at]?.focus();
      } else if (event.key === "Tab") this.close();
    },
  },
};
