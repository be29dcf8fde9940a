// How well what was typed fits the words of an entry: whole words first, then their beginnings, then letters in order.

// Small letters, with every character where it was.
const small = (text) => {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : Array.from(text, (one) => (one.toLowerCase().length === one.length ? one.toLowerCase() : one)).join("");
};
const isStart = (text, at) => at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1]);

// One typed word in one text: { score, at: [positions] }, or null.
function fit(word, text) {
  let found = -1;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (found < 0) found = at;
    if (isStart(text, at)) {
      found = at;
      break;
    }
  }
  if (found >= 0) {
    const score = (isStart(text, found) ? (found === 0 ? 100 : 90) : 60) + (10 * word.length) / text.length;
    return { score, at: Array.from(word, (_, n) => found + n) };
  }
  const at = [];
  let score = 30;
  let from = 0;
  for (const letter of word) {
    let next = -1;
    for (let place = text.indexOf(letter, from); place >= 0; place = text.indexOf(letter, place + 1)) {
      if (next < 0) next = place;
      if (place === from || isStart(text, place)) {
        next = place;
        break;
      }
    }
    if (next < 0) return null;
    score -= next === from || isStart(text, next) ? 0 : 4;
    at.push(next);
    from = next + 1;
  }
  return score > 10 ? { score, at } : null; // letters from all over are no match
}

// All typed words, each in the best of an entry's texts: { score, at: [positions in its words] }, or null. A `strict`
// entry is found by its words alone, since what else it says was written by somebody else.
export function match(query, entry) {
  const words = small(query).split(/\s+/).filter(Boolean);
  const texts = (entry.texts ??= entry.strict ? [small(entry.words)] : [small(entry.words), small(`${entry.also || ""} ${entry.detail || ""}`), small(entry.group || "")]);
  let score = 0;
  const at = new Set();
  for (const word of words) {
    const label = fit(word, texts[0]);
    const others = texts.slice(1).map((text) => (text.includes(word) ? fit(word, text) : null));
    const best = Math.max(label?.score ?? 0, (others[0]?.score ?? 0) * 0.6, (others[1]?.score ?? 0) * 0.4);
    if (!best) return null;
    if (label && label.score === best) label.at.forEach((place) => at.add(place));
    score += best;
  }
  return { score: score / words.length, at };
}

// A text in pieces, those that were typed marked.
export function pieces(text, at) {
  const found = [];
  for (let n = 0; n < text.length; n++) {
    const hit = at.has(n);
    const last = found[found.length - 1];
    if (last && last.hit === hit) last.text += text[n];
    else found.push({ text: text[n], hit });
  }
  return found;
}
