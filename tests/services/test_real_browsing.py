"""Looking at files through the real opencode: their exact lines, what is refused, lines named in a prompt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sprintagen.errors import InvalidInput, NotFound
from sprintagen.opencode.models import TextPart
from sprintagen.services import browsing
from sprintagen.services.prompts import PromptDraft, PromptMention
from tests.services.test_real import services, session_id, words
from tests.services.test_real_composer import run

if TYPE_CHECKING:
    from sprintagen.opencode.ids import SessionID
    from sprintagen.services import Services
    from tests.rig import RealOpencode

__all__ = ["services", "session_id"]

pytestmark = pytest.mark.real


@pytest.fixture
def odd(real_opencode: RealOpencode, tmp_path: Path) -> Path:
    """A folder of the project with what can go wrong in it."""
    folder = Path(real_opencode.directory) / f"odd-{tmp_path.name}"
    folder.mkdir()
    (folder / "lead.py").write_bytes(b"\n\n# three\r\nneedle = 1\n\n")
    (folder / "latin.txt").write_bytes(b"caf\xe9\n")
    (folder / "na%me #1? <b>.txt").write_text("hostile name\n")
    (folder / "zero").write_bytes(b"a\0b")
    (folder / "pic.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    (folder / "long.txt").write_bytes(b"0123456789abcde\n" * 400_000)
    (folder / "out").symlink_to("/etc")
    (folder / "gone").symlink_to("nowhere")
    return folder


async def test_files_are_read_as_they_are(services: Services, odd: Path) -> None:
    names = [entry.name for entry in (await services.browsing.list(odd.name)).entries]
    assert {"lead.py", "na%me #1? <b>.txt", "pic.png"} <= set(names)
    lead = await services.browsing.read(f"{odd.name}/lead.py")
    assert lead.lines == ("", "", "# three", "needle = 1", "")
    latin = await services.browsing.read(f"{odd.name}/latin.txt")
    assert (latin.lines, latin.is_exact) == (("caf\ufffd",), False)
    assert (await services.browsing.read(f"{odd.name}/na%me #1? <b>.txt")).lines == ("hostile name",)
    assert (await services.browsing.read(f"{odd.name}/zero")).kind == "binary"
    assert (await services.browsing.read(f"{odd.name}/pic.png")).mime == "image/png"
    long = await services.browsing.read(f"{odd.name}/long.txt")
    assert (long.size, long.is_whole, len(long.lines)) == (6_400_000, False, browsing.FILE_LIMIT // 16)


async def test_what_leads_out_or_is_not_there_is_refused_in_words(services: Services, odd: Path) -> None:
    for path in (f"{odd.name}/out/passwd", f"{odd.name}/gone", f"{odd.name}/nothing", "no/such/folder"):
        with pytest.raises(NotFound, match="not there"):
            await services.browsing.read(path)
    with pytest.raises(NotFound):
        await services.browsing.list(f"{odd.name}/out")
    with pytest.raises(InvalidInput, match="is a folder"):
        await services.browsing.read(odd.name)


async def test_lines_are_found_and_git_marks_the_new(services: Services, odd: Path) -> None:
    (match,) = [one for one in await services.browsing.search("needle = 1") if one.path.startswith(odd.name)]
    assert (match.path, match.line, match.spans) == (f"{odd.name}/lead.py", 4, ((0, 10),))
    assert await services.browsing.search("a.b.c.(d)") == ()
    with pytest.raises(InvalidInput):
        await services.browsing.search("(", is_pattern=True)
    assert (await services.browsing.marks())[f"{odd.name}/lead.py"].status == "added"


async def test_only_the_lines_a_prompt_names_reach_the_model(services: Services, session_id: SessionID) -> None:
    view = await services.browsing.read("shop/basket.py")
    value = "@shop/basket.py#L3-5"
    draft = PromptDraft(
        f"/x say 2\nof {value}", mentions=(PromptMention("file", "shop/basket.py", 12, 12 + len(value), (3, 5)),)
    )
    answer = await run(services, session_id, draft)
    assert words(answer).split() == ["w0", "w1"]
    message = await services.server.client.messages.get(session_id, answer.message_id)
    told = "\n".join(part.text for part in message.parts if isinstance(part, TextPart) and part.synthetic)
    assert [f"{number}: {view.lines[number - 1]}" in told for number in (2, 3, 4, 5, 6)] == [
        False, True, True, True, False,
    ], told  # fmt: skip
