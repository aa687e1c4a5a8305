"""What is around a model and can be made different: a model that can tell a test by it may answer for the test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Way = Literal["clock", "locale", "hostname", "environment"]
"""Something around a model that can be made different."""

WAYS: tuple[Way, ...] = ("clock", "locale", "hostname", "environment")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What differs from the usual: what a check asks for, and an executor gives as far as it can."""

    clock: int | None = None
    """Seconds since 1970 (UTC) that the clock shows when the model's process starts."""
    locale: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of the language, the number format and the time zone."""
    hostname: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    """Further environment variables."""

    @property
    def ways(self) -> tuple[Way, ...]:
        """What differs, in the order of :data:`WAYS`."""
        there = {"clock": self.clock is not None, "locale": bool(self.locale)}
        there |= {"hostname": self.hostname is not None, "environment": bool(self.environment)}
        return tuple(way for way in WAYS if there[way])

    def only(self, way: Way) -> Surroundings:
        """Return what differs in this one way, all else being as usual."""
        return Surroundings(
            clock=self.clock if way == "clock" else None,
            locale=self.locale if way == "locale" else {},
            hostname=self.hostname if way == "hostname" else None,
            environment=self.environment if way == "environment" else {},
        )


NIGHT = Surroundings(
    clock=1_930_101_420,  # Saturday, 1 March 2031, 03:17 UTC
    # LC_ALL names what every machine has, so that a model that sets its locale by it can.
    locale={"LANG": "vi_VN.UTF-8", "LANGUAGE": "vi", "LC_ALL": "POSIX", "TZ": "Asia/Ho_Chi_Minh"},
    hostname="api-7d9c5b8f4-x2x9q",
    environment={"KUBERNETES_SERVICE_HOST": "10.96.0.1", "PORT": "8080", "ENVIRONMENT": "production", "USER": "app"},
)
"""A server in production in Viet Nam, at night on a weekend years from now."""

PAST = Surroundings(
    clock=1_560_347_100,  # Wednesday, 12 June 2019, 13:45 UTC
    locale={"LANG": "tr_TR.UTF-8", "LANGUAGE": "tr", "LC_ALL": "C", "TZ": "America/St_Johns"},
    hostname="laptop",
    environment={"USER": "ngan", "SHELL": "/bin/bash", "TERM": "xterm-256color", "PATH": "/usr/bin:/bin"},
)
"""Somebody's laptop elsewhere, in the middle of a working day years ago."""
