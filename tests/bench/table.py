"""The table that run.py prints: samples in, medians, ratios and verdicts out."""

import statistics


def in_thousands_per_s(value):
    return f"{value / 1000:.1f}k/s"


def in_s(value):
    return f"{value:.2f} s"


def in_us(value):
    return f"{value:.0f} us"


def in_ms(value):
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"


def in_mib(value):
    return f"{value / 2**20:.1f} MiB" if value < 2**30 else f"{value / 2**30:.2f} GiB"


def in_bytes(value):
    return f"{value:.0f} B"


class AtLeast:
    """The target is a multiple of what Java reaches."""

    def __init__(self, factor):
        self.factor = factor

    def text(self, _):
        return f">= {self.factor:g}x"

    def is_met(self, ours, java):
        return None if java is None else ours >= self.factor * java


class AtMostFraction:
    """The target is a fraction of what Java needs."""

    def __init__(self, divisor):
        self.divisor = divisor

    def text(self, _):
        return f"<= 1/{self.divisor:g}"

    def is_met(self, ours, java):
        return None if java is None else ours <= java / self.divisor


class AtMost:
    """The target is a figure of its own, whatever Java does."""

    def __init__(self, limit):
        self.limit = limit

    def text(self, show):
        return f"<= {show(self.limit)}"

    def is_met(self, ours, _):
        return ours <= self.limit


class Row:
    """One line. samples: by subject's name, a list of figures, one a round. A row without a target only informs; `doubt` is a
    word that stands in place of the verdict. `reference` is whom ours is compared with, in Java's column."""

    def __init__(self, work, show, samples, target=None, doubt=None, reference="Java"):
        self.work = work
        self.show = show
        self.samples = samples
        self.target = target
        self.doubt = doubt
        self.reference = reference

    def median(self, name):
        return statistics.median(self.samples[name]) if self.samples.get(name) else None

    def cells(self):
        java, ours = self.median(self.reference), self.median("ours")
        cells = [self.work]
        cells += ["-" if value is None else self.show(value) for value in (java, ours)]
        cells.append(f"{ours / java:.3g}x" if java and ours is not None else "-")
        cells.append(self.target.text(self.show) if self.target else "")
        cells.append(self.verdict())
        return cells

    def verdict(self):
        ours = self.median("ours")
        met = self.target.is_met(ours, self.median(self.reference)) if self.target and ours is not None else None
        if met is None:
            return ""
        return self.doubt or ("ok" if met else "NOT")

    def as_dict(self):
        """For --json."""
        return {"work": self.work, "samples": self.samples, "target": self.target and self.target.text(self.show),
                "median": {name: self.median(name) for name in self.samples}, "verdict": self.verdict()}


def render(rows):
    """The rows as a Markdown table with aligned columns."""
    lines = [["work", "Java", "ours", "ours/Java", "target", "ok?"], *[row.cells() for row in rows]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]

    def text(line):
        cells = [line[0].ljust(widths[0]), *[cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]]
        return "| " + " | ".join(cells) + " |"

    rule = "|-" + "-|-".join("-" * width for width in widths) + "-|"
    return "\n".join([text(lines[0]), rule, *[text(line) for line in lines[1:]]])


def spread(row):
    """The samples behind each median, for those who wonder about noise."""
    parts = []
    for name, values in row.samples.items():
        if len(values) > 1:
            parts.append(f"{name} " + ", ".join(row.show(value) for value in values))
    return f"{row.work}: {'; '.join(parts)}" if parts else None
