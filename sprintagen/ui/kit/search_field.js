const PACE = 100; // milliseconds between two reports: the first key counts at once, what is typed fast in one

export default {
  template: `<label class="search"><svg class="icon" aria-hidden="true"><use href="#i-search"></use></svg>
    <input ref="input" type="search" class="search__input" :placeholder="name" :aria-label="name" v-model="value" @input="later" @keydown.esc="clear" autocomplete="off" spellcheck="false" :data-testid="testid">
    <button v-if="value" type="button" class="search__clear" aria-label="Clear the search" @click="clear"><svg class="icon icon--small" aria-hidden="true"><use href="#i-close"></use></svg></button></label>`,
  props: { name: String, testid: String },
  emits: ["search"],
  data: () => ({ value: "" }),
  methods: {
    put(text) {
      this.value = text;
    },
    later() {
      clearTimeout(this.timer);
      this.timer = setTimeout(this.report, Math.max(0, (this.reported || 0) + PACE - performance.now()));
    },
    report() {
      this.reported = performance.now();
      this.$emit("search", this.value.slice(0, 200));
    },
    clear() {
      clearTimeout(this.timer);
      this.value = "";
      this.$emit("search", "");
      this.$refs.input.focus();
    },
  },
};
