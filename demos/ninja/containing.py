"""What a submission may do while a class is graded: limits of the system, and a watch over Python's own doors.

Student code is code. What holds: time and memory (limits of the operating system, but for memory on Windows), and on
Linux the network, where the system lets a process give it up. The rest is a watch inside Python (an audit hook): it
stops files outside the submission's folder, other programs and sockets as a learner's file would use them, and tells of
them; someone who sets out to break it from within Python can. Grade strangers in a container.
"""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograd.learn.languages import tell

__all__ = ["guard", "limit"]

FORBIDDEN = ("socket.", "subprocess.", "ctypes.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork",
             "os.startfile", "os.kill", "pty.", "ftplib.", "urllib.", "smtplib.", "winreg.", "webbrowser.",
             "sys._current_frames", "gc.get_objects", "gc.get_referrers", "gc.get_referents")
CHANGES = ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
           "os.chown", "shutil.")
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000


def limit(megabytes: int, seconds: float) -> list[str]:
    """Limit this process's memory and time for good, and take its network away. Returns what could be limited."""
    held = []
    try:
        import resource
    except ImportError:                             # Windows
        return held
    for what, kind, size in (("memory", "RLIMIT_AS", megabytes << 20), ("time", "RLIMIT_CPU", int(seconds) + 10),
                             ("size of files", "RLIMIT_FSIZE", 10 << 20), ("", "RLIMIT_CORE", 0)):
        try:
            resource.setrlimit(getattr(resource, kind), (size, size))
            held += [what] if what else []
        except (AttributeError, ValueError, OSError):
            pass
    if sys.platform == "linux":
        import ctypes
        try:
            if ctypes.CDLL(None).unshare(_NEW_USER | _NEW_NETWORK) == 0:
                held.append("network")
        except (OSError, AttributeError):
            pass
    return held


def guard(folder: Path, hidden: Path, note: Callable[[str], None]) -> Callable[[], None]:
    """Watch this process: reading outside `folder` and Python's own files, writing outside `folder`, and FORBIDDEN
    raise PermissionError, and `note` is told. Returns a function that ends the watch."""
    own = folder.resolve()
    packages = {Path(__file__).resolve().parents[1]}
    packages |= {Path(module.__path__[0]).resolve() for name, module in list(sys.modules.items())
                 if name in ("autograd", "nn", "numpy", "ninjagrad")}
    readable = [own, *packages, *(Path(place).resolve() for place in {
        *sysconfig.get_paths().values(), sys.prefix, sys.base_prefix, *site.getsitepackages(), "/usr/share/zoneinfo",
        "/etc/localtime", "/dev/null", "/dev/urandom", *filter(None, [os.environ.get("NINJA_NAMES")])})]
    hidden = hidden.resolve()
    watching = True

    def within(path: Any, places: list[Path]) -> bool:
        if isinstance(path, int):                   # a file that is open already
            return True
        found = Path(os.fsdecode(path)).resolve()
        return any(found == place or place in found.parents for place in places) and hidden not in found.parents

    def stop(what: str) -> None:
        note(what)
        raise PermissionError(f"{what}: {tell('not while a class is graded')}")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal watching
        if not watching:
            return
        watching = False                            # what is asked here is not watched itself
        try:
            if event == "open":
                path, _, flags = arguments
                writes = bool((flags or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
                if path is not None and not within(path, [own] if writes else readable):
                    name = Path(os.fsdecode(path)).name
                    stop(tell("writing {name} outside its folder", name=name) if writes else
                         tell("reading {name} outside its folder", name=name))
            elif event in ("os.listdir", "os.scandir", "glob.glob"):
                if arguments[0] is not None and not within(arguments[0] or ".", readable):
                    stop(tell("listing a folder that is not its own"))
            elif event.startswith(CHANGES):
                if not all(within(x, [own]) for x in arguments[:2] if isinstance(x, (str, bytes, os.PathLike))):
                    stop(tell("changing files outside its folder"))
            elif event.startswith(FORBIDDEN):
                stop(tell("calling {event}", event=event))
        finally:
            watching = True

    sys.addaudithook(hook)

    def end() -> None:
        nonlocal watching
        watching = False

    return end
