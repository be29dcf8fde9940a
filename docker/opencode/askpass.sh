#!/bin/sh
# What git asks when a host wants a user name or password; answered from the environment, and to the one host of
# GIT_REPO_URL only, so that a redirect to another host gets nothing.
case $1 in
  "Username for '$SPRINTAGEN_GIT_HOST': ") printf '%s\n' "$SPRINTAGEN_GIT_USER" ;;
  "Password for '$SPRINTAGEN_GIT_HOST': " | "Password for '${SPRINTAGEN_GIT_HOST%%://*}://"*"@${SPRINTAGEN_GIT_HOST#*://}': ") printf '%s\n' "$SPRINTAGEN_GIT_PASSWORD" ;;
  *) exit 1 ;;
esac
