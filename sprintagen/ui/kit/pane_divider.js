// The line between two panes: drag it or use the arrow keys. It sets a CSS variable at once and reports where it ended.
export default {
  template: `<div class="divider" role="separator" aria-orientation="vertical" tabindex="0" :aria-label="name" :aria-valuenow="width"
    :aria-valuemin="min" :aria-valuemax="max" @pointerdown="grab" @keydown="key" @dblclick="set(initial); done()" :data-testid="testid"></div>`,
  props: { name: String, variable: String, value: Number, initial: Number, min: Number, max: Number, after: Boolean, testid: String },
  emits: ["moved"],
  data() { return { width: this.value }; },
  methods: {
    set(width) {
      this.width = Math.round(Math.max(this.min, Math.min(this.max, innerWidth * 0.6, width)));
      document.documentElement.style.setProperty(this.variable, `${this.width}px`);
    },
    pane() { return this.after ? this.$el.nextElementSibling : this.$el.previousElementSibling; },
    done() { this.$emit("moved", this.width); },
    grab(event) {
      if (event.button) return;
      event.preventDefault();
      const el = this.$el, from = event.clientX, sign = this.after ? -1 : 1;
      const width = this.pane().offsetWidth || this.width; // a small window may give it less than it wants
      el.setPointerCapture(event.pointerId);
      document.documentElement.classList.add("dragging");
      const move = (e) => this.set(width + sign * (e.clientX - from));
      const end = () => {
        document.documentElement.classList.remove("dragging");
        el.removeEventListener("pointermove", move);
        this.done();
      };
      el.addEventListener("pointermove", move);
      el.addEventListener("lostpointercapture", end, { once: true });
    },
    key(event) {
      const step = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
      if (!step) return;
      event.preventDefault();
      this.set(this.width + (this.after ? -step : step));
      clearTimeout(this.timer);
      this.timer = setTimeout(this.done, 300);
    },
  },
};
