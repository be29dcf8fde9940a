// A heading that is changed where it stands: double click or Enter begins, Enter keeps, Escape gives up.
export default {
  template: `
    <h1 class="title">
      <input v-if="editing" ref="field" class="field title__field" data-testid="title-field" :aria-label="name" v-model="value" maxlength="200" autocomplete="off"
             @keydown="key" @blur="keep">
      <button v-else ref="words" type="button" class="title__words" :title="text + '\\nDouble click or Enter to rename'" @click="clicked" @dblclick="edit">{{ text || standIn }}</button>
    </h1>`,
  props: { text: String, standIn: String, name: String },
  emits: ["rename"],
  data: () => ({ editing: false, value: "" }),
  methods: {
    // The keyboard's click has no detail; a mouse has to click twice.
    clicked(event) {
      if (event.detail === 0) this.edit();
    },
    async edit() {
      if (this.editing) return;
      this.value = this.text || "";
      this.editing = true;
      await this.$nextTick();
      this.$refs.field.focus();
      this.$refs.field.select();
    },
    key(event) {
      if (event.isComposing) return;
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault(); // Escape would stop the turn
      if (event.key === "Escape") this.value = this.text;
      this.keep();
      this.$nextTick(() => this.$refs.words?.focus());
    },
    keep() {
      if (!this.editing) return;
      this.editing = false;
      const value = this.value.trim();
      if (value && value !== this.text) this.$emit("rename", value);
    },
  },
};
