"""The table of a run, and the page that is published with it."""

HEAD = ["row", "periods", "instances", "ours", "ours, hot", "peer", "peer's time", "peer's, hot", "ratio", "ratio, hot", "goal", "met"]


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def times(side, state):
    if state not in side:
        return ""
    found = side[state]
    if found["count"] < 3:
        return number(found["median"])
    return f"{number(found['median'])} ({number(found['p10'])}-{number(found['p90'])})"


def bound(goal, unit):
    sign, value = ("≥", goal["at_least"]) if "at_least" in goal else ("≤", goal["at_most"])
    what = {"ratio": "x", "ratio_hot": "x hot", "times_peer": "x the peer's time", "ours": f" {unit}", "ours_hot": f" {unit} hot"}
    return f"{sign} {value:g}{what[goal['of']]}"


def notes(side):
    found = [f"nodes {number(side['nodes']['median'])}"] if "nodes" in side else []
    found += [f"{side['unsolved']} unsolved"] if "unsolved" in side else []
    return f"; {', '.join(found)}" if found else ""


def cells(row):
    peer = row.get("peer")
    unit = row["unit"]
    return [row["name"], f"{row['periods']:,}" if row["periods"] else "", f"{row['instances']:,}" + (f" x {row['rounds']}" if row["rounds"] > 1 else ""),
            f"{times(row['ours'], 'fresh')} {unit}{notes(row['ours']) if peer and 'nodes' in peer else ''}", times(row["ours"], "hot"),
            peer["name"] + notes(peer) if peer else "", times(peer, "fresh") if peer else "", times(peer, "hot") if peer else "",
            number(row["ratio"]) if "ratio" in row else "", number(row["ratio_hot"]) if "ratio_hot" in row else "",
            ", ".join(bound(goal, unit) for goal in row["goals"]), ", ".join("yes" if goal["met"] else "no" for goal in row["goals"])]


def table(document):
    lines = [HEAD, ["---"] * len(HEAD), *(cells(row) for row in document["rows"])]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def run_of(document, stem):
    """The part of the page that a published run has."""
    machine = document["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in document["versions"].items())
    works = "\n".join(f"- **{row['name']}**: {row['work']} Fresh: {row['row']['fresh']}"
                      + (f" Hot: {row['row']['hot']}" if "hot" in row["row"] else "") for row in document["rows"])
    return f"""## {stem}

Written by `{document['command']}` on {document['date']} at commit `{document['commit']}`{' with changes' if document['changed'] else ''};
{machine['cores']} x {machine['cpu']}, load {machine['load']:g} at the start, {machine['kernel']}; {machine['compiler']} with
`{machine['built_with']}`; {versions}. The numbers are in [{stem}.json]({stem}.json), with the machine's flags, the seeds and the command
that repeats each row.

![How many times faster than each peer]({stem}.svg)

{table(document)}

What the rows do:

{works}
"""


def page(published):
    """Of all runs that are published, by their stems."""
    runs = "\n".join(run_of(document, stem) for stem, document in sorted(published.items()))
    return f"""# Benchmarks

Times are medians, with the tenth and the ninetieth percentile in brackets; ratios are of medians, peer over ours. Everything runs on one
thread unless the row says otherwise. Every answer was compared with its peer's: the relative difference is at most 1e-7, else there would
be no results. Goals are reported, never enforced. Absolute times swing with the machine; compare ratios. Where a bar ends left
of 1x the peer is the quicker: it does but a part of the work. `make bench` repeats all.

{runs}"""
