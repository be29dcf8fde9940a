"""What the browser tells the page of itself: its address, whether somebody looks, and what it does itself."""

from __future__ import annotations

from typing import Final

LISTEN: Final = """
// Where we are, as the server names its pages: below the root path under which a proxy serves them.
const sprintagenPlace = () => {
  const root = window.path_prefix;
  return location.pathname.startsWith(root + '/') ? location.pathname.slice(root.length) : location.pathname;
};
addEventListener('popstate', () => emitEvent('chats_path', sprintagenPlace()));
document.addEventListener('visibilitychange', () => emitEvent('chats_visible', !document.hidden));
document.addEventListener('keydown', (event) => {
  const page = document.documentElement.dataset;
  const isNearer = document.querySelector("dialog[open], :popover-open");
  if (event.key === "Escape" && !event.defaultPrevented && page.drawer && !isNearer) {
    event.preventDefault(); // the composer would stop the turn
    delete page.drawer;
  }
});
const isNarrow = () => matchMedia('(max-width: 760px)').matches;
addEventListener('sprintagen:list', (event) => {
  event.preventDefault();
  const page = document.documentElement.dataset;
  const key = isNarrow() ? 'drawer' : 'list';
  if (page[key]) delete page[key]; else page[key] = key === 'drawer' ? 'open' : 'closed';
});
addEventListener('sprintagen:search', (event) => {
  event.preventDefault();
  const page = document.documentElement.dataset;
  if (isNarrow()) page.drawer = 'open'; else delete page.list;
  document.querySelector('.search__input')?.focus();
});
// A path that something names, such as a tool's row: shown in the files, and nothing around it is clicked.
document.addEventListener('click', (event) => {
  const link = event.target.closest?.('[data-file]');
  // Where nothing hovers, a row is opened by a tap anywhere on it; the button in it opens the file.
  if (link?.matches('.fold__detail') && matchMedia('(hover: none)').matches) return;
  if (!link || event.button || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  event.stopPropagation();
  const line = Number(link.dataset.line) || 0;
  emitEvent('chats_file', { path: link.dataset.file, lines: line ? [line, Number(link.dataset.last) || line] : null });
}, true);
// How the list was filtered before the page was loaded anew.
addEventListener('load', function restore() {
  if (!window.did_handshake) return setTimeout(restore, 20);
  const kept = sessionStorage['sprintagen.filter'];
  if (kept) emitEvent('chats_filter', JSON.parse(kept));
});
function sprintagenGo(path) {
  if (sprintagenPlace() !== path) history.pushState({}, '', window.path_prefix + path);
  delete document.documentElement.dataset.drawer;
}
"""
