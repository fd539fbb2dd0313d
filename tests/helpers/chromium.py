"""A headless Chromium for tests, driven over a pipe without any other library."""

import base64
import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from select import select
from typing import Any, Final

__all__ = ["Page", "browser", "opened"]

_ARGUMENTS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
    "--window-size=1280,850",
)
_KEYS: Final = {
    "Enter": ("\r", 13),
    "Tab": ("", 9),
    "Escape": ("", 27),
    "End": ("", 35),
    "Home": ("", 36),
    "ArrowLeft": ("", 37),
    "ArrowUp": ("", 38),
    "ArrowRight": ("", 39),
    "ArrowDown": ("", 40),
}
"""The text and the code of each key."""
_SECONDS: Final = 60


@cache
def browser() -> str | None:
    """Return the browser: the value of PORTMAP_CHROMIUM, or an installed Chromium that starts."""
    if named := os.environ.get("PORTMAP_CHROMIUM"):
        return named
    for found in filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        with suppress(OSError, subprocess.TimeoutExpired):
            if subprocess.run([found, "--version"], capture_output=True, check=False, timeout=30).returncode == 0:
                return found
    return None


@contextmanager
def opened(page: Path, profile: Path, *arguments: str, hash: str = "") -> "Iterator[Page]":
    """Open a page in a new browser, and end the browser afterwards."""
    executable = browser()
    assert executable is not None
    profile.mkdir()
    to_browser, commands = os.pipe()
    answers, from_browser = os.pipe()
    # Chromium reads from 3 and writes to 4, so the pipes must not use these numbers yet.
    inner = [fcntl.fcntl(each, fcntl.F_DUPFD, 10) for each in (to_browser, from_browser)]

    def use_3_and_4() -> None:
        os.dup2(inner[0], 3)
        os.dup2(inner[1], 4)

    process = subprocess.Popen(
        [executable, *_ARGUMENTS, f"--user-data-dir={profile}", *arguments, "about:blank"],
        preexec_fn=use_3_and_4,  # noqa: PLW1509 - there are no threads here
        pass_fds=(3, 4),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for each in (to_browser, from_browser, *inner):
        os.close(each)
    try:
        made = Page(commands, answers)
        made.open(f"{page.resolve().as_uri()}{hash}")
        yield made
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(commands)
        os.close(answers)


class Page:
    """The one page of a browser, driven by the protocol of its developer tools.

    Attributes:
        errors: Messages of the console, exceptions, and requests for anything but the page itself.
    """

    def __init__(self, commands: int, answers: int) -> None:
        self._commands = commands
        self._answers = answers
        self._read = b""
        self._number = 0
        self._session: str | None = None
        self._loaded = False
        self._address = ""
        self.errors: list[str] = []

    def open(self, address: str) -> None:
        """Open the page and wait until it is loaded."""
        pages = [each for each in self.call("Target.getTargets")["targetInfos"] if each["type"] == "page"]
        self._session = self.call("Target.attachToTarget", targetId=pages[0]["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self._address = address.partition("#")[0]
        self._loaded = False
        self.call("Page.navigate", url=address)
        while not self._loaded:
            self._next()

    def call(self, method: str, **parameters: Any) -> Any:
        """Return the answer of the browser to a command."""
        self._number += 1
        number = self._number
        command: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session and not method.startswith("Target."):
            command["sessionId"] = self._session
        os.write(self._commands, json.dumps(command).encode() + b"\0")
        while True:
            message = self._next()
            if message.get("id") == number:
                assert "error" not in message, (method, message["error"])
                return message["result"]

    def _next(self) -> Any:
        while b"\0" not in self._read:
            assert select([self._answers], [], [], _SECONDS)[0], "the browser does not answer"
            part = os.read(self._answers, 1 << 20)
            assert part, "the browser ended"
            self._read += part
        text, _, self._read = self._read.partition(b"\0")
        message = json.loads(text)
        self._handle(message.get("method", ""), message.get("params", {}))
        return message

    def _handle(self, method: str, found: dict[str, Any]) -> None:
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Runtime.consoleAPICalled" and found["type"] in {"error", "warning", "assert"}:
            self.errors.append(str(found["args"]))
        elif method == "Runtime.exceptionThrown":
            self.errors.append(str(found["exceptionDetails"]))
        elif method == "Log.entryAdded" and found["entry"]["level"] == "error":
            self.errors.append(found["entry"]["text"])
        elif method == "Network.requestWillBeSent" and found["request"]["url"].partition("#")[0] != self._address:
            self.errors.append(found["request"]["url"])

    def of(self, script: str) -> Any:
        """Return the value of an expression in the page."""
        done = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def press(self, *keys: str, shift: bool = False) -> None:
        """Press keys, one after the other."""
        for key in keys:
            text, code = _KEYS.get(key) or (key, ord(key.upper()) if key.isalnum() else 0)
            about = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
            self.call("Input.dispatchKeyEvent", type="keyDown", **about, **({"text": text} if text else {}))
            self.call("Input.dispatchKeyEvent", type="keyUp", **about)

    def click(self, script: str) -> None:
        """Click with the mouse on the element of an expression."""
        x, y = self.of(
            f"(() => {{ const each = {script}; each.scrollIntoView({{ block: 'center' }});"
            " const { x, y, width, height } = each.getBoundingClientRect();"
            " return [x + width / 2, y + height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def shot(self, file: Path) -> None:
        """Write a screenshot to a file."""
        file.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))
