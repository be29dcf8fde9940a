import { codeBox, highlight, copyText } from "prose";

const FIRST = 20000; // characters shown before somebody asks for the rest

export default {
  template: '<div class="codeblock"></div>',
  props: { text: String, language: String, title: String, wrap: Boolean, tail: Boolean, first: Number },
  mounted() { this.draw(); },
  watch: { text: "draw", language: "draw" },
  methods: {
    draw() {
      const whole = this.text || "";
      const cut = !this.all && whole.length > FIRST;
      const shown = cut ? (this.tail ? whole.slice(-FIRST) : whole.slice(0, FIRST)) : whole;
      const box = codeBox(shown, this.language);
      box.querySelector(".code__bar > span").textContent = this.title || this.language || "text";
      const copy = box.querySelector(".code__copy");
      const isWrapped = this.$el.firstElementChild?.classList.contains("code--wrap") ?? this.wrap;
      box.classList.toggle("code--wrap", isWrapped);
      box.querySelector(".code__wrap").setAttribute("aria-pressed", String(isWrapped));
      copy.onclick = (event) => { event.stopPropagation(); copyText(whole, copy); };
      if (cut) {
        const more = Object.assign(document.createElement("button"), { type: "button", className: "btn btn--quiet code__more",
          textContent: `Show all of it (${Math.ceil(whole.length / 1000)} thousand characters)` });
        more.onclick = () => { this.all = true; this.draw(); };
        box.append(more);
      }
      if (this.first > 0) {
        const count = shown.replace(/\n$/, "").split("\n").length;
        const lines = Object.assign(document.createElement("span"), { className: "code__lines",
          textContent: Array.from({ length: count }, (_, at) => this.first + at).join("\n") });
        lines.setAttribute("aria-hidden", "true");
        box.classList.add("code--numbered");
        box.querySelector("pre").prepend(lines);
      }
      const old = this.$el.querySelector("pre");
      const end = !old || old.scrollTop + old.clientHeight >= old.scrollHeight - 4;
      const top = old?.scrollTop;
      this.$el.replaceChildren(box);
      const pre = box.querySelector("pre");
      if (this.tail && end) pre.scrollTop = pre.scrollHeight;
      else if (top) pre.scrollTop = top;
      highlight(box.querySelector("code"), this.language);
    },
  },
};
