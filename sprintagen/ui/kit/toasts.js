// Short news at the edge of the page, and the words screen readers are told.
export default {
  template: `
    <div class="toasts">
      <div v-for="toast in toasts" :key="toast.id" class="toast" :data-kind="toast.kind" :role="toast.kind === 'error' ? 'alert' : 'status'" data-testid="toast">
        <svg class="icon" aria-hidden="true"><use :href="'#i-' + (toast.kind === 'error' ? 'error' : 'check')"></use></svg>
        <div class="toast__words"><div>{{ toast.message }}</div><div v-if="toast.hint" class="toast__hint">{{ toast.hint }}</div></div>
        <button type="button" class="btn btn--quiet btn--small" aria-label="Dismiss" @click="drop(toast.id)"><svg class="icon" aria-hidden="true"><use href="#i-close"></use></svg></button>
      </div>
      <div class="unseen" aria-live="polite">{{ spoken }}</div>
    </div>`,
  data: () => ({ toasts: [], spoken: "", next: 1 }),
  methods: {
    show(kind, message, hint) {
      const id = this.next++;
      this.toasts = [...this.toasts.filter((t) => t.message !== message).slice(-2), { id, kind, message, hint }];
      setTimeout(() => this.drop(id), kind === "error" ? 12000 : 4000);
    },
    drop(id) {
      this.toasts = this.toasts.filter((toast) => toast.id !== id);
    },
    say(words) {
      this.spoken = "";
      this.$nextTick(() => (this.spoken = words));
    },
  },
};
