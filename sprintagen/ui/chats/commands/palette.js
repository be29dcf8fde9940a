// The palette: a field over everything that finds sessions and commands, and the page's keys, which are the same
// commands. Commands and the sessions looked at last are here already, so that nothing waits for the server.
import { aria, caps, fits, isCharacter, isSilent, offered } from "keys";
import { match, pieces } from "palette_match";
import { now, relative } from "moments";
import { isMacTyping } from "places";
import { WORDS } from "session_states";

const PAUSE = 120; // milliseconds without a key before the server is asked for more sessions
const MOST = 60; // rows shown of a search
const RECENT = 3; // commands given last, first
const SESSIONS = 6; // of the sessions, before anything is typed
const STORE = "sprintagen.commands";
const NAMES = { model: "Switch model", agent: "Switch agent", effort: "Switch effort" };

const remembered = () => {
  try {
    const ids = JSON.parse(localStorage[STORE] || "[]");
    return Array.isArray(ids) ? ids : [];
  } catch {
    return []; // what another program left there
  }
};

export default {
  template: `
    <div class="command">
      <button type="button" class="command__open" aria-haspopup="dialog" :aria-expanded="open ? 'true' : 'false'" :aria-keyshortcuts="shortcut"
              data-testid="open-palette" @click="show"><svg class="icon" aria-hidden="true"><use href="#i-search"></use></svg>
        <span class="command__words">Go to a session, or give a command</span><span class="command__keys" aria-hidden="true"><kbd v-for="cap in caps('Mod+K')">{{ cap }}</kbd></span></button>
      <dialog ref="dialog" class="palette" :aria-label="page ? names[page] : 'Go to a session, or give a command'" data-testid="palette" @cancel.prevent="back" @close="closed" @pointerdown="outside">
        <div class="palette__head">
          <svg class="icon" aria-hidden="true"><use href="#i-search"></use></svg>
          <button v-if="page" type="button" class="palette__page" :aria-label="'Back from: ' + names[page]" @click="leave">{{ names[page] }}</button>
          <input ref="field" class="palette__field" type="text" role="combobox" aria-expanded="true" aria-autocomplete="list" :aria-controls="id" :aria-activedescendant="shown[at] ? id + '-' + at : null"
                 :placeholder="page ? 'Find one' : 'Go to a session, or give a command'" :aria-label="page ? names[page] : 'Go to a session, or give a command'" v-model="query" maxlength="200" autocomplete="off" spellcheck="false" enterkeyhint="go"
                 data-testid="palette-field" @keydown="key">
          <button type="button" class="btn btn--quiet btn--small palette__close" aria-label="Close" @click="close"><svg class="icon" aria-hidden="true"><use href="#i-close"></use></svg></button>
        </div>
        <div class="palette__list" role="listbox" :id="id" aria-label="Sessions and commands" @pointerdown.prevent>
          <div v-for="part in parts" :key="part.name" :role="part.name ? 'group' : null" :aria-label="part.name || null" class="palette__part">
            <div v-if="part.name" class="palette__group" aria-hidden="true">{{ part.name }}</div>
            <div v-for="{ entry, i, label } in part.rows" :key="entry.key" class="palette__row" :class="{ 'palette__row--at': i === at, 'palette__row--off': entry.off, 'palette__row--danger': entry.danger }" role="option"
                 :id="id + '-' + i" :aria-selected="i === at ? 'true' : 'false'" :aria-disabled="entry.off ? 'true' : null" :data-id="entry.key" data-testid="palette-row" @click="run(entry)" @pointermove="hover(i)">
              <span v-if="entry.state" class="palette__dot"><span class="dot" :data-state="entry.state" role="img" :aria-label="states[entry.state] || entry.state"></span></span>
              <svg v-else class="icon" aria-hidden="true"><use :href="'#i-' + entry.icon"></use></svg>
              <span class="palette__words"><span class="palette__label"><template v-for="piece in label"><mark v-if="piece.hit">{{ piece.text }}</mark><template v-else>{{ piece.text }}</template></template></span>
                <span v-if="entry.off || entry.detail" class="palette__detail">{{ entry.off || entry.detail }}</span></span>
              <svg v-if="entry.checked" class="icon palette__check" role="img" aria-label="In use"><use href="#i-check"></use></svg>
              <span v-if="entry.at" class="palette__where">{{ ago(entry.at) }}</span>
              <span v-else-if="(query || page) && entry.group" class="palette__where">{{ entry.group }}</span>
              <span v-if="entry.keys" class="palette__keys" aria-hidden="true"><kbd v-for="cap in caps(entry.keys)">{{ cap }}</kbd></span>
            </div>
          </div>
        </div>
        <div v-if="!shown.length" class="palette__none">{{ isAsking ? "Searching" : "Nothing fits" }}</div>
        <div class="unseen" role="status">{{ open ? count : "" }}</div>
      </dialog>
    </div>`,
  props: { commands: Array, off: Object },
  emits: ["run", "open", "look"],
  data: () => ({
    open: false, query: "", page: "", at: 0, moved: false, isAsking: false, recents: [], given: { sessions: [], asks: [], choices: [] }, found: [], refused: null,
    names: NAMES, states: WORDS, id: "p" + Math.random().toString(36).slice(2),
  }),
  computed: {
    shortcut() {
      return aria("Mod+K");
    },
    // Everything there is, as rows; a command that means nothing now is left out.
    table() {
      const why = this.refused ?? this.off;
      const commands = this.commands
        .filter((one) => !one.hidden && why[one.id] !== "")
        .map((one) => ({ ...one, key: one.id, keys: offered(one.keys), off: why[one.id] || "" }));
      const choices = this.given.choices.map((one) => ({ ...one, key: one.id, words: this.page ? one.words : `${one.lead}: ${one.words}` }));
      return { commands, choices };
    },
    rows() {
      const { commands, choices } = this.table;
      const query = this.query.trim();
      if (this.page) {
        const mine = choices.filter((one) => one.kind === this.page);
        return query ? this.ranked(mine, query) : mine.map((entry) => ({ entry, part: "", at: new Set() }));
      }
      if (query) return this.ranked([...this.given.asks, ...commands, ...choices, ...this.sessions()], query);
      const none = new Set();
      const known = new Map([...commands, ...choices].map((one) => [one.key, one]));
      const recents = this.recents.map((id) => known.get(id)).filter((one) => one && !one.off).slice(0, RECENT);
      const rest = commands.filter((one) => !recents.includes(one));
      const groups = [...new Set(this.commands.map((one) => one.group))];
      const listed = (entries, part) => entries.map((entry) => ({ entry, part, at: none }));
      const [first, ...others] = groups.map((group) => listed(rest.filter((one) => one.group === group), group));
      const lead = [...listed(recents, "Used last"), ...listed(this.sessions().slice(0, SESSIONS), "Sessions")];
      const asks = listed(this.given.asks, "Waiting for you"); // never first: Enter must not allow what nobody has read
      return [...(lead.length ? [...lead, ...asks, ...first] : [...first, ...asks]), ...others.flat()];
    },
    shown() {
      return this.rows.map(({ entry }) => entry);
    },
    parts() {
      const parts = [];
      this.rows.forEach(({ entry, part, at }, i) => {
        if (parts.at(-1)?.name !== part) parts.push({ name: part, rows: [] });
        parts.at(-1).rows.push({ entry, i, label: pieces(entry.words, at) });
      });
      return parts;
    },
    count() {
      return this.shown.length === 1 ? "1 result" : `${this.shown.length} results`;
    },
  },
  watch: {
    query() {
      this.moved = false;
      this.at = 0;
      this.ask();
      this.$nextTick(() => this.$refs.dialog.querySelector(".palette__list").scrollTo(0, 0));
    },
    // Rows come and go while one looks: who has chosen a row keeps it.
    shown(rows, before) {
      const key = this.moved && before[this.at]?.key;
      const at = key ? rows.findIndex((row) => row.key === key) : -1;
      this.at = at >= 0 ? at : Math.min(this.at, Math.max(0, rows.length - 1));
    },
  },
  mounted() {
    this.recents = remembered();
    addEventListener("keydown", this.pressed);
    addEventListener("sprintagen:palette", this.toggle);
  },
  beforeUnmount() {
    removeEventListener("keydown", this.pressed);
    removeEventListener("sprintagen:palette", this.toggle);
    clearTimeout(this.asking);
  },
  methods: {
    caps,
    ago: (at) => relative(at, now()),
    // -- what the server says --
    refuse(off) {
      this.refused = off;
    },
    fill(given) {
      this.given = given;
    },
    // Sessions that fit what was typed, of all there are.
    take(query, sessions) {
      if (query !== this.query.trim()) return;
      this.isAsking = false;
      this.found = sessions;
    },
    // -- rows --
    sessions() {
      const found = this.query ? this.found : [];
      const known = new Set(found.map((one) => one.id));
      return [...found.map((one) => ({ ...one, isFound: true })), ...this.given.sessions.filter((one) => !known.has(one.id))].map((one) => ({ ...one, key: one.id, group: "Session" }));
    },
    ranked(entries, query) {
      const used = (id) => (this.recents.includes(id) ? 6 - this.recents.indexOf(id) : 0);
      const fitting = [];
      for (const entry of entries) {
        const found = match(query, entry) ?? (entry.isFound ? { score: 40, at: new Set() } : null);
        if (found) fitting.push({ entry, part: "", at: found.at, score: found.score + used(entry.key) - (entry.off ? 15 : 0) });
      }
      return fitting.sort((one, other) => other.score - one.score).slice(0, MOST);
    },
    ask() {
      clearTimeout(this.asking);
      const query = this.query.trim();
      this.isAsking = Boolean(query) && !this.page;
      if (!this.isAsking) this.found = [];
      else this.asking = setTimeout(() => this.$emit("look", query), PAUSE);
    },
    // -- opening --
    toggle(event) {
      event.preventDefault();
      if (this.open) this.close();
      else this.show();
    },
    show() {
      const dialog = this.$refs.dialog;
      if (dialog.open) return;
      for (const panel of document.querySelectorAll(":popover-open")) panel.hidePopover();
      Object.assign(this, { open: true, query: "", page: "", at: 0, moved: false, found: [], recents: remembered(), given: { ...this.given, asks: [] } });
      this.$emit("open");
      dialog.showModal();
      this.$refs.field.focus();
      dialog.querySelector(".palette__list").scrollTo(0, 0);
    },
    close() {
      this.$refs.dialog.close();
    },
    closed() {
      this.open = false;
      clearTimeout(this.asking);
    },
    back() {
      if (this.page) this.leave();
      else this.close();
    },
    leave() {
      Object.assign(this, { page: "", query: "", at: 0, moved: false });
      this.$refs.field.focus();
    },
    outside(event) {
      if (event.target === this.$refs.dialog) this.close();
    },
    hover(i) {
      if (i === this.at) return;
      this.at = i;
      this.moved = true;
    },
    key(event) {
      if (event.isComposing) return;
      const { length } = this.shown;
      const to = { ArrowDown: (this.at + 1) % length, ArrowUp: (this.at - 1 + length) % length, PageDown: Math.min(this.at + 8, length - 1), PageUp: Math.max(this.at - 8, 0) }[event.key];
      if (to !== undefined && !event.altKey) {
        this.moved = true;
        if (length) this.at = to;
        this.$nextTick(() => document.getElementById(`${this.id}-${this.at}`)?.scrollIntoView({ block: "nearest" }));
      } else if (event.key === "Enter") {
        if (this.shown[this.at]) this.run(this.shown[this.at]);
      } else if (event.key === "Backspace" && this.page && !this.query) this.leave();
      else return;
      event.preventDefault();
    },
    // -- doing --
    run(entry) {
      if (entry.off) return;
      if (entry.into) return Object.assign(this, { page: entry.into, query: "", at: 0, moved: false, recents: this.remember(entry.key) });
      this.close();
      if (entry.icon && !entry.strict) this.remember(entry.key); // not sessions, which come by their own time, nor asks
      this.give(entry);
    },
    remember(id) {
      const ids = [id, ...remembered().filter((one) => one !== id)].slice(0, 5);
      localStorage[STORE] = JSON.stringify(ids);
      return ids;
    },
    // True: somebody did it, or the server is told to.
    give({ id, event }, key = false) {
      if (event) return !dispatchEvent(new CustomEvent(event, { cancelable: true, detail: { key } }));
      this.$emit("run", id);
      return true;
    },
    // A key, wherever the person is. One that writes stays with the field it is pressed in.
    pressed(event) {
      if (event.defaultPrevented || event.isComposing || event.repeat || isSilent(event)) return;
      const command = this.commands.find((one) => one.keys && !one.deaf && fits(one.keys, event));
      if (!command) return;
      const field = event.target.closest?.("input, textarea, select, [contenteditable]");
      if ((isCharacter(event) && field) || (event.altKey && isMacTyping(event))) return;
      const dialog = document.querySelector("dialog[open]");
      if (dialog && !(dialog === this.$refs.dialog && command.id === "palette")) return;
      if ((this.refused ?? this.off)[command.id] === undefined && this.give(command, true)) event.preventDefault();
    },
  },
};
