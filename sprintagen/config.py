"""Settings: read once, from the environment and `.env`, in `__main__`; passed down in pieces.

Each field is one variable; `.env.example` has every one with its default and a test keeps the two equal.
Secrets are `SecretStr` from here to the wire. `load()` is the only way in: it turns what pydantic finds wrong into
one line per field, which never repeats the value.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import unquote, urlsplit

import platformdirs
from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from sprintagen import secret_files
from sprintagen.errors import SettingsError
from sprintagen.root_path import is_root_path

READY_MADE_PROVIDERS = ("openrouter", "cerebras", "anthropic", "openai")
"""Providers whose key has a variable of its own, `<NAME>_API_KEY`, besides the general pair."""

PROVIDER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

PASSWORD_HASH = re.compile(
    r"\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}"
)
"""An argon2id hash with its cost: kibibytes of memory, rounds, lanes."""
MOST_MEMORY, MOST_ROUNDS, MOST_LANES = 1024 * 1024, 20, 16
"""What trying one password may cost; more would let whoever guesses take the machine."""

LEAST_PASSWORD, MOST_PASSWORD = 12, 1000
"""Characters of a password, without the blanks around it."""

DATABASE_SCHEMES = ("sqlite://", "postgres://", "postgresql://", "asyncpg://", "file:")

Switch = Literal["on", "off"]
LogFormat = Literal["text", "json"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


@dataclass(frozen=True, slots=True)
class ProviderCredential:
    """One key to register with opencode: `PUT /auth/{provider_id}`."""

    provider_id: str
    key: SecretStr


@dataclass(frozen=True, slots=True)
class CredentialSettings:
    """The provider keys as configured, the general pair possibly half filled in (the handshake says which half)."""

    provider_id: str | None
    provider_api_key: SecretStr | None
    ready_made: tuple[ProviderCredential, ...]

    @property
    def complete(self) -> list[ProviderCredential]:
        """Every pair that has both halves, the general pair first; one per provider."""
        pairs = list(self.ready_made)
        if self.provider_id and self.provider_api_key:
            pairs = [pair for pair in pairs if pair.provider_id != self.provider_id]
            pairs.insert(0, ProviderCredential(self.provider_id, self.provider_api_key))
        return pairs

    @property
    def missing_id(self) -> bool:
        """A key is given, but not whose it is."""
        return self.provider_api_key is not None and not self.provider_id

    @property
    def missing_key(self) -> bool:
        """A provider is named, but neither the general key nor its own variable has one."""
        return bool(self.provider_id) and all(pair.provider_id != self.provider_id for pair in self.complete)


class Settings(BaseSettings):
    """Everything a person can set. Unset means the default in the sentence under the field."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    opencode_server_url: str | None = None
    """The opencode server to use, `http://host:port`; unset: sprintagen starts one of its own."""
    opencode_server_username: str = "opencode"
    """User name for the server's Basic authentication."""
    opencode_server_password: SecretStr | None = None
    """Password for it; unset with a server of our own: one is generated at every start."""
    opencode_directory: Path | None = None
    """The project directory, as the opencode server sees it; unset: the current directory (or the server's own)."""
    opencode_provider_id: str | None = None
    """Provider whose key is registered with the server, for example `openrouter`."""
    opencode_provider_api_key: SecretStr | None = None
    """That provider's key."""
    openrouter_api_key: SecretStr | None = None
    """Ready-made pair: provider `openrouter`."""
    cerebras_api_key: SecretStr | None = None
    """Ready-made pair: provider `cerebras`."""
    anthropic_api_key: SecretStr | None = None
    """Ready-made pair: provider `anthropic`."""
    openai_api_key: SecretStr | None = None
    """Ready-made pair: provider `openai`."""
    git_repo_url: str | None = None
    """Repository the opencode container clones; the page shows it with the sessions. Credentials in it stay hidden."""
    database_url: SecretStr | None = None
    """`sqlite:///path`, `file:./db.sqlite` or `postgres://user:password@host/name`.

    Unset: `db.sqlite` in the data directory."""

    sprintagen_host: str = "127.0.0.1"
    """Address to listen on; another than loopback needs SPRINTAGEN_TOKEN or SPRINTAGEN_PASSWORD."""
    sprintagen_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """Port to listen on; 0 takes a free one."""
    sprintagen_token: SecretStr | None = None
    """Bearer token and sign-in password, 16 characters or more; unset: generated, kept in the data directory (0600)."""
    sprintagen_password: SecretStr | None = None
    """Password of the sign-in page, 12 characters or more, or the hash that `sprintagen hash-password` prints."""
    sprintagen_data_dir: Path = Path(platformdirs.user_data_dir("sprintagen", appauthor=False))
    """Where the database, the token, the log and a fetched opencode live."""
    sprintagen_log_level: LogLevel = "INFO"
    """DEBUG, INFO, WARNING or ERROR."""
    sprintagen_log_format: LogFormat = "text"
    """text, for people, or json: one object a line."""
    sprintagen_allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """Host names, comma separated, besides loopback, IP addresses and this machine's own name (for a proxy)."""
    sprintagen_root_path: str = ""
    """Where below its host a proxy serves the page, such as /tools/agent; it may take that off the path or not."""
    sprintagen_trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    """Addresses or networks (CIDR), comma separated, of proxies whose forwarding headers are believed."""
    sprintagen_terminal: Switch = "on"
    """Whether there are terminals: on or off. A command typed in one runs as opencode's user, and nobody is asked."""

    @field_validator("opencode_server_url")
    @classmethod
    def _server_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("wants http://host:port or https://host")
        if parts.username or parts.password:
            raise ValueError(
                "wants no user name or password in it: use OPENCODE_SERVER_USERNAME and OPENCODE_SERVER_PASSWORD"
            )
        if parts.query or parts.fragment:
            raise ValueError("wants no ? or # in it")
        return value.rstrip("/")

    @field_validator("opencode_server_username")
    @classmethod
    def _username(cls, value: str) -> str:
        if ":" in value:
            raise ValueError("wants a name without a colon")
        return value

    @field_validator("opencode_provider_id")
    @classmethod
    def _provider_id(cls, value: str | None) -> str | None:
        if value is not None and not PROVIDER_ID.fullmatch(value):
            raise ValueError("wants a provider's id such as openrouter: letters, digits, dot, dash, underscore")
        return value

    @field_validator("git_repo_url")
    @classmethod
    def _git_repo_url(cls, value: str | None) -> str | None:
        if value is not None and (value.startswith("-") or any(character.isspace() for character in value)):
            raise ValueError("wants a repository's address such as https://host/owner/name.git")
        return value

    @field_validator("database_url")
    @classmethod
    def _database_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(DATABASE_SCHEMES):
            raise ValueError("wants sqlite:///path, postgres://user:password@host/name or file:./db.sqlite")
        return value

    @field_validator("sprintagen_token")
    @classmethod
    def _token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 16:
            raise ValueError("wants 16 characters or more")
        return value

    @field_validator("sprintagen_password")
    @classmethod
    def _password(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        text = value.get_secret_value()
        if text.startswith("$argon2"):
            cost = PASSWORD_HASH.fullmatch(text)
            if cost is None:
                raise ValueError(
                    "wants a whole hash as `sprintagen hash-password` prints it (in .env in single quotes)"
                )
            memory, rounds, lanes = map(int, cost.groups())
            if memory > MOST_MEMORY or rounds > MOST_ROUNDS or not 0 < lanes <= MOST_LANES:
                raise ValueError("wants a hash that costs less: at most 1 GiB, 20 rounds and 16 lanes")
        elif not LEAST_PASSWORD <= len(text.strip()) <= MOST_PASSWORD:
            raise ValueError(
                f"wants {LEAST_PASSWORD} to {MOST_PASSWORD} characters, or a hash from `sprintagen hash-password`"
            )
        return value

    @field_validator("sprintagen_log_level", mode="before")
    @classmethod
    def _log_level(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @field_validator("sprintagen_terminal", "sprintagen_log_format", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("sprintagen_allowed_hosts", mode="before")
    @classmethod
    def _allowed_hosts(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(name.strip().lower() for name in value.split(",") if name.strip())
        return value

    @field_validator("sprintagen_root_path")
    @classmethod
    def _root_path(cls, value: str) -> str:
        value = value.rstrip("/")
        if value and not is_root_path(value):
            raise ValueError("wants a path such as /tools/agent that does not begin like one of ours (/admin, /api, …)")
        return value

    @field_validator("sprintagen_trusted_proxies", mode="before")
    @classmethod
    def _trusted_proxies(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return tuple(ip_network(name.strip(), strict=False) for name in value.split(",") if name.strip())
        except ValueError:
            raise ValueError("wants addresses or networks such as 127.0.0.1, 172.18.0.0/16") from None

    @field_validator("sprintagen_data_dir", "opencode_directory")
    @classmethod
    def _home(cls, value: Path | None) -> Path | None:
        return value.expanduser() if value is not None else None

    @model_validator(mode="after")
    def _operator_token(self) -> Self:
        has_secret = self.sprintagen_token is not None or self.sprintagen_password is not None
        if not is_loopback(self.sprintagen_host) and not has_secret:
            raise ValueError(
                "SPRINTAGEN_TOKEN: wants a token of your own (16 characters or more), "
                "or a SPRINTAGEN_PASSWORD, because SPRINTAGEN_HOST is not a loopback address"
            )
        return self

    @property
    def is_managed(self) -> bool:
        """Whether sprintagen starts the opencode server itself."""
        return self.opencode_server_url is None

    @property
    def credentials(self) -> CredentialSettings:
        """The provider keys in one piece, for the auth handshake."""
        keys = {name: getattr(self, f"{name}_api_key") for name in READY_MADE_PROVIDERS}
        return CredentialSettings(
            provider_id=self.opencode_provider_id,
            provider_api_key=self.opencode_provider_api_key,
            ready_made=tuple(ProviderCredential(name, key) for name, key in keys.items() if key is not None),
        )

    @property
    def tortoise_url(self) -> SecretStr:
        """The database in Tortoise's form."""
        if self.database_url is None:
            return SecretStr(f"sqlite://{(self.sprintagen_data_dir / 'db.sqlite').resolve()}")
        return tortoise_form(self.database_url.get_secret_value())

    def secrets(self) -> list[str]:
        """Every secret in here, as it stands: for whoever keeps them out of a log."""
        found = [value for name in type(self).model_fields if isinstance(value := getattr(self, name), SecretStr)]
        texts = [value.get_secret_value() for value in found if value is not self.database_url]
        for url in (self.database_url and self.database_url.get_secret_value(), self.git_repo_url):
            password = _password_in(url or "")
            texts += [password, unquote(password)]
        return [text for text in texts if text]


SECRETS = tuple(name.upper() for name, field in Settings.model_fields.items() if field.annotation == SecretStr | None)
"""Settings that can be read from a file as well."""


def tortoise_form(url: str) -> SecretStr:
    """A database URL as Tortoise takes it: `file:` is our own."""
    if url.startswith("file:"):
        return SecretStr(f"sqlite://{Path(url.removeprefix('file:')).expanduser().resolve()}")
    return SecretStr(url)


def _password_in(url: str) -> str:
    try:
        return urlsplit(url).password or ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether an address to listen on can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def load(**overrides: Any) -> Settings:
    """The settings in force: `overrides` (from the command line) before the environment before `.env`.

    A secret that is unset or empty is read from the file its `NAME_FILE` names.

    Raises:
        SettingsError: One line per field that cannot be used; the values stay out of it.
    """
    secrets, problems = secret_files.read(SECRETS, os.environ, dotenv_values(".env", encoding="utf-8"))
    if problems:
        raise SettingsError(problems)
    given: dict[str, Any] = {name.lower(): value for name, value in secrets.items()}
    given |= {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsError([_problem(item) for item in error.errors(include_input=False, include_url=False)]) from None


def _problem(item: Any) -> str:
    message = str(item["msg"]).removeprefix("Value error, ")
    name = "_".join(str(part) for part in item["loc"]).upper()
    if not name:  # the model validator names its field itself
        return message
    return f"{name}: {message if message.startswith('wants') else _wanted(item['type'], message)}"


def _wanted(kind: str, message: str) -> str:
    if kind == "literal_error":
        return "wants one of " + ", ".join(re.findall(r"'([^']+)'", message))
    wanted = {
        "int_parsing": "wants a whole number",
        "greater_than_equal": "wants a number from 0 to 65535",
        "less_than_equal": "wants a number from 0 to 65535",
    }
    return wanted.get(kind, message[:1].lower() + message[1:])
