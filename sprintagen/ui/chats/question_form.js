// The agent's questions as a form. What is picked lives here until it is sent as a whole.
export default {
  template: `
    <form class="questions" @submit.prevent="submit">
      <fieldset v-for="(q, i) in questions" :key="i" class="questions__one" :disabled="busy">
        <legend class="questions__text"><span v-if="q.header" class="questions__head">{{ q.header }}</span>{{ q.question }}</legend>
        <label v-for="option in q.options" :key="option.label" class="choice" :class="{ 'choice--on': has(i, option.label) }">
          <input :type="q.multiple ? 'checkbox' : 'radio'" :name="id + i" :checked="has(i, option.label)" @change="pick(i, option.label)">
          <span><span class="choice__label">{{ option.label }}</span><span v-if="option.description" class="choice__detail">{{ option.description }}</span></span>
        </label>
        <label v-if="q.custom !== false" class="choice choice--own">
          <input class="field" type="text" maxlength="4000" :placeholder="q.options?.length ? 'Or your own answer' : 'Your answer'" :aria-label="'Own answer: ' + q.question" v-model="own[i]" @input="typed(i)">
        </label>
      </fieldset>
      <div class="card__actions">
        <button type="submit" class="btn btn--primary" :disabled="busy || !ready" data-testid="question-send"><span v-if="busy" class="spinner" aria-hidden="true"></span>Answer</button>
        <button type="button" class="btn btn--plain" :disabled="busy" data-testid="question-reject" @click="dismiss">Dismiss</button>
        <span class="card__hint">{{ questions.length > 1 ? answered + ' of ' + questions.length + ' answered' : '' }}</span>
      </div>
    </form>`,
  props: { questions: Array, busy: Boolean },
  emits: ["answer", "dismiss"],
  data() {
    return { picked: this.questions.map(() => []), own: this.questions.map(() => ""), id: "q" + Math.random().toString(36).slice(2) };
  },
  computed: {
    answers() {
      return this.questions.map((q, i) => [...this.picked[i], ...(this.own[i].trim() ? [this.own[i].trim()] : [])]);
    },
    answered() {
      return this.answers.filter((answer) => answer.length).length;
    },
    ready() {
      return this.answered === this.questions.length;
    },
  },
  methods: {
    has(i, label) {
      return this.picked[i].includes(label);
    },
    pick(i, label) {
      if (!this.questions[i].multiple) {
        this.picked[i] = [label];
        this.own[i] = "";
      } else if (this.has(i, label)) this.picked[i] = this.picked[i].filter((one) => one !== label);
      else this.picked[i] = [...this.picked[i], label];
    },
    typed(i) {
      if (!this.questions[i].multiple && this.own[i].trim()) this.picked[i] = [];
    },
    submit() {
      if (this.ready && !this.busy) this.$emit("answer", this.answers);
    },
    dismiss() {
      this.$emit("dismiss");
    },
  },
};
