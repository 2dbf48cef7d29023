"""A bare Debian for the package: made in memory, where fsync costs nothing, kept as an archive."""

import hashlib
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHROOT = ROOT / "var" / "chroot"
ARCHIVES = ROOT / "var" / "debian"
PACKAGES = "python3,adduser,mariadb-client,ca-certificates"
PATIENCE = 360  # seconds
SIZE = "size=2g"  # at most; some 600 MB are used


class Debian:
    """A Debian in a folder; `run` is a command line in it, as root unless told otherwise."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *command: str, user: str = "root", status: int = 0, input: str = "") -> str:
        result = subprocess.run(
            self.command(*command, user=user),
            input=input,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert result.returncode == status, (command, result.stdout, result.stderr)
        return result.stdout + result.stderr

    def command(self, *command: str, user: str) -> list[str]:
        clean = ["env", "-i", "HOME=/root", "LANG=C.UTF-8", "SIPPULSE_LANGUAGE=en"]
        path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
        as_user = ["runuser", "-u", user, "--"] if user != "root" else []
        inside = ["chroot", str(self.folder), *clean, path]
        home = "/var/lib/sippulse-ws" if user != "root" else "/"
        return [*inside, *as_user, "sh", "-c", f'cd {home} && exec "$@"', "sh", *command]

    def ours(self, *arguments: str, status: int = 0) -> str:
        """`sippulse-ws …` as the server's user."""
        return self.run("sippulse-ws", *arguments, user="sippulse-ws", status=status)


@contextmanager
def bare_debian() -> Iterator[Debian]:
    """The release that runs here; nothing is left of it afterwards but its archive under var/."""
    subprocess.run(
        ["umount", "--recursive", "--quiet", str(CHROOT)], check=False
    )  # of a killed run
    shutil.rmtree(CHROOT, ignore_errors=True)
    CHROOT.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", SIZE, "tmpfs", str(CHROOT)], check=True)
    try:
        _fill()
        subprocess.run(["mount", "-t", "proc", "proc", str(CHROOT / "proc")], check=True)
        shared = CHROOT / "dev" / "shm"  # where locks between processes live
        shared.mkdir(exist_ok=True)
        shared.chmod(0o1777)
        yield Debian(CHROOT)
    finally:
        subprocess.run(["umount", "--recursive", "--lazy", str(CHROOT)], check=False)
        shutil.rmtree(CHROOT, ignore_errors=True)


def _fill() -> None:
    codename = re.search(r"VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text())
    assert codename is not None
    chosen = hashlib.sha256(PACKAGES.encode()).hexdigest()[:8]
    archive = ARCHIVES / f"{codename[1]}-{time.strftime('%Y-%m')}-{chosen}.tar"
    if archive.exists():
        subprocess.run(["tar", "xpf", str(archive), "-C", str(CHROOT)], check=True)
        return
    subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", codename[1], str(CHROOT)],
        check=True,
        capture_output=True,
    )
    shutil.rmtree(ARCHIVES, ignore_errors=True)  # those of other months
    ARCHIVES.mkdir()
    part = archive.with_suffix(".part")
    without = (
        "--exclude=./proc/*",
        "--exclude=./sys/*",
        "--exclude=./var/cache/apt/archives/*.deb",
    )
    subprocess.run(["tar", "cpf", str(part), *without, "-C", str(CHROOT), "."], check=True)
    part.rename(archive)
