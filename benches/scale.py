"""An evidence file of a forest as large as you like, to measure judging alone.

python3 benches/scale.py DCS SERVERS FILE [healthy]
/usr/bin/time -v guidpost check --evidence FILE -f json >/dev/null

Every server answers alias, A and AAAA of every DC. Unless all is to be healthy, the second server has no alias at all, one
in 500 DCs has a stale address at every other server, and from the fifth server on all data comes with an odd TTL: a
finding for nearly every answer.
"""

import json
import sys


def main(dcs, servers, path, healthy):
    addresses = [f"10.200.{number >> 8}.{number & 255}" for number in range(1, servers + 1)]
    guids = [f"3dab7f9b-92e7-4391-b8db-{number:012x}" for number in range(dcs)]
    hosts = [f"dc{number}.contoso.com" for number in range(dcs)]
    own = [f"10.{100 + (number >> 16)}.{number >> 8 & 255}.{number & 255}" for number in range(dcs)]
    config = {
        "forest": "contoso.com",
        "dns_servers": addresses,
        "domain_controllers": [
            {"host": host, "guid": guid, "addresses": [address]} for host, guid, address in zip(hosts, guids, own)
        ],
        "probe": {"enabled": False},
    }
    head = {
        "schema": "guidpost.evidence/1", "tool": {"name": "guidpost", "version": "0.1.0"}, "seed": "0" * 16,
        "started_at": "2026-11-20T10:00:00Z", "elapsed_ms": 1000, "selection": {}, "config": config, "hosts": {},
        "interfaces": {},
    }
    soa = "dc0.contoso.com hostmaster.contoso.com 1 900 600 86400 3600"
    with open(path, "w", encoding="ascii") as out:
        out.write(json.dumps(head, separators=(",", ":"))[:-1] + ',\n"servers":[')
        for position, address in enumerate(addresses):
            ttl = 600 if healthy or position < 4 else 300
            out.write(f'{"," if position else ""}\n{{"address":"{address}:53","answers":[\n')
            out.write(",\n".join(rows(-1 if healthy else position, ttl, hosts, guids, own, soa)))
            out.write("\n]}")
        out.write("\n]}\n")


def rows(position, ttl, hosts, guids, own, soa):
    for zone in ("contoso.com", "_msdcs.contoso.com"):
        yield row(zone, "SOA", [record(zone, 3600, "SOA", soa)], [])
    for number, (host, guid, address) in enumerate(zip(hosts, guids, own)):
        alias = f"{guid}._msdcs.contoso.com"
        none = [record("contoso.com", 3600, "SOA", soa)]
        if position == 1:
            yield row(alias, "CNAME", [], none, "NXDOMAIN")
            yield row(alias, "A", [], none, "NXDOMAIN")
        else:
            chain = [record(alias, ttl, "CNAME", host)]
            yield row(alias, "CNAME", chain, [])
            yield row(alias, "A", chain + [record(host, ttl, "A", address)], [])
        stale = [record(host, ttl, "A", "10.99.0.1")] if number % 500 == 7 and position >= 0 and position % 2 == 0 else []
        yield row(host, "A", [record(host, ttl, "A", address), *stale], [])
        yield row(host, "AAAA", [], none)


def record(name, ttl, rtype, data):
    return f'{{"name":"{name}","ttl":{ttl},"type":"{rtype}","data":"{data}"}}'


def row(name, rtype, records, authority, rcode="NOERROR"):
    lists = f',"records":[{",".join(records)}]' if records else ""
    lists += f',"authority":[{",".join(authority)}]' if authority else ""
    return (
        f'{{"name":"{name}","type":"{rtype}","outcome":"reply","rcode":"{rcode}","flags":["aa","rd","ra"],'
        f'"transport":"udp","tries":1,"rtt_us":412,"edns":1232{lists}}}'
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], "healthy" in sys.argv[4:])
