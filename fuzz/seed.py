"""Writes what each target begins with: captured replies, examples, and one saved run.

python3 fuzz/seed.py PATH-OF-GUIDPOST
"""

import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(ROOT, "benches"))

import replay  # noqa: E402


def seed(target, name, octets):
    folder = os.path.join(HERE, "corpus", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(octets)


def captures():
    with open(os.path.join(ROOT, "tests/fixtures/samba-replies.txt"), encoding="ascii") as file:
        for number, line in enumerate(line for line in file if not line.startswith("#")):
            for target in ("dns", "dns_readers"):
                seed(target, f"capture-{number}", bytes.fromhex(line.split()[3]))
    for host in ("dc1", "dc3", "dc4", "mem"):
        if host != "mem":
            seed("cldap", host, replay.captured("cldap-netlogon", host)[1])
            seed("rootdse", host, replay.captured("ldap-rootdse-extdn", host)[1])
        ack, mapping = replay.captured("epm-map-drsuapi", host)[1::2]
        seed("rpc", host, ack + mapping)
        seed("rpc", f"{host}-token", replay.with_token(ack, replay.CHALLENGE) + mapping)
        # Behind the header of the response.
        seed("epm", host, mapping[24:])
    for host in ("dc1", "mem"):
        seed("netbios", host, replay.captured("nbstat", host)[1])
    seed("ntlm", "published", replay.CHALLENGE)
    token = replay.CHALLENGE
    setup = bytes([9, 0, 0, 0, 72, 0, len(token), 0]) + token
    seed("smb2", "session", smb(0, 0, bytes(64)) + smb(1, 0x0103, bytes(8)) + smb(1, 0xC0000016, setup))


EVENT_1411 = """Active Directory failed to construct a mutual authentication service principal name (SPN).
Directory service: a71c4a0e-5d0f-4b0a-9c53-0e6f1d6c2b58._msdcs.contoso.com
DSA object GUID: {3DAB7F9B-92E7-4391-B8DB-71DF532C1493}
"""


def smb(command, status, body):
    """A reply of an SMB2 server."""
    head = b"\xfeSMB\x40\0\0\0" + status.to_bytes(4, "little") + bytes([command, 0, 1, 0, 1]) + bytes(7)
    head += bytes([command]) + bytes(7) + bytes(32)
    return (len(head) + len(body)).to_bytes(4, "big") + head + body


def files():
    seed("events", "event-1411", EVENT_1411.encode())
    seed("config", "example", read(os.path.join(ROOT, "config.example.yaml")))
    folder = os.path.join(ROOT, "tests/config")
    for name in os.listdir(folder):
        if name.endswith(".yaml"):
            seed("config", name, read(os.path.join(folder, name)))


def machine_files():
    """The files of a domain controller, a line of each kind."""
    seed("hosts", "hosts", b"\xef\xbb\xbf# Geb\xe4ude\r\n192.0.2.10\tdc1.contoso.com dc1 # moved\r\nfe80::1%eth0 dc2\r\n")
    seed("hosts", "lmhosts", b'192.0.2.10 DC1 #PRE #DOM:CONTOSO\n192.0.2.11 "CONTOSO        \\0x1b" #PRE\n#INCLUDE x\n')
    seed("hosts", "smb.conf", b"[global]\n realm = CONTOSO.\\\nCOM\n server role = dc\n; x\n include = y\n[libdefaults]\n")
    seed("hosts", "krb5.conf", b"includedir /x\n[libdefaults]*\n default_realm = A.B\n c = {\n d = e\n }\n")
    alias = b"3dab7f9b-92e7-4391-b8db-71df532c1493._msdcs.contoso.com. 600 IN CNAME dc1.contoso.com.\r\n"
    site = b"_ldap._tcp.Old\\ Site._sites.contoso.com. 600 IN SRV 0 100 389 dc1.contoso.com. ; x\r\n"
    seed("netlogon_dns", "netlogon.dns", alias + site + b"contoso.com. 600 IN A 192.0.2.10\r\n")
    seed("netlogon_dns", "cache", b"A a.b 192.0.2.1\nAAAA a.b 2001:db8::1\nRPC a.b NS c.a.b d.a.b\nSRV _x._tcp.a.b d.a.b 389\n")


def saved_run(guidpost):
    """Evidence of a run against a port on which nobody answers."""
    with tempfile.TemporaryDirectory() as folder:
        config, evidence = os.path.join(folder, "config.yaml"), os.path.join(folder, "evidence.json")
        with open(config, "w", encoding="ascii") as file:
            file.write("forest: contoso.test\ndns_servers: [{ address: 127.0.0.1, port: 9 }]\ndomain_controllers:\n")
            file.write("  - { host: dc1.contoso.test, addresses: [127.0.0.1] }\n")
        subprocess.run([guidpost, "observe", "-c", config, "-o", evidence], check=True, stderr=subprocess.DEVNULL)
        seed("evidence", "closed", read(evidence))


def read(path):
    with open(path, "rb") as file:
        return file.read()


captures()
files()
machine_files()
saved_run(os.path.abspath(sys.argv[1]))
