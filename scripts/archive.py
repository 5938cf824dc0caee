"""Recipe for the released Pulumi CLI: one archive per platform, with a pinned SHA-256.

No remote script runs: this module fetches, verifies and unpacks the archive.
"""

from __future__ import annotations

import hashlib
import http.client
import platform
import shutil
import tarfile
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from scripts.cache import Recipe, Say, UnavailableError

VERSION = "3.250.0"  # The tested version, and the newest that all module proxies serve.

# From the project's own Homebrew tap, for VERSION.
SHA256 = {
    "linux-x64": "8916fd36ccc96adbd45ca679194b685e3b767d94502ae05610878a6d9870b8f3",
    "linux-arm64": "deb4bf0d05b4cbaf3adcf82ffa44039ad0ebf039e33338ead8136877a437b4e5",
    "darwin-x64": "8aa1615ed737022949d4050bf183ab37bce1f9cecb88877bc6636db82604e348",
    "darwin-arm64": "dbd289ce3069cf567683252082e226aef533775f546df7286f64f3f36f5fda28",
}

_RELEASES = "https://github.com/pulumi/pulumi/releases/download"
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
_STALLED_AFTER_SECONDS = 15
_AT_MOST_SECONDS = 1800
_AT_MOST_BYTES = 1 << 30

Fetch = Callable[[str, Path, Say], None]
"""A function that downloads a URL into a file. Raises OSError or UnavailableError."""


def name_of(system: str, machine: str) -> str:
    """Return a platform's name as the archives spell it."""
    return f"{system.lower()}-{_MACHINES.get(machine.lower(), machine.lower())}"


def url_of(name: str) -> str:
    """Return the URL of a platform's archive."""
    return f"{_RELEASES}/v{VERSION}/pulumi-v{VERSION}-{name}.tar.gz"


def fetch(url: str, file: Path, say: Say) -> None:
    """Download a URL into a file, and report progress.

    Raises OSError if the download stalls, and UnavailableError if it exceeds a limit of time or
    size.
    """
    request = urllib.request.Request(url, headers={"User-Agent": "vapi-phone-numbers"})  # noqa: S310  fixed in url_of
    begun = told = time.monotonic()
    size = 0
    with (
        closing(urllib.request.urlopen(request, timeout=_STALLED_AFTER_SECONDS)) as answer,  # noqa: S310
        file.open("wb") as output,
    ):
        while block := answer.read(1 << 16):
            output.write(block)
            size += len(block)
            now = time.monotonic()
            if size > _AT_MOST_BYTES or now - begun > _AT_MOST_SECONDS:
                raise UnavailableError(f"{url} does not end")
            if now - told >= 15:
                told = now
                say(f"fetching Pulumi: {now - begun:.0f} s, {size >> 20} MiB")


def recipe(
    say: Say, get: Fetch = fetch, name: str | None = None, pins: Mapping[str, str] = SHA256
) -> Recipe:
    """Return the recipe that fetches the archive of this platform, or of the named one.

    Its `build` raises UnavailableError if the archive cannot be fetched or has another SHA-256.
    """
    wanted = name or name_of(platform.system(), platform.machine())
    pinned = pins.get(wanted)

    def build(folder: Path) -> None:
        if pinned is None:
            raise UnavailableError(f"Pulumi {VERSION} is not released for {wanted}")
        say(f"fetching the Pulumi CLI {VERSION}, once for this user")
        archive = folder / "archive.tar.gz"
        try:
            get(url_of(wanted), archive, say)
        except (OSError, http.client.HTTPException) as error:
            reason = str(error) or type(error).__name__
            raise UnavailableError(f"cannot fetch Pulumi's release ({reason})") from None
        got = _digest(archive)
        if got != pinned:
            # Unpack nothing: it may be a proxy's page, a broken transfer or a replaced release.
            raise UnavailableError(
                f"{url_of(wanted)} did not send the release: "
                f"its SHA-256 is {got}, pinned is {pinned}"
            )
        _unpack(archive, folder / "bin")
        archive.unlink()

    # The digest in the key excludes folders that an earlier version's installer did not verify.
    return Recipe(f"pulumi-{VERSION}-{wanted}-{(pinned or 'none')[:12]}", build)


def _digest(file: Path) -> str:
    found = hashlib.sha256()
    with file.open("rb") as content:
        while block := content.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def _unpack(archive: Path, folder: Path) -> None:
    """Write the regular files of the archive's folder `pulumi`, by their base names."""
    folder.mkdir()
    with tarfile.open(archive, "r:gz") as members:
        for member in members:
            place = Path(member.name)
            content = members.extractfile(member) if member.isfile() else None
            if content is None or len(place.parts) != 2 or place.parts[0] != "pulumi":
                continue
            program = folder / place.name
            with content, program.open("wb") as output:
                shutil.copyfileobj(content, output)
            program.chmod(0o755)
