"""A directory in memory, looked at as `Browsing` does it."""

from __future__ import annotations

from sprintagen.errors import InvalidInput, NotFound
from sprintagen.opencode.errors import ServerUnreachable
from sprintagen.services.browsing import ENTRIES, Entry, Folder, Mark, TextMatch
from sprintagen.services.file_text import FileView, view_of
from sprintagen.services.relative_path import leads_inside

CART = "\n".join(
    ['"""The cart."""', "", "from decimal import Decimal", "", "", "class Cart:", '    """What is bought."""', ""]
    + [f"    def line_{number}(self) -> Decimal:\n        return Decimal({number})\n" for number in range(600)]
)
EVIL = "<img src=x onerror=window.hit=1>.html"
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


class FakeBrowsing:
    """Its files can be changed by a test."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {
            "README.md": b"# Shop\n\nA shop.\n",
            "shop/cart.py": CART.encode(),
            "shop/prices.py": b"\n\nTAX = 19\n",
            "shop/logo.png": PICTURE,
            "shop/data.bin": b"\x00\x01",
            "tests/test_cart.py": b"def test_cart() -> None:\n    assert True\n",
            f"odd/{EVIL}": b"<script>window.hit=1</script>\n<img src=x onerror=window.hit=1>\n",
            **{f"many/file{number:04}.txt": b"" for number in range(5000)},
        }
        self.reads: list[str] = []
        self.lists: list[str] = []
        self.is_gone = False

    def put(self, path: str, text: str) -> None:
        self.files[path] = text.encode()

    def remove(self, path: str) -> None:
        del self.files[path]

    async def list(self, path: str = "", *, directory: str | None = None) -> Folder:
        self._check()
        self.lists.append(path)
        start = f"{path}/" if path else ""
        below = [name.removeprefix(start) for name in self.files if name.startswith(start)]
        if path and not below:
            raise NotFound(f"“{path}” is not there (any more), or leads out of the project.")
        kinds = {name.partition("/")[0]: "/" in name for name in below}
        entries = [
            Entry(name, "directory" if is_folder else "file", name == "many") for name, is_folder in kinds.items()
        ]
        entries.sort(key=lambda entry: (entry.kind != "directory", entry.name.casefold()))
        return Folder(path, tuple(entries[:ENTRIES]), max(0, len(entries) - ENTRIES))

    async def read(self, path: str, *, directory: str | None = None) -> FileView:
        self._check()
        self.reads.append(path)
        if not leads_inside(path):
            raise InvalidInput(f"“{path}” is not in the project.")
        if path not in self.files:
            raise NotFound(f"“{path}” is not there (any more), or leads out of the project.", hint="Look again.")
        data = self.files[path]
        return view_of(path, data, len(data), is_whole=True)

    async def search(
        self, text: str, *, directory: str | None = None, is_pattern: bool = False
    ) -> tuple[TextMatch, ...]:
        self._check()
        found = [
            TextMatch(path, number, line, ((at, at + len(text)),))
            for path, data in self.files.items()
            for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1)
            if (at := line.lower().find(text.lower())) >= 0
        ]
        return tuple(found[:10])

    async def marks(self, *, directory: str | None = None) -> dict[str, Mark]:
        self._check()
        return {"shop/cart.py": Mark("modified", 3, 1), "shop/data.bin": Mark("added", 0, 0)}

    def _check(self) -> None:
        if self.is_gone:
            raise ServerUnreachable("opencode does not answer.", hint="Is it running?")
