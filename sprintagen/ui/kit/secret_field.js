// A field for a secret: what is typed goes to the server once and is gone from the page.
export default {
  template: `<form class="secret" @submit.prevent="send">
    <input v-if="ask" v-model="name" class="field secret__name" :list="id" :placeholder="ask" :aria-label="ask" maxlength="64" autocomplete="off" autocapitalize="none" spellcheck="false" required>
    <datalist v-if="ask" :id="id"><option v-for="one in offered" :value="one"></option></datalist>
    <input ref="field" v-model="value" type="password" class="field secret__value" :placeholder="label" :aria-label="label" maxlength="4096" autocomplete="off" autocapitalize="none" spellcheck="false" data-1p-ignore data-lpignore="true" required>
    <button type="submit" class="btn btn--primary" :disabled="busy"><span v-if="busy" class="spinner" aria-hidden="true"></span><span class="btn__text">{{ action }}</span></button>
  </form>`,
  props: { label: String, action: String, ask: String, offered: Array, busy: Boolean },
  emits: ["secret"],
  data: () => ({ name: "", value: "", id: "s" + Math.random().toString(36).slice(2) }),
  methods: {
    send() {
      const value = this.value;
      this.value = "";
      this.$emit("secret", [this.name.trim(), value.trim()]);
    },
    focus() {
      (this.ask ? this.$el.querySelector("input") : this.$refs.field).focus();
    },
  },
};
