"""Walls with one or two missing, to see that the suite's looks from outside do see: a guard that never was red is none.

Each still has mounts, users and limits of its own, so that what gets through reaches the suite's own things alone.
"""

from __future__ import annotations

from proofbox.sandbox.bubblewrap import Bubblewrap


class WithoutFilterAndNetwork(Bubblewrap):
    """The network of the machine, and any system call."""

    name = "weakened-network"
    filtered = False

    def namespaces(self):
        return [*super().namespaces(), "--share-net"]


class WithoutFilterAndProcesses(Bubblewrap):
    """The processes of the machine, and any system call."""

    name = "weakened-processes"
    filtered = False
    drops = False  # else the harness, which is root, could not be signalled

    def namespaces(self):
        rest = [part for part in super().namespaces() if part != "--unshare-all"]
        return ["--unshare-net", "--unshare-ipc", "--unshare-uts", *rest]


class WithOpenFolder(Bubblewrap):
    """The folder for temporary files can be read and written."""

    name = "weakened-files"

    def _shown(self, launch):
        return [*super()._shown(launch), "--bind", "/tmp", "/tmp"]


WEAKENED = {one.name: one for one in (WithoutFilterAndNetwork, WithoutFilterAndProcesses, WithOpenFolder)}
