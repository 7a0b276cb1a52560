// The equity, drawdown and price charts, drawn with BokehJS on one shared time axis.
"use strict";
globalThis.report = {};
(() => {
  // At most so many candles and trades are drawn at once.
  const CANDLES_MAX = 2500;
  const MARKED_MAX = 150;
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
      tools: "xpan,xwheel_zoom,xbox_zoom,reset", x_axis_type: "datetime", sizing_mode: "stretch_both",
      toolbar_location: "right", background_fill_color: look.paper, border_fill_color: look.paper,
      outline_line_color: look.line, lod_threshold: null, min_border_left: 62, min_border_right: 8, ...options,
    });
    figure.toolbar.logo = null;
    figure.toolbar.active_scroll = null;
    if (touch) figure.toolbar.active_drag = null;
    for (const axis of [...figure.xaxis, ...figure.yaxis]) {
      Object.assign(axis, {
        axis_line_color: look.line, major_tick_line_color: look.line, minor_tick_line_color: null,
        major_label_text_color: look.soft, major_label_text_font_size: "11px", axis_label_text_color: look.soft,
        axis_label_text_font_style: "normal", axis_label_text_font_size: "11px",
      });
    }
    for (const grid of [...figure.xgrid, ...figure.ygrid]) Object.assign(grid, { grid_line_color: look.line, grid_line_alpha: 0.6 });
    return figure;
  }

  function hover(figure, renderers, tooltips, mode) {
    figure.add_tools(new Bokeh.HoverTool({
      renderers, tooltips, mode, point_policy: "follow_mouse", formatters: { "@time": "datetime", "@until": "datetime" },
    }));
  }

  function legend(figure, look) {
    for (const item of figure.legend ? [].concat(figure.legend) : []) {
      Object.assign(item, {
        location: "top_left", orientation: "horizontal", background_fill_alpha: 0.7, background_fill_color: look.paper,
        border_line_color: null, label_text_color: look.ink, label_text_font_size: "12px", padding: 4, margin: 4, spacing: 12,
      });
    }
  }

  function equityChart(equity, range, look, logarithmic) {
    const data = { time: equity.time, value: equity.value };
    if (equity.held) data.held = equity.held;
    const source = sourceOf(data);
    const figure = figureOf(look, { x_range: range, y_axis_type: logarithmic ? "log" : "linear" });
    if (!logarithmic) figure.yaxis[0].formatter = new Bokeh.NumeralTickFormatter({ format: "0,0.[00000000]" });
    const x = { field: "time" };
    if (equity.held) {
      figure.line(x, { field: "held" }, { source, color: look.second, line_width: 1.3, legend_label: "buy and hold" });
    }
    const line = figure.line(x, { field: "value" }, { source, color: look.accent, line_width: 1.8, legend_label: "equity" });
    const tooltips = [["", "@time{%F %H:%M}"], ["equity", "@value{0,0.00[000000]}"]];
    if (equity.held) tooltips.push(["buy and hold", "@held{0,0.00[000000]}"]);
    hover(figure, [line], tooltips, "vline");
    legend(figure, look);
    return figure;
  }

  function drawdownChart(equity, range, look) {
    const source = sourceOf({ time: equity.time, drawdown: equity.drawdown });
    const figure = figureOf(look, { x_range: range, toolbar_location: null });
    figure.yaxis[0].formatter = new Bokeh.NumeralTickFormatter({ format: "0.[0] %" });
    const x = { field: "time" };
    const y = { field: "drawdown" };
    figure.varea({ x, y1: y, y2: { value: 0 }, source, fill_color: look.down, fill_alpha: 0.18 });
    const line = figure.line(x, y, { source, color: look.down, line_width: 1.2, legend_label: "drawdown" });
    hover(figure, [line], [["", "@time{%F %H:%M}"], ["drawdown", "@drawdown{0.00 %}"]], "vline");
    legend(figure, look);
    figure.legend && Object.assign([].concat(figure.legend)[0], { location: "bottom_left" });
    return figure;
  }

  // The finest level that has no more than CANDLES_MAX candles in view, cut to what is in view and a little more.
  function candlesInView(levels, start, end) {
    const margin = (end - start) / 4;
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

  // Rows of the instrument's trades that overlap the view: all of them, or the MARKED_MAX with the largest result.
  function tradesInView(trades, instrument, start, end) {
    const rows = [];
    for (let row = 0; row < trades.entry_ts.length; row += 1) {
      if (trades.instrument[row] === instrument && trades.entry_ts[row] < end && trades.exit_ts[row] >= start) rows.push(row);
    }
    const seen = rows.length;
    if (seen > MARKED_MAX) {
      rows.sort((a, b) => Math.abs(trades.net_pnl[b]) - Math.abs(trades.net_pnl[a]));
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

  function priceChart(chart, data, range, look, logarithmic) {
    const figure = figureOf(look, { x_range: range, y_axis_type: logarithmic ? "log" : "linear", toolbar_location: null });
    if (!logarithmic) figure.yaxis[0].formatter = new Bokeh.NumeralTickFormatter({ format: "0,0.[00000000]" });
    const candles = sourceOf({ time: [], middle: [], open: [], high: [], low: [], close: [], colour: [] });
    const markers = sourceOf(markerData(data.trades, [], data.reasons, look));
    const x = { field: "middle" };
    const colour = { field: "colour" };
    figure.segment(x, { field: "high" }, x, { field: "low" }, { source: candles, color: colour, line_alpha: 0.8 });
    const body = figure.vbar(x, 1, { field: "open" }, { field: "close" }, { source: candles, color: colour, line_width: 1 });
    const [from, to] = [{ field: "time" }, { field: "until" }];
    const path = figure.segment(from, { field: "entry" }, to, { field: "exit" },
      { source: markers, line_color: look.ink, line_width: 1.5, line_dash: "dotted" });
    const entry = figure.scatter(from, { field: "entry" }, { source: markers, marker: { field: "shape" }, size: 10,
      fill_color: look.accent, line_color: look.paper });
    const exit = figure.scatter(to, { field: "exit" }, { source: markers, marker: "square", size: 8, fill_color: colour,
      line_color: look.paper });
    hover(figure, [body], [["", "@time{%F %H:%M}"], ["open", "@open{0,0.[00000000]}"], ["high", "@high{0,0.[00000000]}"],
      ["low", "@low{0,0.[00000000]}"], ["close", "@close{0,0.[00000000]}"]], "mouse");
    hover(figure, [entry, exit], [["trade", "@side, @reason"], ["from", "@time{%F %H:%M}"], ["to", "@until{%F %H:%M}"],
      ["entry", "@entry{0,0.[00000000]}"], ["exit", "@exit{0,0.[00000000]}"], ["net", "@net{0,0.00[000000]}"],
      ["return", "@ratio{0.00 %}"]], "mouse");
    path.level = "underlay";

    const show = () => {
      const { start, end } = range;
      const view = candlesInView(chart.levels, start, end);
      if (!view) return "";
      candles.data = candleData(view, look);
      body.glyph.width = { value: view.level.width * 0.7 };
      const { rows, seen } = tradesInView(data.trades, chart.instrument, start, end);
      markers.data = markerData(data.trades, rows, data.reasons, look);
      const shown = seen > rows.length ? `the ${rows.length} of ${seen.toLocaleString("en")} with the largest results` : `all ${seen}`;
      return `Candles of ${report.span(view.level.width)}; trades marked in view: ${shown}. ` +
        "Entries are triangles (up long, down short), exits squares in the colour of their result.";
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
  report.drawCharts = async (data, places, state, look, tell) => {
    const { equity } = data;
    const whole = [Math.min(equity.time[0], ...data.charts.map((c) => c.levels[0].time[0])), equity.time[equity.time.length - 1]];
    const [start, end] = state.window ?? whole;
    const range = new Bokeh.Range1d({ start, end, bounds: null });
    const figures = [
      [places.equity, equityChart(equity, range, look, state.logarithmic)],
      [places.drawdown, drawdownChart(equity, range, look)],
    ];
    const chart = data.charts[state.chart];
    let price = null;
    if (chart) {
      price = priceChart(chart, data, range, look, state.logarithmic);
      figures.push([places.price, price.figure]);
      tell(price.show());
    }
    let pending = 0;
    range.change.connect(() => {
      state.window = [range.start, range.end];
      clearTimeout(pending);
      pending = setTimeout(() => price && tell(price.show()), 60);
    });
    for (const [place, figure] of figures) {
      place.replaceChildren();
      await Bokeh.Plotting.show(figure, place);
    }
    return (window) => {
      const [from, to] = window ?? whole;
      range.setv({ start: from, end: to });
    };
  };
})();
