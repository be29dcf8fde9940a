"""Which of opencode's npm packages has the program for this machine, best first.

npm may refuse to run install scripts, so the choice that opencode's own script makes is made here: system, processor,
whether the processor has AVX2 (else the `baseline` build) and whether the C library is musl. The list goes on with
the builds that may work as well, because what can be found out about a machine is not always true: whoever installs
runs the program and takes the next one when it does not start.
"""

from __future__ import annotations

import asyncio
import platform
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from sprintagen.errors import ManagedError
from sprintagen.managed import commands

_SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
_PROCESSORS = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True)
class Machine:
    """What decides the choice, in opencode's words: `linux` or `darwin`, `x64` or `arm64`."""

    system: str
    processor: str
    has_avx2: bool = True
    is_musl: bool = False

    @property
    def packages(self) -> list[str]:
        """npm package names, best first."""
        base = f"opencode-{self.system}-{self.processor}"
        variants = ["", "-baseline"] if self.processor == "x64" else [""]
        if not self.has_avx2:
            variants.reverse()
        if self.system != "linux":
            return [base + variant for variant in variants]
        libraries = ["-musl", ""] if self.is_musl else ["", "-musl"]
        return [base + variant + library for library in libraries for variant in variants]


async def this_machine() -> Machine:
    """The machine we run on.

    Raises:
        ManagedError: There is no opencode for it.
    """
    system, processor = _SYSTEMS.get(platform.system()), _PROCESSORS.get(platform.machine().lower())
    if system is None or processor is None:
        raise ManagedError(
            f"There is no opencode to fetch for {platform.system()} on {platform.machine()}.",
            hint="Run opencode elsewhere and set OPENCODE_SERVER_URL, or use the containers (docker compose up).",
        )
    has_avx2 = processor == "x64" and await _has_avx2(system)
    return Machine(
        system, processor, has_avx2=has_avx2 or processor != "x64", is_musl=await asyncio.to_thread(_is_musl)
    )


async def _has_avx2(system: str) -> bool:
    if system == "linux":
        return "avx2" in await asyncio.to_thread(_cpu_flags)
    try:
        answer = await commands.run(["sysctl", "-n", "hw.optional.avx2_0"], timeout=5)
    except OSError:
        return False
    return answer.code == 0 and answer.output.strip() == "1"


def _cpu_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> set[str]:
    try:
        text = cpuinfo.read_text(errors="replace")
    except OSError:
        return set()
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "flags":
            return set(value.split())
    return set()


def _is_musl() -> bool:
    built_for = f"{sysconfig.get_config_var('HOST_GNU_TYPE')} {sysconfig.get_config_var('SOABI')}"
    return "musl" in built_for or Path("/etc/alpine-release").exists()
