"""Times the judging of saved evidence about large forests. Started by `benches/judging`."""

import argparse
import json
import os
import statistics
import sys
import tempfile

import lab

# DCs and servers; the goals are for the largest.
SIZES = ((300, 100), (600, 100), (1200, 50), (1200, 100))
SECONDS = 5.0
MEMORY = 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--guidpost", required=True)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    guidpost = os.path.abspath(args.guidpost)
    print(f"{'DCs':>5} {'servers':>7} {'answers':>8} {'CPU s':>6} {'us/answer':>9} {'peak MiB':>8}")
    for dcs, servers in SIZES:
        cpu, memory = measure(guidpost, args.runs, dcs, servers)
    met = cpu <= SECONDS and memory <= MEMORY
    print(f"goal {SECONDS} s, {MEMORY} MiB: {'met' if met else 'MISSED'}")
    sys.exit(0 if met else 1)


def measure(guidpost, runs, dcs, servers):
    """Median CPU of the whole program, and its peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        evidence, answers = collect(guidpost, folder, lab.forest(dcs), servers)
        costs = [lab.Cost([guidpost, "check", "--evidence", evidence, "-f", "json"], folder) for _ in range(runs)]
    for cost in costs:
        if cost.code != 0 or len(json.loads(cost.out)["servers"]) != servers:
            raise SystemExit(f"guidpost ended with {cost.code}:\n{cost.out[-2000:]}\n{cost.err[-2000:]}")
    cpu, memory = statistics.median(cost.cpu for cost in costs), max(cost.memory for cost in costs)
    print(f"{dcs:5} {servers:7} {answers:8} {cpu:6.2f} {cpu / answers * 1e6:9.2f} {memory:8.0f}")
    return cpu, memory


def collect(guidpost, folder, dcs, servers):
    """An evidence file: what one real server said, as if all had said it."""
    config, path = os.path.join(folder, "guidpost.yaml"), os.path.join(folder, "evidence")
    ports = lab.free_ports(1)
    with lab.knot(folder, dcs, ports):
        lab.write_config(config, dcs, [("s0", ("127.0.0.1", ports[0]))])
        cost = lab.Cost([guidpost, "observe", "-c", config, "-o", path], folder)
    if cost.code != 0:
        raise SystemExit(f"guidpost observe ended with {cost.code}:\n{cost.err[-2000:]}")
    with open(path, encoding="utf-8") as file:
        evidence = json.load(file)
    [server], [seen] = evidence["config"]["dns_servers"], evidence["servers"]
    hosts = [f"127.0.{number >> 8}.{number & 255}" for number in range(1, servers + 1)]
    evidence["config"]["dns_servers"] = [
        {**server, "name": f"s{number}", "address": host} for number, host in enumerate(hosts)
    ]
    evidence["servers"] = [{**seen, "address": f"{host}:{ports[0]}"} for host in hosts]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(evidence, file)
    return path, len(seen["answers"]) * servers


main()
