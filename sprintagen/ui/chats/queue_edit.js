// Other words for a message that waits. Enter keeps them, Escape leaves it as it was.
export default {
  template: `
    <div class="waiting__edit">
      <textarea ref="field" class="field waiting__field" aria-label="The waiting message" data-testid="queue-field" v-model="value" rows="3" @keydown="key"></textarea>
      <div class="waiting__actions">
        <button type="button" class="btn btn--quiet" @click="$emit('leave')">Cancel</button>
        <button type="button" class="btn btn--plain" data-testid="queue-save" :disabled="!value.trim()" @click="save">{{ gone ? "Put into the message field" : "Save" }}</button>
      </div>
    </div>`,
  props: { text: String, gone: Boolean },
  emits: ["save", "leave"],
  data() {
    return { value: this.text };
  },
  mounted() {
    this.$refs.field.focus();
    this.$refs.field.setSelectionRange(this.value.length, this.value.length);
  },
  methods: {
    save() {
      if (this.value.trim()) this.$emit("save", this.value);
    },
    key(event) {
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation();
        this.$emit("leave");
      } else if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
        event.preventDefault();
        this.save();
      }
    },
  },
};
