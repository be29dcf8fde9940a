"""Permission requests of the client's directory. In another directory's client they do not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprintagen.opencode.ids import PermissionID, permission_id
from sprintagen.opencode.models.request import PermissionReply, PermissionRequest
from sprintagen.opencode.resources.base import Resource, given, many

if TYPE_CHECKING:
    import builtins


class Permissions(Resource):
    """`client.permissions`."""

    async def list(self) -> builtins.list[PermissionRequest]:
        """The pending ones. Those of an aborted turn stay here: only a reply takes them away."""
        return many(PermissionRequest, await self._get("permission"))

    async def reply(self, id: PermissionID, reply: PermissionReply, message: str | None = None) -> None:
        """Allow or deny. The first reply counts; any later one raises NotFound.

        Args:
            id: The request's.
            reply: `always` holds for the whole directory until the server restarts; `reject` ends the turn.
            message: With `reject`: what the model shall do instead; the turn goes on then.
        """
        body = given(reply=reply, message=message)
        await self._post("permission", permission_id(id), "reply", body=body)
