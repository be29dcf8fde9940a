// Where each row of the session list stands: known for all of them from numbers alone, so that nothing is measured and
// a row need not be here to have its place. See `Listing.outline` and `Step` on the server.
import { dayGroup, dayGroupStart } from "moments";

const TICK = 900e3;
const PINNED = 444444444 * TICK; // rows of this time and later are pinned

export class Outline {
  constructor() {
    this.items = []; // { key, at, tall, day, row }: `key` stays the same for as long as the row does, `row` may be null
    this.byId = new Map(); // of those with a row
    this.tops = [0]; // of each item, and where the last one ends
    this.sizes = { row: 30, tall: 46, day: 32 };
    this.count = 0;
  }

  get length() {
    return this.items.length;
  }

  get height() {
    return this.tops[this.items.length];
  }

  // The whole list anew; what is known of rows that are told again stays with them.
  fill(text, rows) {
    const known = this.byId;
    let last = 0;
    this.items = (text ? text.split(" ").map(Number) : []).map((number, i) => {
      const ticks = number >> 1;
      last = i ? last - ticks : ticks;
      return { key: ++this.count, at: last * TICK, tall: (number & 1) === 1, day: "", row: null };
    });
    this.byId = new Map();
    for (const [at, row] of rows) {
      const item = this.items[at];
      const before = known.get(row.id);
      if (before) item.key = before.key;
      this.put(item, row);
    }
  }

  // `held` are positions that go on meaning the same row, or the one after it when that goes; returns where they are.
  apply(steps, rows, held) {
    const gone = new Map();
    for (const [at, when, tall, id] of steps) {
      if (when === undefined) {
        const [item] = this.items.splice(at, 1);
        if (item.row) gone.set(item.row.id, item);
        if (item.row) this.byId.delete(item.row.id);
        held = held.map((one) => (at < one ? one - 1 : one));
      } else if (id === undefined) {
        Object.assign(this.items[at], { at: when, tall: tall === 1 });
      } else {
        const item = gone.get(id) || { key: ++this.count, row: null };
        gone.delete(id);
        this.items.splice(at, 0, Object.assign(item, { at: when, tall: tall === 1, day: "" }));
        if (item.row) this.byId.set(id, item);
        held = held.map((one) => (at <= one ? one + 1 : one));
      }
    }
    for (const [at, row] of rows) this.put(this.items[at], row);
    return held;
  }

  put(item, row) {
    if (item.row && item.row.id !== row.id) this.byId.delete(item.row.id);
    item.row = row;
    this.byId.set(row.id, item);
  }

  // Places and headings, of all items: a fraction of a millisecond for ten thousand.
  measure(now) {
    const { row, tall, day } = this.sizes;
    let top = 0;
    let start = Infinity;
    this.tops = new Array(this.items.length + 1);
    this.items.forEach((item, i) => {
      item.day = "";
      if (item.at < start) {
        item.day = item.at >= PINNED ? "Pinned" : dayGroup(item.at, now);
        start = item.at >= PINNED ? PINNED : dayGroupStart(item.at, now);
        top += day;
      }
      this.tops[i] = top - (item.day ? day : 0);
      top += item.tall ? tall : row;
    });
    this.tops[this.items.length] = top;
  }

  // The position of the row at a height.
  find(y) {
    let low = 0;
    let high = this.items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.tops[middle + 1] > y) high = middle;
      else low = middle + 1;
    }
    return Math.min(low, Math.max(0, this.items.length - 1));
  }

  position(item) {
    return item ? this.items.indexOf(item) : -1;
  }
}
