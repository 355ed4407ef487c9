"""Machines that answer the identity probes with captured replies, on the standard ports of every local address.

python3 benches/replay.py dc|member     says `ready` when all ports are open
"""

import asyncio
import os
import sys

CAPTURES = os.path.join(os.path.dirname(__file__), "..", "tests", "fixtures", "probe", "samba.txt")
# The challenge that MS-NLMP 4.2.4.3 prints: no capture has one.
CHALLENGE = bytes.fromhex(
    "4e544c4d53535000020000000c000c003800000033828ae20123456789abcdef000000000000000024002400440000000600701700"
    "00000f53006500720076006500720002000c0044006f006d00610069006e0001000c0053006500720076006500720000000000"
)

# What the domain controllers say, by protocol; filled at the start.
REPLIES = {}


def captured(kind, host):
    """Requests and replies of one capture, in turn."""
    with open(CAPTURES, encoding="ascii") as file:
        lines = [line.split() for line in file]
    fields = next(fields for fields in lines if fields[:2] == [kind, host])
    return [bytes.fromhex(field) for field in fields[2:]]


def with_token(ack, token):
    """A captured answer to a bind with a token behind it."""
    out = bytearray(ack + bytes([10, 5, 0, 0, 1, 0, 0, 0]) + token)
    out[8:10] = len(out).to_bytes(2, "little")
    out[10:12] = len(token).to_bytes(2, "little")
    return bytes(out)


class Udp(asyncio.DatagramProtocol):
    def __init__(self, answer):
        self.answer = answer

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.transport.sendto(self.answer(data), addr)


def ping(request):
    """The captured answer to an LDAP ping, with the id of the request."""
    reply = REPLIES["ping"]
    own = request[2 : 4 + request[3]]
    first = 2 + reply[1]
    out = b""
    for message in (reply[:first], reply[first:]):
        content = own + message[5:]
        out += b"\x30\x82" + len(content).to_bytes(2, "big") + content
    return out


def ldap(number, _request, address):
    """The captured rootDSE, with the GUID that the DC of this address has in the benchmark's forest."""
    guid = f"3dab7f9b-92e7-4391-b8db-{int.from_bytes(bytes(map(int, address.split('.')[1:])), 'big'):012x}"
    own = REPLIES["rootdse"].partition(b"<GUID=")[2][:36]
    return REPLIES["rootdse"].replace(own, guid.encode()) if number == 0 else b""


def mapper(host):
    ack, mapping = captured("epm-map-drsuapi", host)[1::2]

    def answer(number, request, _address):
        if b"NTLMSSP\0" in request:
            return with_token(ack, CHALLENGE)
        return (ack, mapping)[number] if number < 2 else b""

    return answer


def conversation(answer):
    async def serve(reader, writer):
        address = writer.get_extra_info("sockname")[0]
        number = 0
        try:
            while request := await reader.read(4096):
                writer.write(answer(number, request, address))
                number += 1
        except OSError:
            pass
        writer.close()

    return serve


async def main(kind):
    loop = asyncio.get_running_loop()
    tcp = {135: mapper("dc1" if kind == "dc" else "mem")}
    udp = {}
    if kind == "dc":
        REPLIES["ping"] = captured("cldap-netlogon", "dc1")[1]
        REPLIES["rootdse"] = captured("ldap-rootdse-extdn", "dc1")[1]
        tcp |= {389: ldap, 49153: lambda *_: b""}
        udp[389] = ping
    else:
        status = captured("nbstat", "mem")[1]
        udp[137] = lambda request: request[:2] + status[2:]
    for port, answer in udp.items():
        # One socket for each address: a reply must come from where the question went.
        for address in addresses():
            await loop.create_datagram_endpoint(lambda answer=answer: Udp(answer), local_addr=(address, port))
    for port, answer in tcp.items():
        await asyncio.start_server(conversation(answer), "0.0.0.0", port, backlog=1024)
    print("ready", flush=True)
    await asyncio.Event().wait()


def addresses():
    return [f"10.0.{number >> 8 & 255}.{number & 255}" for number in range(1, 201)]


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
