// Files and lines of them; the page opens what is clicked (data-file).
import { copyText } from "prose";

export default {
  template: `
    <div class="code paths">
      <div class="code__bar"><span>{{ title || "result" }}</span><button type="button" class="code__copy" aria-label="Copy result" @click.stop="copy">Copy</button></div>
      <ul class="paths__list">
        <li v-for="([words, file, line], i) in rows" :key="i">
          <button v-if="file" type="button" class="paths__row" :class="{ 'paths__row--line': line }" :data-file="file" :data-line="line || null" title="Open in the files"><span v-if="line" class="paths__number">{{ line }}</span><bdi>{{ words }}</bdi></button>
          <span v-else class="paths__row paths__row--plain"><bdi>{{ words }}</bdi></span>
        </li>
        <li v-if="left" class="paths__left">and {{ left.toLocaleString() }} more</li>
      </ul>
    </div>`,
  props: { rows: Array, left: Number, title: String, text: String },
  methods: {
    copy(event) {
      copyText(this.text, event.currentTarget);
    },
  },
};
