#!/usr/bin/env bash
# Runs once at every `docker compose up`, before the others, as root and without a network. Everything after it runs
# as SPRINTAGEN_UID:SPRINTAGEN_GID. It
#   - generates the opencode password and the sign-in token, each once, into volumes of their own (0400)
#   - gives the named volumes to that user
#   - makes db.sqlite writable for that user when the project folder belongs to somebody else
set -euo pipefail

uid=${SPRINTAGEN_UID:-1000} gid=${SPRINTAGEN_GID:-1000}
say() { printf 'prepare: %s\n' "$*"; }

[[ $uid =~ ^[0-9]+$ && $gid =~ ^[0-9]+$ ]] || { say "FAILED: SPRINTAGEN_UID and SPRINTAGEN_GID want numbers, as id -u and id -g print them" >&2; exit 1; }

secret() { # FILE: generated when missing or empty, never printed
  if [ ! -s "$1" ]; then
    (umask 077 && python3 -c 'import secrets; print(secrets.token_urlsafe(32), end="")' >"$1.new")
    mv -f -- "$1.new" "$1"
    say "generated $1"
  fi
  chmod 0400 "$1"
  chown "$uid:$gid" "$1"
}
secret /run/sprintagen/opencode/password
secret /run/sprintagen/web/token

for volume in /volumes/*/; do
  if [ "$(stat -c %u:%g "$volume")" != "$uid:$gid" ]; then chown -Rh "$uid:$gid" "$volume"; fi
done

as_user() { setpriv --reuid "$uid" --regid "$gid" --clear-groups -- "$@"; }

db=/app/db.sqlite
if [ "${DATABASE_URL:-}" = "file:$db" ] && ! as_user test -w /app; then
  # SQLite wants two more files beside it and sprintagen its lock and a copy from before a migration, which this user
  # could not create: they are made here, in WAL mode, to stay
  [ -e "$db" ] || python3 -c "import sqlite3; sqlite3.connect('$db').execute('PRAGMA journal_mode=WAL')"
  files=("$db" "$db-wal" "$db-shm" "$db.lock" "$db.bak")
  touch "${files[@]}"
  chown -h "$uid:$(stat -c %g /app)" "${files[@]}"
  chmod 0660 "${files[@]}"
  say "the project folder belongs to uid $(stat -c %u /app): db.sqlite there now belongs to uid $uid, which the web runs as"
fi
