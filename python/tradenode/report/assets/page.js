// Unpacks the page's data, then draws the charts, lists the trades and answers the buttons.
"use strict";
(() => {
  const KINDS = { f8: Float64Array, f4: Float32Array, u4: Uint32Array, i1: Int8Array, u1: Uint8Array };
  const unpack = ({ kind, data }) => {
    const text = atob(data);
    const bytes = new Uint8Array(text.length);
    for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index);
    return new KINDS[kind](bytes.buffer);
  };
  const unpackAll = (columns) => Object.fromEntries(
    Object.entries(columns).map(([name, value]) => [name, value && value.kind ? unpack(value) : value]));

  const data = JSON.parse(document.getElementById("data").textContent);
  const { count, first, columns } = data.trades;
  data.trades = unpackAll(columns);
  // The number of a row among all trades of the run: the page may hold only those of both ends.
  data.trades.number = (row) => (row < first ? row + 1 : count - data.trades.entry_ts.length + row + 1);
  data.equity = data.equity && unpackAll(data.equity);
  data.held = data.held && unpackAll(data.held);
  for (const chart of data.charts) chart.levels = chart.levels.map(unpackAll);

  const place = document.getElementById("plots");
  const state = { chart: 0, logarithmic: false, window: null };
  let show = () => {};
  let drawing = Promise.resolve();

  const draw = () => {
    if (!data.equity) return drawing;
    const style = getComputedStyle(document.documentElement);
    const names = ["paper", "ink", "soft", "line", "accent", "second", "up", "down"];
    const look = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    const tell = (text) => { document.getElementById("detail").textContent = text; };
    // One drawing after another: two at once would put two charts in one place.
    drawing = drawing.then(async () => { show = await report.drawCharts(data, place, state, look, tell); });
    return drawing;
  };

  const button = (text, label, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.setAttribute("aria-label", label);
    made.addEventListener("click", () => act(made));
    return made;
  };
  const move = (by, zoom) => {
    const times = data.equity.time;
    const [start, end] = state.window ?? [times[0], times[times.length - 1]];
    const half = ((end - start) / 2) * zoom;
    const middle = (start + end) / 2 + (end - start) * by;
    show([middle - half, middle + half]);
  };

  const controls = document.getElementById("controls");
  if (controls) {
    const scale = button("log", "logarithmic scale", (self) => {
      state.logarithmic = !state.logarithmic;
      self.setAttribute("aria-pressed", state.logarithmic);
      draw();
    });
    scale.setAttribute("aria-pressed", "false");
    const gap = document.createElement("span");
    gap.className = "gap";
    controls.append(
      button("whole run", "show the whole run", () => show(null)), button("◀", "earlier", () => move(-0.5, 1)),
      button("▶", "later", () => move(0.5, 1)), button("+", "closer", () => move(0, 0.4)),
      button("−", "wider", () => move(0, 2.5)), gap, scale);
    if (data.charts.length > 1) {
      const choice = document.createElement("select");
      choice.setAttribute("aria-label", "instrument");
      for (const [index, chart] of data.charts.entries()) choice.append(new Option(data.instruments[chart.instrument], index));
      choice.addEventListener("change", () => { state.chart = Number(choice.value); draw(); });
      controls.append(choice);
    }
  }

  document.getElementById("theme").addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    draw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

  const list = document.getElementById("trades");
  if (list) {
    report.listTrades(data, list, async (row) => {
      const { trades } = data;
      const index = data.charts.findIndex((chart) => chart.instrument === trades.instrument[row]);
      const held = Math.max(trades.exit_ts[row] - trades.entry_ts[row], index < 0 ? 0 : data.charts[index].levels.at(-1).width * 20);
      if (index >= 0 && index !== state.chart) {
        state.chart = index;
        controls.querySelector("select").value = index;
        await draw();
      }
      show([trades.entry_ts[row] - held * 1.5, trades.exit_ts[row] + held * 1.5]);
      document.getElementById("charts").scrollIntoView({ behavior: "smooth" });
    });
  }
  draw().then(() => { document.documentElement.dataset.drawn = "yes"; });
})();
