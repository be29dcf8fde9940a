// All keys, as they are written on the person's keyboard.
import { caps, spoken } from "keys";

export default {
  template: `
    <dialog ref="dialog" class="modal keys" :aria-labelledby="id" data-testid="help-sheet" @pointerdown="outside">
      <div class="keys__head"><h2 :id="id" class="modal__title">Keys on the keyboard</h2>
        <button ref="close" type="button" class="btn btn--quiet" aria-label="Close" @click="close"><svg class="icon" aria-hidden="true"><use href="#i-close"></use></svg></button></div>
      <div class="keys__groups" tabindex="0" role="group" aria-label="All keys">
        <section v-for="[group, rows] in groups" class="keys__group">
          <h3 class="keys__title">{{ group }}</h3>
          <dl class="keys__rows">
            <div v-for="[keys, words] in rows" class="keys__row"><dt>{{ words }}</dt>
              <dd><template v-for="one in keys"><span class="unseen">{{ spoken(one) }}, </span><span class="keys__one" aria-hidden="true"><kbd v-for="cap in caps(one)">{{ cap }}</kbd></span></template></dd></div>
          </dl>
        </section>
      </div>
      <p class="keys__note">Keys of a single character {{ keys === "all" ? "can be switched off" : "are switched off; they are switched on" }} in the <a :href="settings">settings</a>.</p>
    </dialog>`,
  props: { groups: Array, keys: String },
  data: () => ({ settings: `${window.path_prefix}/admin/settings#appearance`, id: "k" + Math.random().toString(36).slice(2) }),
  mounted() {
    addEventListener("sprintagen:help", this.show);
  },
  beforeUnmount() {
    removeEventListener("sprintagen:help", this.show);
  },
  methods: {
    caps,
    spoken,
    show(event) {
      event.preventDefault();
      this.$refs.dialog.showModal();
      this.$refs.close.focus();
    },
    close() {
      this.$refs.dialog.close();
    },
    outside(event) {
      if (event.target === this.$refs.dialog) this.close();
    },
  },
};
