"""Markdown in any pieces ends as the Markdown rendered at once, and what is settled is not touched again."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.ui.conftest import FakeServer, visit

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.browser

# The component as Python drives it (properties `text` and `live`, method `append`), without a server and on a clock of
# its own: each piece is drawn before the next one comes.
HARNESS = """async () => {
  const found = () => [...document.querySelectorAll('.prose')].map(
    (el) => window.getElement(el.id.slice(1))).find((el) => el?.append);
  for (let left = 100; !found() && left; left--) await new Promise((resolve) => setTimeout(resolve, 50));
  const component = found().$.type;
  const library = document.querySelector('meta[name=sprintagen-static]').content + '/vendor/temml.min.js';
  await new Promise((onload) =>
    document.head.append(Object.assign(document.createElement('script'), { src: library, onload })));
  let now = performance.now(), frames = [];
  performance.now = () => now;
  window.requestAnimationFrame = (act) => frames.push(act);
  window.cancelAnimationFrame = (number) => { frames[number - 1] = () => {}; };
  const drawn = async () => {
    now += 1000;
    await Vue.nextTick();
    const due = frames;
    frames = [];
    due.forEach((act) => act(now));
  };
  const box = document.body.appendChild(document.createElement('div'));
  const show = (properties) => {
    const shown = Vue.h(component, properties);
    Vue.render(shown, box);
    return shown.component.proxy;
  };
  const blocks = () => [...box.firstElementChild.children].flatMap(
    (el) => (el.matches('.prose__chunk, .prose__tail') ? [...el.children] : [el]));
  const outline = () => {
    const el = box.firstElementChild.cloneNode(true);
    for (const box of el.querySelectorAll('.prose__chunk, .prose__tail')) box.replaceWith(...box.childNodes);
    for (const code of el.querySelectorAll('pre > code')) {
      code.textContent = code.textContent;
      code.removeAttribute('data-coloured');
      code.removeAttribute('data-at');
    }
    el.normalize();
    return el.innerHTML.replace(/>\\s+</g, '><').trim();
  };
  window.atOnce = async (text) => {
    Vue.render(null, box);
    show({ text, live: false });
    await drawn();
    return outline();
  };
  // The pieces after which a text that is being said looks otherwise than drawn at once, and the most characters that
  // one of them had put into the page.
  window.looked = async (pieces) => {
    Vue.render(null, box);
    const drawing = show({ text: '', live: true });
    const looks = [];
    let added = 0;
    const count = (records) => records.forEach((record) =>
      record.addedNodes.forEach((el) => (added += el.textContent.length)));
    const watching = new MutationObserver(count);
    watching.observe(box, { childList: true, subtree: true, characterData: true });
    let at = 0, most = 0;
    for (const piece of pieces) {
      added = 0;
      drawing.append(at, piece);
      at += piece.length;
      await drawn();
      count(watching.takeRecords());
      most = Math.max(most, added);
      looks.push(outline());
    }
    watching.disconnect();
    const wrong = [];
    for (let number = 0; number < pieces.length; number++) {
      Vue.render(null, box);
      show({ text: pieces.slice(0, number + 1).join(''), live: true });
      await drawn();
      if (outline() !== looks[number]) wrong.push(number);
    }
    return [wrong, most];
  };
  window.streamed = async (pieces) => {
    Vue.render(null, box);
    const drawing = show({ text: '', live: true });
    let at = 0, settled = [], moved = 0;
    for (const piece of pieces) {
      drawing.append(at, piece);
      at += piece.length;
      await drawn();
      const all = blocks();
      if (settled.some((el, index) => all[index] !== el)) moved++;
      settled = all.slice(0, -2);
    }
    show({ text: pieces.join(''), live: false });
    await drawn();
    return [outline(), moved];
  };
}"""

WORDS = st.sampled_from(
    ["a", "word", "**bold**", "*it*", "`code`", "[link](https://x.org/)", "[one]", "<b>", "é😀"]
) | (
    st.sampled_from(
        [
            "#no",
            "1.",
            "2",
            "-",
            "|",
            "~~x~~",
            "https://x.org",
            "_",
            "***b",
            "$x$",
            "$5",
            "$$y$$",
            "$$",
            "\\(z\\)",
            "\\[",
        ]
    )
)
LINE = st.lists(WORDS, min_size=1, max_size=6).map(" ".join)
LINES = st.lists(LINE, min_size=1, max_size=3).map("\n".join)


@st.composite
def fence(draw: st.DrawFn) -> str:
    mark = draw(st.sampled_from(["```", "~~~", "````"]))
    inside = "\n".join(draw(st.lists(LINE | st.sampled_from(["", "  x", "# no heading", "```", "- x"]), max_size=4)))
    return f"{mark}{draw(st.sampled_from(['', 'python', 'a b']))}\n{inside}" + draw(st.sampled_from([f"\n{mark}", ""]))


def indented(text: str, first: str, rest: str) -> str:
    return first + text.replace("\n", "\n" + rest)


LEAF = st.one_of(
    LINES,
    fence(),
    st.builds("{} {}".format, st.sampled_from(["#", "##", "######"]), LINE),
    st.builds("{}\n{}".format, LINE, st.sampled_from(["===", "---"])),
    st.sampled_from(["---", "***", "* * *", "___"]),
    st.sampled_from(["$$\nx\n- y\n$$", "$$ x $$", "$$\nx", "\\[\nx\n\\]", "\\[ x", "$$x$$ y", "$$\nx\n$$ y\n# z"]),
    LINES.map(lambda text: indented(text, "    ", "    ")),
    st.builds("| a | b |\n|---|--:|\n| {} | 2 |\n| 3".format, LINE),
    st.sampled_from(["<div>\nx\n</div>", "<br>", "<!-- a\n\nb -->", "<details>\n\nx\n\n</details>", "<kbd>K</kbd> x"]),
    st.sampled_from(["[one]: https://one.org/a", "[one]: https://two.org", "[one]", "[other]: <https://x.org> 't'"]),
    st.integers(50, 3000).map(lambda size: "long " * (size // 5)),
)
BLOCK = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        inner.map(lambda text: indented(text, "> ", "> ")),
        st.lists(inner, min_size=1, max_size=3).map(lambda all: "\n".join(indented(text, "- ", "  ") for text in all)),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda all: "\n\n".join(indented(text, "1. ", "   ") for text in all)
        ),
    ),
    max_leaves=4,
)
TEXT = st.lists(st.tuples(BLOCK, st.sampled_from(["\n\n", "\n", "\n\n\n", "\n \n"])), max_size=6).map(
    lambda all: "".join(block + gap for block, gap in all)
)
SOUP = st.lists(
    st.sampled_from(
        [
            "\n",
            "\n\n",
            "#",
            " ",
            "-",
            "*",
            "`",
            "```",
            ">",
            "|",
            "1.",
            "a",
            "<",
            "[",
            "]",
            ":",
            "_",
            "=",
            "~",
            "$",
            "$$",
            "\\",
        ]
    ),
    max_size=30,
).map("".join)


def pieces(text: str, cuts: list[int] | None) -> list[str]:
    """The text cut there; None: letter by letter."""
    if cuts is None:
        return list(text)
    edges = [0, *sorted({cut % (len(text) + 1) for cut in cuts} - {0, len(text)}), len(text)]
    return [text[start:end] for start, end in pairwise(edges)]


@pytest.fixture
async def component(page: Page, fake_server: FakeServer) -> Page:
    """A page on which `atOnce(text)` and `streamed(pieces)` draw with the component."""
    session = fake_server.session("properties")
    user = fake_server.pull("user", session, "go")
    message = fake_server.pull("assistant", session, user)
    part = fake_server.pull("start_text", session, message)
    fake_server.pull("end_text", session, message, part, "said")
    fake_server.pull("idle", session)
    await visit(page, f"{fake_server.url}/admin/chats/{session}")
    await page.evaluate(HARNESS)
    return page


SAID = st.sampled_from(
    ["a", "word,", "so.", "w12", "**bold**", "*it*", "`code`", "[link](https://x.org/)", "[one]", "é😀", "漢字漢字",
     "$x$", "$5", "a_b_c", "https://x.org", "\\*", "5 * 3", "line\nbreak", "hard  \nbreak", "a | b",
     "~~x~~", "me@x.org"]
)  # fmt: skip
PARAGRAPH = st.lists(SAID, min_size=8, max_size=40).map(
    lambda said: "A " + " ".join(said * (9000 // len(" ".join(said))))
)


@given(
    text=PARAGRAPH,
    after=st.sampled_from(["", "\n", "\n\nEnd", "\n- item", "\n===", "\nx", " <b>", "**"]),
    step=st.integers(90, 400),
)
@settings(max_examples=examples(8), suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_long_paragraph_looks_with_every_piece_as_if_drawn_at_once(
    component: Page, text: str, after: str, step: int
) -> None:
    said = text + after
    cut = [said[at : at + step] for at in range(0, len(said), step)]
    wrong, _ = await component.evaluate("looked", cut)
    assert wrong == []
    whole, (streamed, _) = await component.evaluate(
        "async (cut) => [await atOnce(cut.join('')), await streamed(cut)]", cut
    )
    assert streamed == whole


async def test_a_piece_of_a_long_paragraph_draws_no_more_anew_when_much_is_before_it(component: Page) -> None:
    cut = ["many words and a **few** more of them " * 4] * 200
    wrong, most = await component.evaluate("looked", cut)
    assert wrong == []
    assert most < 10_000, f"of {len(''.join(cut))} characters"


@example(text="a\n#no", cuts=None)
@example(text="1. a\n\n2. b\n\n***c** d", cuts=None)
@given(text=TEXT | SOUP, cuts=st.lists(st.integers(0, 100_000), max_size=12) | st.none())
@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_text_in_any_pieces_is_the_text_at_once(component: Page, text: str, cuts: list[int] | None) -> None:
    whole, (streamed, moved) = await component.evaluate(
        "async ([text, pieces]) => [await atOnce(text), await streamed(pieces)]", [text, pieces(text, cuts)]
    )
    assert streamed == whole
    assert moved == 0
