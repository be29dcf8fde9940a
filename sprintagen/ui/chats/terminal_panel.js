// The terminals of a directory as tabs, of which one is seen and connected. Ended ones stay until they are closed.
// The list of tabs only owns them, since it may hold nothing else, such as what closes them.
import { Screen, isExit } from "terminal_screen";

const KEYS = [["Esc", "Escape"], ["Tab", "Tab"], ["Ctrl", "Ctrl"], ["←", "Left", "Left"], ["↑", "Up", "Up"], ["↓", "Down", "Down"], ["→", "Right", "Right"], ["/", "/"], ["|", "|"], ["~", "~"], ["-", "-"]];

export default {
  template: `
    <div class="shells">
      <div class="shells__bar">
        <div class="shells__tabs" @keydown="move">
          <span role="tablist" aria-label="Terminals" :aria-owns="tabs.map((one) => 'shell-tab-' + one.id).join(' ') || null"></span>
          <span v-for="one in tabs" :key="one.id" class="shells__tab" :class="{ 'shells__tab--on': one.id === at }">
            <button type="button" role="tab" class="shells__name" :id="'shell-tab-' + one.id" :aria-selected="one.id === at ? 'true' : 'false'" :aria-controls="uid"
                    :tabindex="one.id === at ? 0 : -1" :title="hint(one)" :data-terminal="one.id" data-testid="terminal-tab" @click="pick(one.id)" @dblclick="rename(one)">
              <span class="shells__title" :class="{ 'shells__title--ended': one.ended }">{{ one.title }}</span></button>
            <button type="button" class="btn btn--quiet btn--small shells__close" :aria-label="'Close ' + one.title" :tabindex="one.id === at ? 0 : -1" data-testid="close-terminal" @click="close(one)">
              <svg class="icon icon--small" aria-hidden="true"><use href="#i-close"></use></svg></button>
          </span>
        </div>
        <slot></slot>
      </div>
      <div v-if="trouble" class="shells__none" role="alert"><p class="shells__words">{{ trouble[0] }}</p><p class="shells__soft">{{ trouble[1] }}</p>
        <button type="button" class="btn btn--plain" data-testid="terminals-again" @click="$emit('again')">Try again</button></div>
      <div v-else-if="!loaded" class="shells__none"><span class="spinner" role="status" aria-label="Looking for terminals"></span></div>
      <div v-else-if="!tabs.length" class="shells__none">
        <p class="shells__words">A shell in the session's directory.</p>
        <p class="shells__soft">What you type runs as opencode's user, at once and unasked.</p>
        <button type="button" class="btn btn--primary" data-testid="first-terminal" :disabled="busy" @click="begin">New terminal</button>
      </div>
      <div ref="stage" class="shells__stage" role="tabpanel" :id="uid" :aria-labelledby="at ? 'shell-tab-' + at : null" :hidden="!tabs.length || !!trouble" data-testid="terminal-screen"></div>
      <div v-if="current && note" class="shells__note" role="status" data-testid="terminal-note">
        <span class="shells__words">{{ note.text }} <span class="shells__soft">{{ note.hint }}</span></span>
        <button v-if="note.kind === 'ended'" type="button" class="btn btn--plain" data-testid="another-terminal" :disabled="busy" @click="another">New terminal</button>
        <button v-else-if="note.kind === 'away'" type="button" class="btn btn--plain" @click="again">Try now</button>
      </div>
      <div class="shells__keys" v-if="current && touched" role="toolbar" aria-label="Keys" data-testid="terminal-keys">
        <button v-for="[face, key, name] in keys" :key="key" type="button" class="shells__key" :aria-label="name" :aria-pressed="key === 'Ctrl' ? String(sticky) : null"
                @pointerdown.prevent @click="press(key)">{{ face }}</button>
      </div>
      <div class="shells__foot" v-if="current && !touched"><kbd>Ctrl</kbd> <kbd>Shift</kbd> <kbd>\`</kbd> goes into the terminal and out of it</div>
    </div>`,
  props: { base: String, scope: String, session: String, rows: Array, loaded: Boolean, seen: Boolean, spoken: Boolean, busy: Boolean, trouble: Array },
  emits: ["new", "rename", "close", "again"],
  data: () => ({ at: "", mine: {}, shut: {}, sticky: false, touched: matchMedia("(pointer: coarse)").matches, keys: KEYS, uid: "s" + Math.random().toString(36).slice(2) }),
  computed: {
    // Those that run, and those that ended while somebody could see them.
    tabs() {
      const running = this.rows.filter((row) => !this.shut[row.id]).map((row) => ({ ...row, ended: this.mine[row.id]?.state?.kind === "ended" }));
      const ids = new Set(this.rows.map((row) => row.id));
      const gone = Object.entries(this.mine).filter(([id, one]) => !ids.has(id) && one.scope === this.scope);
      return [...running, ...gone.map(([id, one]) => ({ id, title: one.title, ended: true }))];
    },
    current() {
      return this.tabs.find((one) => one.id === this.at);
    },
    note() {
      const state = this.mine[this.at]?.state;
      if (!state || state.kind === "open" || state.kind === "connecting") return null;
      if (state.kind !== "ended") return state;
      const how = state.code === null ? "This terminal has ended." : `The shell ended with exit code ${state.code}.`;
      return { kind: "ended", text: how, hint: state.code === null ? "It was closed, or opencode was restarted." : "" };
    },
  },
  watch: {
    tabs: { handler: "settle", flush: "post" },
    seen: { handler: "settle", flush: "post" },
    at: { handler: "reveal", flush: "post" },
    spoken(spoken) {
      for (const screen of this.screens.values()) screen.speak(spoken);
    },
    scope: "forget",
  },
  created() {
    this.screens = new Map();
    this.last = {}; // scope -> the terminal seen last
  },
  mounted() {
    this.theme = new MutationObserver(this.dress);
    this.theme.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.dark.addEventListener("change", this.dress);
    addEventListener("online", this.again);
    addEventListener("keydown", this.enter);
    this.settle();
  },
  beforeUnmount() {
    this.theme.disconnect();
    this.dark.removeEventListener("change", this.dress);
    removeEventListener("online", this.again);
    removeEventListener("keydown", this.enter);
    this.forget();
  },
  methods: {
    // Bring what is drawn in line with the tabs.
    settle() {
      for (const row of this.rows) if (this.mine[row.id]) this.mine[row.id].title = row.title;
      if (this.tabs.some((one) => one.id === this.awaited)) {
        this.at = this.awaited;
        this.awaited = "";
        this.wanted = true;
      }
      if (!this.current) this.at = this.tabs.find((one) => one.id === this.last[this.scope])?.id ?? this.tabs.at(-1)?.id ?? "";
      this.show();
    },
    // The tab that is on, where there are more than have room.
    reveal() {
      this.$el.querySelector(".shells__tab--on")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    },
    show() {
      const tab = this.current;
      for (const [id, screen] of this.screens) {
        screen.host.hidden = id !== this.at;
        if (id !== this.at || !this.seen) screen.pause();
        const title = this.tabs.find((one) => one.id === id)?.title;
        if (title && title !== screen.label) screen.name(title);
      }
      if (!tab || !this.seen) return;
      this.last[this.scope] = this.at;
      const screen = this.screens.get(this.at) ?? this.draw(tab);
      if (this.mine[this.at].state?.kind !== "ended") screen.connect();
      screen.fit();
      if (this.wanted) {
        this.wanted = false;
        screen.focus();
      }
    },
    draw(tab) {
      const host = Object.assign(document.createElement("div"), { className: "shells__screen" });
      this.$refs.stage.append(host);
      this.mine[tab.id] = { title: tab.title, scope: this.scope, state: null, told: "" };
      const screen = new Screen(host, { base: this.base, id: tab.id, session: this.session, tell: (what, value) => this.hear(tab.id, what, value) });
      screen.isSpoken = this.spoken;
      screen.name(tab.title);
      this.screens.set(tab.id, screen);
      screen.open();
      return screen;
    },
    hear(id, what, value) {
      const one = this.mine[id];
      if (!one) return;
      if (what === "state") one.state = value;
      else if (what === "title") one.told = [...value].filter((c) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(c)).join("").slice(0, 200);
      else if (what === "sticky") this.sticky = value;
      else if (what === "exit") this.$el.querySelector("[role=tab][aria-selected=true]")?.focus();
    },
    hint(one) {
      const told = this.mine[one.id]?.told;
      return `${told ? told + "\n" : ""}Double click or F2 to rename`;
    },
    pick(id) {
      this.at = id;
      this.wanted = true;
      this.show();
    },
    begin() {
      this.wanted = true;
      this.$emit("new");
    },
    // In place of one that has ended.
    another() {
      const { at } = this;
      this.begin();
      this.drop(at);
    },
    renameCurrent() {
      if (this.current) this.rename(this.current);
    },
    // A new one, which may be among the tabs already or in a moment.
    opened(id) {
      this.awaited = id;
      this.settle();
    },
    rename(one) {
      if (!one.ended) this.$emit("rename", one.id);
    },
    close(one) {
      if (one.ended) this.drop(one.id);
      else this.$emit("close", one.id);
    },
    // Closed by the person; the rows may name it for another moment.
    closed(id) {
      this.shut[id] = true;
      this.drop(id);
    },
    drop(id) {
      this.screens.get(id)?.dispose();
      this.screens.delete(id);
      delete this.mine[id];
    },
    forget() {
      for (const id of [...this.screens.keys()]) this.drop(id);
      this.at = "";
    },
    again() {
      const screen = this.screens.get(this.at);
      if (screen && this.seen && this.note?.kind === "away") screen.connect();
    },
    dress() {
      requestAnimationFrame(() => {
        for (const screen of this.screens.values()) screen.dress();
      });
    },
    press(key) {
      const screen = this.screens.get(this.at);
      if (!screen) return;
      if (key === "Ctrl") this.sticky = screen.isSticky = !screen.isSticky;
      else screen.press(key);
      screen.focus();
    },
    // From anywhere on the page into the terminal; the way out is the screen's own.
    enter(event) {
      if (!isExit(event) || !this.seen || !this.current || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      this.screens.get(this.at)?.focus();
    },
    move(event) {
      if (event.key === "F2" && this.current) return this.rename(this.current);
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step || event.altKey || event.ctrlKey || event.metaKey || event.target.getAttribute("role") !== "tab") return;
      event.preventDefault();
      event.stopPropagation();
      const from = this.tabs.findIndex((one) => one.id === this.at);
      this.at = this.tabs[(from + step + this.tabs.length) % this.tabs.length].id;
      this.show();
      this.$nextTick(() => this.$el.querySelector("[role=tab][aria-selected=true]")?.focus());
    },
  },
};
