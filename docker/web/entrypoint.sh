#!/usr/bin/env bash
# Looks at what the web was given and becomes the command. Secrets stay in their files (<NAME>_FILE), which the command
# reads itself; compose generates two of them once (docker/prepare.sh).
set -euo pipefail

fail() {
  printf 'web-container: FAILED: %s\n' "$1" >&2
  shift
  [ $# -eq 0 ] || printf 'web-container:   %s\n' "$@" >&2
  exit 1
}

if [ "$(id -u)" = 0 ] && grep -Eq '^ *0 +0 ' /proc/self/uid_map 2>/dev/null; then
  fail "this container does not run as root." "Set SPRINTAGEN_UID and SPRINTAGEN_GID in .env, or docker run --user."
fi

# A provider key that .env has is read from there each time, so that a changed key needs no new container: compose's
# copy of it in the environment would hide the change.
if [ -r .env ]; then
  for name in OPENCODE_PROVIDER_ID OPENCODE_PROVIDER_API_KEY OPENROUTER_API_KEY CEREBRAS_API_KEY ANTHROPIC_API_KEY OPENAI_API_KEY; do
    ! grep -Eq "^[[:space:]]*(export[[:space:]]+)?${name}[[:space:]]*=[[:space:]]*[^[:space:]#]" .env || unset "$name"
  done
elif [ -e .env ]; then
  printf 'web-container: uid %s cannot read .env; the settings that compose hands over are used\n' "$(id -u)" >&2
  cd -- "${SPRINTAGEN_DATA_DIR:-/tmp}"
fi

if [ -n "${SPRINTAGEN_DATA_DIR:-}" ] && [ ! -w "$SPRINTAGEN_DATA_DIR" ]; then
  fail "SPRINTAGEN_DATA_DIR: uid $(id -u) cannot write to $SPRINTAGEN_DATA_DIR."
fi

exec "$@"
