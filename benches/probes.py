"""Times a run that asks 200 machines who they are. Started by `benches/probes` in network namespaces of its own."""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile

import lab
import replay

# Kind of machine, and the seconds that a whole run with 200 of them may take. A machine that is no DC is asked for its
# name in a second round.
GOALS = {"silent": 5.0, "dc": 2.0, "member": 2.0}
MACHINES = 200
# MiB that the machines may cost above the same run without asking them.
MEMORY = 8
# Seconds that a run for 5 DCs at 3 servers may take.
COLD = 0.3


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--guidpost", required=True)
    parser.add_argument("--far", required=True, help="the network namespace for the machines")
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    guidpost = os.path.abspath(args.guidpost)
    dcs, ports = lab.forest(MACHINES), lab.free_ports(1)
    with tempfile.TemporaryDirectory() as folder, lab.knot(folder, dcs, ports):
        _, base = measure(guidpost, args.runs, folder, dcs, ports, "enabled: false")
        print(f"no machine asked: peak {base:.1f} MiB")
        # The IPv6 addresses of the forest exist nowhere.
        probing = 'exclude: ["2001:db8::/32"]'
        met = []
        for kind, goal in GOALS.items():
            server = start(kind, args.far)
            try:
                wall, memory = measure(guidpost, args.runs, folder, dcs, ports, probing, kind)
            finally:
                stop(server, args.far)
            good = wall <= goal and memory <= base + MEMORY
            met.append(good)
            print(
                f"{MACHINES} machines, {kind}: {wall:.2f} s in all (goal {goal} s), peak {memory:.1f} MiB"
                f" (goal {base + MEMORY:.1f} MiB): {'met' if good else 'MISSED'}"
            )
        scarce(guidpost, folder, dcs, ports, probing)
    met.append(cold_start(guidpost, args.runs, args.far, probing))
    sys.exit(0 if all(met) else 1)


def cold_start(guidpost, runs, far, probe):
    """The everyday run: 5 DCs, 3 servers, every machine answers."""
    dcs, ports = lab.forest(5), lab.free_ports(3)
    server = start("dc", far)
    try:
        with tempfile.TemporaryDirectory() as folder, lab.knot(folder, dcs, ports):
            seen = [run(guidpost, folder, dcs, ports, probe) for _ in range(runs)]
    finally:
        stop(server, far)
    for _, evidence in seen:
        check("dc", evidence["machines"], len(dcs))
    wall = statistics.median(cost.wall for cost, _ in seen)
    met = wall <= COLD
    print(f"5 DCs, 3 servers, cold: {wall:.3f} s in all (goal {COLD} s): {'met' if met else 'MISSED'}")
    return met


def start(kind, far):
    if kind == "silent":
        return None
    for address in replay.addresses():
        subprocess.run(["ip", "-n", far, "addr", "add", f"{address}/32", "dev", "far"], check=True)
    command = ["ip", "netns", "exec", far, sys.executable, replay.__file__, kind]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    if server.stdout.readline() != "ready\n":
        raise SystemExit("the machines do not start")
    return server


def stop(server, far):
    if server is not None:
        server.terminate()
        server.wait()
        for address in replay.addresses():
            subprocess.run(["ip", "-n", far, "addr", "del", f"{address}/32", "dev", "far"], check=True)


def run(guidpost, folder, dcs, ports, probe, limit=()):
    config, evidence = os.path.join(folder, "guidpost.yaml"), os.path.join(folder, "evidence.json")
    lab.write_config(config, dcs, [(f"s{port}", ("127.0.0.1", port)) for port in ports], probe)
    cost = lab.Cost([*limit, guidpost, "check", "-c", config, "-f", "json", "--save-evidence", evidence], folder)
    if cost.code not in (0, 1, 2):
        raise SystemExit(f"guidpost ended with {cost.code}:\n{cost.out[-2000:]}\n{cost.err[-2000:]}")
    with open(evidence, encoding="utf-8") as file:
        return cost, json.load(file)


def measure(guidpost, runs, folder, dcs, ports, probe, kind=None):
    """Median wall time of the whole program, and the highest peak of its memory."""
    costs = []
    for _ in range(runs):
        cost, evidence = run(guidpost, folder, dcs, ports, probe)
        costs.append(cost)
        if kind is not None:
            check(kind, evidence["machines"], MACHINES)
    return statistics.median(cost.wall for cost in costs), max(cost.memory for cost in costs)


def check(kind, machines, count):
    """That each machine was asked, and heard as what it is: else the figures would be of something else."""
    if len(machines) != count:
        raise SystemExit(f"{len(machines)} machines were asked, not {count}")
    expected = {
        "silent": {"cldap": False, "rootdse": False, "epm": False, "ntlm_smb": False, "netbios": False},
        "dc": {"cldap": True, "rootdse": True, "epm": True, "drsuapi_port": True},
        "member": {"cldap": False, "rootdse": False, "epm": True, "ntlm_rpc": True, "netbios": True},
    }[kind]
    for machine in replies(machines):
        heard = {protocol: "answer" in reply for protocol, reply in machine.items()}
        if heard != expected:
            raise SystemExit(f"a machine of kind {kind} was heard as {json.dumps(machine)[:2000]}")


def replies(machines):
    """The replies of each machine."""
    return [machine["replies"] for machine in (machines.values() if isinstance(machines, dict) else machines)]


def scarce(guidpost, folder, dcs, ports, probe):
    """With few file descriptors the run must end, and say of each machine what became of it."""
    cost, evidence = run(guidpost, folder, dcs, ports, probe, ["prlimit", "--nofile=64:64", "--"])
    kinds = {}
    for machine in replies(evidence["machines"]):
        for reply in machine.values():
            kind = reply["failure"]["kind"] if "failure" in reply else "answer"
            kinds[kind] = kinds.get(kind, 0) + 1
    print(f"{MACHINES} silent machines with 64 file descriptors: {cost.wall:.2f} s, replies: {kinds}")


# Knot and the replaying servers need a socket for each address.
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
main()
