// A component of its own around a part of the page: an update inside re-renders this part and nothing beside it.
export default {
  props: { as: { type: String, default: "div" } },
  render() {
    return Vue.h(this.as, {}, this.$slots.default?.());
  },
};
