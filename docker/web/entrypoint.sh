#!/usr/bin/env bash
# Gives the web its secrets and becomes the command. A secret that is unset or empty is read from the file that
# <NAME>_FILE names; compose generates both files once (docker/prepare.sh).
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

for name in OPENCODE_SERVER_PASSWORD SPRINTAGEN_TOKEN; do
  file_name=${name}_FILE
  if [ -z "${!name:-}" ] && [ -n "${!file_name:-}" ]; then
    [ -r "${!file_name}" ] || fail "$file_name: there is no file that uid $(id -u) can read at ${!file_name}."
    printf -v "$name" '%s' "$(cat -- "${!file_name}")"
    [ -n "${!name}" ] || fail "$file_name: the file ${!file_name} is empty."
    export "${name?}"
  fi
  unset "$file_name"
done

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
