"""`/files`: what lies in a directory that has sessions: folders, files, names and lines that are looked for.

Paths are relative to the directory. What leads out of it, by name or by link, is refused.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from sprintagen.api.deps import InDirectory, TheActor, TheServices
from sprintagen.api.schemas.files import FileOut, FolderOut, LineOut, PathOut
from sprintagen.errors import InvalidInput
from sprintagen.services.browsing import ENTRIES, MATCHES, PATTERN_LIMIT
from sprintagen.services.project_files import FOUND, QUERY_LIMIT
from sprintagen.services.relative_path import LONGEST

router = APIRouter(prefix="/files", tags=["files"])

_LINE = 100_000_000


@router.get("")
async def find_files(
    services: TheServices,
    _actor: TheActor,
    directory: InDirectory,
    query: Annotated[str, Query(max_length=QUERY_LIMIT)] = "",
    limit: Annotated[int, Query(ge=1, le=FOUND)] = 20,
) -> list[PathOut]:
    """Files and folders whose path resembles the query, best first; without a query, what lies at the top."""
    return [PathOut.of(found) for found in await services.files.find(query, directory=directory, limit=limit)]


@router.get("/list")
async def list_folder(
    services: TheServices,
    _actor: TheActor,
    directory: InDirectory,
    path: Annotated[str, Query(max_length=LONGEST, description="Empty: the directory itself.")] = "",
    limit: Annotated[int, Query(ge=1, le=ENTRIES)] = 1000,
) -> FolderOut:
    """What is in a folder."""
    return FolderOut.of(await services.browsing.list(path, directory=directory), limit)


@router.get("/content")
async def read_file(
    services: TheServices,
    _actor: TheActor,
    directory: InDirectory,
    path: Annotated[str, Query(min_length=1, max_length=LONGEST)],
    first: Annotated[int, Query(ge=1, le=_LINE, description="The first line that is wanted.")] = 1,
    last: Annotated[int | None, Query(ge=1, le=_LINE, description="The last; omitted: to the end.")] = None,
) -> FileOut:
    """A file's text, with the lines it has, or the picture it is; of other files only how large they are."""
    if last is not None and last < first:
        raise InvalidInput("The last line comes before the first.", field="last")
    return FileOut.of(await services.browsing.read(path, directory=directory), first, last)


@router.get("/search")
async def search_files(
    services: TheServices,
    _actor: TheActor,
    directory: InDirectory,
    text: Annotated[str, Query(max_length=PATTERN_LIMIT, description="One line; small letters fit large ones, too.")],
    is_pattern: Annotated[bool, Query(description="It is a regular expression.")] = False,
) -> list[LineOut]:
    """Lines of files that have a text. opencode looks for no more than 10, so more may be there."""
    found = await services.browsing.search(text, directory=directory, is_pattern=is_pattern)
    return [LineOut.of(one) for one in found[:MATCHES]]
