// One native <dialog> for every question the page asks: focus is trapped, Esc cancels, the answer goes to the server.
export default {
  template: `
    <dialog ref="dialog" class="modal" :aria-labelledby="id" @cancel.prevent="answer(null)" @click="outside">
      <form class="modal__box" method="dialog" @submit.prevent="accept">
        <h2 :id="id" class="modal__title">{{ ask.title }}</h2>
        <p v-if="ask.text" class="modal__text">{{ ask.text }}</p>
        <ul v-if="ask.rows && ask.rows.length" class="modal__rows" data-testid="modal-rows">
          <li v-for="row in ask.rows"><span class="modal__name">{{ row[0] }}</span><span class="modal__word">{{ row[1] }}</span></li>
        </ul>
        <label v-if="ask.field" class="modal__field"><span>{{ ask.field }}</span>
          <select v-if="ask.options" ref="choice" class="field" v-model="value"><option v-for="one in ask.options">{{ one }}</option></select>
          <input v-else ref="field" class="field" v-model="value" :placeholder="ask.placeholder || ''" maxlength="500" autocomplete="off">
        </label>
        <div class="modal__actions">
          <button type="button" class="btn btn--plain" @click="answer(null)">{{ ask.refuse || 'Cancel' }}</button>
          <button ref="accept" type="submit" class="btn" :class="ask.danger ? 'btn--danger' : 'btn--primary'">{{ ask.accept }}</button>
        </div>
      </form>
    </dialog>`,
  emits: ["answer"],
  data: () => ({ ask: {}, value: "", id: "m" + Math.random().toString(36).slice(2) }),
  methods: {
    show(ask) {
      this.ask = ask;
      this.value = ask.options ? ask.options[0] : ask.value || "";
      this.$nextTick(() => {
        if (!this.$refs.dialog.open) this.$refs.dialog.showModal();
        const target = this.$refs.choice || this.$refs.field || this.$refs.accept;
        target.focus();
        this.$refs.field?.select();
      });
    },
    accept() {
      this.answer(this.ask.field ? this.value : true);
    },
    answer(value) {
      if (!this.$refs.dialog.open) return;
      this.$refs.dialog.close();
      this.$emit("answer", { token: this.ask.token, value });
    },
    outside(event) {
      if (event.target === this.$refs.dialog) this.answer(null);
    },
  },
};
