// Plots of a run over events: fills on the mid, inventory, what the market did after fills, queues.
"use strict";
(() => {
  const place = document.getElementById("event-plots");
  const data = JSON.parse(document.getElementById("data").textContent);
  const { events } = data;
  if (!place || !events) return;

  const KINDS = { f8: Float64Array, f4: Float32Array, i1: Int8Array, u1: Uint8Array };
  const unpack = ({ kind, data: text }) => new KINDS[kind](Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  const unpackAll = (columns) => Object.fromEntries(Object.entries(columns).map(([name, value]) => [name, unpack(value)]));
  for (const panel of events.panels) {
    panel.mid = unpackAll(panel.mid);
    panel.marks = unpackAll(panel.marks);
  }
  const queue = events.queue && unpackAll(events.queue);

  const sourceOf = (columns) => new Bokeh.ColumnDataSource({ data: columns });

  function figureOf(look, options) {
    const figure = Bokeh.Plotting.figure({
      tools: "pan,wheel_zoom,box_zoom,reset", sizing_mode: "stretch_width", height: 280, toolbar_location: null,
      background_fill_color: look.paper, border_fill_color: look.paper, outline_line_color: look.line, ...options,
    });
    figure.toolbar.logo = null;
    figure.toolbar.active_scroll = null;
    if (matchMedia("(pointer: coarse)").matches) figure.toolbar.active_drag = null;
    for (const axis of [...figure.xaxes, ...figure.yaxes]) {
      Object.assign(axis, { axis_line_color: look.line, major_tick_line_color: look.line, minor_tick_line_color: null,
        major_label_text_color: look.soft, axis_label_text_color: look.soft, axis_label_text_font_style: "normal" });
    }
    for (const grid of [...figure.xgrids, ...figure.ygrids]) grid.grid_line_color = look.line;
    return figure;
  }

  const finish = (figure, look) => {
    Object.assign(figure.legend, { location: "top_left", orientation: "horizontal", background_fill_color: look.paper,
      background_fill_alpha: 0.7, border_line_color: null, label_text_color: look.ink, click_policy: "hide" });
    return figure;
  };

  function fillsPlot(panel, look) {
    const figure = figureOf(look, { x_axis_type: "datetime", tools: "xpan,xwheel_zoom,xbox_zoom,reset", height: 320 });
    figure.yaxes[0].formatter = new Bokeh.NumeralTickFormatter({ format: "0,0.[00000000]" });
    figure.step({ field: "time" }, { field: "mid" }, "after", { source: sourceOf(panel.mid), color: look.soft,
      legend_label: "mid" });
    const { marks } = panel;
    const drawn = [];
    for (const [side, word, marker, color] of [[1, "bought", "triangle", look.up], [-1, "sold", "inverted_triangle", look.down]]) {
      const rows = Array.from(marks.side.keys()).filter((row) => marks.side[row] === side);
      const of = (column) => rows.map((row) => column[row]);
      const source = sourceOf({ time: of(marks.time), price: of(marks.price), quantity: of(marks.quantity), held: of(marks.held),
        how: rows.map((row) => (marks.maker[row] ? "maker" : "taker")) });
      drawn.push(figure.scatter({ field: "time" }, { field: "price" }, { source, marker, size: 7, fill_color: color,
        line_color: look.paper, legend_label: word }));
    }
    figure.add_tools(new Bokeh.HoverTool({ renderers: drawn, formatters: { "@time": "datetime" }, tooltips: [
      ["", "@time{%F %H:%M:%S.%3N}"], ["price", "@price{0,0.[00000000]}"], ["quantity", "@quantity{0,0.[00000000]}"],
      ["as", "@how"], ["held after", "@held{0,0.[00000000]}"]] }));
    return finish(figure, look);
  }

  function inventoryPlot(panel, look, range) {
    const figure = figureOf(look, { x_axis_type: "datetime", tools: "xpan,xwheel_zoom,xbox_zoom,reset", height: 200, x_range: range });
    const { time, held } = panel.marks;
    const ends = panel.mid.time;
    const times = ends.length ? [ends[0], ...time, ends[ends.length - 1]] : Array.from(time);
    const values = ends.length ? [0, ...held, held.length ? held[held.length - 1] : 0] : Array.from(held);
    figure.step({ field: "time" }, { field: "held" }, "after", { source: sourceOf({ time: times, held: values }),
      color: look.accent, line_width: 1.5, legend_label: "inventory" });
    return finish(figure, look);
  }

  function markoutPlot(look) {
    const figure = figureOf(look, { x_axis_label: "after the fill", y_axis_label: "basis points" });
    const places = events.horizons.map((_, index) => index);
    figure.xaxes[0].ticker = new Bokeh.FixedTicker({ ticks: places });
    figure.xaxes[0].major_label_overrides = new Map(events.horizons.map((word, index) => [index, word]));
    const colours = { all: look.ink, buys: look.up, sells: look.down, maker: look.accent, taker: look.second };
    figure.line([places[0], places[places.length - 1]], [0, 0], { color: look.line, line_dash: "dashed" });
    for (const [group, values] of Object.entries(events.markouts)) {
      const source = sourceOf({ x: places, y: values.map((value) => value ?? NaN) });
      const options = { source, color: colours[group], legend_label: group };
      figure.line({ field: "x" }, { field: "y" }, { ...options, line_width: group === "all" ? 2.4 : 1.5 });
      figure.scatter({ field: "x" }, { field: "y" }, { ...options, size: 5 });
    }
    return finish(figure, look);
  }

  function queuePlot(look) {
    const figure = figureOf(look, { x_axis_label: "ahead on joining", y_axis_label: "waited, ms" });
    figure.scatter({ field: "ahead" }, { field: "waited" }, { source: sourceOf(queue), size: 5, fill_color: look.accent,
      fill_alpha: 0.45, line_color: null, legend_label: "a maker's fill" });
    return finish(figure, look);
  }

  // A place with its title and its height, so that nothing moves when it is drawn in.
  function boxFor(title, height) {
    const box = document.createElement("div");
    if (height > 300) box.className = "wide";
    box.style.minHeight = `${height + 24}px`;
    const head = document.createElement("h4");
    head.textContent = title;
    box.append(head);
    place.append(box);
    return box;
  }

  function panelPlot(panel, look) {
    const fills = fillsPlot(panel, look);
    const children = [fills, inventoryPlot(panel, look, fills.x_range)];
    return new Bokeh.Column({ children, sizing_mode: "stretch_width", spacing: 4 });
  }

  function plotsOf(look) {
    const plots = events.panels.map((panel) => {
      const { length } = panel.marks.time;
      const some = length < panel.fills ? `, ${length.toLocaleString("en")} of ${panel.fills.toLocaleString("en")} shown` : "";
      return [`${data.instruments[panel.instrument]}: fills on the mid${some}, inventory`, 524, panelPlot(panel, look)];
    });
    if (Object.keys(events.markouts).length) plots.push(["Markouts by horizon", 280, markoutPlot(look)]);
    if (queue) plots.push(["Queue: ahead on joining, time until the fill", 280, queuePlot(look)]);
    return plots;
  }

  async function drawAll() {
    const style = getComputedStyle(document.documentElement);
    const names = ["paper", "ink", "soft", "line", "accent", "second", "up", "down"];
    const look = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    place.replaceChildren();
    const plots = plotsOf(look).map(([title, height, plot]) => [plot, boxFor(title, height)]);
    for (const [plot, box] of plots) await Bokeh.Plotting.show(plot, box);
  }

  let drawing = Promise.resolve();
  const draw = () => { drawing = drawing.then(drawAll); return drawing; };
  document.getElementById("theme").addEventListener("click", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw().then(() => { document.documentElement.dataset.events = "yes"; });
})();
