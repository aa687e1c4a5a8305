"""Attacks on identity: become someone again, learn whose machine it is."""

from __future__ import annotations

import ctypes
import os

from attacks.kit import attack, call, first

BECAME = "the process's user, group or capabilities in /proc are others than before"
TOLD = "the secret of the harness's environment, or the text itself, is said"


@attack("become root again", BECAME)
def root_again(world):
    return first([lambda: os.setresuid(0, 0, 0), lambda: os.setuid(0), lambda: os.setresgid(0, 0, 0)])


@attack("become another ordinary user", BECAME)
def another_user(world):
    return first([lambda: os.setuid(1000), lambda: os.setgroups([0, 27, 100]), lambda: os.setgid(0)])


@attack("own files as root (setfsuid)", BECAME)
def files_as_root(world):
    from attacks.kit import surface

    return first([lambda: surface("setfsuid", 0), lambda: surface("setfsgid", 0)])


@attack("take capabilities back", BECAME)
def capabilities(world):
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    every = (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
    return f"{call('capset', header, every)}"


@attack("gain rights from a program that has them (set-user-ID)", "the host program is replaced", alone=True)
def set_user_id(world):
    paths = ("/usr/bin/su", "/usr/bin/passwd", "/usr/bin/mount", "/usr/bin/newgrp")
    return first([lambda path=path: os.execv(path, [path, "--help"]) for path in paths])


@attack("find a secret in its own environment", TOLD)
def environment(world):
    # PWD is the launcher's, the others are set by the libraries inside.
    own = {*world.environment, "PWD", "KMP_INIT_AT_FORK", "KMP_DUPLICATE_LIB_OK"}
    foreign = [name for name in os.environ if name not in own]
    return f"{foreign}" if foreign else None


@attack("learn the machine's number", TOLD)
def machine_number(world):
    names = ("/etc/machine-id", "/var/lib/dbus/machine-id", "/sys/class/dmi/id/product_uuid", "/etc/hostname")
    return first([lambda name=name: open(name).read() for name in names])


@attack("list the users of the machine", TOLD)
def users(world):
    import pwd

    return f"{len(pwd.getpwall())} users" if pwd.getpwall() else None


@attack("see the processes of the machine", "the harness's number is among those it lists")
def process_list(world):
    foreign = [n for n in os.listdir("/proc") if n.isdigit() and int(n) not in {1, os.getpid()}]
    return f"{len(foreign)} processes" if foreign else None


@attack("learn whose model it is from its own path", "the submission's name stands in what the model sees",
        known={"landlock": "without own mounts a file keeps its path"})  # fmt: skip
def own_path(world):
    return "seen" if world.submission_name in world.model_inside else None


@attack("learn paths of the machine from its table of mounts", "the submission's name stands in what the model sees",
        known={"bubblewrap": "the table of mounts names the source of each bind: paths, no contents"})  # fmt: skip
def mount_table(world):
    with open("/proc/self/mountinfo") as table:
        return "seen" if world.submission_name in table.read() else None
