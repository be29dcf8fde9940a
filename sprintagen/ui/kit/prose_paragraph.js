// A long paragraph that grows at its end. Only about the last `REACH` characters of it are looked at again with every
// piece, so that a word costs the same however many are before it. Emphasis that begins further back than it ends shows
// when the paragraph is over: what is settled is rendered once more, as a whole.
import { lexInline, render } from "prose";

const REACH = 2000;
const LONG = 2 * REACH;
// A line that begins with a letter goes on with the paragraph it follows, whatever comes after it. A tag may leave
// something open.
const WHOLE = /^\p{L}(?:[^\n\r<]|\n\p{L})*$/u;
const MORE = /^(?:[^\n\r<]|\n\p{L})*$/u;
// Where words are divided: neither half says anything about the other.
const GAP = /[\p{L}\p{N}](?=[.,;:]? [\p{L}\p{N}])[.,;:]? |[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}](?=[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}])/gu;

// Where the text can be cut, at most `limit` characters into it; 0: nowhere.
function gap(tokens, limit) {
  let found = 0;
  let at = 0;
  for (const { type, raw } of tokens) {
    if (at >= limit) break;
    if (type === "text") for (const { index, 0: words } of raw.slice(0, limit - at).matchAll(GAP)) found = at + index + words.length;
    at += raw.length;
  }
  return found;
}

export class LongParagraph {
  // The paragraph that a source ends with, drawn in `el` and beginning at `from`; null: it is short, or may yet become
  // something else.
  static of(source, from, el) {
    const text = source.slice(from).replace(/\n$/, "");
    return text.length > LONG && WHOLE.test(text) ? new LongParagraph(from, from + text.length, el) : null;
  }

  constructor(from, end, el) {
    this.from = from; // where that begins which is looked at again
    this.end = end;
    this.el = el;
    this.kept = 0; // nodes before it
  }

  // Draws what the source says by now; false: that is more than this paragraph.
  grow(source, links) {
    const end = source.length - (source.endsWith("\n") ? 1 : 0); // it may begin anything
    if (!MORE.test(source.slice(this.end, end))) return false;
    this.end = end;
    let tokens = lexInline(source.slice(this.from, end), links);
    let cut = 0;
    if (end - this.from > LONG && (cut = gap(tokens, end - this.from - REACH))) {
      this.put(lexInline(source.slice(this.from, this.from + cut), links));
      this.from += cut;
      this.kept = this.el.childNodes.length;
      tokens = lexInline(source.slice(this.from, end), links);
    }
    this.put(tokens);
    return true;
  }

  put(tokens) {
    while (this.el.childNodes.length > this.kept) this.el.lastChild.remove();
    this.el.append(...render([{ type: "paragraph", tokens }]).firstElementChild.childNodes);
  }
}
