// The rows of the session list, drawn in the browser: the server sends what differs, never the whole list again.
import { dayGroup, full, now, relative } from "moments";
import { place } from "places";

const STEP = 120; // rows drawn at once; more follow when the end comes into view

const WORDS = { idle: "Idle", working: "Working", retrying: "Trying again", asking: "Needs you", failed: "Failed", unread: "Unread" };

export default {
  template: `
    <nav class="sessions" aria-label="Sessions" data-testid="session-list" @scroll.passive="more">
      <div v-if="!rows.length" class="sessions__none"><slot></slot></div>
      <template v-for="(row, i) in drawn" :key="row.id">
        <h3 v-if="row.group !== drawn[i - 1]?.group" class="sessions__day">{{ row.group }}</h3>
        <div class="session" :class="{ 'session--here': row.id === here }" :data-state="row.state" @contextmenu.prevent="menu(row, $event)">
          <a class="session__link" :href="'/admin/chats/' + row.id" data-testid="session-item" :data-session-id="row.id" :data-state="row.state" :data-origin="row.elsewhere ? 'found' : 'created'"
             :aria-current="row.id === here ? 'page' : null" :title="tip(row)" @click="pick(row, $event)" @keydown="key">
            <span class="dot" :data-state="row.state" role="img" :aria-label="words[row.state] || row.state"></span>
            <span class="session__title">{{ row.title }}</span>
            <span class="session__time"><svg v-if="row.elsewhere" class="icon icon--small" role="img" aria-label="Created elsewhere"><use href="#i-terminal"></use></svg>{{ ago(row.at) }}</span>
            <span v-if="row.detail || row.ticket || row.place || row.added || row.removed" class="session__more">
              <span v-if="row.detail" class="session__detail" :data-state="row.state">{{ row.detail }}</span>
              <span v-if="row.ticket" class="session__tag">{{ row.ticket }}</span>
              <span v-if="row.place" class="session__place">{{ row.place }}</span>
              <span v-if="row.added || row.removed" class="fold__counts"><ins v-if="row.added">+{{ row.added }}</ins><del v-if="row.removed">−{{ row.removed }}</del></span>
            </span>
          </a>
          <button type="button" class="session__menu" :aria-label="'Actions for ' + row.title" aria-haspopup="menu" @click="menu(row, $event)">
            <svg class="icon" aria-hidden="true"><use href="#i-more"></use></svg></button>
        </div>
      </template>
      <div ref="panel" popover class="menu__panel" @keydown="menuKey">
        <div class="menu__items" role="menu" aria-label="Session">
          <template v-for="item in actions" :key="item.value">
            <div v-if="item.line" class="menu__line" role="separator"></div>
            <button type="button" role="menuitem" class="menu__item" :class="{ 'menu__item--danger': item.danger }" @click="act(item.value)">
              <svg class="icon" aria-hidden="true"><use :href="'#i-' + item.icon"></use></svg><span class="menu__label">{{ item.label }}</span></button>
          </template>
        </div>
      </div>
    </nav>`,
  props: { initial: Array, selected: String, archived: Boolean },
  emits: ["pick", "act", "more"],
  data() {
    return { byId: new Map(), here: this.selected, now: now(), limit: STEP, target: null, words: WORDS, version: 0 };
  },
  computed: {
    rows() {
      this.version;
      return [...this.byId.values()].sort((a, b) => b.at - a.at);
    },
    drawn() {
      const here = this.rows.findIndex((row) => row.id === this.here);
      return this.rows.slice(0, Math.max(this.limit, here + 1)).map((row) => ({ ...row, group: dayGroup(row.at, this.now) }));
    },
    actions() {
      const put = this.archived ? { value: "restore", label: "Take out of the archive", icon: "archive" } : { value: "archive", label: "Archive", icon: "archive" };
      return [
        { value: "rename", label: "Rename", icon: "edit" },
        { value: "ticket", label: "Set ticket", icon: "tag" },
        put,
        { value: "delete", label: "Delete", icon: "trash", danger: true, line: true },
      ];
    },
  },
  watch: {
    initial(value) {
      this.fill(value);
    },
  },
  created() {
    this.fill(this.initial || []);
  },
  mounted() {
    this.timer = setInterval(() => (this.now = now()), 30000);
    this.$nextTick(this.reveal);
  },
  beforeUnmount() {
    clearInterval(this.timer);
  },
  methods: {
    fill(rows) {
      this.byId = new Map(rows.map((row) => [row.id, row]));
      this.limit = STEP;
      this.asked = null;
    },
    select(id) {
      this.here = id;
      this.$nextTick(this.reveal);
    },
    patch(changed, gone) {
      for (const id of gone) this.byId.delete(id);
      for (const row of changed) this.byId.set(row.id, row);
      if (this.asked && this.byId.size > this.asked) {
        this.limit += STEP;
        this.asked = null;
      }
      this.now = now();
      this.version++;
    },
    ago(at) {
      return relative(at, this.now);
    },
    tip(row) {
      return `${row.title}\n${row.directory}\n${full(row.at)}\n${row.elsewhere ? "Created elsewhere, in another opencode client" : "Created here"}`;
    },
    more(event) {
      const el = event.target;
      if (el.scrollHeight - el.scrollTop - el.clientHeight > 600) return;
      if (this.limit < this.rows.length) this.limit += STEP;
      else if (this.asked !== this.rows.length) this.$emit("more", (this.asked = this.rows.length));
    },
    reveal() {
      this.$el.querySelector(".session--here")?.scrollIntoView({ block: "nearest" });
    },
    pick(row, event) {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
      event.preventDefault();
      delete document.documentElement.dataset.drawer;
      if (row.id === this.here) return;
      this.here = row.id;
      history.pushState({}, "", "/admin/chats/" + row.id);
      this.$emit("pick", row.id);
    },
    key(event) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const links = [...this.$el.querySelectorAll(".session__link")];
      links[links.indexOf(event.currentTarget) + step]?.focus();
    },
    menu(row, event) {
      this.target = row.id;
      const anchor = event.type === "contextmenu" ? { getBoundingClientRect: () => ({ left: event.clientX, right: event.clientX, top: event.clientY, bottom: event.clientY }) } : event.currentTarget;
      this.opener = event.currentTarget;
      this.$refs.panel.showPopover();
      place(this.$refs.panel, anchor, event.type === "contextmenu" ? "start" : "end", "bottom");
      this.$refs.panel.querySelector("button").focus();
    },
    menuKey(event) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const all = [...this.$refs.panel.querySelectorAll("button")];
      all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
    },
    act(action) {
      this.$refs.panel.hidePopover();
      this.$emit("act", action, this.target);
    },
  },
};
