// Copies what somebody said, from what the browser holds already: a click has to reach the clipboard without a detour.
import { copyText } from "prose";

export default {
  template: `<button type="button" class="btn btn--quiet btn--small copy" :aria-label="name" :title="done ? 'Copied' : name" data-testid="copy-message" @click="copy">
    <svg class="icon" aria-hidden="true"><use :href="done ? '#i-check' : '#i-copy'"></use></svg></button>`,
  props: { name: String, partial: Boolean },
  emits: ["whole"],
  data: () => ({ done: false }),
  beforeUnmount() {
    clearTimeout(this.timer);
  },
  methods: {
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
      if (message.dataset.role === "user") return [...message.querySelectorAll(".bubble__text")].map((el) => el.textContent).join("\n\n");
      const texts = [];
      for (; message?.dataset.role === "assistant"; message = message.previousElementSibling) {
        const parts = [...message.querySelectorAll('[data-part-type="text"]')].map((el) => window.getElement(el)?.source ?? el.innerText);
        texts.unshift(...parts.filter((text) => text.trim()));
      }
      return texts.join("\n\n");
    },
  },
};
