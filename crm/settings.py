"""Every setting, typed, read from the environment once.

`embedded` leaves the addresses of the stores it started in `<data folder>/running.json`, so that a
worker, a script or a second web process on the same data finds them without any setting.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from crm.errors import NotRunning

RUNNING_FILE = "running.json"
SECRET_FILE = "secret.key"  # noqa: S105  # the name of a file
_ANY = ("0.0.0.0", "::")  # noqa: S104  # to be recognised, not to be bound


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the stores are."""

    mongodb_uri: str
    redis_url: str


class Settings(BaseSettings):
    """All settings by the names of their variables, with their defaults. A wrong one raises at the start."""

    model_config = SettingsConfigDict(extra="ignore", populate_by_name=True)

    mongodb_uri: str | None = Field(None, validation_alias="MONGODB_URI")
    redis_url: str | None = Field(None, validation_alias="REDIS_URL")
    database: str = Field("crm", validation_alias="CRM_DATABASE")
    prefix: str = Field("crm:", validation_alias="CRM_PREFIX")
    data_dir: Path = Field(Path("data"), validation_alias="CRM_DATA_DIR")
    columns_from: int = Field(5_000, validation_alias="CRM_COLUMNS_FROM", ge=0)
    address: str = Field("127.0.0.1", validation_alias="CRM_ADDRESS")
    port: int = Field(8501, validation_alias="CRM_PORT", ge=1, le=65535)
    public_url: str | None = Field(None, validation_alias="CRM_PUBLIC_URL")  # if not the above
    workers: int = Field(1, validation_alias="CRM_WORKERS", ge=0, le=64)  # processes beside the web process
    admin_email: str | None = Field(None, validation_alias="CRM_ADMIN_EMAIL")
    admin_password: SecretStr | None = Field(None, validation_alias="CRM_ADMIN_PASSWORD")
    secret_key: SecretStr | None = Field(None, validation_alias="CRM_SECRET_KEY")
    currency: str = Field("INR", validation_alias="CRM_CURRENCY", pattern="^[A-Z]{3}$")
    time_zone: str = Field("UTC", validation_alias="CRM_TIME_ZONE")
    claim_after: float = Field(30.0, validation_alias="CRM_CLAIM_AFTER", gt=0)  # s an entry may lie unheld
    max_attempts: int = Field(5, validation_alias="CRM_MAX_ATTEMPTS", ge=1)  # failures before a dead letter
    undo_days: float = Field(
        30.0, validation_alias="CRM_UNDO_DAYS", ge=0, le=3650
    )  # 0: no import can be undone
    streams_mb: int = Field(256, validation_alias="CRM_STREAMS_MB", ge=0)  # that waiting batches may take
    groq_api_key: SecretStr | None = Field(None, validation_alias="GROQ_API_KEY")
    groq_model: str = Field("openai/gpt-oss-20b", validation_alias="GROQ_MODEL")
    groq_base_url: str | None = Field(None, validation_alias="GROQ_BASE_URL")
    groq_timeout: float = Field(15.0, validation_alias="GROQ_TIMEOUT", gt=0)
    oidc_client_id: str | None = Field(None, validation_alias="CRM_OIDC_CLIENT_ID")
    oidc_client_secret: SecretStr | None = Field(None, validation_alias="CRM_OIDC_CLIENT_SECRET")
    oidc_metadata_url: str = Field(
        "https://accounts.google.com/.well-known/openid-configuration",
        validation_alias="CRM_OIDC_METADATA_URL",
    )

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"CRM_TIME_ZONE={name!r} is no time zone; try Asia/Kolkata") from None
        return name

    @field_validator("public_url")
    @classmethod
    def _an_address(cls, url: str | None) -> str | None:
        if url and not re.match(r"^https?://[!-;=?-~]+$", url):
            raise ValueError(f"CRM_PUBLIC_URL={url!r} is no address; try https://crm.example.com")
        return url or None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def base_url(self) -> str:
        """What links to this installation begin with."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = "127.0.0.1" if self.address in _ANY else self.address
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def snapshot_dir(self) -> Path:
        """Where the columnar copy of customers and orders is kept."""
        return self.data_dir / "snapshot"

    def endpoints(self) -> Endpoints:
        """Addresses of MongoDB and Redis. Raises NotRunning when nothing says where they are."""
        running = self._running()
        mongodb_uri = self.mongodb_uri or running.get("mongodbUri")
        redis_url = self.redis_url or running.get("redisUrl")
        if not mongodb_uri or not redis_url:
            raise NotRunning(
                f"Mini-CRM is not running on {self.data_dir.resolve()}. Start it with `make run`, or set "
                "MONGODB_URI and REDIS_URL to stores of your own."
            )
        return Endpoints(mongodb_uri, redis_url)

    def _running(self) -> dict[str, str]:
        try:
            return json.loads((self.data_dir / RUNNING_FILE).read_text())
        except (OSError, ValueError):
            return {}

    def secret(self, purpose: str) -> bytes:
        """32 bytes for one purpose, derived (HMAC-SHA256) from the one secret of this installation."""
        root = self.secret_key.get_secret_value().encode() if self.secret_key else self._secret_file()
        return hmac.new(root, purpose.encode(), hashlib.sha256).digest()

    def _secret_file(self) -> bytes:
        path = self.data_dir / SECRET_FILE
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            return path.read_bytes()
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(32).encode())
        return path.read_bytes()


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process."""
    return Settings()  # type: ignore[call-arg]  # every field comes from the environment
