"""The note that sprintagen itself cannot be reached: NiceGUI's own popup, moved under our header, in our words.

NiceGUI shows and hides `#popup` through `aria-hidden` as its socket goes and comes. Nothing of ours can be sent while
it is away, so everything the note says is in the page from the start.
"""

from __future__ import annotations

from typing import Final

from nicegui import ui

PATIENCE_MS = 1200
"""A shorter absence, such as leaving the page, is none."""

_SCRIPT: Final = """<script>
addEventListener('DOMContentLoaded', () => {
  const note = document.getElementById('popup');
  const page = document.documentElement.dataset;
  let since = null;
  let timer = 0;
  function say() {
    const [title, faint, hint] = ['title', 'faint', 'hint'].map((name) =>
      Object.assign(document.createElement('div'), { className: 'banner__' + name }));
    title.textContent = 'sprintagen is away';
    faint.textContent = 'since ' + since.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
    hint.textContent = 'It was stopped, or the network is gone. This page goes on by itself when it is back; ' +
      'what you type is kept.';
    const line = Object.assign(document.createElement('div'), { className: 'banner__line' });
    const body = Object.assign(document.createElement('div'), { className: 'banner__body' });
    const wheel = Object.assign(document.createElement('span'), { className: 'spinner' });
    line.append(title, faint);
    body.append(line, hint);
    note.replaceChildren(wheel, body);
    note.className = 'away-note banner';
    note.dataset.testid = 'status-banner';
    note.setAttribute('role', 'alert');
    document.querySelector('.away-place')?.append(note);
    page.away = 'true';
  }
  new MutationObserver(() => {
    const away = note.ariaHidden === 'false';
    if (away === (since !== null)) return;
    clearTimeout(timer);
    since = away ? new Date() : null;
    if (away) {
      timer = setTimeout(say, PATIENCE);
    } else {
      delete page.away;
      delete note.dataset.testid;
    }
  }).observe(note, { attributes: true, attributeFilter: ['aria-hidden'] });
});
</script>""".replace("PATIENCE", str(PATIENCE_MS))


def watch() -> None:
    """Make the note ours; once per page, before `place`."""
    ui.add_body_html(_SCRIPT)


def place() -> None:
    """Where it is shown: here, as an empty element that Vue leaves alone."""
    ui.element("div").classes("away-place")
