"""plot.py JSON STEM: the ratios of a run as bars, on a logarithmic scale, into STEM.png and STEM.svg."""
import json
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams.update({"svg.hashsalt": "mando", "font.family": "DejaVu Sans", "font.size": 9})
from matplotlib import pyplot, ticker  # noqa: E402: after the choice of how to draw

FRESH, HOT, GOAL, TEXT, FAINT = "#1f5f8b", "#a9cbe3", "#c8501e", "#222222", "#777777"
ROW_INCHES = 0.44
LABEL_WIDTH = 1.5  # of a text, as a factor on the axis


def label(value):
    return f"{value:,.0f}x" if value >= 10 else f"{value:.2g}x"


def goal_of(row, of):
    least = [goal["at_least"] for goal in row["goals"] if goal["of"] == of and "at_least" in goal]
    most = [1 / goal["at_most"] for goal in row["goals"] if goal["of"] == "times_peer" and of == "ratio"]
    return [*least, *most]


def draw_bar(axes, y, row, of, height, color):
    value = row.get(of)
    if value is None:
        return
    axes.barh(y, value - 1, left=1, height=height, color=color, zorder=2)
    goals = goal_of(row, of)
    for least in goals:
        axes.plot([least, least], [y - height / 2 - 0.04, y + height / 2 + 0.04], color=GOAL, linewidth=2.2, zorder=5)
    # Behind a goal that the text would run into.
    end = max([value, *(least for least in goals if value <= least < value * LABEL_WIDTH), *([1] if value < 1 else [])])
    axes.annotate(label(value), (end, y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=7.5,
                  color=TEXT if of == "ratio" else FAINT, zorder=4)


def draw(document, axes):
    rows = [row for row in document["rows"] if "ratio" in row][::-1]
    names = []
    for y, row in enumerate(rows):
        has_hot = "ratio_hot" in row
        draw_bar(axes, y + (0.17 if has_hot else 0), row, "ratio", 0.36 if has_hot else 0.5, FRESH)
        draw_bar(axes, y - 0.21, row, "ratio_hot", 0.28, HOT)
        names.append(f"{row['name']}\n{row['peer']['name']}")
    axes.set_yticks(range(len(rows)), names, fontsize=7.5, linespacing=1.15)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    return rows


def decorate(document, axes, figure, rows):
    axes.set_xscale("log")
    goals = [goal for row in rows for of in ("ratio", "ratio_hot") if of in row for goal in goal_of(row, of)]
    most = max([*goals, *(max(row["ratio"], row.get("ratio_hot", 0)) for row in rows)])
    least = min([*goals, *(row["ratio"] for row in rows)])
    axes.set_xlim(1 if least >= 1 else least / 1.2, most * (3 if most > 10 else 1.4))
    axes.axvline(1, color=FAINT, linewidth=0.8, zorder=3)
    axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1,) if most > 10 else (1, 2, 3, 5)))
    axes.xaxis.set_minor_locator(ticker.NullLocator())
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}x")
    axes.grid(axis="x", color="#dddddd", linewidth=0.8, zorder=0)
    axes.tick_params(axis="both", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    machine = document["machine"]
    axes.set_title("Mando beside its peers: how many times as fast, same answers", loc="left", fontsize=11, pad=18)
    axes.text(0, 1.0, f"medians, {machine['cores']} x {machine['cpu']}, {document['date']}, commit {document['commit']}",
              transform=axes.transAxes, fontsize=7.5, color=FAINT, va="bottom")
    marks = [pyplot.Rectangle((0, 0), 1, 1, color=FRESH), pyplot.Rectangle((0, 0), 1, 1, color=HOT),
             pyplot.Line2D([0], [0], color=GOAL, linewidth=2.2)]
    figure.legend(marks, ["fresh: each instance once, others' work in between", "hot: the same instance again at once", "goal"],
                  loc="lower left", bbox_to_anchor=(0.02, 0.0), ncols=3, frameon=False, fontsize=8)


def main():
    document = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    count = sum("ratio" in row for row in document["rows"])
    if count == 0:
        sys.exit("no row has a ratio")
    height = ROW_INCHES * count + 1.5
    figure, axes = pyplot.subplots(figsize=(9.6, height))
    rows = draw(document, axes)
    decorate(document, axes, figure, rows)
    figure.subplots_adjust(left=0.32, right=0.97, top=1 - 0.62 / height, bottom=0.75 / height)
    stem = pathlib.Path(sys.argv[2])
    figure.savefig(f"{stem}.png", dpi=140, facecolor="white", metadata={"Software": None})
    figure.savefig(f"{stem}.svg", facecolor="white", metadata={"Date": None})
    svg = pathlib.Path(f"{stem}.svg")
    svg.write_text("".join(line.rstrip() + "\n" for line in svg.read_text().splitlines()))


main()
