"""Attacks on files: read what is not the model's, change anything, leave anything behind, walk out of its folder."""

from __future__ import annotations

import ctypes
import errno
import os

from attacks.kit import MARK, attack, first, surface

SECRET = "the secret of that file stands in what the model says"
CHANGED = "content, mode, owner, times or name of a file outside has changed"
LEFT = "a file of the attack's name is found outside, in any folder of a list"


def _read(path, size=4096):
    with open(path, "rb", buffering=0) as file:
        content = file.read(size)
    if not content:
        raise OSError(errno.ENODATA, path)
    return content


def _names(folder):
    names = os.listdir(folder)
    if not names:
        raise OSError(errno.ENODATA, folder)
    return names


def _make(folder):
    os.close(os.open(f"{folder}/{MARK}", os.O_CREAT | os.O_WRONLY, 0o600))


@attack("read the password file", "the password file's first bytes stand in what the model says")
def shadow(world):
    return first([lambda path=path: _read(path) for path in ("/etc/shadow", "/etc/gshadow", "/etc/shadow-")])


@attack("read a file of the user outside", SECRET)
def outside(world):
    return _read(world.canary)


@attack("read the user's SSH key", SECRET)
def ssh_key(world):
    return first([lambda: _read(world.ssh_key), lambda: _read(os.path.expanduser("~/.ssh/id_ed25519"))])


@attack("list the home folder", "the names in it stand in what the model says")
def home(world):
    return f"{os.listdir(world.home)}"


@attack("read a world-readable file of the system", "its content stands in what the model says")
def passwd(world):
    return _read("/etc/passwd")


@attack("read the labels that lie beside the model", SECRET)
def labels(world):
    folder = os.path.dirname(world.labels)
    ways = [world.labels, "/model/labels.csv", "/model/../labels.csv", f"{world.model_inside}/../labels.csv"]
    return first([*[lambda path=path: _read(path) for path in ways], lambda: os.listdir(folder)])


@attack("read a file outside by .. from its own folder", SECRET)
def dotdot(world):
    up = "../" * 12
    ways = [f"/model/{up}{world.canary}", f"{os.getcwd()}/{up}{world.canary}", f"/proc/self/cwd/{up}{world.canary}"]
    return first([lambda path=path: _read(path) for path in ways])


@attack("read a file outside by way of /proc", SECRET)
def through_proc(world):
    ways = [f"/proc/{pid}/{kind}{world.canary}" for pid in (1, world.harness, "self") for kind in ("root", "cwd")]
    return first([lambda path=path: _read(path) for path in ways])


@attack("read the harness's environment", "the secret of its environment stands in what the model says")
def environment_of_the_harness(world):
    return first([lambda pid=pid: _read(f"/proc/{pid}/environ", 65536) for pid in (world.harness, os.getppid())])


@attack("read the harness's command line, maps and memory", "the secret of its memory stands in what the model says")
def memory_of_the_harness(world):
    def memory():
        place = os.open(f"/proc/{world.harness}/mem", os.O_RDONLY)
        return os.pread(place, 64, world.secret_address)

    return first([memory, *[lambda n=n: _read(f"/proc/{world.harness}/{n}") for n in ("cmdline", "maps", "auxv")]])


@attack("read what the harness holds open", SECRET)
def descriptors_of_the_harness(world):
    ways = [f"/proc/{pid}/fd/{world.secret_descriptor}" for pid in (world.harness, os.getppid())]
    return first([lambda path=path: _read(path) for path in ways])


@attack("read a file that the harness left open", SECRET)
def inherited_descriptors(world):
    got = []
    for number in range(3, 4096):
        try:
            place = os.readlink(f"/proc/self/fd/{number}")
            if place.startswith("/") and os.pread(number, 1, 0) and not place.startswith("/model"):
                got.append(place)
        except OSError:
            continue
    # The model itself, and the memory of the rows it is asked about.
    own = (world.model_outside, "/memfd:rows (deleted)")
    return f"{got}" if [place for place in got if place not in own] else None


@attack("read the environment of the first process", "the secret of the harness's environment is said")
def environment_of_process_1(world):
    with open("/proc/1/environ", "rb") as file:
        names = {part.partition(b"=")[0].decode() for part in file.read().split(b"\0") if part}
    # Of a kernel of its own the host program is the first process.
    foreign = sorted(names - {*world.environment, "PWD", "HOSTNAME", "TERM"})
    return f"{foreign}" if foreign else None


@attack("read the policies and thresholds it will be judged by", "their text stands in what the model says")
def policies(world):
    return first([lambda path=path: _read(path) for path in world.policies])


@attack("open the file of a mount by its handle (open_by_handle_at)", SECRET)
def handle(world):
    handle = ctypes.create_string_buffer((128).to_bytes(4, "little") + bytes(4), 136)
    mount = ctypes.c_int()
    surface("name_to_handle_at", -100, world.canary.encode(), handle, ctypes.byref(mount), 0)
    return surface("open_by_handle_at", os.open("/", os.O_RDONLY), handle, 0)


@attack("link to a file outside, by a symbolic or a hard link", LEFT)
def link(world):
    ways = [
        lambda: os.symlink(world.canary, f"/model/{MARK}"),
        lambda: os.symlink("/", f"{world.outside}/{MARK}"),
        lambda: os.link(world.canary, f"/model/{MARK}"),
        lambda: os.link(world.canary, f"{world.outside}/{MARK}"),
    ]
    return first(ways)


@attack("change its own model file, so that its digest lies", "the model's file has changed")
def own_model(world):
    path = world.model_inside

    def mapped():
        import mmap

        with open(path, "rb") as file:
            mmap.mmap(file.fileno(), 4096, mmap.MAP_SHARED, mmap.PROT_WRITE)

    def reopened():
        with open(path, "rb") as file:
            os.close(os.open(f"/proc/self/fd/{file.fileno()}", os.O_RDWR))

    ways = [mapped, reopened, lambda: os.close(os.open(path, os.O_WRONLY)), lambda: os.truncate(path, 0)]
    return first([*ways, lambda: os.unlink(path), lambda: os.replace(path, path + "2")])


@attack("plant a module among the libraries", LEFT)
def site_packages(world):
    return first([lambda folder=folder: _make(folder) for folder in world.sites])


@attack("plant a module in the interpreter's or the host program's folder", LEFT)
def host_program(world):
    import sys

    return first([lambda folder=folder: _make(folder) for folder in (*world.host, sys.base_prefix, os.__file__[:-6])])


@attack("write in any folder for temporary files", LEFT)
def temporary(world):
    folders = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock", world.home, world.outside, os.getcwd(), "/")
    return first([lambda folder=folder: _make(folder) for folder in (*folders, "/model", "/var/log", "/dev", "/etc")])


@attack("make a file without a name in a folder outside (O_TMPFILE)", "the call gives a descriptor")
def nameless(world):
    ways = [lambda f=f: os.open(f, os.O_TMPFILE | os.O_RDWR, 0o600) for f in ("/tmp", "/dev/shm", world.outside)]
    return first(ways)


@attack("change the kernel's settings", "the file opens for writing")
def kernel_settings(world):
    paths = ("sys/kernel/core_pattern", "sys/kernel/modprobe", "sys/vm/drop_caches", "sysrq-trigger")
    return first([lambda path=path: os.close(os.open(f"/proc/{path}", os.O_WRONLY)) for path in paths])


@attack("change its own control group or its priority when memory is short", "a folder or a setting is made")
def control_group(world):
    ways = [lambda: os.mkdir(f"/sys/fs/cgroup/{MARK}"), lambda: _names("/sys/fs/cgroup")]
    paths = ("oom_score_adj", "uid_map", "setgroups", "coredump_filter", "clear_refs")
    return first([*ways, *[lambda p=p: os.close(os.open(f"/proc/self/{p}", os.O_WRONLY)) for p in paths]])


@attack("open a device: memory, disk, kernel log", "the device opens",
        known={"gvisor": "/dev/fuse is one of gVisor's own kernel, and mounting is denied"})  # fmt: skip
def devices(world):
    names = ("mem", "kmem", "kmsg", "sda", "vda", "nvme0n1", "kvm", "fuse", "net/tun", "vsock", "loop-control")
    return first([lambda name=name: os.close(os.open(f"/dev/{name}", os.O_RDONLY)) for name in names])


@attack("make a device of its own", LEFT)
def make_a_device(world):
    ways = [lambda f=f: os.mknod(f"{f}/{MARK}", 0o20600, os.makedev(1, 1)) for f in ("/", "/dev/shm", world.outside)]
    return first([*ways, lambda: os.mkfifo(f"{world.outside}/{MARK}")])


@attack("change the mode or the owner of a file outside", CHANGED)
def mode(world):
    number = os.open(world.model_inside, os.O_RDONLY)
    ways = [lambda: os.chmod(world.canary, 0o777), lambda: os.chown(world.canary, os.getuid(), -1)]
    return first([*ways, lambda: os.fchmod(number, 0o777), lambda: os.fchown(number, os.getuid(), -1)])


@attack("change the times or the attributes of a file outside", CHANGED)
def times(world):
    ways = [lambda: os.utime(world.canary, (0, 0)), lambda: os.utime(world.model_inside, (0, 0))]
    return first([*ways, lambda: os.setxattr(world.canary, "user.x", b"x")])


@attack("empty, rename or remove a file outside", CHANGED)
def remove(world):
    new = world.canary + MARK
    ways = [lambda: os.truncate(world.canary, 0), lambda: os.rename(world.canary, new)]
    return first([*ways, lambda: os.unlink(world.canary), lambda: os.rmdir(world.empty_folder)])


@attack("make a folder outside", LEFT)
def folder(world):
    return first([lambda f=f: os.mkdir(f"{f}/{MARK}") for f in (world.outside, "/model", "/dev/shm", "/tmp")])


@attack("watch what the harness does to its files (inotify, fanotify)", "the call gives a descriptor")
def watch(world):
    return first([lambda: surface("inotify_init1", 0), lambda: surface("fanotify_init", 0, 0)])


@attack("lock a file of the harness for ever", "the call is answered")
def lock(world):
    import fcntl

    number = os.open(world.model_inside, os.O_RDONLY)
    return first([lambda: fcntl.flock(number, fcntl.LOCK_SH), lambda: fcntl.lockf(number, fcntl.LOCK_SH)])


@attack("load a module that lies beside the model and wears a library's name", "the module's mark is found outside")
def shadow_module(world):
    import importlib
    import sys

    for name in ("attack_beside_the_model", "sitecustomize", "usercustomize"):
        sys.modules.pop(name, None)
        try:
            importlib.import_module(name)
        except ImportError:
            continue
        return f"{name} was loaded"
    return None


@attack("learn whether a path outside exists, and its size", "the size stands in what the model says",
        known={"landlock": "Landlock closes contents and lists; stat of a path is answered"})  # fmt: skip
def exists(world):
    return f"{os.stat(world.canary).st_size} bytes"
