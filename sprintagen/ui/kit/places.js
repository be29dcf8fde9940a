// Where an opened panel goes: beside its button, inside the window.
export function place(panel, anchor, align, side) {
  const a = anchor.getBoundingClientRect();
  const { offsetWidth: w, offsetHeight: h } = panel;
  const gap = 4;
  const edge = 8;
  let x = align === "end" ? a.right - w : a.left;
  let y = side === "top" ? a.top - h - gap : a.bottom + gap;
  if (side !== "top" && y + h > innerHeight - edge && a.top - h - gap > edge) y = a.top - h - gap;
  if (side === "top" && y < edge) y = Math.min(a.bottom + gap, innerHeight - h - edge);
  x = Math.max(edge, Math.min(x, innerWidth - w - edge));
  y = Math.max(edge, Math.min(y, innerHeight - h - edge));
  panel.style.left = `${x}px`;
  panel.style.top = `${y}px`;
}

// On a Mac Option and a key writes or moves the caret: whoever writes keeps it.
export const isMacTyping = (event) => /Mac|iP/.test(navigator.platform) && !!event.target.closest?.("input, textarea")?.value;
