// The session list: only rows near the window exist. The server tells once where all rows stand, then what differs;
// rows themselves come for the stretch that is looked at.
import { full, now, relative } from "moments";
import { place } from "places";
import { choice } from "session_choice";
import { Outline } from "session_outline";
import { WORDS } from "session_states";

const AROUND = 10; // rows drawn beyond both edges of the window
const NEAR = 40; // rows that should be here beyond both edges; when fewer are, twice as many are asked for
const REST = 80; // milliseconds the pointer or the focus rests on a row before it counts
const PATIENCE = 3000; // milliseconds after which an unanswered question is asked again

const isForBrowser = (event) => event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0;

export default {
  template: `
    <nav class="sessions" aria-label="Sessions" data-testid="session-list" @scroll.passive="follow" @wheel.passive="stay" @pointerdown.passive="stay"
         @focusin="focus" @focusout="blur" @pointerover.passive="rest($event)" @pointerleave.passive="rest(null)">
      <div v-if="!total" class="sessions__none"><slot></slot></div>
      <div v-else class="sessions__rows" role="list" :style="{ height: height + 'px' }">
        <div v-for="one in drawn" :key="one.key" class="sessions__item" role="listitem" :aria-setsize="total" :aria-posinset="one.at + 1" :data-key="one.key" :style="{ top: one.top + 'px' }">
          <h3 v-if="one.day" class="sessions__day">{{ one.day }}</h3>
          <div v-if="!one.row" class="session session--blank" :class="{ 'session--tall': one.tall }">
            <a class="session__link" :tabindex="one.tab" role="link" aria-disabled="true" aria-label="Loading" @keydown="key"><span class="session__blank"></span></a>
          </div>
          <div v-else class="session" :class="{ 'session--here': one.row.id === here, 'session--tall': one.tall, 'session--chosen': chosen.has(one.row.id) }" :style="one.row.depth ? { '--depth': one.row.depth } : null" :data-state="one.row.state" @contextmenu.prevent="menu(one.row, $event)">
            <a class="session__link" :href="addressOf(one.row)" :tabindex="one.tab" data-testid="session-item" :data-session-id="one.row.id" :data-state="one.row.state" :data-origin="one.row.elsewhere ? 'found' : 'created'"
               :aria-current="one.row.id === here ? 'page' : null" :role="choosing ? 'checkbox' : null" :aria-checked="choosing ? chosen.has(one.row.id) : null" :title="tip(one.row)" @pointerdown.passive="press(one.row, $event)" @click="pick(one.row, $event)" @keydown="key">
              <input v-if="choosing" type="checkbox" class="session__check" tabindex="-1" aria-hidden="true" :checked="chosen.has(one.row.id)">
              <span v-else class="dot" :data-state="one.row.state" role="img" :aria-label="words[one.row.state] || one.row.state"></span>
              <span class="session__title">{{ one.row.title }}</span>
              <span class="session__time"><svg v-if="one.row.elsewhere" class="icon icon--small" role="img" aria-label="Created elsewhere"><use href="#i-terminal"></use></svg>{{ ago(one.row.at) }}</span>
              <span v-if="one.tall" class="session__more">
                <span v-if="one.row.detail" class="session__detail" :data-state="one.row.state">{{ one.row.detail }}</span>
                <span v-if="one.row.ticket" class="session__tag">{{ one.row.ticket }}</span>
                <span v-if="one.row.place" class="session__place">{{ one.row.place }}</span>
                <span v-if="one.row.added || one.row.removed" class="fold__counts"><ins v-if="one.row.added">+{{ one.row.added }}</ins><del v-if="one.row.removed">−{{ one.row.removed }}</del></span>
              </span>
            </a>
            <button type="button" class="session__menu" :tabindex="one.tab" :aria-label="'Actions for ' + one.row.title" aria-haspopup="menu" @click="menu(one.row, $event)">
              <svg class="icon" aria-hidden="true"><use href="#i-more"></use></svg></button>
          </div>
        </div>
      </div>
      <div v-if="choosing" class="sessions__chosen" role="toolbar" aria-label="Chosen sessions" data-testid="chosen-sessions" @keydown.esc.stop="endChoice">
        <span class="sessions__count" aria-live="polite">{{ chosen.size === 1 ? '1 session' : chosen.size + ' sessions' }}</span>
        <button type="button" class="sessions__act" aria-label="Choose all" title="Choose all" @click="chooseAll"><svg class="icon" aria-hidden="true"><use href="#i-list-checks"></use></svg></button>
        <button v-for="item in choiceActions" :key="item.value" type="button" class="sessions__act" :class="{ 'sessions__act--danger': item.danger }" :aria-label="item.label" :title="item.label" :disabled="!chosen.size" @click="actOnChosen(item.value)">
          <svg class="icon" aria-hidden="true"><use :href="'#i-' + item.icon"></use></svg></button>
        <button type="button" class="sessions__act" aria-label="Choose no more" title="Choose no more" @click="endChoice"><svg class="icon" aria-hidden="true"><use href="#i-close"></use></svg></button>
      </div>
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
  props: { initial: Object, selected: String, items: Array },
  emits: ["pick", "act", "look", "rest", "reach", "act_all"],
  mixins: [choice],
  data() {
    return { here: this.selected, archived: false, now: now(), first: 0, last: 0, version: 0, target: null, words: WORDS };
  },
  computed: {
    total() {
      this.version;
      return this.outline.length;
    },
    height() {
      this.version;
      return this.outline.height;
    },
    drawn() {
      this.version;
      const { items, tops } = this.outline;
      const positions = [];
      for (let at = this.first; at < this.last; at++) positions.push(at);
      const focused = this.outline.position(this.focused); // stays, or the keyboard would lose its place
      if (focused >= this.last) positions.push(focused);
      else if (focused >= 0 && focused < this.first) positions.unshift(focused);
      const here = this.outline.position(this.outline.byId.get(this.here));
      const stop = focused >= 0 ? focused : here >= this.first && here < this.last ? here : this.outline.find(this.top + this.outline.sizes.day);
      return positions.map((at) => {
        const { key, tall, day, row } = items[at];
        return { at, key, tall, day, row, top: tops[at], tab: at === stop ? 0 : -1 };
      });
    },
    actions() {
      const row = this.target;
      if (!row) return [];
      const without = [row.pinned ? "pin" : "unpin", this.archived ? "archive" : "restore", ...(row.depth ? ["pin", "unpin"] : [])];
      return this.items.filter((one) => !without.includes(one.value));
    },
  },
  created() {
    this.outline = new Outline();
    this.focused = null; // the item that has the focus
    this.view = innerHeight;
    this.top = 0;
    this.recall();
    this.take(this.initial);
  },
  mounted() {
    this.timer = setInterval(this.tick, 30000);
    addEventListener("pagehide", this.leave);
    addEventListener("sprintagen:look", this.resize);
    this.resizing = new ResizeObserver(this.resize);
    this.resizing.observe(this.$el);
    this.resize();
    this.restore();
  },
  beforeUnmount() {
    clearInterval(this.timer);
    clearTimeout(this.resting);
    clearTimeout(this.forgetting);
    removeEventListener("pagehide", this.leave);
    removeEventListener("sprintagen:look", this.resize);
    this.resizing.disconnect();
  },
  beforeUpdate() {
    this.isDrawing = true;
    this.hadFocus = this.focused !== null && this.$el.contains(document.activeElement);
  },
  updated() {
    this.isDrawing = false;
    if (this.hadFocus && !this.$el.contains(document.activeElement)) this.grab(); // drawing elsewhere takes it away
  },
  methods: {
    // -- what the server says --
    fill(given) {
      if (!given.same) this.endChoice();
      this.take(given);
      const at = given.same ? this.top : 0;
      this.draw(at);
      this.$nextTick(() => {
        if (this.$el.scrollTop !== at) this.$el.scrollTop = at;
        this.restore(true);
        this.follow();
      });
    },
    take({ outline, rows, range, archived }) {
      const focused = this.focused?.row?.id;
      this.outline.fill(outline, rows);
      this.focused = (focused && this.outline.byId.get(focused)) || null;
      this.archived = archived;
      this.have = range;
      this.asked = 0;
      this.measure();
    },
    patch(steps, rows, range) {
      if (steps.length) this.top = this.$el.scrollTop; // may be further than the last event said
      const held = this.outline.find(this.top);
      const shift = this.top - this.outline.tops[held];
      const focused = this.outline.position(this.focused);
      const [at, next] = this.outline.apply(steps, rows, [held, Math.max(0, focused)]);
      if (range) {
        this.have = range;
        this.asked = 0;
      }
      this.measure();
      const top = this.top > 0 && this.outline.length ? Math.max(0, this.outline.tops[Math.min(at, this.outline.length - 1)] + shift) : 0;
      this.now = now();
      this.draw(top);
      const isLost = focused >= 0 && this.outline.position(this.focused) < 0;
      if (isLost) this.focused = this.outline.items[Math.min(next, this.outline.length - 1)] || null;
      if (!steps.length) return;
      this.$nextTick(() => {
        if (Math.abs(this.$el.scrollTop - top) >= 1) this.$el.scrollTop = top;
        if (isLost && this.focused && (document.activeElement === document.body || this.$el.contains(document.activeElement))) this.grab();
        this.restore();
        this.follow();
      });
    },
    select(id, position) {
      this.here = id;
      if (this.isReloaded) this.isReloaded = false; // people find what they were looking at, wherever that was
      else if (position !== null) this.$nextTick(() => this.reveal(position));
    },
    // -- what is drawn --
    measure() {
      this.outline.measure(this.now);
    },
    look(top) {
      const { outline } = this;
      this.top = top;
      this.first = Math.max(0, (outline.find(top) - AROUND) & ~3); // four rows further at a time
      this.last = Math.min(outline.length, (outline.find(top + this.view) + AROUND + 4) & ~3);
    },
    draw(top) {
      this.look(top);
      this.version++;
    },
    follow() {
      this.look(this.$el.scrollTop);
      this.ask();
    },
    ask() {
      const { length } = this.outline;
      if (!length || (this.asked && performance.now() - this.asked < PATIENCE)) return;
      const from = this.outline.find(this.top);
      const to = this.outline.find(this.top + this.view) + 1;
      const [start, stop] = this.have;
      if (start <= Math.max(0, from - NEAR) && stop >= Math.min(length, to + NEAR)) return;
      this.asked = performance.now();
      const even = (at) => Math.floor(at / NEAR) * NEAR; // so that many who look at the same share it
      this.$emit("look", Math.max(0, even(from - 2 * NEAR)), even(to + 3 * NEAR));
    },
    resize() {
      const style = getComputedStyle(this.$el);
      const pixels = (name) => parseFloat(style.getPropertyValue(name));
      const held = this.outline.find(this.top);
      const shift = this.top - this.outline.tops[held];
      this.outline.sizes = { row: pixels("--session-height"), tall: pixels("--session-height-tall"), day: pixels("--session-day") };
      this.view = this.$el.clientHeight || innerHeight;
      this.measure();
      this.draw(this.top > 0 ? this.outline.tops[held] + shift : 0);
      this.ask();
    },
    tick() {
      this.now = now();
      this.measure();
      this.version++;
    },
    reveal(at) {
      const { tops, length } = this.outline;
      if (at >= length) return;
      const el = this.$el;
      const margin = Math.min(this.outline.sizes.row, tops[at]);
      if (tops[at] < el.scrollTop) el.scrollTop = tops[at] - margin;
      else if (tops[at + 1] > el.scrollTop + el.clientHeight) el.scrollTop = tops[at + 1] - el.clientHeight + this.outline.sizes.row;
      this.follow();
    },
    ago(at) {
      return relative(at, this.now);
    },
    tip(row) {
      return `${row.title}\n${row.directory}\n${full(row.at)}\n${row.elsewhere ? "Created elsewhere, in another opencode client" : "Created here"}`;
    },
    // -- the place from before the page was loaded anew --
    recall() {
      this.isReloaded = performance.getEntriesByType("navigation")[0]?.type === "reload";
      this.kept = Number(sessionStorage["sprintagen.list"]) || null;
      this.isFiltered = !!sessionStorage["sprintagen.filter"]; // the list of that filter is on its way
      this.forgetting = setTimeout(this.stay, 10_000);
    },
    stay() {
      this.kept = null;
      this.isReloaded = false;
    },
    leave() {
      sessionStorage["sprintagen.list"] = this.kept ?? this.$el.scrollTop;
    },
    restore(isFilled = false) {
      this.isFiltered &&= !isFilled;
      if (this.kept === null || this.isFiltered) return;
      this.$nextTick(() => {
        if (this.kept === null || this.outline.height < this.kept) return; // the sessions are still being read
        this.$el.scrollTop = this.kept;
        this.kept = null;
        this.follow();
      });
    },
    // -- pointer and keyboard --
    // A mouse opens as its button goes down, a tenth of a second before the click; a finger may be about to scroll.
    press(row, event) {
      if (event.pointerType !== "mouse" || isForBrowser(event) || this.choosing || row.id === this.here) return;
      document.activeElement?.blur(); // a title that is being typed is kept, for its own session
      this.open(row);
    },
    pick(row, event) {
      if (this.choosing && event.shiftKey) return this.chooseTo(row, event);
      if (isForBrowser(event)) return;
      event.preventDefault();
      if (this.choosing) return this.toggle(row);
      delete document.documentElement.dataset.drawer;
      this.open(row);
    },
    open(row) {
      if (row.id === this.here) return;
      this.$emit("pick", row.id); // first: everything after it can be done while the server draws
      this.here = row.id;
      history.pushState({}, "", this.addressOf(row));
    },
    addressOf(row) {
      return `${window.path_prefix}/admin/chats/${row.id}`;
    },
    itemAt(element) {
      const key = Number(element?.closest?.("[data-key]")?.dataset.key);
      return (key && this.outline.items.find((item) => item.key === key)) || null;
    },
    rest(event) {
      const over = event?.target.closest?.(".session") || null;
      if (over === this.over) return;
      this.over = over;
      clearTimeout(this.resting);
      if (over && event.pointerType !== "touch") this.wait(event.target);
    },
    wait(element) {
      clearTimeout(this.resting);
      this.resting = setTimeout(() => {
        const id = this.itemAt(element)?.row?.id;
        if (id && id !== this.here) this.$emit("rest", id);
      }, REST);
    },
    focus(event) {
      const item = this.itemAt(event.target);
      if (!item) return;
      this.wait(event.target);
      if (item === this.focused) return;
      this.focused = item;
      this.version++;
    },
    blur(event) {
      if (this.isDrawing || this.$el.contains(event.relatedTarget)) return;
      this.focused = null;
      this.version++;
    },
    grab() {
      this.$el.querySelector(`[data-key="${this.focused?.key}"] .session__link`)?.focus({ preventScroll: true });
    },
    key(event) {
      if (this.choiceKey(event)) return event.preventDefault();
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const { outline } = this;
      const at = outline.position(this.focused);
      const last = outline.length - 1;
      const far = (by) => outline.find(outline.tops[at] + by * (this.$el.clientHeight - outline.sizes.tall));
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: far(1), PageUp: far(-1), Home: 0, End: last }[event.key];
      if (to === undefined || at < 0) return;
      event.preventDefault();
      this.stay();
      const wanted = Math.max(0, Math.min(to, last));
      this.focused = outline.items[wanted];
      this.version++;
      this.$nextTick(() => {
        this.reveal(wanted);
        this.grab();
      });
    },
    // -- the menu --
    menu(row, event) {
      this.target = row;
      const isAtPointer = event.type === "contextmenu" && (event.clientX || event.clientY);
      const anchor = isAtPointer ? { getBoundingClientRect: () => ({ left: event.clientX, right: event.clientX, top: event.clientY, bottom: event.clientY }) } : event.currentTarget;
      this.$refs.panel.showPopover();
      place(this.$refs.panel, anchor, isAtPointer ? "start" : "end", "bottom");
      this.$nextTick(() => this.$refs.panel.querySelector("button").focus());
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
      if (action === "choose") return this.toggle(this.target);
      this.$emit("act", action, this.target.id);
    },
  },
};
