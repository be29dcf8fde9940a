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
      this.timer = setTimeout(() => this.$emit("search", this.value.slice(0, 200)), 120);
    },
    clear() {
      this.value = "";
      this.$emit("search", "");
      this.$refs.input.focus();
    },
  },
};
