export default {
  template: `<button type="button" class="btn" :class="'btn--' + kind" :aria-label="text ? null : label" :title="text && text === label ? null : label">
    <span v-if="busy" class="spinner" aria-hidden="true"></span>
    <svg v-else-if="icon" class="icon" aria-hidden="true"><use :href="'#i-' + icon"></use></svg>
    <span v-if="text" class="btn__text">{{ text }}</span><slot></slot>
  </button>`,
  props: { icon: String, text: String, label: String, kind: { type: String, default: "quiet" }, busy: Boolean },
};
