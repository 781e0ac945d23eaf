// Draws the charts of a drill: one uPlot each, one cursor for all, in the colours of the page.
(() => {
  const drawing = JSON.parse(document.getElementById("drawing").textContent);
  const last = drawing.x.length - 1;
  if (last < 0) return;
  const slider = document.getElementById("at"), told = document.getElementById("at-told");
  const one = drawing.x.length === 1, step = drawing.step_s;
  // A second lasts from its number to the next: its values stand in its middle.
  const middles = drawing.x.map(x => x + step / 2);
  let plots = [], colours = {};

  const three = v => v >= 99.95 ? Math.round(v).toLocaleString("en-US") : v >= 9.995 ? v.toFixed(1) : v.toFixed(2);
  const time = us => us < 1000 ? `${three(us)} µs` : us < 999500 ? `${three(us / 1000)} ms` : `${three(us / 1e6)} s`;
  const telling = { time, rate: v => `${three(v)}/s`, number: v => Math.round(v).toLocaleString("en-US"), share: v => `${three(v * 100)} %` };

  const short = text => text.replace(/\.0+(?=\D|$)|(\.\d*[1-9])0+(?=\D|$)/, "$1");

  function readColours() {
    const style = getComputedStyle(document.documentElement);
    const names = ["paper", "ink", "soft", "line", "panel", "good", "broken", "unknown", "not-judged", "accent", "event", "shade"];
    colours = Object.fromEntries(names.map(name => [name, style.getPropertyValue(`--${name}`).trim()]));
  }

  // What was done to a party, behind everything else, with its number above.
  function shade(u, isFirst) {
    const { ctx, bbox } = u, ratio = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const fault of drawing.faults) {
      const from = u.valToPos(fault.from, "x", true), to = u.valToPos(fault.to, "x", true);
      ctx.globalAlpha = 0.28;
      ctx.fillStyle = colours.shade;
      ctx.fillRect(from, bbox.top, Math.max(to - from, 2 * ratio), bbox.height);
      ctx.globalAlpha = 1;
      if (isFirst) {
        ctx.fillStyle = colours.ink;
        ctx.font = `600 ${11 * ratio}px system-ui`;
        ctx.fillText(fault.label, from + 3 * ratio, bbox.top + 12 * ratio);
      }
    }
    ctx.restore();
  }

  // The heat map: the stronger a cell's colour, the more answers of that second took so long.
  function heat(u, chart) {
    const { ctx, bbox } = u, bounds = drawing.heat_us, { min, max } = u.scales.y;
    const most = Math.max(1, ...chart.heat.map(column => Math.max(...column)));
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.fillStyle = colours.accent;
    chart.heat.forEach((column, i) => {
      const left = u.valToPos(drawing.x[i], "x", true), right = u.valToPos(drawing.x[i] + step, "x", true);
      column.forEach((count, k) => {
        if (!count) return;
        const low = k ? bounds[k - 1] : min, high = k < bounds.length ? bounds[k] : max;
        const top = u.valToPos(Math.min(high, max), "y", true), bottom = u.valToPos(Math.max(low, min), "y", true);
        ctx.globalAlpha = 0.12 + 0.63 * Math.log1p(count) / Math.log1p(most);
        ctx.fillRect(left, top, Math.max(right - left, 1), bottom - top);
      });
    });
    ctx.restore();
  }

  function range(chart) {
    const values = chart.series.flatMap(each => each.values).filter(v => v !== null && v > 0);
    const most = values.length ? Math.max(...values) : 1;
    if (!isLogarithmic(chart)) return [0, most * 1.08];
    const least = Math.min(...values, lowest(chart), most);
    return [Math.max(least, 1) * 0.9, most * 1.3];
  }

  // Where the heat map's lowest class with anything in it begins.
  function lowest(chart) {
    const places = chart.heat.map(column => column.findIndex(count => count > 0)).filter(place => place >= 0);
    if (!places.length) return Infinity;
    const place = Math.min(...places);
    return place ? drawing.heat_us[place - 1] : drawing.heat_us[0] / 2;
  }

  const isLogarithmic = chart => chart.unit === "time";

  function axis(chart, narrow) {
    const base = {
      stroke: colours.soft, font: "12px system-ui", size: narrow ? 60 : 66,
      grid: { stroke: colours.line, width: 1 }, ticks: { stroke: colours.line, width: 1 },
      values: (u, splits) => splits.map(v => v === null ? null : short(telling[chart.unit](v))),
    };
    if (isLogarithmic(chart)) base.splits = (u, i, min, max) => {
      const at = bases => {
        const found = [];
        for (let power = Math.floor(Math.log10(min)); 10 ** power <= max; power++)
          found.push(...bases.map(base => base * 10 ** power).filter(v => v >= min && v <= max));
        return found;
      };
      return at([1]).length > 2 ? at([1]) : at([1, 2, 5]);
    };
    return base;
  }

  function options(chart, place, width) {
    const narrow = width < 520;
    const height = chart.name === "latency" ? (narrow ? 260 : 320) : 190;
    return {
      width, height, legend: { show: false }, padding: [10, 14, 0, 0],
      cursor: { sync: { key: "drill", setSeries: false }, drag: { x: true, y: false }, y: false, points: { size: 7 } },
      scales: {
        x: { time: false, range: (u, low, high) => low <= middles[0] && high >= middles[last] ? [drawing.x[0], drawing.x[last] + step] : [low, high] },
        y: { range: () => range(chart), distr: isLogarithmic(chart) ? 3 : 1 },
      },
      axes: [
        { stroke: colours.soft, font: "12px system-ui", space: narrow ? 56 : 70, grid: { stroke: colours.line, width: 1 }, ticks: { stroke: colours.line, width: 1 }, values: (u, splits) => splits.map(v => `${v} s`) },
        axis(chart, narrow),
      ],
      series: [{}, ...chart.series.map(each => ({
        stroke: colours[each.colour], width: 1.8, dash: each.dashed ? [6, 4] : undefined, points: { show: one }, spanGaps: false,
      }))],
      hooks: {
        drawClear: [u => { shade(u, place === 0); if (chart.heat.length) heat(u, chart); }],
        setCursor: [u => tell(u, chart)],
      },
    };
  }

  // The first two charts at one moment, for who hears the page.
  function spoken(at) {
    return drawing.charts.slice(0, 2).flatMap(chart => chart.series
      .filter(each => each.values[at] !== null && each.values[at] !== undefined)
      .map(each => `${each.label} ${telling[chart.unit](each.values[at])}`)).join(", ");
  }

  // What every line is worth where the cursor stands, beside its name.
  function tell(u, chart) {
    const at = u.cursor.idx, places = document.querySelectorAll(`#figure-${chart.name} .now`);
    chart.series.forEach((each, i) => {
      const value = at === null || at === undefined ? null : each.values[at];
      places[i].textContent = value === null ? "–" : telling[chart.unit](value);
    });
    if (at === null || at === undefined) return;
    slider.value = at;
    told.textContent = `${drawing.x[at]} s`;
    slider.setAttribute("aria-valuetext", `${drawing.x[at]} s: ${spoken(at)}`);
  }

  function draw() {
    readColours();
    plots.forEach(plot => plot.destroy());
    const kept = told.textContent === "–" ? null : slider.value;
    plots = drawing.charts.map((chart, place) => {
      const frame = document.getElementById(`chart-${chart.name}`);
      const data = [middles, ...chart.series.map(each => each.values)];
      return new uPlot(options(chart, place, Math.max(frame.clientWidth - 8, 200)), data, frame);
    });
    if (kept !== null) requestAnimationFrame(() => point(kept));  // uPlot lays itself out first
  }

  function point(at) {
    plots.forEach(plot => plot.setCursor({ left: plot.valToPos(middles[+at], "x"), top: 10 }, true, false));
  }

  slider.addEventListener("input", () => point(slider.value));
  let waiting = 0;
  addEventListener("resize", () => { cancelAnimationFrame(waiting); waiting = requestAnimationFrame(draw); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw();
})();
