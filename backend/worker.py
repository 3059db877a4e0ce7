# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
"""Huey wakes, the rows decide.

Huey delivers at most once and loses what it holds when its process is killed, so nothing here may matter when it is lost:
its tasks carry no data, look into the rows, and run again a minute later. The publisher lives in a thread of its own for as
long as the worker does.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey, crontab
from huey.consumer import Consumer
from huey.serializer import Serializer

from . import fits, housekeeping
from .context import Context, own_connections
from .publishing import Publisher
from .settings import Settings, SettingsError

log = logging.getLogger(__name__)

START_TIMEOUT = 30.0
STOP_TIMEOUT = 90.0
HUEY_THREADS = 2


class JsonSerializer(Serializer):
    """No pickle: whoever can write to the queue must not be able to run code here."""

    def _serialize(self, data: Any) -> bytes:
        import json

        return json.dumps(data).encode()

    def _deserialize(self, data: bytes) -> Any:
        import json

        return json.loads(data)


class Queue:
    """The Huey instance of a data folder and its tasks, for those who only enqueue and for those who run them."""

    def __init__(self, settings: Settings) -> None:
        self.huey = make_huey(settings)
        self.on_publish_due: Callable[[], None] = lambda: None
        self.on_housekeeping: Callable[[], None] = lambda: None
        self._nudged_at = 0.0
        self.publish_due = self.huey.task(name="publish_due")(self._publish_due)
        self.huey.periodic_task(crontab(minute="*"), name="every_minute")(self._every_minute)

    def nudge(self) -> None:
        """After a commit that made a post due soon. Many commits in a row need one wake-up."""
        now = time.monotonic()
        if now - self._nudged_at < 0.05:
            return
        self._nudged_at = now
        self.publish_due()

    def _publish_due(self) -> None:
        self.on_publish_due()

    def _every_minute(self) -> None:
        self.on_publish_due()
        self.on_housekeeping()


def make_huey(settings: Settings) -> Huey:
    options: dict[str, Any] = {"results": False, "utc": True}
    url = settings.queue_url
    if not url:
        return SqliteHuey("socialclaw", filename=str(settings.data_dir / "queue.db"), **options)
    if url.startswith(("postgres://", "postgresql://")):
        return PostgresHuey("socialclaw", dsn=url, **options)
    if url.startswith(("redis://", "rediss://")):
        return RedisHuey("socialclaw", url=url, **options)
    raise SettingsError("SOCIALCLAW_QUEUE_URL must start with postgresql:// or redis://, or be empty.")


class WorkerThreads:
    """A publisher and a Huey consumer, beside the web server or alone."""

    def __init__(
        self,
        context: Context,
        queue: Queue,
        *,
        concurrency: int | None = None,
        at: Callable[[str, str], None] | None = None,
    ) -> None:
        self.context = context
        self.queue = queue
        self._concurrency = concurrency
        self._at = at
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.publisher: Publisher | None = None
        self._started = threading.Event()
        self._lock = threading.Lock()
        self._stopping = False
        self._consumer: Consumer | None = None

    def start(self) -> None:
        self.queue.on_publish_due = self.wake
        self.queue.on_housekeeping = self._housekeeping
        self.wake()
        self._consumer = _ThreadedConsumer(
            self.queue.huey, workers=HUEY_THREADS, initial_delay=0.05, max_delay=0.5, check_worker_health=False
        )
        self._consumer.start()

    def wake(self) -> None:
        """Start the publisher if it is not there; make it look at the rows now."""
        with self._lock:
            if self._stopping:
                return
            if self._thread is None or not self._thread.is_alive():
                self._started.clear()
                self._thread = threading.Thread(target=self._publish, name="publisher", daemon=True)
                self._thread.start()
        if self._started.wait(START_TIMEOUT) and self._loop is not None and self.publisher is not None:
            _call(self._loop, self.publisher.wake)

    def stop(self) -> None:
        """What is in flight finishes its present request; the rest goes on after the next start."""
        with self._lock:
            self._stopping = True
        if self._consumer is not None:
            self._consumer.stop(graceful=True)
        if self._thread is not None and self._loop is not None and self.publisher is not None:
            _call(self._loop, self.publisher.stop)
            self._thread.join(STOP_TIMEOUT)

    def _publish(self) -> None:
        try:
            asyncio.run(self._run_publisher())
        except Exception:
            log.exception("the publisher stopped; the next wake-up starts it again")
        finally:
            self._started.set()

    async def _run_publisher(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with own_connections(self.context) as context:
            self.publisher = Publisher(context, concurrency=self._concurrency, at=self._at)
            self._started.set()
            ahead = asyncio.create_task(fits.keep_ahead(context))
            try:
                await self.publisher.run()
            finally:
                ahead.cancel()
                await asyncio.gather(ahead, return_exceptions=True)

    def _housekeeping(self) -> None:
        asyncio.run(self._keep_house())

    async def _keep_house(self) -> None:
        async with own_connections(self.context) as context:
            await housekeeping.every_minute(context)


class _ThreadedConsumer(Consumer):
    """Inside another program: signals are that program's business."""

    def _set_signal_handlers(self) -> None:
        pass


def _call(loop: asyncio.AbstractEventLoop, action: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(action)
    except RuntimeError:  # the loop has just ended
        log.debug("the publisher had ended already")
