"""What the benchmarks share: a large forest, a Knot server for it, and measuring a client process."""

import os
import socket
import subprocess
import time
from contextlib import contextmanager

FOREST = "contoso.test"
MSDCS = f"_msdcs.{FOREST}"


class Dc:
    """One domain controller of the forest."""

    def __init__(self, number):
        self.host = f"dc{number}.{FOREST}"
        self.guid = f"3dab7f9b-92e7-4391-b8db-{number:012x}"
        self.alias = f"{self.guid}.{MSDCS}"
        self.v4 = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        self.v6 = str(socket.inet_ntop(socket.AF_INET6, bytes.fromhex("20010db8") + number.to_bytes(12, "big")))


def forest(count):
    return [Dc(number) for number in range(1, count + 1)]


def questions(dcs):
    """The questions about the DCs, in the order of the DCs."""
    return [q for dc in dcs for q in ((dc.alias, "CNAME"), (dc.host, "A"), (dc.host, "AAAA"))]


def write_config(path, dcs, servers, probe="enabled: false"):
    """A guidpost configuration; the other locator records are left out, as the zones hold none."""
    with open(path, "w", encoding="ascii") as file:
        file.write(f"forest: {FOREST}\nlocator_records: false\nprobe: {{ {probe} }}\ndns_servers:\n")
        for name, (address, port) in servers:
            file.write(f"  - {{ name: {name}, address: {address}, port: {port} }}\n")
        file.write("domain_controllers:\n")
        for dc in dcs:
            file.write(f'  - host: {dc.host}\n    guid: {dc.guid}\n    addresses: [{dc.v4}, "{dc.v6}"]\n')


def write_zones(folder, dcs):
    head = f"@ 3600 IN SOA ns.{FOREST}. hostmaster.{FOREST}. 1 900 600 86400 3600\n@ 3600 IN NS ns.{FOREST}.\n"
    with open(os.path.join(folder, FOREST), "w", encoding="ascii") as file:
        file.write(f"{head}ns 3600 IN A 192.0.2.53\n_msdcs 3600 IN NS ns.{FOREST}.\n")
        for dc in dcs:
            file.write(f"{dc.host}. 1200 IN A {dc.v4}\n{dc.host}. 1200 IN AAAA {dc.v6}\n")
    with open(os.path.join(folder, MSDCS), "w", encoding="ascii") as file:
        file.write(head)
        for dc in dcs:
            file.write(f"{dc.alias}. 600 IN CNAME {dc.host}.\n")


# Who has the same port of 127.0.0.2 may start a server at it. The tests do the same, see tests/real_servers/daemon.rs.
RESERVED = []


def free_ports(count):
    """Loopback ports that are free for UDP and TCP, below the range of outgoing sockets; ours until this process ends."""
    found = []
    for port in range(20000 + os.getpid() * 41 % 10000, 32000):
        right = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            right.bind(("127.0.0.2", port))
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            right.close()
            continue
        RESERVED.append(right)
        found.append(port)
        if len(found) == count:
            return found
    raise SystemExit("not enough free ports on 127.0.0.1")


@contextmanager
def knot(folder, dcs, ports):
    """Knot with one UDP worker, serving the forest on every one of the ports."""
    write_zones(folder, dcs)
    listen = ", ".join(f"127.0.0.1@{port}" for port in ports)
    config = os.path.join(folder, "knot.conf")
    with open(config, "w", encoding="ascii") as file:
        file.write(
            f"server:\n  rundir: {folder}\n  listen: [ {listen} ]\n"
            f"  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n"
            f"database:\n  storage: {folder}/db\ncontrol:\n  listen: {folder}/control\n"
            f"log:\n  - target: stderr\n    any: warning\nzone:\n"
        )
        for zone in (FOREST, MSDCS):
            file.write(f"  - domain: {zone}\n    file: {folder}/{zone}\n    zonefile-sync: -1\n    journal-content: none\n")
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    with open(os.path.join(folder, "knot.log"), "w", encoding="utf-8") as log:
        server = subprocess.Popen(["knotd", "-c", config], stdout=log, stderr=log, env={**os.environ, "PATH": path})
    try:
        wait_for(server, folder, ports[-1], dcs[-1])
        yield
    finally:
        server.terminate()
        server.wait()


def wait_for(server, folder, port, dc):
    """Waits until the server answers for both zones."""
    end = time.monotonic() + 60
    while not all(answers(port, name, rtype) for name, rtype in ((dc.alias, 5), (dc.host, 1))):
        if server.poll() is not None or time.monotonic() > end:
            with open(os.path.join(folder, "knot.log"), encoding="utf-8") as log:
                raise SystemExit(f"knotd does not answer:\n{log.read()}")
        time.sleep(0.05)


def answers(port, name, rtype):
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(0.3)
        try:
            asker.connect(("127.0.0.1", port))
            asker.send(b"GP\1\0\0\1\0\0\0\0\0\0" + question + bytes([0, rtype, 0, 1]))
            reply = asker.recv(1500)
        except OSError:
            return False
    return reply[3] & 15 == 0 and reply[7] > 0


class Cost:
    """What one run of a client took: seconds of CPU and of wall time, MiB of memory at the peak; and what it printed."""

    def __init__(self, command, folder):
        peak = os.path.join(folder, "peak")
        # GNU time, because the kernel counts the memory of the process that starts a program into the program's peak,
        # and this interpreter is larger than some of the clients.
        full = ["time", "-q", "-f", "%M", "-o", peak, "--"] + command
        with open(os.path.join(folder, "out"), "w+b") as out, open(os.path.join(folder, "err"), "w+b") as err:
            start = time.monotonic()
            child = subprocess.Popen(full, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            _, status, usage = os.wait4(child.pid, 0)
            self.wall = time.monotonic() - start
            child.returncode = os.waitstatus_to_exitcode(status)
            self.code = child.returncode
            out.seek(0)
            err.seek(0)
            self.out, self.err = out.read().decode(), err.read().decode()
        self.cpu = usage.ru_utime + usage.ru_stime
        with open(peak, encoding="ascii") as file:
            self.memory = int(file.read().split()[-1]) / 1024
