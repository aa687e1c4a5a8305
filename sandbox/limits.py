"""What a hosted model may use; every number has its unit in its name."""

from __future__ import annotations

from dataclasses import asdict, dataclass

MIB = 1024 * 1024
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one hosted model. All are hard: going over one ends the process, and the answer is not used."""

    wall_seconds: float = 600
    """Time that the harness waits for the model, summed over all its calls and starts."""
    call_seconds: float = 120
    """Deadline of one batch of rows, from the first byte sent to the last byte of the answer."""
    start_seconds: float = 60
    """Deadline from the start of the process to its hello: importing libraries and loading the model."""
    cpu_seconds: int = 600
    """Processor time of one process (RLIMIT_CPU)."""
    address_space_bytes: int = 4 * GIB
    """Virtual memory of one process (RLIMIT_AS); libraries alone reserve up to 0.9 GiB of it."""
    resident_bytes: int = 2 * GIB
    """Memory really used, summed over the sandbox's processes and watched by the harness every 20 ms."""
    processes: int = 64
    """Threads (RLIMIT_NPROC, and counted by the harness because that limit does not bind root)."""
    open_files: int = 64
    """File descriptors (RLIMIT_NOFILE)."""
    output_bytes: int = MIB
    """Bytes on standard output and standard error together; they are counted and thrown away."""

    threads: int = 1
    """Threads that the model's libraries are told to use for one call."""
    scratch_bytes: int = 0
    """Size of a folder in memory that it may write to, and of the largest file in it; 0: there is none."""

    def to_json(self) -> dict[str, float]:
        """Return the form that stands in ``assessment.json`` under ``run.limits``."""
        return asdict(self)
