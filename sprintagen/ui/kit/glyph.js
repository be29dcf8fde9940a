export default {
  template: '<svg class="icon" aria-hidden="true" focusable="false"><use :href="`#i-${name}`"></use></svg>',
  props: { name: String },
};
