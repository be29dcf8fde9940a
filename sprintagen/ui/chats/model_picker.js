// Which model: a button that opens a list with a search field; favourites first, then those used last, then all.
import { place } from "places";

export default {
  template: `
    <div class="menu">
      <button ref="button" type="button" class="btn btn--quiet" :aria-label="'Model: ' + text" title="Model" aria-haspopup="dialog" :aria-expanded="open ? 'true' : 'false'" data-testid="model-picker" @click="toggle">
        <span class="btn__text">{{ text }}</span><svg class="icon icon--small" aria-hidden="true"><use href="#i-chevron-down"></use></svg></button>
      <div ref="panel" popover class="menu__panel models" role="dialog" aria-label="Choose a model" @toggle="toggled" @keydown="key">
        <input ref="filter" class="menu__filter" type="text" role="combobox" aria-expanded="true" aria-autocomplete="list" :aria-controls="id" :aria-activedescendant="at >= 0 ? id + '-' + at : null"
               placeholder="Find a model" aria-label="Find a model" v-model="query" autocomplete="off" spellcheck="false">
        <div role="listbox" :id="id" aria-label="Models" :aria-owns="shown.map((_, i) => id + '-' + i).join(' ')"></div>
        <div class="menu__items">
          <template v-for="(row, i) in shown" :key="row.group + row.value">
            <div v-if="row.group !== shown[i - 1]?.group" class="menu__group">{{ row.group }}</div>
            <div class="model">
              <button type="button" class="menu__item" :class="{ 'menu__item--at': i === at }" role="option" :id="id + '-' + i" :aria-selected="row.checked ? 'true' : 'false'" :data-value="row.value" tabindex="-1" @click="pick(row)" @mousemove="at = i">
                <span class="menu__words"><span class="menu__label">{{ row.label }}</span><span v-if="row.detail" class="menu__detail" :title="row.detail">{{ row.detail }}</span></span>
                <svg v-if="row.checked" class="icon menu__check" aria-hidden="true"><use href="#i-check"></use></svg>
              </button>
              <button type="button" class="btn btn--quiet model__star" :class="{ 'model__star--on': row.favourite }" :aria-pressed="row.favourite ? 'true' : 'false'" :tabindex="i === at ? 0 : -1"
                      :aria-label="(row.favourite ? 'No favourite any more: ' : 'Favourite: ') + row.label" :title="row.favourite ? 'No favourite any more' : 'Favourite (Ctrl+D)'" @click="star(row)"><svg class="icon" aria-hidden="true"><use href="#i-star"></use></svg></button>
            </div>
          </template>
          <div v-if="!shown.length" class="menu__none">No model fits</div>
        </div>
      </div>
    </div>`,
  props: { text: String, rows: { type: Array, default: () => [] }, favourites: { type: Array, default: () => [] }, recents: { type: Array, default: () => [] } },
  emits: ["pick", "star"],
  data: () => ({ open: false, query: "", at: -1, id: "m" + Math.random().toString(36).slice(2) }),
  computed: {
    shown() {
      const words = this.query.toLowerCase().split(/\s+/).filter(Boolean);
      const known = new Map(this.rows.map((row) => [row.value, { ...row, favourite: this.favourites.includes(row.value) }]));
      const named = (values, group) => values.map((value) => known.get(value)).filter(Boolean).map((row) => ({ ...row, group }));
      if (!words.length) return [...named(this.favourites, "Favourites"), ...named(this.recents.filter((value) => !this.favourites.includes(value)), "Recent"), ...known.values()];
      return [...known.values()].filter((row) => {
        const text = `${row.label} ${row.value} ${row.detail || ""} ${row.group}`.toLowerCase();
        return words.every((word) => text.includes(word));
      });
    },
  },
  watch: {
    shown() {
      if (this.open) this.$nextTick(this.settle); // fewer rows, another height
    },
    query() {
      this.at = this.shown.length ? 0 : -1;
    },
  },
  mounted() {
    addEventListener("resize", this.resized);
  },
  beforeUnmount() {
    removeEventListener("resize", this.resized);
  },
  methods: {
    // A keyboard on the screen is a resize, too: who writes in the panel keeps it.
    resized() {
      if (this.open && this.$refs.panel.contains(document.activeElement)) this.settle();
      else this.close();
    },
    toggle() {
      if (this.open) return this.close();
      this.query = "";
      this.$refs.panel.showPopover();
      this.at = this.shown.findIndex((row) => row.checked);
      this.$nextTick(() => {
        this.settle();
        this.$refs.filter.focus();
        this.show("center");
      });
    },
    settle() {
      place(this.$refs.panel, this.$refs.button, "start", "top");
    },
    close() {
      if (this.open) this.$refs.panel.hidePopover();
    },
    toggled(event) {
      this.open = event.newState === "open";
    },
    show(block) {
      document.getElementById(`${this.id}-${this.at}`)?.scrollIntoView({ block });
    },
    pick(row) {
      this.close();
      this.$refs.button.focus();
      this.$emit("pick", row.value);
    },
    star(row) {
      this.$emit("star", row.value);
      this.$refs.filter.focus();
    },
    key(event) {
      const count = this.shown.length;
      const to = { ArrowDown: this.at + 1, ArrowUp: this.at - 1, PageDown: Math.min(this.at + 8, count - 1), PageUp: Math.max(this.at - 8, 0) }[event.key];
      if (to !== undefined && count) {
        this.at = (to + count) % count;
        this.$nextTick(() => this.show("nearest"));
      } else if (event.key === "Enter" && event.target === this.$refs.filter && this.shown[Math.max(this.at, 0)]) this.pick(this.shown[Math.max(this.at, 0)]);
      else if (event.key === "d" && (event.ctrlKey || event.metaKey) && this.shown[this.at]) this.star(this.shown[this.at]);
      else return;
      event.preventDefault();
    },
  },
};
