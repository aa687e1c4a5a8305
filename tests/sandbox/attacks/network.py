"""Attacks on the network: reach a listener of this machine, open any socket at all, move the wire elsewhere."""

from __future__ import annotations

import ctypes
import os
import socket
import stat
import struct

from attacks.kit import MARK, attack, call, channel, connected, first, surface, wire

LISTENER = "a listener of the suite was reached"
SOCKET = "the call gives a socket"


@attack("connect to a TCP listener on loopback", LISTENER)
def tcp(world):
    return connected(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", world.tcp_port))


@attack("connect to a TCP listener on loopback by IPv6", LISTENER)
def tcp6(world):
    return connected(socket.AF_INET6, socket.SOCK_STREAM, ("::1", world.tcp6_port))


@attack("send a datagram to a UDP listener on loopback", LISTENER)
def udp(world):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(b"x", ("127.0.0.1", world.udp_port))
    return "sent"


@attack("connect to a socket in a folder, as that of a container daemon is", LISTENER)
def path_socket(world):
    return connected(socket.AF_UNIX, socket.SOCK_STREAM, world.path_socket)


@attack("send a datagram to a socket in a folder, as that of the system log is", LISTENER)
def path_datagram(world):
    return connected(socket.AF_UNIX, socket.SOCK_DGRAM, world.path_datagram)


@attack("connect to a socket that has a name only, as a desktop's are", LISTENER)
def abstract_socket(world):
    return connected(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + world.abstract_socket)


@attack("send a datagram to a socket that has a name only", LISTENER)
def abstract_datagram(world):
    return connected(socket.AF_UNIX, socket.SOCK_DGRAM, "\0" + world.abstract_datagram)


@attack("fetch a page from a server on loopback with urllib", LISTENER)
def http(world):
    from urllib.request import urlopen

    try:
        urlopen(f"http://127.0.0.1:{world.tcp_port}/{MARK}", timeout=1).close()
    except OSError as error:
        raise getattr(error, "reason", error) from None
    return "asked"


@attack("carry words out by a name to be resolved, with the C library's resolver", LISTENER)
def resolver(world):
    # A state of its own that knows one server: the suite's datagram listener. Nothing else can be asked.
    state = ctypes.create_string_buffer(1024)
    struct.pack_into("<iiQi", state, 0, 1, 1, 0x41, 1)  # retrans, retry, RES_INIT | RES_RECURSE, one server
    struct.pack_into("<H", state, 20, socket.AF_INET)
    struct.pack_into(">H4s", state, 22, world.udp_port, socket.inet_aton("127.0.0.1"))
    library = ctypes.CDLL(None, use_errno=True)
    answer = ctypes.create_string_buffer(512)
    if library.res_nquery(state, b"secret.example.invalid", 1, 1, answer, len(answer)) == -1:
        raise OSError(ctypes.get_errno(), "res_nquery")
    return "asked"


@attack("listen on loopback for a friend", "a connection of the suite is taken", alone=True)
def listen(world):
    one = socket.socket()
    one.bind(("127.0.0.1", 0))
    one.listen()
    return f"listens on {one.getsockname()[1]}"


@attack("make a pair of sockets, a channel for a second process", SOCKET)
def pair(world):
    return f"{socket.socketpair()}"


@attack("ask the kernel for routes (netlink)", SOCKET)
def netlink(world):
    return f"socket {socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).fileno()}"


@attack("see every packet of the machine (packet socket)", SOCKET)
def packet(world):
    return f"socket {socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).fileno()}"


@attack("make packets by hand (raw socket)", SOCKET)
def raw_socket(world):
    return f"socket {socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).fileno()}"


@attack("speak to the machine under this one (vsock)", SOCKET)
def vsock(world):
    return f"socket {socket.socket(40, socket.SOCK_STREAM).fileno()}"


@attack("use the kernel's ciphers, a known way into it (AF_ALG)", SOCKET)
def kernel_ciphers(world):
    return f"socket {socket.socket(38, socket.SOCK_SEQPACKET).fileno()}"


@attack("connect by the queue of calls that no filter sees (io_uring)", "the call gives a queue")
def io_uring(world):
    parameters = ctypes.create_string_buffer(256)
    return surface("io_uring_setup", 4, ctypes.byref(parameters))


@attack("use the older queue of calls (aio)", "the call gives a queue")
def aio(world):
    return surface("io_setup", 1, ctypes.byref(ctypes.c_long()))


def _wired():
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=os.dup(wire()))  # asks the kernel for nothing


@attack("send to another address over the wire's own socket", LISTENER)
def wire_to_elsewhere(world):
    with _wired() as one:
        return first([lambda: one.sendto(b"x", world.path_datagram), lambda: one.sendto(b"x", world.path_socket)])


@attack("turn the wire's socket to another address", LISTENER)
def turn_the_wire(world):
    with _wired() as one:
        return first([lambda: one.connect(world.path_socket), lambda: one.bind(f"{world.outside}/{MARK}-bound")])


@attack("pass a descriptor to the harness over the wire", "the harness gets a descriptor or bytes unasked")
def pass_a_descriptor(world):
    with _wired() as one:
        return f"{one.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack('i', 0))])}"


@attack("take a descriptor from whoever may send one", "the call is answered by the socket")
def take_a_descriptor(world):
    with _wired() as one:
        return f"{one.recvmsg(1, 64, socket.MSG_DONTWAIT)[1]}"


@attack("send without a filter's eye on the address (sendmmsg)", LISTENER)
def send_many(world):
    return surface("sendmmsg", wire(), ctypes.create_string_buffer(64), 1, 0)


@attack("use a listener that was left open by the harness", LISTENER)
def inherited_listener(world):
    for number in range(3, 4096):
        try:
            if number in {channel()._reader, wire()} or not stat.S_ISSOCK(os.fstat(number).st_mode):
                continue
        except OSError:
            continue
        return f"descriptor {number} is a socket"
    return None


@attack("see what listens on this machine", "the listener's port stands in what the model sees")
def see_listeners(world):
    with open("/proc/net/tcp") as table:
        ports = {line.split()[1].rpartition(":")[2] for line in table.readlines()[1:]}
    return "seen" if f"{world.tcp_port:04X}" in ports else None


@attack("see the machine's interfaces and routes", "an interface but lo, or a route, is seen")
def see_interfaces(world):
    with open("/proc/net/dev") as table, open("/proc/net/route") as routes:
        names = {line.split(":")[0].strip() for line in table.readlines()[2:]}
        return "seen" if names - {"lo"} or len(routes.readlines()) > 1 else None


@attack("move bytes between descriptors where no call of a socket is made (splice)", "bytes arrive on the wire unasked")
def splice(world):
    return surface("vmsplice", 1, 0, 0, 0)


@attack("join the network of the harness", "its network namespace is the harness's")
def join_the_network(world):
    place = os.open(f"/proc/{world.harness}/ns/net", os.O_RDONLY)
    return call("setns", place, 0x40000000)
