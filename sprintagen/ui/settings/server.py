"""What runs: sprintagen, opencode, the database, and the last lines of opencode's log where it is our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from sprintagen.ui.addresses import address
from sprintagen.ui.kit.code_block import CodeBlock
from sprintagen.ui.settings.section import Section, draw_row

if TYPE_CHECKING:
    from collections.abc import Callable

    from sprintagen.services.health import HealthReport
    from sprintagen.ui.page_context import PageContext


def server(page: PageContext) -> Section:
    """The section."""

    async def read() -> Callable[[], None]:
        report = await page.services.health.report()
        return lambda: _draw(page, report)

    return Section(page, "Server", "What this page runs on. `sprintagen doctor` says more.", anchor="server", read=read)


def _draw(page: PageContext, report: HealthReport) -> None:
    about, managed = page.services.about, page.services.managed
    lag = report.web.loop_lag_p99_ms
    hours, minutes = divmod(int(report.web.uptime_seconds) // 60, 60)
    draw_row(
        f"sprintagen {report.web.version}",
        f"Up for {hours} h {minutes} min" + (f", answers within {lag:.0f} ms" if lag is not None else ""),
        icon="monitor",
    )
    whose = "Started by sprintagen" if about.managed else "Was running already"
    latency = f"answers in {report.opencode.latency_ms:.0f} ms" if report.opencode.latency_ms is not None else ""
    draw_row(
        f"opencode {report.opencode.version or ''}".strip(),
        " · ".join(text for text in (whose, latency, report.opencode.message) if text),
        state="" if report.opencode.reachable else "Away",
        tone="red",
        icon="agent",
        testid="opencode-version",
    )
    age = report.stream.age_seconds
    draw_row(
        "Live events",
        f"Last heard {age:.0f} s ago" if age is not None else "Nothing heard yet",
        state=report.stream.state.capitalize(),
        tone="green" if report.stream.state == "connected" else "amber",
        icon="refresh",
    )
    draw_row(
        "Database",
        report.database_message or "Answers and takes changes",
        state="" if report.database else "Trouble",
        tone="red",
        icon="layers",
    )
    row = draw_row("Connection", "Whether a proxy in between passes everything", icon="link")
    with row, ui.element("a").classes("btn btn--plain") as link:
        link.props["href"] = address("/admin/status")
        link.props["data-testid"] = "test-connection"
        ui.label("Test it").classes("btn__text")
    if about.directory:
        draw_row("Project", about.directory, icon="folder")
    if managed is not None and managed.status.log_tail:
        CodeBlock("\n".join(managed.status.log_tail), title="opencode's log, last lines", tail=True, wrap=True)
