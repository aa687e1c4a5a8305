"""Map the rooms at the top of the repository to the import name ``proofbox`` (docs/decisions/0001)."""

from setuptools import find_packages, setup

ROOMS = ("sandbox", "checks", "policies", "runners", "reports")
found = find_packages(include=[pattern for room in ROOMS for pattern in (room, f"{room}.*")])
setup(
    packages=[f"proofbox.{name}" for name in found],
    package_dir={f"proofbox.{room}": room for room in ROOMS},
)
