"""Runs the clients in turn over the same forest and prints medians. Started by `benches/peers`."""

import argparse
import json
import os
import re
import statistics
import sys
import tempfile

import lab

# guidpost asks a server each question once. So the one Knot listens on several ports, each a server for guidpost. A check
# of so many servers asks about 100,000 questions about 5,000 DCs; asking alone goes from one port to the next with the
# very list of dnsperf, of which none may get a question twice.
SERVERS = 5
PORTS = 7
PEER_QUESTIONS = 100_000
DIG_QUESTIONS = 5_000

DNSPERF, DIG, ASKING, CHECK = "dnsperf", "dig -f", "guidpost, asking alone", f"guidpost check, {SERVERS} servers"
# Per question, medians of the ratios within each round.
GOALS = (
    (ASKING, "cpu", DNSPERF, 1.0),
    (ASKING, "wall", DNSPERF, 1.1),
    (ASKING, "cpu", DIG, 1 / 12),
    (ASKING, "wall", DIG, 1 / 10),
    (CHECK, "cpu", DNSPERF, 1.3),
)
# MiB beside configuration, inventory and evidence for so many questions; octets of evidence per answer.
MEMORY_GOAL, ANSWER_GOAL = 20, 120


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--guidpost", required=True)
    parser.add_argument("--ask", required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--dcs", type=int, default=5000)
    args = parser.parse_args()
    dcs, ports = lab.forest(args.dcs), lab.free_ports(PORTS)
    with tempfile.TemporaryDirectory() as folder, lab.knot(folder, dcs, ports):
        ask = os.path.abspath(args.ask)
        met = compare(os.path.abspath(args.guidpost), ask, args.runs, folder, dcs, ports)
        met &= show_shares(ask, folder)
    sys.exit(0 if met else 1)


def compare(guidpost, ask, runs, folder, dcs, ports):
    clients = peers(folder, dcs, ports[0])
    servers = [f"127.0.0.1:{port}" for port in ports]
    clients[ASKING] = (PEER_QUESTIONS, [ask, os.path.join(folder, "questions"), *servers])
    for count in (1, SERVERS):
        config = os.path.join(folder, f"{count}.yaml")
        servers = [(f"s{i}", ("127.0.0.1", port)) for i, port in enumerate(ports[:count])]
        lab.write_config(config, dcs, servers)
        asked = count_questions(guidpost, config, folder)
        evidence = os.path.join(folder, "evidence")
        clients[f"guidpost observe, {where(count)}"] = (asked, [guidpost, "observe", "-c", config, "-o", evidence])
        clients[f"guidpost check, {where(count)}"] = (asked, [guidpost, "check", "-c", config, "-f", "json"])

    costs = {name: [] for name in clients}
    # In turn, so that a change of the machine's other load meets them all; the first round only warms up.
    for round_ in range(runs + 1):
        for name, (_, command) in clients.items():
            cost = lab.Cost(command, folder)
            if cost.code != 0:
                raise SystemExit(f"{name} ended with {cost.code}:\n{cost.out[-2000:]}\n{cost.err[-2000:]}")
            if name == DNSPERF and "(100.00%)" not in cost.out:
                print(f"dnsperf lost questions in round {round_}; its figures cover fewer answers")
            if name == ASKING and f"{PEER_QUESTIONS} replies" not in cost.out:
                raise SystemExit(f"guidpost did not get every answer:\n{cost.out}")
            if round_ > 0:
                costs[name].append(cost)
    show(clients, costs, runs, len(dcs))
    return show_goals(clients, costs)


def peers(folder, dcs, port):
    """The clients to compare with: questions each asks, and its command line."""
    distinct = lab.questions(dcs)
    many = [distinct[i % len(distinct)] for i in range(PEER_QUESTIONS)]
    listed, few = os.path.join(folder, "questions"), os.path.join(folder, "dig-questions")
    with open(listed, "w", encoding="ascii") as file:
        file.writelines(f"{name} {rtype}\n" for name, rtype in many)
    with open(few, "w", encoding="ascii") as file:
        file.writelines(f"@127.0.0.1 -p {port} {name} {rtype} +noall +answer\n" for name, rtype in many[:DIG_QUESTIONS])
    dnsperf = ["dnsperf", "-s", "127.0.0.1", "-p", str(port), "-d", listed, "-n", "1", "-q", "100", "-c", "1", "-T", "1"]
    return {DNSPERF: (PEER_QUESTIONS, dnsperf), DIG: (DIG_QUESTIONS, ["dig", "-f", few])}


def count_questions(guidpost, config, folder):
    """How many questions guidpost asks; the forest must be healthy, or the comparison would be of something else."""
    cost = lab.Cost([guidpost, "check", "-c", config, "-f", "json"], folder)
    if cost.code != 0:
        raise SystemExit(f"guidpost check ended with {cost.code}:\n{cost.out[-2000:]}\n{cost.err[-2000:]}")
    return sum(server["questions"] for server in json.loads(cost.out)["servers"])


def show_shares(ask, folder):
    """Prints what the parts of a whole run take in memory, and whether that meets the goals."""
    out = lab.Cost([ask, "shares", os.path.join(folder, f"{SERVERS}.yaml")], folder).out
    print(f"\nMemory of a check of {where(SERVERS)}, as the parts are done:\n{out.strip()}")
    kib = {what: int(figure) for what, figure in re.findall(r"^(\w[^:\n]*): (\d+) KiB", out, re.MULTILINE)}
    answers = int(re.search(r"for (\d+) answers", out)[1])
    rest = (kib["peak"] - kib["configuration"] - kib["inventory"] - kib["evidence alone"]) / 1024
    each = kib["evidence alone"] * 1024 / answers
    met = [rest <= MEMORY_GOAL, each <= ANSWER_GOAL]
    print(f"beside configuration, inventory and evidence: {rest:.1f} MiB; goal {MEMORY_GOAL}: {verdict(met[0])}")
    print(f"evidence: {each:.0f} octets per answer; goal {ANSWER_GOAL}: {verdict(met[1])}")
    return all(met)


def show_goals(clients, costs):
    print()
    met = []
    for name, what, peer, goal in GOALS:
        ratio = median_ratio(clients, costs, name, peer, what)
        met.append(ratio <= goal)
        print(f"{name}: {ratio:.3f} of the {what} of {peer}; goal {goal:.3f}: {verdict(met[-1])}")
    return all(met)


def verdict(met):
    return "met" if met else "MISSED"


def median_ratio(clients, costs, name, peer, what):
    """Per question."""
    pairs = zip(costs[name], costs[peer])
    scale = clients[peer][0] / clients[name][0]
    return statistics.median(getattr(mine, what) / getattr(its, what) for mine, its in pairs) * scale


def where(count):
    return "1 server" if count == 1 else f"{count} servers"


def show(clients, costs, runs, dcs):
    print(f"\n{dcs} DCs, Knot with one UDP worker on loopback; medians of {runs} interleaved runs.")
    print(f"CPU is user + system of the client process. Ratios are per question, medians over the runs; dig -f asks")
    print(f"{DIG_QUESTIONS} questions, one after the other, and is scaled.\n")
    print(f"{'client':32} {'questions':>9} {'CPU s':>8} {'us/question':>11} {'CPU ratio':>9} {'wall s':>8} {'wall ratio':>10} {'peak MiB':>8}")
    for name, (asked, _) in clients.items():
        mine = costs[name]

        def median(value):
            return statistics.median(value(cost) for cost in mine)

        def ratio(what):
            return median_ratio(clients, costs, name, DNSPERF, what)

        cpu, wall = median(lambda cost: cost.cpu), median(lambda cost: cost.wall)
        print(
            f"{name:32} {asked:9} {cpu:8.3f} {cpu / asked * 1e6:11.2f} {ratio('cpu'):9.2f}"
            f" {wall:8.3f} {ratio('wall'):10.2f} {median(lambda cost: cost.memory):8.1f}"
        )


main()
