"""The figures of a benchmark as tables of text."""

START, END = "<!-- bench -->", "<!-- /bench -->"


def _path(figures, path):
    for name in path.split("."):
        figures = figures.get(name) if isinstance(figures, dict) else None
    return figures


def _cell(figures, path, form):
    value = _path(figures, path)
    return "-" if value is None else form % value


# (first line of the heading, second line, where the figure is, how it is printed, factor)
SPEED = (
    ("a pass,", "s", "cycle_s", "%.2f"),
    ("x wire", "limit", "over_wire", "%.3f"),
    ("and", "adapter", "over_wire_and_adapter", "%.3f"),
    ("table,", "share", "table_share", "%.2f"),
    ("next command,", "median ms", "turnaround_median_ms", "%.1f"),
    ("", "worst ms", "turnaround_worst_ms", "%.1f"),
    ("start,", "s", "start_s", "%.2f"),
    ("x its", "wire time", "start_over_wire", "%.2f"),
    ("reaction,", "median s", "reaction.all.median_s", "%.2f"),
    ("", "worst s", "reaction.all.worst_s", "%.2f"),
    ("", "changes", "reaction.all.changes", "%d"),
    ("", "missed", "reaction.all.missed", "%d"),
)
COST = (
    ("kB", "a pass", "kb_a_cycle", "%.1f"),
    ("CPU a", "pass, ms", "cpu_ms_a_cycle", "%.2f"),
    ("ms a", "second", "cpu_ms_a_s", "%.2f"),
    ("us a", "kB", "cpu_us_a_kb", "%.0f"),
    ("million", "instr.", "million_instructions", "%.2f"),
    ("instr.", "a byte", "instructions_a_byte", "%.0f"),
    ("memory,", "kB", "rss_kb", "%d"),
    ("peak,", "kB", "peak_kb", "%d"),
    ("wake-ups/s,", "reading", "wakeups_a_s", "%.1f"),
    ("", "idle", "idle_wakeups_a_s", "%.2f"),
)
RATIOS = (
    ("a", "pass", "cycle_s"),
    ("reaction,", "median", "reaction.cell_high.median_s"),
    ("", "worst", "reaction.cell_high.worst_s"),
    ("CPU a", "pass", "cpu_ms_a_cycle"),
    ("CPU a", "second", "cpu_ms_a_s"),
    ("", "memory", "rss_kb"),
    ("", "peak", "peak_kb"),
    ("", "wake-ups", "wakeups_a_s"),
)


def _derived(figures):
    """With the figures that follow from others."""
    more = dict(figures)
    size, instructions = figures.get("bytes_a_cycle"), figures.get("instructions_a_cycle")
    if size:
        more["kb_a_cycle"] = size / 1000
        more["cpu_ms_a_s"] = figures["cpu_ms_a_cycle"] / figures["cycle_s"]
    if instructions:
        more["million_instructions"] = instructions / 1e6
    return more


def _lines(headings, rows):
    """A table with columns as wide as they need; a heading is a pair of lines."""
    cells = [[h[0] for h in headings], [h[1] for h in headings], *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(headings))]
    return ["  ".join(text.rjust(width) for text, width in zip(row, widths)).rstrip() for row in cells]


KEYS = (("", "baud"), ("", "modules"))


def _key(row):
    return [str(row["baud"]), str(row["modules"])]


def _figures(result, columns, who):
    rows = []
    for row in result["rows"]:
        figures = _derived(row.get(who, {}))
        rows.append(_key(row) + [_cell(figures, path, form) for _, _, path, form in columns])
    return _lines(KEYS + tuple(c[:2] for c in columns), rows)


def _ratios(result):
    rows = []
    for row in result["rows"]:
        ours, other = _derived(row["ours"]), _derived(row.get("reference", {}))
        cells = []
        for _, _, path in RATIOS:
            a, b = _path(ours, path), _path(other, path)
            cells.append("%.4g" % (a / b) if a is not None and b else "-")
        rows.append(_key(row) + cells)
    return _lines(KEYS + tuple(c[:2] for c in RATIOS), rows)


ADAPTER = {"ftdi": "bytes come as an FTDI adapter passes them on (62 bytes or every 16 ms)",
           "direct": "bytes come without an adapter between"}


def text(result):
    parts = ["%s (%d bytes), %s" % (result["program"], result["bytes_of_program"], result["date"]),
             "%s; load %.1f; a wake-up by itself costs %.0f us" % (
                 result["machine"], result["load"], result["empty_wakeup_us"]),
             "%s, %s the `pwr` table; %s" % (result["model"], "with" if result["table"] else "without",
                                             ADAPTER.get(result["adapter"], result["adapter"])), ""]
    parts += _figures(result, SPEED, "ours") + [""] + _figures(result, COST, "ours")
    if result.get("reference"):
        parts += ["", "the reference: " + result["reference"], ""] + _figures(result, SPEED, "reference")
        parts += [""] + _figures(result, COST, "reference")
        parts += ["", "ours / reference", ""] + _ratios(result)
    return "\n".join(parts)


def into_readme(path, result):
    """Everything between the two marks is replaced."""
    with open(path, encoding="ascii") as file:
        before, rest = file.read().split(START + "\n", 1)
    after = rest.split(END, 1)[1]
    with open(path, "w", encoding="ascii") as file:
        file.write(before + START + "\n```\n" + text(result) + "\n```\n" + END + after)
