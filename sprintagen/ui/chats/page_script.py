"""What the browser tells the page of itself: its address, whether somebody looks, keys that hold everywhere."""

from __future__ import annotations

from typing import Final

LISTEN: Final = """<script>
addEventListener('popstate', () => emitEvent('chats_path', location.pathname));
document.addEventListener('visibilitychange', () => emitEvent('chats_visible', !document.hidden));
document.addEventListener('keydown', (event) => {
  const page = document.documentElement.dataset;
  const isNearer = document.querySelector("dialog[open], :popover-open");
  if (event.key === "Escape" && !event.defaultPrevented && page.drawer && !isNearer) {
    event.preventDefault(); // the composer would stop the turn
    delete page.drawer;
  }
  if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.key !== 'k') return;
  event.preventDefault();
  if (matchMedia('(max-width: 760px)').matches) page.drawer = 'open'; else delete page.list;
  document.querySelector('.search__input')?.focus();
});
// How the list was filtered before the page was loaded anew.
addEventListener('load', function restore() {
  if (!window.did_handshake) return setTimeout(restore, 20);
  const kept = sessionStorage['sprintagen.filter'];
  if (kept) emitEvent('chats_filter', JSON.parse(kept));
});
function sprintagenGo(path) {
  if (location.pathname !== path) history.pushState({}, '', path);
  delete document.documentElement.dataset.drawer;
}
</script>"""
