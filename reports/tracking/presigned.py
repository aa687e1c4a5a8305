"""Send a file to a bucket by an address that the tracking server signed for it, so that no credentials are needed here.

The server knows the bucket's key and gives away the right to write this one object for some minutes. The address is
used as it stands and nothing of ours goes with it but the file: no password, no token, and no redirection is followed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from proofbox.reports.tracking.store import NoPlainWayError
from proofbox.reports.tracking.wire import RefusedError, Wire

_SCHEMES = {"https": {"https"}, "http": {"https", "http"}}
"""What a server of each kind may send us to: whoever came by TLS does not go on without."""


def put_presigned(answer: Mapping[str, Any], raw: bytes, came_by: str) -> None:
    """Send the bytes of one file.

    Parameters
    ----------
    answer
        The server's, to the request for such an address.
    came_by
        ``http`` or ``https``: how the server is spoken to.

    Raises
    ------
    NoPlainWayError
        The address is none that is gone to, or the bucket refused.
    AwayStoreError
        The bucket did not answer.
    """
    try:
        url = urlsplit(str(answer.get("presigned_url")))
        if url.scheme not in _SCHEMES[came_by]:
            raise NoPlainWayError(f"got an address for the bucket that begins with {url.scheme[:20]!r}, expected https")
        headers = {str(key): str(value) for key, value in (answer.get("headers") or {}).items()}
        wire = Wire(f"{url.scheme}://{url.netloc}", headers=headers)
        with contextlib.closing(wire):
            wire.send("PUT", f"{url.path}?{url.query}", raw, "application/octet-stream")
    except RefusedError as err:
        raise NoPlainWayError(f"the bucket at {url.hostname} refused: {err}") from err
    except (ValueError, AttributeError) as err:
        raise NoPlainWayError(f"the address that the server signed is none ({type(err).__name__})") from err
