"""`Services`: one instance of each, built together, started in order and stopped in reverse."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sprintagen import config
from sprintagen.config import CredentialSettings
from sprintagen.db import Database, close_db, open_db
from sprintagen.errors import Conflict, ManagedError, SettingsError
from sprintagen.opencode.client import OpencodeClient
from sprintagen.services import tasks
from sprintagen.services.about import AppInfo, without_credentials
from sprintagen.services.asks import Asks
from sprintagen.services.browsing import Browsing
from sprintagen.services.catalog import Catalog
from sprintagen.services.changes import Change, ConnectionChanged, CredentialsChanged
from sprintagen.services.credentials import Credentials
from sprintagen.services.database_watch import DatabaseWatch
from sprintagen.services.deletions import Deletions
from sprintagen.services.extensions import Extensions
from sprintagen.services.feed import EventFeed
from sprintagen.services.file_changes import FileChanges
from sprintagen.services.health import Health
from sprintagen.services.history import Histories
from sprintagen.services.loading import Loader
from sprintagen.services.metrics import Metrics
from sprintagen.services.observing import OpencodeObserver
from sprintagen.services.pins import Pins
from sprintagen.services.preferences import Preferences
from sprintagen.services.project_files import ProjectFiles
from sprintagen.services.prompts import Prompts
from sprintagen.services.provider_access import ProviderAccess
from sprintagen.services.readings import Readings
from sprintagen.services.refs import OPERATOR
from sprintagen.services.server import OpencodeServer
from sprintagen.services.session_access import SessionAccess
from sprintagen.services.session_acts import SessionActs
from sprintagen.services.session_ledger import SessionLedger
from sprintagen.services.session_search import SessionSearch
from sprintagen.services.session_store import SessionStore
from sprintagen.services.sessions import Sessions
from sprintagen.services.shedding import Shedding
from sprintagen.services.sign_ins import SignIns
from sprintagen.services.spending import Spending
from sprintagen.services.terminals import Terminals
from sprintagen.services.text_in_flight import TextInFlight
from sprintagen.services.uploads import Uploads
from sprintagen.services.warming import Warming
from sprintagen.services.watching import Watching
from sprintagen.services.write_behind import WriteBehind

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import SecretStr

    from sprintagen.config import Settings
    from sprintagen.managed import ManagedOpencode
    from sprintagen.password import Password
    from sprintagen.services.refs import Actor

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _State:
    database: Database | None = None
    starting: asyncio.Task[None] | None = None
    checking: asyncio.Task[None] | None = None
    was_connected: bool = False
    managed_url: str | None = None


@dataclass
class Services:
    """Everything behind the two doors."""

    sessions: Sessions
    prompts: Prompts
    acts: SessionActs
    deletions: Deletions
    pins: Pins
    asks: Asks
    catalog: Catalog
    files: ProjectFiles
    browsing: Browsing
    file_changes: FileChanges
    uploads: Uploads
    terminals: Terminals
    credentials: Credentials
    provider_access: ProviderAccess
    extensions: Extensions
    health: Health
    metrics: Metrics
    spending: Spending
    preferences: Preferences
    sign_ins: SignIns
    feed: EventFeed
    store: SessionStore
    watching: Watching
    warming: Warming
    about: AppInfo
    server: OpencodeServer
    ledger: SessionLedger
    behind: WriteBehind
    text_in_flight: TextInFlight
    histories: Histories
    shedding: Shedding
    search: SessionSearch
    database: DatabaseWatch
    database_url: SecretStr
    managed: ManagedOpencode | None = None
    _state: _State = field(default_factory=_State)

    async def start(self) -> None:
        """Open the database and begin to follow the server; a server of our own is started meanwhile.

        Raises:
            DatabaseError: The database cannot be used.
        """
        self._state.database = await open_db(self.database_url)
        self.database.start()
        await self.sign_ins.start()
        await self.ledger.start()
        await self.text_in_flight.start()
        await self.deletions.start()
        await self.pins.start()
        await self.prompts.start()
        await self.credentials.start()
        self.feed.disposed.subscribe(self.catalog.forget)
        self.feed.of_no_session.subscribe(self.terminals.handle_event)
        self.store.changed.subscribe(self._handle_change)
        self.store.changed.subscribe(self.histories.handle_change)
        self.spending.start()
        self.shedding.start()
        self.sessions.listings.start()
        self.watching.start()
        self.health.lag.start()
        if self.managed is None:
            await self.feed.start()
        else:
            self.managed.on_status.append(self.feed.handle_managed)
            self._state.starting = tasks.create(self._start_managed(self.managed), name="start opencode")

    async def stop(self) -> None:
        """Stop everything, whether it was started wholly or in part."""
        self.store.changed.unsubscribe(self._handle_change)
        self.store.changed.unsubscribe(self.histories.handle_change)
        self.spending.stop()
        await self.shedding.stop()
        self.search.stop()
        self.watching.stop()
        await self.health.lag.stop()
        self.sessions.listings.stop()
        self.feed.disposed.unsubscribe(self.catalog.forget)
        self.feed.of_no_session.unsubscribe(self.terminals.handle_event)
        await tasks.end(self._state.starting, self._state.checking)
        await self.warming.stop()
        # our own server at the same time: neither may make the other late for the five seconds a stop may take
        await asyncio.gather(self._stop_following(), self._stop_managed())
        await self.server.aclose()
        await self.text_in_flight.stop()
        await self.ledger.stop()
        await self.behind.stop()
        await self.sign_ins.stop()
        await self.database.stop()
        await close_db()
        self._state = _State()

    @property
    def is_given_up(self) -> bool:
        """Whether our own server has crashed too often, or never started, and waits for `start_again`."""
        return self.managed is not None and self.managed.status.state == "gave_up"

    async def start_again(self, actor: Actor) -> None:
        """Start our own server once more after it was given up; how that goes, the connection's state says.

        Raises:
            Conflict: It is not ours, or has not been given up.
        """
        if self.managed is None or not self.is_given_up:
            raise Conflict("opencode does not need to be started.", hint="The banner goes when it answers.")
        _log.info("opencode is started again for %s", actor.name)
        await tasks.end(self._state.starting)
        self._state.starting = tasks.create(self._start_managed(self.managed), name="start opencode")

    async def _stop_following(self) -> None:
        await self.deletions.stop()
        self.pins.stop()
        await self.prompts.stop()
        await self.credentials.stop()
        await self.feed.stop()

    async def _stop_managed(self) -> None:
        if self.managed is not None:
            await self.managed.stop()

    async def _start_managed(self, managed: ManagedOpencode) -> None:
        try:
            endpoint = await managed.start()
        except ManagedError as error:  # the connection's state says so to everybody
            _log.warning("opencode was not started: %s %s", error.message, error.hint)
            return
        if endpoint.url == self._state.managed_url:
            return  # started again where it was: what follows it finds it by itself
        if self._state.managed_url is not None:
            await self.feed.stop()
            await self.server.aclose()
        self._state.managed_url = endpoint.url
        self.server.use(
            OpencodeClient(
                endpoint.url,
                username=endpoint.username,
                password=endpoint.password,
                directory=self.about.directory,
                observer=OpencodeObserver(self.metrics),
            )
        )
        await self.feed.start()

    def _handle_change(self, change: Change) -> None:
        if isinstance(change, CredentialsChanged):
            self.catalog.forget(None)
        elif isinstance(change, ConnectionChanged) and self.feed.is_connected():
            self.catalog.forget(None)
            if self._state.checking is None or self._state.checking.done():
                self._state.checking = tasks.create(self._check_credentials(), name="provider keys")

    async def _check_credentials(self) -> None:
        """The first handshake, and a look after each time the server was away."""
        is_first, self._state.was_connected = not self._state.was_connected, True
        try:
            if is_first:
                await self.credentials.run(OPERATOR)
            else:
                await self.credentials.check_again(OPERATOR)
        except SettingsError as error:
            _log.warning("The provider keys cannot be read: %s", error.message)


def build_services(
    settings: Settings,
    *,
    token: SecretStr,
    about: AppInfo,
    password: Password | None = None,
    managed: ManagedOpencode | None = None,
    read_keys: Callable[[], CredentialSettings] | None = None,
) -> Services:
    """Everything, wired and idle: no connection is made and no file opened before `Services.start`.

    Args:
        settings: As read at the start.
        token: The operator's.
        about: What this installation is; credentials in its repository address are taken out.
        password: The operator's, if there is one.
        managed: A server of our own, not started; else the one in the settings is used.
        read_keys: The provider keys as configured now; omitted: from the environment and `.env`, and in a demo none.
    """
    metrics = Metrics()
    about = replace(about, repo_url=without_credentials(about.repo_url))
    if managed is not None:
        server = OpencodeServer("demo" if about.demo else "local")
    else:
        url = settings.opencode_server_url or "http://127.0.0.1:4096"
        client = OpencodeClient(
            url,
            username=settings.opencode_server_username,
            password=settings.opencode_server_password,
            directory=about.directory,
            observer=OpencodeObserver(metrics),
        )
        server = OpencodeServer(url, client)
    store = SessionStore(server.name)
    loader = Loader(server, store)
    behind = WriteBehind()
    ledger = SessionLedger(store, repo_url=about.repo_url, directory=about.directory, behind=behind)
    pins = Pins(store, SessionAccess(server, store), behind)
    sessions = Sessions(server, store, ledger, pins, loader=loader, directory=about.directory)
    text_in_flight = TextInFlight(store)
    histories = Histories(loader.page, loader.plain_page)
    feed = EventFeed(
        server,
        store,
        loader=loader,
        recorded=lambda: ledger.recorded() | prompts.sessions() | text_in_flight.sessions(),
        histories=histories.held,
    )
    if read_keys is None:
        read_keys = _no_keys if about.demo else _configured_keys
    credentials = Credentials(
        server, store, read_keys, is_busy=lambda: bool(store.busy_sessions()) or prompts.is_sending
    )
    catalog = Catalog(server, home=about.directory)
    files = ProjectFiles(server, catalog)
    prompts = Prompts(
        server, store, sessions, files, is_connected=lambda: feed.is_connected() and not credentials.is_reloading
    )
    database = DatabaseWatch(store, lambda: services._state.database)
    asks = Asks(server, store)
    health = Health(
        server,
        feed,
        credentials,
        catalog,
        version=about.version,
        database=lambda: services._state.database,
        watch=database,
        metrics=metrics,
    )
    metrics.add(Readings(store, feed, prompts, asks, health, version=about.version))
    services = Services(
        sessions=sessions,
        prompts=prompts,
        deletions=Deletions(store, sessions, is_connected=feed.is_connected),
        pins=pins,
        acts=SessionActs.over(server, store, sessions, prompts, ledger),
        asks=asks,
        catalog=catalog,
        files=files,
        browsing=Browsing(server),
        file_changes=FileChanges(SessionAccess(server, store), sessions, histories),
        uploads=Uploads(),
        terminals=Terminals(server, SessionAccess(server, store), is_on=settings.sprintagen_terminal == "on"),
        credentials=credentials,
        provider_access=ProviderAccess(server, credentials),
        extensions=Extensions(server),
        health=health,
        metrics=metrics,
        spending=Spending(store, prompts, metrics),
        preferences=Preferences(behind),
        sign_ins=SignIns(token, password=password, behind=behind),
        feed=feed,
        store=store,
        watching=Watching(store),
        warming=Warming(store, loader, feed.is_connected, home=about.directory),
        about=about,
        server=server,
        ledger=ledger,
        behind=behind,
        text_in_flight=text_in_flight,
        histories=histories,
        shedding=Shedding(store, loader, histories),
        search=SessionSearch(histories),
        database=database,
        database_url=settings.tortoise_url,
        managed=managed,
    )
    return services


def _configured_keys() -> CredentialSettings:
    return config.load().credentials


def _no_keys() -> CredentialSettings:
    return CredentialSettings(provider_id=None, provider_api_key=None, ready_made=())
