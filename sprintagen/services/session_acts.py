"""`SessionActs`: what can be done with a session as it stands, beyond talking in it; one instance of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from sprintagen.services.compacting import Compacting
from sprintagen.services.forking import Forking
from sprintagen.services.moving import Moving
from sprintagen.services.resending import Resending
from sprintagen.services.reverting import Reverting
from sprintagen.services.session_access import SessionAccess
from sprintagen.services.sharing import Sharing

if TYPE_CHECKING:
    from sprintagen.services.prompts import Prompts
    from sprintagen.services.server import OpencodeServer
    from sprintagen.services.session_ledger import SessionLedger
    from sprintagen.services.session_store import SessionStore
    from sprintagen.services.sessions import Sessions


@dataclass(frozen=True, slots=True)
class SessionActs:
    """The acts on one server's sessions."""

    reverting: Reverting
    resending: Resending
    forking: Forking
    compacting: Compacting
    moving: Moving
    sharing: Sharing
    access: SessionAccess

    @classmethod
    def over(
        cls, server: OpencodeServer, store: SessionStore, sessions: Sessions, prompts: Prompts, ledger: SessionLedger
    ) -> Self:
        access = SessionAccess(server, store)
        reverting = Reverting(access, store, prompts, stop=sessions.abort)
        return cls(
            reverting=reverting,
            resending=Resending(access, reverting, prompts),
            forking=Forking(access, store, ledger),
            compacting=Compacting(access, prompts),
            moving=Moving(server, access, store),
            sharing=Sharing(access, store),
            access=access,
        )
