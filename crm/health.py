"""How the installation is: stores, streams, workers."""

from dataclasses import dataclass

from crm.stores import health
from crm.stores.connection import Stores
from crm.stores.health import StreamState


@dataclass(frozen=True, slots=True)
class Health:
    """Versions are None, and streams and workers empty, where a store does not answer."""

    mongodb: str | None
    redis: str | None
    streams: dict[str, StreamState]
    workers: list[str]

    @property
    def ready(self) -> bool:
        """Whether requests can be answered. Without a worker they are taken and wait."""
        return self.mongodb is not None and self.redis is not None

    @property
    def status(self) -> str:
        """`ok`, `no worker` where nobody works the streams, `unavailable` where a store does not answer."""
        if not self.ready:
            return "unavailable"
        return "ok" if self.workers else "no worker"


def check(stores: Stores) -> Health:
    """Ask every part. Raises nothing where one is away."""
    mongodb, redis = health.mongodb_version(stores), health.redis_version(stores)
    if redis is None:
        return Health(mongodb, None, {}, [])
    return Health(mongodb, redis, health.stream_states(stores), health.workers(stores))


def figures(stores: Stores) -> str:
    """The figures for operators in the text format of Prometheus."""
    state = check(stores)
    lines = [
        "# HELP crm_up Whether both stores answer.",
        "# TYPE crm_up gauge",
        f"crm_up {int(state.ready)}",
        "# HELP crm_workers Worker processes alive.",
        "# TYPE crm_workers gauge",
        f"crm_workers {len(state.workers)}",
        "# HELP crm_stream_backlog Entries of a stream that are not acknowledged yet.",
        "# TYPE crm_stream_backlog gauge",
        *(f'crm_stream_backlog{{stream="{name}"}} {each.backlog}' for name, each in state.streams.items()),
        "# HELP crm_stream_dead Entries of a stream that were given up on.",
        "# TYPE crm_stream_dead gauge",
        *(f'crm_stream_dead{{stream="{name}"}} {each.dead}' for name, each in state.streams.items()),
    ]
    if state.mongodb:
        lines += ["# HELP crm_documents Documents of a collection.", "# TYPE crm_documents gauge"]
        lines += [f'crm_documents{{collection="{name}"}} {n}' for name, n in health.counts(stores).items()]
    return "\n".join(lines) + "\n"
