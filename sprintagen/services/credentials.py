"""`Credentials`: the handshake that gives opencode the configured provider keys, and what came of it.

`PUT /auth` for every key, then a reload of the server's instances (it would not look at the new keys otherwise), then
a look at which providers can be used. The reload aborts running turns, so it waits for them unless told not to. A key
the provider refuses shows only when a prompt uses it: such a turn corrects the report. No key is ever in a message.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeVar

from sprintagen.errors import SettingsError
from sprintagen.opencode import errors
from sprintagen.opencode.models import AssistantMessage
from sprintagen.services import tasks
from sprintagen.services.changes import Change, CredentialsChanged, QueueChanged, StatusChanged
from sprintagen.services.refs import OPERATOR

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sprintagen.config import CredentialSettings, ProviderCredential
    from sprintagen.services.refs import Actor
    from sprintagen.services.server import OpencodeServer
    from sprintagen.services.session_store import SessionStore

T = TypeVar("T")

CredentialState = Literal["none", "running", "ok", "partial", "failed", "waiting"]
ProviderState = Literal["connected", "missing_key", "missing_id", "refused", "not_listed", "pending"]

UNKNOWN = "opencode knows no provider of this name: check its spelling."
UNUSABLE = "opencode has the key but cannot use this provider: its configuration may disable it."

RETRIES = (0.3, 0.7, 1.5, 3.0)
"""Pauses between attempts, in seconds."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProviderReport:
    """How one provider stands."""

    provider_id: str
    """Empty for a key whose provider is not named."""
    state: ProviderState
    message: str
    """What is wrong and what to do, for a person; empty when nothing is."""


@dataclass(frozen=True, slots=True)
class CredentialReport:
    """How the handshake went. `waiting`: the keys are with the server, which reloads when no turn runs any more."""

    state: CredentialState
    providers: tuple[ProviderReport, ...]
    at: datetime


class Credentials:
    """The provider keys of one server.

    Args:
        server: Who gets them.
        store: Tells which turns run and how they failed.
        read_keys: The keys as configured now; called for every handshake.
        is_busy: Whether a reload would cost somebody a turn.
        retries: Pauses between attempts, in seconds.
    """

    def __init__(
        self,
        server: OpencodeServer,
        store: SessionStore,
        read_keys: Callable[[], CredentialSettings],
        *,
        is_busy: Callable[[], bool] | None = None,
        retries: tuple[float, ...] = RETRIES,
    ) -> None:
        self._server = server
        self._store = store
        self._read_keys = read_keys
        self._is_busy = is_busy or (lambda: bool(store.busy_sessions()))
        self._retries = retries
        self._report = CredentialReport("none", (), datetime.now(UTC))
        self._lock = asyncio.Lock()
        self._loaded = ""
        """A digest of the keys the server has loaded."""
        self._is_unloaded = False
        """The server was given a key or a sign-in on the settings page, and has not reloaded since."""
        self._later: asyncio.Task[CredentialReport] | None = None
        self.unproven: set[str] = set()
        """Providers that were given a key on the settings page, until it is known that opencode knows them."""
        self.is_reloading = False
        """The server reloads: nothing should be sent to it."""

    @property
    def report(self) -> CredentialReport:
        return self._report

    async def start(self) -> None:
        self._store.changed.subscribe(self._handle_change)

    async def stop(self) -> None:
        self._store.changed.unsubscribe(self._handle_change)
        await tasks.end(self._later)

    async def run(self, actor: Actor, *, abort_running: bool = False) -> CredentialReport:
        """Read the keys anew, register them, and report; one at a time.

        Args:
            actor: Who asks.
            abort_running: Reload now even if turns run.

        Raises:
            SettingsError: The settings cannot be read.
        """
        async with self._lock:
            settings = await asyncio.to_thread(self._read_keys)
            pairs = settings.complete
            broken = _half_filled(settings)
            if not pairs and not self._is_unloaded:
                return self._publish("failed" if broken else "none", broken)
            self._publish("running", [ProviderReport(pair.provider_id, "pending", "") for pair in pairs] + broken)
            try:
                return await self._register(pairs, broken, abort_running=abort_running)
            except errors.OpencodeError as error:
                _log.warning("The provider keys could not be registered: %s", error.message)
                pending = [ProviderReport(pair.provider_id, "pending", error.message) for pair in pairs]
                return self._publish("failed", pending + broken)
            except BaseException:
                self._publish("failed", [ProviderReport(pair.provider_id, "pending", "") for pair in pairs] + broken)
                raise

    async def will_reload(self) -> bool:
        """Whether `run` would have the server reload: the keys are others than it has loaded.

        Raises:
            SettingsError: The settings cannot be read.
        """
        pairs = (await asyncio.to_thread(self._read_keys)).complete
        return self._is_unloaded or (bool(pairs) and _digest(pairs) != self._loaded)

    async def load_new(self, actor: Actor, *, abort_running: bool = False) -> CredentialReport:
        """The server holds a key or a sign-in it has not loaded, or was told to forget one: have it reload.

        Not before no turn is running any more (the report says `waiting`), unless `abort_running`.
        """
        self._is_unloaded = True
        return await self.run(actor, abort_running=abort_running)

    async def check_again(self, actor: Actor) -> CredentialReport:
        """After the server was away: a handshake if it has lost the keys, else only a look."""
        pairs = (await asyncio.to_thread(self._read_keys)).complete
        try:
            usable = await self._usable()
        except errors.OpencodeError:
            usable = set()
        if not all(pair.provider_id in usable for pair in pairs):
            self._loaded = ""
        return await self.run(actor)

    # -- the handshake ------------------------------------------------------------------------------------------------

    async def _register(
        self, pairs: list[ProviderCredential], broken: list[ProviderReport], *, abort_running: bool
    ) -> CredentialReport:
        digest = _digest(pairs)
        refused: dict[str, ProviderReport] = {}
        is_new = digest != self._loaded
        if is_new:
            for pair in pairs:
                if (report := await self._put(pair)) is not None:
                    refused[pair.provider_id] = report
        if self._is_unloaded or (is_new and len(refused) < len(pairs)):
            if self._is_busy() and not abort_running:
                words = "opencode takes the key over when no turn is running any more."
                waiting = [ProviderReport(pair.provider_id, "pending", words) for pair in pairs]
                return self._publish("waiting", [refused.get(one.provider_id, one) for one in waiting] + broken)
            self._is_unloaded = False  # before: what the server is given from here on may be late for this reload
            try:
                await self._reload()
            except BaseException:
                self._is_unloaded = True
                raise
        self._loaded = digest
        await self._take_out_unknown()
        reports = [refused.get(pair.provider_id) or await self.look(pair.provider_id) for pair in pairs]
        connected = sum(report.state == "connected" for report in reports)
        everything = [*reports, *broken]
        if not everything:
            return self._publish("none", [])
        state: CredentialState = "ok" if connected == len(everything) else "partial" if connected else "failed"
        return self._publish(state, everything)

    async def _put(self, pair: ProviderCredential) -> ProviderReport | None:
        """Hand over one key; returns why the server will not have it, if it will not."""
        try:
            await self._insist(lambda: self._server.client.auth.set_key(pair.provider_id, pair.key))
        except (errors.InvalidRequest, errors.InvalidID):
            return ProviderReport(pair.provider_id, "refused", "opencode did not accept this provider's key.")
        return None

    async def _reload(self) -> None:
        self.is_reloading = True
        try:
            await self._insist(self._server.client.instances.dispose_all)
        finally:
            self.is_reloading = False

    async def _take_out_unknown(self) -> None:
        """A key for a provider that opencode does not know could be seen and removed by nobody: it is not kept."""
        for provider_id in list(self.unproven):
            if (await self.look(provider_id)).message == UNKNOWN:
                await self._insist(partial(self._server.client.auth.remove, provider_id))
            self.unproven.discard(provider_id)

    async def look(self, provider_id: str) -> ProviderReport:
        """Whether the provider can be used; a server that has just reloaded may take a moment."""
        for pause in (*self._retries, None):
            usable = await self._insist(self._usable)
            if provider_id in usable:
                return ProviderReport(provider_id, "connected", "")
            if pause is None:
                break
            await asyncio.sleep(pause)
        known = await self._insist(self._server.client.providers.connected)
        return ProviderReport(provider_id, "not_listed", UNUSABLE if provider_id in known else UNKNOWN)

    async def _usable(self) -> set[str]:
        return {provider.id for provider in (await self._server.client.providers.usable()).providers}

    async def _insist(self, request: Callable[[], Awaitable[T]]) -> T:
        """The answer, asked for a few times while the server is away, slow or failing."""
        for pause in self._retries:
            try:
                return await request()
            except (errors.ServerUnreachable, errors.ServerTimeout, errors.ServerFault) as error:
                _log.info("The handshake is tried again: %s", error.message)
                await asyncio.sleep(pause)
        return await request()

    def _publish(self, state: CredentialState, providers: list[ProviderReport]) -> CredentialReport:
        self._report = CredentialReport(state, tuple(providers), datetime.now(UTC))
        for provider in providers if state != "running" else ():
            if provider.state not in ("connected", "pending"):
                _log.warning("Provider %s: %s", provider.provider_id or "without a name", provider.message)
            elif provider.state == "connected":
                _log.info("Provider %s is connected", provider.provider_id)
        self._store.emit(CredentialsChanged())
        return self._report

    # -- what turns tell ----------------------------------------------------------------------------------------------

    def _handle_change(self, change: Change) -> None:
        if not isinstance(change, StatusChanged | QueueChanged):
            return
        if self._report.state == "waiting" and not self._is_busy() and (self._later is None or self._later.done()):
            self._later = tasks.create(self._run_later(), name="provider keys")
        if isinstance(change, QueueChanged):  # a prompt that failed is no turn's end
            return
        view = self._store.views.get(change.session_id)
        if view is None or view.error is None or not self._report.providers:
            return
        if view.error.name == "ProviderAuthError" or view.error.status_code in (401, 403):
            infos = (message.info for message in reversed(view.messages.values()))
            last = next((info for info in infos if isinstance(info, AssistantMessage)), None)
            self._refuse(str(view.error.data.get("providerID") or (last.provider_id if last else "")))

    async def _run_later(self) -> CredentialReport:
        try:
            return await self.run(OPERATOR)
        except SettingsError as error:
            _log.warning("The provider keys could not be read: %s", error.message)
            return self._report

    def _refuse(self, provider_id: str) -> None:
        words = "The provider refused this key: check that it is right, not expired, and has credit."
        refused = ProviderReport(provider_id, "refused", words)
        providers = [refused if one.provider_id == provider_id else one for one in self._report.providers]
        if tuple(providers) != self._report.providers:
            good = any(one.state == "connected" for one in providers)
            self._publish("partial" if good else "failed", providers)


def _half_filled(settings: CredentialSettings) -> list[ProviderReport]:
    reports: list[ProviderReport] = []
    if settings.missing_id:
        words = "OPENCODE_PROVIDER_API_KEY has a key, but OPENCODE_PROVIDER_ID does not say whose it is."
        reports.append(ProviderReport("", "missing_id", words))
    if settings.missing_key and settings.provider_id:
        words = "OPENCODE_PROVIDER_ID names this provider, but OPENCODE_PROVIDER_API_KEY has no key for it."
        reports.append(ProviderReport(settings.provider_id, "missing_key", words))
    return reports


def _digest(pairs: list[ProviderCredential]) -> str:
    parts = sorted(f"{pair.provider_id}\0{pair.key.get_secret_value()}" for pair in pairs)
    return hashlib.sha256("\0\0".join(parts).encode()).hexdigest()
