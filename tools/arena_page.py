# SPDX-License-Identifier: MIT
"""arena.html: miss-ratio curves, refaults over time, instructions per reclaimed page, as SVG.

A plot is 360 units wide and drawn about as wide as it is on the screen, so that its text stays
readable on a narrow one; the grid puts one to three beside each other.  Lines differ by dashes or
width, too, not by colour alone.  No script, no font, nothing from elsewhere.
"""
import html

WIDTH, HEIGHT = 360, 230
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 10, 38

# Colours on a light and on a dark ground, dashes, width.  Others than these share the last one.
STYLES = {
    "fifo": ("#c2410c", "#fb923c", "", 1.6),
    "random": ("#6b7280", "#a1a1aa", "2 3", 2),
    "clock": ("#1d4ed8", "#7dadff", "6 3", 2),
    "lru2": ("#047857", "#34d399", "15 3", 2),
    "mine": ("#a21caf", "#e879f9", "9 3 2 3", 2),
    "lru": ("#92600a", "#facc15", "5 2 1 2 1 2", 1.6),
    "opt": ("#111827", "#f3f4f6", "", 3),
}
OTHER = ("#be123c", "#fda4af", "4 2", 2)

CSS = """
:root { color-scheme: light dark; --ground: #fff; --ink: #1f2328; --soft: #57606a;
  --grid: #d8dee4; --area: #eceff2; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171c; --ink: #e6e9ee; --soft: #a4adb8;
  --grid: #30363d; --area: #22272e; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 16px; max-width: 1280px; background: var(--ground);
  color: var(--ink); font: 16px/1.5 system-ui, "DejaVu Sans", sans-serif; }
h1 { font-size: 26px; margin: 4px 0; } h2 { font-size: 20px; margin: 28px 0 4px; }
h3 { font-size: 16px; margin: 0; } p { margin: 4px 0 12px; max-width: 76ch; }
.plots { display: grid; gap: 20px 24px;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 350px), 1fr)); }
figure { margin: 0; } figcaption p { color: var(--soft); font-size: 14px; margin: 0 0 4px; }
@media (min-width: 760px) { figcaption p { min-height: 42px; } }
svg { display: block; width: 100%; height: auto; }
svg text { font: 12px system-ui, "DejaVu Sans", sans-serif; fill: var(--soft); }
.grid { stroke: var(--grid); stroke-width: 1; } .area { fill: var(--area); }
.line { fill: none; stroke-linejoin: round; }
.key { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; padding: 0;
  margin: 8px 0 16px; }
.key li { display: flex; align-items: center; gap: 7px; }
.key svg { width: 34px; height: 12px; }
.table { overflow-x: auto; } table { border-collapse: collapse; font-size: 14px; }
th, td { text-align: right; padding: 2px 9px; border-bottom: 1px solid var(--grid); }
th:nth-child(-n+2), td:nth-child(-n+2) { text-align: left; }
summary { cursor: pointer; margin: 20px 0 8px; }
"""


def style_of(policy):
    return STYLES.get(policy, OTHER)


def colours(policies):
    """A class for each policy, with its dashes, its width and its colour on either ground."""
    light = "".join(f".p-{p} {{ --c: {light}; --d: {dashes or 'none'}; --w: {width}; }}\n"
                    for p in policies for light, _, dashes, width in [style_of(p)])
    dark = "".join(f".p-{p} {{ --c: {style_of(p)[1]}; }}\n" for p in policies)
    return (light + "@media (prefers-color-scheme: dark) {\n" + dark + "}\n"
            ".line { stroke: var(--c); stroke-dasharray: var(--d); stroke-width: var(--w); }\n"
            ".bar { fill: var(--c); }\n")


def key(policies):
    items = "".join(
        f'<li><svg viewBox="0 0 34 12" aria-hidden="true"><path class="line p-{p}" d="M0 6H34"/>'
        f"</svg>{html.escape(p)}</li>" for p in policies)
    return f'<ul class="key">{items}</ul>'


def nice_step(span, most):
    """The least of 1, 2, 5 times a power of ten that cuts @span into at most @most."""
    step = 1
    while span / step > most:
        for factor in 2, 2.5, 2:
            step *= factor
            if span / step <= most:
                break
    return int(step)


def short(n):
    if n >= 1_000_000 and n % 100_000 == 0:
        return f"{n / 1e6:g}M"
    return f"{n / 1000:g}k" if n >= 1000 and n % 100 == 0 else f"{n:g}"


class Axes:
    """A plot's ground: from numbers to units, ticks (x_ticks 0: none below), names."""

    def __init__(self, x_most, y_most, x_name, y_name, x_ticks=7):
        self.x_most, self.y_most = max(x_most, 1), max(y_most, 1)
        self.parts = []
        self.y_ticks(y_name)
        if x_ticks:
            for n in range(0, int(self.x_most) + 1, nice_step(self.x_most, x_ticks)):
                self.x_text(n, short(n))
        self.text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 5, x_name, "middle")

    def y_ticks(self, name):
        for n in range(0, int(self.y_most) + 1, nice_step(self.y_most, 5)):
            y = self.y(n)
            self.parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
            self.text(LEFT - 6, y + 4, short(n), "end")
        self.parts.append(f'<text transform="translate(11 {(TOP + HEIGHT - BOTTOM) / 2:.0f}) '
                          f'rotate(-90)" text-anchor="middle">{name}</text>')

    def x(self, n):
        return LEFT + n / self.x_most * (WIDTH - LEFT - RIGHT)

    def y(self, n):
        return HEIGHT - BOTTOM - n / self.y_most * (HEIGHT - BOTTOM - TOP)

    def x_text(self, n, what):
        self.text(self.x(n), HEIGHT - BOTTOM + 16, what, "middle")

    def text(self, x, y, what, anchor):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{what}</text>')

    def path(self, points):
        return "M" + "L".join(f"{self.x(x):.1f} {self.y(y):.1f}" for x, y in points)

    def line(self, policy, points):
        self.parts.append(f'<path class="line p-{policy}" d="{self.path(points)}">'
                          f"<title>{html.escape(policy)}</title></path>")

    def area_below(self, points):
        left = self.x(points[0][0])
        self.parts.insert(0, f'<path class="area" d="{self.path(points)}V{self.y(0):.1f}'
                             f'H{left:.1f}Z"><title>less is impossible</title></path>')

    def svg(self, label):
        return (f'<svg class="plot" role="img" viewBox="0 0 {WIDTH} {HEIGHT}" '
                f'aria-label="{html.escape(label)}">{"".join(self.parts)}</svg>')


def figure(title, caption, svg):
    return (f"<figure><figcaption><h3>{html.escape(title)}</h3>"
            f"<p>{html.escape(caption)}</p></figcaption>{svg}</figure>")


def series(rows, trace, policy, x, y):
    return [(x(row), y(row)) for row in rows if row["trace"] == trace and row["policy"] == policy]


def miss_ratio_plot(trace, policies, rows):
    name, _, sizes, caption = trace
    axes = Axes(max(sizes), 100, "frames", "misses, %")
    for policy in policies:
        points = series(rows, name, policy, lambda row: row["frames"],
                        lambda row: 100 * row["misses"] / row["references"])
        if policy == "opt":
            axes.area_below(points)
        axes.line(policy, points)
    return figure(name, caption, axes.svg(f"misses by memory size, trace {name}"))


def over_time_plot(name, policies, rows):
    ours = [row for row in rows if row["trace"] == name]
    axes = Axes(max(row["references"] for row in ours), max(row["refaults"] for row in ours),
                "references", "refaults", 5)
    for policy in policies:
        points = series(ours, name, policy, lambda row: row["references"],
                        lambda row: row["refaults"])
        if points:
            axes.line(policy, [(0, 0)] + points)
    return figure(name, f"{ours[0]['frames']} frames", axes.svg(f"refaults over time, {name}"))


def bar_plot(workload, rows, field, name):
    """One bar a policy, its name below and its value above it."""
    ours = [row for row in rows if row["workload"] == workload]
    axes = Axes(len(ours), 1.15 * max(float(row[field]) for row in ours), "policy", name, 0)
    for n, row in enumerate(ours):
        left, right, top = axes.x(n + .18), axes.x(n + .82), axes.y(float(row[field]))
        axes.parts.append(f'<rect class="bar p-{row["policy"]}" x="{left:.1f}" y="{top:.1f}" '
                          f'width="{right - left:.1f}" height="{axes.y(0) - top:.1f}"/>')
        axes.text(axes.x(n + .5), top - 5, short(round(float(row[field]))), "middle")
        axes.x_text(n + .5, html.escape(row["policy"]))
    return axes.svg(f"{name}, {workload}")


def kernel_section(rows):
    if not rows:
        return ""
    plots = "".join(
        figure(workload, caption, bar_plot(workload, rows, field, name))
        for workload in dict.fromkeys(row["workload"] for row in rows)
        for field, name, caption in (
            ("instr_per_page", "instructions", "instructions in the policy, per reclaimed page"),
            ("swapins", "pages", "pages that came back from swap")))
    return ("<h2>In the kernel</h2><p>The same policies in the running kernel, one hart, time "
            f"counted in instructions.</p><div class=\"plots\">{plots}</div>")


def table(rows):
    head = "".join(f"<th>{field}</th>" for field in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{html.escape(str(value))}</td>"
                                    for value in row.values()) + "</tr>" for row in rows)
    return (f'<div class="table"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody>'
            f"</table></div>")


def page(traces, policies, rows, over_time, kernel):
    curves = "".join(miss_ratio_plot(trace, policies, rows) for trace in traces)
    times = "".join(over_time_plot(name, policies, over_time)
                    for name in dict.fromkeys(row["trace"] for row in over_time))
    numbers = "".join(f"<details><summary>{what}</summary>{table(some)}</details>"
                      for what, some in (("All runs of the simulator", rows),
                                         ("All runs in the kernel", kernel)) if some)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Faultline: arena of reclaim policies</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>{CSS}{colours(policies)}</style></head><body>
<h1>Arena of reclaim policies</h1>
<p>Which page goes when memory is short. The fewer misses, the better; opt knows the future, and
nobody can be in the grey below it.</p>
{key(policies)}
<h2>Misses by memory size</h2><div class="plots">{curves}</div>
<h2>Refaults over time</h2><p>Pages that were evicted and came back, counted up. A line that has
become flat has found what to keep.</p><div class="plots">{times}</div>
{kernel_section(kernel)}{numbers}
</body></html>
"""
