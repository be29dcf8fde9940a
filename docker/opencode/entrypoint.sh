#!/usr/bin/env bash
# Finds the repository, then becomes `opencode serve`. Arguments are handed on to it; with `--only-repository` it ends
# before that: compose clones in a container of its own, so that opencode's never knows the repository's credentials.
#
# The repository, first match wins:
#   1. /workspace/repo with a .git in it: your own, mounted, read-write or read-only
#   2. GIT_REPO_URL, cloned into /workspace/cloned; a clone that is already there is used as it is
#   3. with SPRINTAGEN_SAMPLE_REPOSITORY=1 and nothing mounted: the small sample repository of the image
# Anything else ends the start with words.
#
#   OPENCODE_SERVER_PASSWORD     required (or OPENCODE_SERVER_PASSWORD_FILE): opencode without one is open to everybody
#   GIT_REPO_URL                 https://host/path, https://user:token@host/path, ssh://git@host/path, git@host:path.
#                                User and token are handed to git through the environment: they are in no argument, no
#                                log line, no .git/config, and not in the environment of opencode and its tools.
#   GIT_ALLOW_PROTOCOL           git's own variable; default https:ssh. May add http, git and file, nothing else.
#   OPENCODE_PROJECT_CONFIG      whether opencode reads the repository's own opencode.json and .opencode/, which may run
#                                code at once. Default: 0 (no) for a clone, 1 (yes) for a repository that you mounted.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
workspace=${SPRINTAGEN_WORKSPACE:-/workspace}
sample=${SPRINTAGEN_SAMPLE_SOURCE:-/opt/sprintagen/sample}
mounted=$workspace/repo
cloned=$workspace/cloned

say() { printf 'opencode-container: %s\n' "$*"; }
fail() {
  printf 'opencode-container: FAILED: %s\n' "$1" >&2
  shift
  [ $# -eq 0 ] || printf 'opencode-container:   %s\n' "$@" >&2
  exit 1
}
child=
trap '[ -z "$child" ] || kill "$child" 2>/dev/null || true; exit 143' TERM INT

# --- who we are, and the password ---------------------------------------------------------------

if [ "$(id -u)" = 0 ] && grep -Eq '^ *0 +0 ' /proc/self/uid_map 2>/dev/null; then
  fail "this container does not run as root: the agent's commands would be root's." \
    "Run it as the owner of the repository: SPRINTAGEN_UID and SPRINTAGEN_GID in .env, or docker run --user."
fi

if [ "${1:-}" != --only-repository ]; then
  OPENCODE_SERVER_PASSWORD=${OPENCODE_SERVER_PASSWORD:-}
  if [ -z "$OPENCODE_SERVER_PASSWORD" ] && [ -n "${OPENCODE_SERVER_PASSWORD_FILE:-}" ]; then
    [ -r "$OPENCODE_SERVER_PASSWORD_FILE" ] ||
      fail "OPENCODE_SERVER_PASSWORD_FILE: there is no file that uid $(id -u) can read at $OPENCODE_SERVER_PASSWORD_FILE."
    OPENCODE_SERVER_PASSWORD=$(cat -- "$OPENCODE_SERVER_PASSWORD_FILE")
  fi
  [ -n "${OPENCODE_SERVER_PASSWORD//[[:space:]]/}" ] ||
    fail "OPENCODE_SERVER_PASSWORD is not set or empty, and opencode without a password lets everybody run commands." \
      "Set it to a long random value, for example the output of: openssl rand -hex 24"
  export OPENCODE_SERVER_PASSWORD
fi

# --- GIT_REPO_URL, taken apart -------------------------------------------------------------------

url='' shown='' secret_host='' secret_user='' secret_password=''

bad_url() {
  fail "GIT_REPO_URL $1." \
    "It wants https://host/owner/name.git, ssh://git@host/owner/name.git or git@host:owner/name.git;" \
    "for a private repository https://USER:TOKEN@host/owner/name.git. (The value is not repeated here.)"
}

percent_decoded() { # VALUE -> decoded
  local value=$1
  [[ ! ${value//%[0-9A-Fa-f][0-9A-Fa-f]/} == *%* ]] || bad_url "has a % in its user name or token that is no %XX"
  value=${value//\\/\\\\}
  printf -v value '%b' "${value//%/\\x}"
  [[ $value != *[[:cntrl:]]* ]] || bad_url "has a control character in its user name or token"
  decoded=$value
}

parse_url() { # sets url (without user name and token), shown, secret_*
  local given=$1 scheme authority path user='' host protocol
  for protocol in ${GIT_ALLOW_PROTOCOL//:/ }; do
    [[ $protocol =~ ^(https|ssh|http|git|file)$ ]] ||
      fail "GIT_ALLOW_PROTOCOL wants a list such as https:ssh; it may have https, ssh, http, git and file, nothing else."
  done
  [[ $given != -* ]] || bad_url "starts with a dash"
  [[ $given != *[[:space:][:cntrl:]]* ]] || bad_url "has white space or a control character in it"
  if [[ $given =~ ^([A-Za-z][A-Za-z0-9+.-]*)://([^/]*)(/.*)?$ ]]; then
    scheme=${BASH_REMATCH[1],,} authority=${BASH_REMATCH[2]} path=${BASH_REMATCH[3]:-}
  elif [[ $given =~ ^([A-Za-z0-9][A-Za-z0-9._-]*)@([^/:@]+):([^:-].*)$ ]]; then
    scheme=scp authority=${BASH_REMATCH[1]}@${BASH_REMATCH[2]} path=${BASH_REMATCH[3]}
  else
    bad_url "is none of the addresses that are taken"
  fi
  protocol=${scheme/scp/ssh}
  case ":$GIT_ALLOW_PROTOCOL:" in
    *":$protocol:"*) ;;
    *)
      case $protocol in
        http | git | file) bad_url "uses $protocol, which is off (GIT_ALLOW_PROTOCOL=$GIT_ALLOW_PROTOCOL; add :$protocol to allow it)" ;;
        *) bad_url "uses a protocol that is not allowed (GIT_ALLOW_PROTOCOL=$GIT_ALLOW_PROTOCOL)" ;;
      esac
      ;;
  esac
  [[ $path != *[\?\#\\]* ]] || bad_url "has a ?, # or backslash in its path"
  [[ -n ${path//\//} ]] || bad_url "names no repository on its host"
  if [[ $authority == *@* ]]; then user=${authority%@*}; fi
  host=${authority##*@}
  if [ "$scheme" = file ]; then
    [ -z "$authority" ] || bad_url "names a host, which a file address cannot"
  else
    [[ $host =~ ^([A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$ ]] || bad_url "has no usable host name"
  fi
  case $scheme in
    scp) url=$user@$host:$path ;;
    ssh)
      [[ $user =~ ^([A-Za-z0-9][A-Za-z0-9._-]*)?$ ]] || bad_url "has more than a plain user name before the @; ssh signs in with a key"
      url=ssh://${user:+$user@}$host$path
      ;;
    *)
      url=$scheme://$host$path
      secret_host=$scheme://$host
      if [ -n "$user" ]; then
        percent_decoded "${user%%:*}" && secret_user=$decoded
        if [[ $user == *:* ]]; then percent_decoded "${user#*:}" && secret_password=$decoded; fi
      fi
      ;;
  esac
  shown=$url
}

# --- cloning -------------------------------------------------------------------------------------

redacted() { # the last lines of git's own words, with nothing of the address's credentials in them
  local line
  tail -n 12 -- "$1" | while IFS= read -r line; do
    [ -z "$secret_password" ] || line=${line//"$secret_password"/***}
    [ -z "$secret_user" ] || line=${line//"$secret_user"/***}
    printf 'opencode-container:   git: %s\n' "${line//[[:cntrl:]]/ }" >&2
  done
}

clone() { # SOURCE TARGET: whole or not at all
  local source=$1 target=$2 staging=$2.new words status=0
  rm -rf -- "$staging"
  words=$(mktemp)
  ( # exported here, not given to `env`: its arguments would show in a process list
    unset GIT_REPO_URL
    export GIT_TERMINAL_PROMPT=0 GIT_ASKPASS="$here/askpass.sh" SSH_ASKPASS=
    export SPRINTAGEN_GIT_HOST="$secret_host" SPRINTAGEN_GIT_USER="$secret_user" SPRINTAGEN_GIT_PASSWORD="$secret_password"
    export GIT_HTTP_LOW_SPEED_LIMIT=1 GIT_HTTP_LOW_SPEED_TIME=60
    export GIT_SSH_COMMAND="${GIT_SSH_COMMAND:-ssh -o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=20 -o StrictHostKeyChecking=accept-new}"
    exec git clone --quiet -- "$source" "$staging"
  ) >"$words" 2>&1 &
  child=$!
  wait "$child" || status=$?
  child=
  if [ "$status" -ne 0 ]; then
    redacted "$words"
    hint="Check the address, and that this container can reach the host."
    if grep -Eqi 'authentication failed|could not read (username|password)|permission denied|access denied|error: 40[13]' "$words"; then
      hint="The host refused: the user name, token or key is wrong or missing, or it may not read this repository."
    elif grep -Eqi 'could not resolve|unable to access|connection (refused|timed out|reset)|timed out' "$words"; then
      hint="The host was not reached: check its name and this machine's network, then start the container again."
    elif grep -Eqi 'not found|does not exist|does not appear' "$words"; then
      hint="There is no such repository there, or it is private and the address has no user name and token."
    fi
    rm -rf -- "$staging" "$words"
    fail "git could not clone $shown." "$hint"
  fi
  rm -f -- "$words"
  mv -T -- "$staging" "$target"
}

same_repository() { # compares two addresses as people do
  local a=${1%/} b=${2%/}
  [ "${a%.git}" = "${b%.git}" ]
}

use_clone() {
  local from
  if [ -e "$cloned/.git" ]; then
    from=$(git -C "$cloned" config --get remote.origin.url || true)
    if [ -n "$url" ] && ! same_repository "$from" "$url"; then
      fail "$cloned holds a clone of another repository than GIT_REPO_URL names ($shown)." \
        "Nothing was changed. To start over with the new one: docker compose down, then remove the workspace volume."
    fi
    say "using the clone that is already in $cloned${url:+ ($shown)}"
    return
  fi
  [ ! -e "$cloned" ] || rmdir -- "$cloned" 2>/dev/null || fail "$cloned is there, but is no git repository. Nothing was changed; move it away."
  say "cloning $shown into $cloned"
  clone "$url" "$cloned"
}

# --- the repository ------------------------------------------------------------------------------

both_ways() {
  fail "$1" \
    "Give opencode a repository in one of two ways:" \
    "1. mount yours, which has a .git in it, at $mounted (read-only is fine). Compose: GIT_REPO_DIR=~/code/shop in .env" \
    "2. name one to clone: GIT_REPO_URL=https://host/owner/name.git in .env"
}

is_empty() { [ -z "$(ls -A -- "$1" 2>/dev/null)" ]; }

GIT_ALLOW_PROTOCOL=${GIT_ALLOW_PROTOCOL:-https:ssh}
export GIT_ALLOW_PROTOCOL
where=${GIT_REPO_DIR:+ (GIT_REPO_DIR=$GIT_REPO_DIR)}

if [ -d "$mounted" ] && ! { [ -r "$mounted" ] && [ -x "$mounted" ]; }; then
  fail "$mounted$where cannot be read by uid $(id -u): it belongs to uid $(stat -c %u -- "$mounted")." \
    "Put SPRINTAGEN_UID=$(stat -c %u -- "$mounted") and SPRINTAGEN_GID=$(stat -c %g -- "$mounted") into .env."
elif [ -e "$mounted/.git" ]; then
  directory=$mounted project_config=1
  say "using the repository mounted at $mounted"
  [ -z "${GIT_REPO_URL:-}" ] || say "GIT_REPO_URL is not used: the mounted repository wins"
  if [ ! -w "$mounted" ]; then
    owner=$(stat -c %u -- "$mounted")
    if [ "$owner" = "$(id -u)" ]; then
      say "it is read-only here: the agent can read files and history, edits will fail"
    else
      say "uid $(id -u) cannot write it (read-only mount, or because it belongs to uid $owner): the agent can read, edits will fail." \
        "For edits: SPRINTAGEN_UID=$owner and SPRINTAGEN_GID=$(stat -c %g -- "$mounted") in .env"
    fi
  fi
elif [ -n "${GIT_REPO_DIR:-}" ]; then
  both_ways "the folder mounted at $mounted$where has no .git in it."
elif [ -n "${GIT_REPO_URL:-}" ]; then
  parse_url "$GIT_REPO_URL"
  use_clone
  directory=$cloned project_config=0
elif [ -e "$cloned/.git" ]; then
  use_clone
  directory=$cloned project_config=0
elif [ "${SPRINTAGEN_SAMPLE_REPOSITORY:-}" = 1 ] && { [ ! -d "$mounted" ] || is_empty "$mounted"; }; then
  directory=$workspace/sample project_config=0 shown="the sample repository"
  if [ ! -e "$directory/.git" ]; then
    GIT_ALLOW_PROTOCOL='file' clone "$sample" "$directory"
    git -C "$directory" remote remove origin
  fi
  say "no repository given: using the sample in $directory. For your own, set GIT_REPO_DIR or GIT_REPO_URL in .env"
else
  both_ways "there is no repository: $mounted has no .git in it and GIT_REPO_URL is not set."
fi

git -C "$directory" rev-parse --git-dir >/dev/null 2>&1 ||
  fail "git cannot use $directory: $(git -C "$directory" rev-parse --git-dir 2>&1 | head -n 1)" \
    "A .git that is a file points to another folder (a worktree or submodule): mount the main repository instead."

[ "${1:-}" != --only-repository ] || exit 0

# --- opencode ------------------------------------------------------------------------------------

case ${OPENCODE_PROJECT_CONFIG:-$project_config} in
  1) unset OPENCODE_DISABLE_PROJECT_CONFIG ;;
  0)
    export OPENCODE_DISABLE_PROJECT_CONFIG=1
    say "the repository's own opencode.json and .opencode/ are not read (OPENCODE_PROJECT_CONFIG=1 reads them)"
    ;;
  *) fail "OPENCODE_PROJECT_CONFIG wants 1 (read the repository's own opencode configuration) or 0 (do not)." ;;
esac

# what opencode's tools need not know
unset GIT_REPO_URL GIT_REPO_DIR GIT_ALLOW_PROTOCOL GIT_SSH_COMMAND OPENCODE_PROJECT_CONFIG OPENCODE_SERVER_PASSWORD_FILE "${!SPRINTAGEN_@}"
for name in OPENCODE_CONFIG_CONTENT OPENCODE_SERVER_USERNAME; do
  [ -n "${!name:-}" ] || unset "$name"
done

cd -- "$directory"
say "starting opencode in $directory"
set -- opencode serve --hostname 0.0.0.0 --port 4096 "$@"
# The image brings its own init, started only now: one started before this script (`init: true`) would keep the
# repository's credentials in an environment that the agent's commands can read.
if command -v tini >/dev/null; then set -- tini -- "$@"; fi
exec "$@"
