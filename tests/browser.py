"""A real Chromium without a window, spoken to over two pipes (Chrome's DevTools protocol)."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

__all__ = ["Browser", "Tab", "chromium"]

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--remote-debugging-pipe",
    "--window-size=1600,1000",
)


_PATIENCE_S = 120
_PAGES = 5
"""Most pages that one address leads to, one after the other."""


class RefusedError(Exception):
    """What the browser did not do, and why."""


class Browser:
    """One process; every message is JSON that ends with a zero byte."""

    def __init__(self, profile: Path) -> None:
        program = next((found for name in _NAMES if (found := shutil.which(name))), None)
        if program is None:
            pytest.fail("no Chromium: install it (on Debian: apt-get install chromium)")
        first, self._to = os.pipe()
        self._from, second = os.pipe()
        reads, writes = (fcntl.fcntl(each, fcntl.F_DUPFD, 10) for each in (first, second))
        words = [program, *_FLAGS, f"--user-data-dir={profile}", "about:blank"]
        # The browser reads from its descriptor 3 and writes to 4, which this shell makes of ours.
        shell = ["bash", "-c", f'exec "$@" 3<&{reads} 4>&{writes}', "bash", *words]
        self._process = subprocess.Popen(
            shell,
            pass_fds=(reads, writes),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for each in (first, second, reads, writes):
            os.close(each)
        self._buffer = b""
        self._sent = 0

    def close(self) -> None:
        """Ends the process."""
        os.close(self._to)
        os.close(self._from)
        self._process.terminate()
        self._process.wait()

    def ask(self, method: str, session: str | None = None, **parameters: object) -> dict[str, Any]:
        """The answer to one command; events in between are left aside."""
        self._sent += 1
        message: dict[str, Any] = {"id": self._sent, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        _write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._sent:
                if "error" in answer:
                    raise RefusedError(method, answer["error"]["message"])
                found: dict[str, Any] = answer["result"]
                return found

    def open(self, address: str) -> Tab:
        """A tab that shows this address."""
        target = self.ask("Target.createTarget", url=address)["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        return Tab(self, session)

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            assert select.select([self._from], [], [], _PATIENCE_S)[0], "the browser hangs"
            part = os.read(self._from, 1 << 20)
            assert part, "the browser is gone"
            self._buffer += part
        message, _, self._buffer = self._buffer.partition(b"\0")
        read: dict[str, Any] = json.loads(message)
        return read


class Tab:
    """One page."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser, self._session = browser, session

    def run(self, script: str) -> Any:
        """What an expression of JavaScript comes to; a promise is awaited."""
        answer = self._browser.ask(
            "Runtime.evaluate",
            self._session,
            expression=script,
            awaitPromise=True,
            returnByValue=True,
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, condition: str, seconds: int = 60) -> None:
        """Goes on as soon as the expression is true of the page, which itself waits for it."""
        script = (
            "new Promise((done, fail) => {"
            f" const end = Date.now() + {seconds * 1000};"
            f" const look = () => {{ let found; try {{ found = ({condition}); }} catch (e) {{}}"
            "  if (found) done(true);"
            "  else if (Date.now() > end) fail(new Error('never: ' + document.body.innerText));"
            "  else setTimeout(look, 50); }; look(); })"
        )
        for _ in range(_PAGES):
            try:
                self.run(script)
            except RefusedError:  # the page gave way to the one that was asked for
                continue
            return
        self.run(script)

    def type(self, text: str) -> None:
        """Types into what has the focus."""
        self._browser.ask("Input.insertText", self._session, text=text)

    def press(self, key: str, code: int, modifiers: int = 0) -> None:
        """Presses and lets go of a key. modifiers: 2 is Ctrl."""
        named: Mapping[str, object] = {
            "key": key,
            "code": key,
            "windowsVirtualKeyCode": code,
            "modifiers": modifiers,
        }
        for kind in ("keyDown", "keyUp"):
            self._browser.ask("Input.dispatchKeyEvent", self._session, type=kind, **named)

    def dark(self) -> None:
        """Has the page believe that its reader prefers dark."""
        features = [{"name": "prefers-color-scheme", "value": "dark"}]
        self._browser.ask("Emulation.setEmulatedMedia", self._session, features=features)

    def picture(self) -> bytes:
        """What the page looks like, as PNG."""
        shot = self._browser.ask("Page.captureScreenshot", self._session, format="png")
        return base64.b64decode(shot["data"])


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """A running browser with this folder for its own."""
    browser = Browser(profile)
    try:
        yield browser
    finally:
        browser.close()


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
