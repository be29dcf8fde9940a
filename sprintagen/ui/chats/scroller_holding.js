// Where the transcript's reader is kept, after layout and before anything is painted. Whoever is at the end stays as far
// from it as they are; for others the first message in view is held at its offset, to the pixel. The box is a plain
// column: in a reversed one every growth moves all there is, and the browser goes through the whole text for each word.
const REACH = 48; // pixels from the end that still are the end
const ACT = 3000; // ms after a wheel, a touch, a key or a press in which what moves is the reader's doing, momentum included
const REST = 300; // ms in which a person's own scrolling comes to rest: whoever sets the place meanwhile would stop it

export default {
  created() {
    this.top = 0; // where the box was scrolled to when it was last looked at: what differs then, somebody else did
    this.end = 0; // how far it could be scrolled then
    this.acted = -ACT; // when a person last did something that scrolls
    this.rest = 0; // until when a person may still be scrolling
  },
  methods: {
    lowest() {
      return this.$refs.box.scrollHeight - this.$refs.box.clientHeight;
    },
    keepEnd() {
      const box = this.$refs.box;
      const end = this.lowest();
      // What has grown since the last look is no step of the reader's, and what has become less may have moved them.
      const known = Math.min(this.end, end);
      let gap = Math.max(0, known - box.scrollTop);
      // Lower for a moment and then higher, both since the last look: the browser has moved the box, nobody has.
      if (end !== this.end && performance.now() - this.acted > ACT) gap = gap < REACH ? gap : 0;
      if (Math.abs(box.scrollTop - this.top) >= 1 && gap >= 1) this.wait();
      this.top = box.scrollTop;
      if (this.newer || gap >= REACH) return this.turn(false);
      if (end === this.end) return;
      clearTimeout(this.later);
      const rest = this.rest - performance.now();
      if (rest > 0) return void (this.later = setTimeout(this.scrolled, rest + 1));
      this.end = end;
      this.scroll(gap < 2 ? box.scrollHeight : end - gap);
    },
    keepLine() {
      const box = this.$refs.box;
      const by = box.scrollTop - this.top;
      if (this.pin && performance.now() > this.pin.until) this.unpin();
      const kept = this.pin ?? (this.held && { ...this.held, offset: this.held.offset - by });
      const el = kept && (kept.el.isConnected ? kept.el : this.find(kept.id));
      if (el) {
        const off = this.offset(el) - kept.offset;
        if (Math.abs(off) >= 0.5) this.scroll(box.scrollTop + off);
        this.held = { ...kept, el };
      }
      if (!this.pin && (by || !el)) this.anchor();
      this.top = box.scrollTop;
      this.end = this.lowest();
      if (this.newer || this.end - this.top >= REACH) return;
      if (by > 0) this.wait();
      this.turn(true);
    },
    // Whatever was, the reader is to be where the box is now.
    stand() {
      this.top = this.$refs.box.scrollTop;
      this.end = this.lowest();
      this.rest = 0;
      this.held = this.pin;
      const follows = !this.newer && this.end - this.top < REACH;
      if (follows !== this.follows) this.turn(follows);
      this.scrolled();
    },
    turn(follows) {
      this.follows = follows;
      this.fresh = 0;
      if (!follows) this.anchor();
      const all = this.list();
      this.$emit("follow", follows, all[all.length - 1]?.dataset.messageId ?? "");
    },
    scroll(to) {
      this.$refs.box.scrollTop = to;
      this.top = this.$refs.box.scrollTop;
    },
    act() {
      this.acted = performance.now();
      this.unpin();
    },
    wait() {
      this.rest = performance.now() + REST;
    },
    anchor() {
      this.top = this.$refs.box.scrollTop;
      // What was gone to stays where it was wanted, also when there was not yet enough below it to scroll that far.
      if (this.pin) return void (this.held = this.pin);
      const el = this.list()[this.below(1)];
      this.held = el && { el, id: el.dataset.messageId, offset: this.offset(el) };
    },
    unpin() {
      if (!this.pin) return;
      this.pin = null;
      this.anchor();
    },
  },
};
