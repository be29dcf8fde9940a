from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import pytest

from sprintagen.errors import ManagedError
from sprintagen.managed import platforms
from sprintagen.managed.platforms import Machine, this_machine

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("machine", "packages"),
    [
        (
            Machine("linux", "x64"),
            ["x64", "x64-baseline", "x64-musl", "x64-baseline-musl"],
        ),
        (
            Machine("linux", "x64", has_avx2=False),
            ["x64-baseline", "x64", "x64-baseline-musl", "x64-musl"],
        ),
        (
            Machine("linux", "x64", is_musl=True),
            ["x64-musl", "x64-baseline-musl", "x64", "x64-baseline"],
        ),
        (
            Machine("linux", "x64", has_avx2=False, is_musl=True),
            ["x64-baseline-musl", "x64-musl", "x64-baseline", "x64"],
        ),
        (Machine("linux", "arm64"), ["arm64", "arm64-musl"]),
        (Machine("linux", "arm64", is_musl=True), ["arm64-musl", "arm64"]),
        (Machine("darwin", "arm64"), ["arm64"]),
        (Machine("darwin", "x64"), ["x64", "x64-baseline"]),
        (Machine("darwin", "x64", has_avx2=False), ["x64-baseline", "x64"]),
    ],
    ids=str,
)  # fmt: skip
def test_the_packages_come_in_the_order_of_opencodes_own_install_script(machine: Machine, packages: list[str]) -> None:
    assert machine.packages == [f"opencode-{machine.system}-{package}" for package in packages]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("Darwin", "arm64"), Machine("darwin", "arm64")),
        (("Linux", "aarch64"), Machine("linux", "arm64")),
        (("Linux", "x86_64"), Machine("linux", "x64", has_avx2=False)),
    ],
)
async def test_a_machine_is_known_by_what_python_says_of_it(
    monkeypatch: pytest.MonkeyPatch, names: tuple[str, str], expected: Machine
) -> None:
    # Patched: no test machine is all of them.
    monkeypatch.setattr(platform, "system", lambda: names[0])
    monkeypatch.setattr(platform, "machine", lambda: names[1])
    monkeypatch.setattr(platforms, "_cpu_flags", lambda: {"sse4_2", "avx"})
    monkeypatch.setattr(platforms, "_is_musl", lambda: False)

    assert await this_machine() == expected


async def test_a_machine_without_an_opencode_is_told_what_else_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")

    with pytest.raises(ManagedError, match="riscv64") as caught:
        await this_machine()

    assert "OPENCODE_SERVER_URL" in caught.value.hint


def test_processor_flags_are_read_as_words(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: avx2 in name only\nflags\t\t: fpu sse avx avx512f\n")

    assert platforms._cpu_flags(cpuinfo) == {"fpu", "sse", "avx", "avx512f"}
    assert platforms._cpu_flags(tmp_path / "missing") == set()
