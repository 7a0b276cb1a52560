// The list of trades: sorted by any column, a page at a time.
"use strict";
(() => {
  const ROWS_A_PAGE = 25;
  const time = (ms) => new Date(ms).toISOString().slice(0, 16).replace("T", " ");
  const amount = (value, digits = 2) => {
    if (value !== 0 && Math.abs(value) < 10 ** -digits) return value.toPrecision(3);
    return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  };
  const plain = (value) => value.toLocaleString("en", { maximumSignificantDigits: 9 });
  const signed = (value, digits) => (value > 0 ? "+" : "") + amount(value, digits);

  // Title, value to sort by, text of a row.
  const columnsOf = (data) => {
    const t = data.trades;
    return [
      ["#", (row) => row, (row) => String(t.number(row))],
      ["net", (row) => t.net_pnl[row], (row) => signed(t.net_pnl[row])],
      ["return", (row) => t.return_ratio[row], (row) => `${signed(t.return_ratio[row] * 100)} %`],
      ["side", (row) => (t.side[row] > 0 ? "long" : "short"), null],
      ["instrument", (row) => data.instruments[t.instrument[row]], null],
      ["entry", (row) => t.entry_ts[row], (row) => time(t.entry_ts[row])],
      ["exit", (row) => t.exit_ts[row], (row) => time(t.exit_ts[row])],
      ["quantity", (row) => t.quantity[row], (row) => plain(t.quantity[row])],
      ["entry price", (row) => t.entry_price[row], (row) => plain(t.entry_price[row])],
      ["exit price", (row) => t.exit_price[row], (row) => plain(t.exit_price[row])],
      ["fees", (row) => t.fees[row], (row) => amount(t.fees[row])],
      ["exit reason", (row) => data.reasons[t.exit_reason[row]], null],
    ];
  };

  const element = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    if (text !== null) made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };

  // Fills `place`; `pick(row)` is called for the row that was clicked.
  report.listTrades = (data, place, pick) => {
    const columns = columnsOf(data);
    const count = data.trades.entry_ts.length;
    const order = Array.from({ length: count }, (_, row) => row);
    const pages = Math.max(Math.ceil(count / ROWS_A_PAGE), 1);
    const state = { page: 0, column: 0, rising: true, chosen: -1 };
    const head = element("tr", null);
    const body = element("tbody", null);
    const said = element("span", "");

    const sortBy = (index) => {
      state.rising = state.column === index ? !state.rising : index === 0;
      state.column = index;
      state.page = 0;
      const value = columns[index][1];
      const way = state.rising ? 1 : -1;
      order.sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        return (x < y ? -way : x > y ? way : 0) || a - b;
      });
      fill();
    };
    const rowOf = (row) => {
      const made = element("tr", null, row === state.chosen ? { class: "chosen" } : {});
      for (const [title, value, text] of columns) {
        const cell = element("td", (text ?? value)(row));
        if (title === "net" || title === "return") cell.className = value(row) > 0 ? "gain" : value(row) < 0 ? "loss" : "";
        made.append(cell);
      }
      made.addEventListener("click", () => {
        state.chosen = row;
        for (const other of body.children) other.classList.toggle("chosen", other === made);
        pick(row);
      });
      return made;
    };
    const fill = () => {
      const first = state.page * ROWS_A_PAGE;
      body.replaceChildren(...order.slice(first, first + ROWS_A_PAGE).map(rowOf));
      said.textContent = `${(first + 1).toLocaleString("en")} to ${Math.min(first + ROWS_A_PAGE, count).toLocaleString("en")} of ${count.toLocaleString("en")}`;
      for (const [index, cell] of [...head.children].entries()) {
        const sorted = index === state.column ? (state.rising ? "ascending" : "descending") : "none";
        cell.setAttribute("aria-sort", sorted);
        cell.firstChild.textContent = columns[index][0] + { none: "", ascending: " ▲", descending: " ▼" }[sorted];
      }
      back.disabled = state.page === 0;
      on.disabled = state.page === pages - 1;
    };
    const turn = (by) => {
      state.page = Math.min(Math.max(state.page + by, 0), pages - 1);
      fill();
    };
    for (const [index, [title]] of columns.entries()) {
      const cell = element("th", null, { scope: "col" });
      const button = element("button", title, { type: "button" });
      button.addEventListener("click", () => sortBy(index));
      cell.append(button);
      head.append(cell);
    }
    const back = element("button", "previous", { type: "button" });
    const on = element("button", "next", { type: "button" });
    back.addEventListener("click", () => turn(-1));
    on.addEventListener("click", () => turn(1));
    const table = element("table", null);
    const top = element("thead", null);
    top.append(head);
    table.append(top, body);
    const scroll = element("div", null, { class: "scroll" });
    scroll.append(table);
    const pager = element("div", null, { class: "pager" });
    pager.append(back, on, said);
    place.replaceChildren(scroll, pager);
    fill();
  };
})();
