// The charts of equity, drawdown, what was held and prices, drawn with BokehJS on one shared time axis.
"use strict";
globalThis.report = {};
(() => {
  // At most so many candles and trades are drawn at once.
  const CANDLES_MAX = 2500;
  const MARKED_MAX = 120;
  const DAY = 86_400_000;

  // First index whose value is not below the limit.
  const lowerBound = (values, limit) => {
    let low = 0;
    let high = values.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[middle] < limit) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  const sourceOf = (data) => new Bokeh.ColumnDataSource({ data });

  // A figure in the page's colours; pan and zoom are off at first where fingers scroll the page.
  function figureOf(look, options) {
    const touch = matchMedia("(pointer: coarse)").matches;
    const figure = Bokeh.Plotting.figure({
      tools: "xpan,xwheel_zoom,xbox_zoom,reset", x_axis_type: "datetime", sizing_mode: "stretch_width",
      toolbar_location: null, background_fill_color: look.paper, border_fill_color: look.paper,
      outline_line_color: look.line, lod_threshold: null, min_border_left: 62, min_border_right: 8, ...options,
    });
    figure.toolbar.logo = null;
    figure.toolbar.active_scroll = null;
    if (touch) figure.toolbar.active_drag = null;
    for (const axis of [...figure.xaxes, ...figure.yaxes]) {
      Object.assign(axis, {
        axis_line_color: look.line, major_tick_line_color: look.line, minor_tick_line_color: null,
        major_label_text_color: look.soft, major_label_text_font_size: "11px", axis_label_text_color: look.soft,
        axis_label_text_font_style: "normal", axis_label_text_font_size: "11px",
      });
    }
    for (const grid of [...figure.xgrids, ...figure.ygrids]) Object.assign(grid, { grid_line_color: look.line, grid_line_alpha: 0.6 });
    return figure;
  }

  function hover(figure, renderers, tooltips, mode) {
    figure.add_tools(new Bokeh.HoverTool({
      renderers, tooltips, mode, point_policy: "follow_mouse", formatters: { "@time": "datetime", "@until": "datetime" },
    }));
  }

  const legend = (figure, look, location) => Object.assign(figure.legend, {
    location, orientation: "horizontal", background_fill_alpha: 0.7, background_fill_color: look.paper, border_line_color: null,
    label_text_color: look.ink, label_text_font_size: "12px", padding: 4, margin: 4, spacing: 12,
  });

  // The curve's columns cut to what is in view and one point more at each end, so that the value axis fits the view.
  function curveInView(curve, names, start, end) {
    const first = Math.max(lowerBound(curve.time, start) - 1, 0);
    const last = lowerBound(curve.time, end) + 1;
    return Object.fromEntries(names.map((name) => [name, curve[name].subarray(first, last)]));
  }

  function equityChart(equity, range, look, logarithmic) {
    const names = ["time", "value", ...(equity.held ? ["held"] : [])];
    const source = sourceOf(curveInView(equity, names, range.start, range.end));
    const figure = figureOf(look, { x_range: range, y_axis_type: logarithmic ? "log" : "linear" });
    if (!logarithmic) figure.yaxes[0].formatter = new Bokeh.NumeralTickFormatter({ format: "0,0.[00000000]" });
    const x = { field: "time" };
    if (equity.held) {
      figure.line(x, { field: "held" }, { source, color: look.second, line_width: 1.3, legend_label: "buy and hold" });
    }
    const line = figure.line(x, { field: "value" }, { source, color: look.accent, line_width: 1.8, legend_label: "equity" });
    const tooltips = [["", "@time{%F %H:%M}"], ["equity", "@value{0,0.00[000000]}"]];
    if (equity.held) tooltips.push(["buy and hold", "@held{0,0.00[000000]}"]);
    hover(figure, [line], tooltips, "vline");
    legend(figure, look, "top_left");
    return { figure, show: () => { source.data = curveInView(equity, names, range.start, range.end); } };
  }

  function drawdownChart(equity, range, look) {
    const names = ["time", "drawdown"];
    const source = sourceOf(curveInView(equity, names, range.start, range.end));
    const figure = figureOf(look, { x_range: range });
    figure.yaxes[0].formatter = new Bokeh.NumeralTickFormatter({ format: "0.[0] %" });
    const x = { field: "time" };
    const y = { field: "drawdown" };
    figure.varea({ x, y1: y, y2: { value: 0 }, source, fill_color: look.down, fill_alpha: 0.18 });
    const line = figure.line(x, y, { source, color: look.down, line_width: 1.2, legend_label: "drawdown" });
    hover(figure, [line], [["", "@time{%F %H:%M}"], ["drawdown", "@drawdown{0.00 %}"]], "vline");
    legend(figure, look, "bottom_left");
    return { figure, show: () => { source.data = curveInView(equity, names, range.start, range.end); } };
  }

  function heldChart(held, range, look) {
    const names = ["time", "gross", "net", "initial_margin"];
    const source = sourceOf(curveInView(held, names, range.start, range.end));
    const figure = figureOf(look, { x_range: range });
    figure.yaxes[0].formatter = new Bokeh.NumeralTickFormatter({ format: "0,0.[00000000]" });
    const x = { field: "time" };
    const draw = (field, color, legend_label, line_dash) =>
      figure.line(x, { field }, { source, color, line_width: 1.2, line_dash, legend_label });
    const line = draw("gross", look.accent, "gross exposure", "solid");
    draw("net", look.second, "net", "solid");
    draw("initial_margin", look.soft, "initial margin", "dashed");
    hover(figure, [line], [["", "@time{%F %H:%M}"], ["gross", "@gross{0,0.00[000000]}"], ["net", "@net{0,0.00[000000]}"],
      ["initial margin", "@initial_margin{0,0.00[000000]}"]], "vline");
    legend(figure, look, "top_left");
    return { figure, show: () => { source.data = curveInView(held, names, range.start, range.end); } };
  }

  // The finest level that has no more than CANDLES_MAX candles in view, cut to what is in view and a little more.
  function candlesInView(levels, start, end) {
    const margin = (end - start) / 50;
    for (const level of [...levels].reverse()) {
      const seen = lowerBound(level.time, end) - lowerBound(level.time, start);
      if (seen > CANDLES_MAX && level !== levels[0]) continue;
      const first = Math.max(lowerBound(level.time, start - margin) - 1, 0);
      const last = lowerBound(level.time, end + margin);
      return { level, first, last, seen };
    }
    return null;
  }

  function candleData({ level, first, last }, look) {
    const part = (column) => column.subarray(first, last);
    const open = part(level.open);
    const close = part(level.close);
    return {
      time: part(level.time), middle: Float64Array.from(part(level.time), (t) => t + level.width / 2),
      open, close, high: part(level.high), low: part(level.low),
      colour: Array.from(open, (o, i) => (close[i] >= o ? look.up : look.down)),
    };
  }

  // Rows of the instrument's trades that overlap the view: all of them, or the MARKED_MAX with the largest returns.
  function tradesInView(trades, instrument, start, end) {
    const rows = [];
    for (let row = 0; row < trades.entry_ts.length; row += 1) {
      if (trades.instrument[row] === instrument && trades.entry_ts[row] < end && trades.exit_ts[row] >= start) rows.push(row);
    }
    const seen = rows.length;
    if (seen > MARKED_MAX) {
      rows.sort((a, b) => Math.abs(trades.return_ratio[b]) - Math.abs(trades.return_ratio[a]));
      rows.length = MARKED_MAX;
    }
    return { rows, seen };
  }

  function markerData(trades, rows, reasons, look) {
    const of = (column) => Array.from(rows, (row) => column[row]);
    const sides = Array.from(rows, (row) => (trades.side[row] > 0 ? "long" : "short"));
    return {
      time: of(trades.entry_ts), until: of(trades.exit_ts), entry: of(trades.entry_price), exit: of(trades.exit_price),
      quantity: of(trades.quantity), net: of(trades.net_pnl), ratio: of(trades.return_ratio), side: sides,
      reason: Array.from(rows, (row) => reasons[trades.exit_reason[row]]),
      shape: sides.map((side) => (side === "long" ? "triangle" : "inverted_triangle")),
      colour: Array.from(rows, (row) => (trades.net_pnl[row] >= 0 ? look.up : look.down)),
    };
  }

  function priceChart(chart, data, range, look, logarithmic, tell) {
    const figure = figureOf(look, { x_range: range, y_axis_type: logarithmic ? "log" : "linear" });
    if (!logarithmic) figure.yaxes[0].formatter = new Bokeh.NumeralTickFormatter({ format: "0,0.[00000000]" });
    const candles = sourceOf({ time: [], middle: [], open: [], high: [], low: [], close: [], colour: [] });
    const markers = sourceOf(markerData(data.trades, [], data.reasons, look));
    const x = { field: "middle" };
    const colour = { field: "colour" };
    figure.segment(x, { field: "high" }, x, { field: "low" }, { source: candles, color: colour, line_alpha: 0.8 });
    const body = figure.vbar(x, 1, { field: "open" }, { field: "close" }, { source: candles, color: colour, line_width: 1 });
    const [from, to] = [{ field: "time" }, { field: "until" }];
    const path = figure.segment(from, { field: "entry" }, to, { field: "exit" },
      { source: markers, line_color: look.ink, line_width: 1.5, line_dash: "dotted" });
    // Rings under triangles, so that a position turned at one price shows both.
    const exit = figure.scatter(to, { field: "exit" }, { source: markers, marker: "circle", fill_color: null, line_color: colour,
      line_width: 2 });
    const entry = figure.scatter(from, { field: "entry" }, { source: markers, marker: { field: "shape" },
      fill_color: look.accent, line_color: look.paper });
    hover(figure, [body], [["", "@time{%F %H:%M}"], ["open", "@open{0,0.[00000000]}"], ["high", "@high{0,0.[00000000]}"],
      ["low", "@low{0,0.[00000000]}"], ["close", "@close{0,0.[00000000]}"]], "mouse");
    hover(figure, [entry, exit], [["trade", "@side, @reason"], ["from", "@time{%F %H:%M}"], ["to", "@until{%F %H:%M}"],
      ["entry", "@entry{0,0.[00000000]}"], ["exit", "@exit{0,0.[00000000]}"], ["net", "@net{0,0.00[000000]}"],
      ["return", "@ratio{0.00 %}"]], "mouse");
    path.level = "underlay";

    const show = () => {
      const { start, end } = range;
      const view = candlesInView(chart.levels, start, end);
      if (!view) return;
      candles.data = candleData(view, look);
      body.glyph.width = { value: view.level.width * 0.7 };
      const { rows, seen } = tradesInView(data.trades, chart.instrument, start, end);
      markers.data = markerData(data.trades, rows, data.reasons, look);
      entry.glyph.size = { value: rows.length > 40 ? 7 : 10 };
      exit.glyph.size = { value: rows.length > 40 ? 7 : 12 };
      const shown = seen > rows.length ? `the ${rows.length} of ${seen.toLocaleString("en")} with the largest returns, gains or losses` : `all ${seen}`;
      tell(`Candles of ${report.span(view.level.width)}; trades marked in view: ${shown}. ` +
        "Entries are triangles (up long, down short), exits rings in the colour of their result.");
    };
    return { figure, show };
  }

  report.span = (ms) => {
    for (const [unit, name] of [[DAY, "d"], [3_600_000, "h"], [60_000, "min"], [1_000, "s"]]) {
      if (ms >= unit && ms % unit === 0) return `${ms / unit} ${name}`;
    }
    return `${ms} ms`;
  };

  // Draws all charts anew and resolves to a function that shows a time window in them.
  report.drawCharts = async (data, place, state, look, tell) => {
    const { equity } = data;
    const whole = [Math.min(equity.time[0], ...data.charts.map((c) => c.levels[0].time[0])), equity.time[equity.time.length - 1]];
    const [start, end] = state.window ?? whole;
    const range = new Bokeh.Range1d({ start, end, bounds: null });
    const [large, small, prices] = matchMedia("(max-width: 620px)").matches ? [230, 130, 300] : [290, 150, 380];
    const charts = [equityChart(equity, range, look, state.logarithmic), drawdownChart(equity, range, look)];
    const heights = [large, small];
    if (data.held) {
      charts.push(heldChart(data.held, range, look));
      heights.push(small);
    }
    heights.push(prices);
    const chart = data.charts[state.chart];
    if (chart) charts.push(priceChart(chart, data, range, look, state.logarithmic, tell));
    const show = () => charts.forEach((each) => each.show());
    show();
    const figures = charts.map(({ figure }) => figure);
    for (const [index, figure] of figures.entries()) figure.height = heights[index];
    let pending = 0;
    range.change.connect(() => {
      state.window = [range.start, range.end];
      clearTimeout(pending);
      pending = setTimeout(show, 60);
    });
    // One document, since charts of several cannot share a range.
    place.replaceChildren();
    await Bokeh.Plotting.show(new Bokeh.Column({ children: figures, sizing_mode: "stretch_width", spacing: 4 }), place);
    return (window) => {
      // No wider than the run and not beyond its ends.
      const [first, last] = whole;
      const [from, to] = window ?? whole;
      const width = Math.min(to - from, last - first);
      const begin = Math.min(Math.max((from + to - width) / 2, first), last - width);
      range.setv({ start: begin, end: begin + width });
    };
  };
})();
