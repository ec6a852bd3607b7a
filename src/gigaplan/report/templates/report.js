"use strict";
// Draws the charts from the page's own data, and answers its few controls.
(() => {
  const charts = JSON.parse(document.getElementById("data").textContent);
  const narrow = () => window.innerWidth < 620;
  const views = new Map();
  const chosen = new Map(); // group -> field -> value

  // Columns, some of them places in a list of words, become rows.
  function rowsOf(table) {
    const names = Object.keys(table);
    const columns = names.map((name) => {
      const column = table[name];
      return Array.isArray(column) ? column : column.at.map((i) => column.words[i]);
    });
    const month = names.indexOf("month");
    if (month >= 0) {
      const texts = columns[month];
      columns[month] = texts.map((text) => Date.UTC(+text.slice(0, 4), +text.slice(5, 7) - 1, 1));
      names.push("month_middle");
      columns.push(columns[month].map((time) => time + 14 * 24 * 3600 * 1000));
    }
    const count = columns.length ? columns[0].length : 0;
    return Array.from({ length: count }, (_, i) =>
      Object.fromEntries(names.map((name, j) => [name, columns[j][i]])));
  }

  for (const chart of Object.values(charts)) {
    chart.tables = Object.fromEntries(
      Object.entries(chart.rows).map(([name, table]) => [name, rowsOf(table)]));
    if (!chosen.has(chart.group)) chosen.set(chart.group, new Map());
    for (const choice of chart.choices) {
      const values = chosen.get(chart.group);
      if (!values.has(choice.field) && choice.options.length) {
        values.set(choice.field, choice.options[0][0]);
      }
    }
  }

  function config(width) {
    const ink = "var(--ink-2)", line = "var(--line)";
    return {
      background: "transparent",
      font: getComputedStyle(document.body).fontFamily,
      view: { stroke: null },
      axis: {
        labelColor: ink, titleColor: ink, gridColor: line, domainColor: line, tickColor: line,
        labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", labelPadding: 5,
      },
      axisX: { grid: false, ticks: true, tickSize: 4, labelFlush: false },
      axisY: {
        domain: false, ticks: false, tickCount: 5,
        titleAngle: 0, titleAlign: "left", titleAnchor: "end", titleBaseline: "bottom",
        titleX: -26, titleY: -8,
      },
      legend: {
        orient: "top", direction: "horizontal", title: null, labelColor: "var(--ink)",
        titleColor: ink, titleFontWeight: "normal", titleFontSize: 12,
        labelFontSize: 12, labelLimit: 210, symbolSize: 90, symbolStrokeWidth: 2,
        columns: Math.min(3, Math.max(1, Math.floor(width / 215))), columnPadding: 14, rowPadding: 5,
        offset: 34,
      },
      line: { strokeCap: "round", strokeJoin: "round" },
      text: { fontSize: 12 },
    };
  }

  const tooltip = { disableDefaultStyle: true, theme: "report", id: "tip" };

  async function draw(name) {
    const chart = charts[name];
    const place = document.querySelector(`.plot[data-chart="${name}"]`);
    if (!place) return;
    const filters = [...chosen.get(chart.group)];
    const datasets = {};
    for (const [table, rows] of Object.entries(chart.tables)) {
      datasets[table] = rows.filter((row) =>
        filters.every(([field, value]) => !(field in row) || row[field] === value));
    }
    views.get(name)?.finalize();
    views.delete(name);
    place.textContent = "";
    const main = chart.tables.rows ? datasets.rows : Object.values(datasets)[0];
    if (!main.length) {
      const text = document.createElement("p");
      text.className = "empty";
      text.textContent = chart.empty;
      place.append(text);
      return;
    }
    const spec = structuredClone(chart.spec);
    spec.datasets = datasets;
    spec.height = chart.heights[narrow() ? 1 : 0];
    if (narrow()) trim(spec);
    const width = place.clientWidth;
    const result = await vegaEmbed(place, spec, {
      mode: "vega-lite", renderer: "svg", ast: true, actions: false, defaultStyle: false,
      config: config(width), tooltip,
    });
    views.set(name, result.view);
  }

  // A small screen has no room for names on the map nor for long words beside bars.
  function trim(spec) {
    spec.layer = spec.layer.filter((layer) => layer.mark?.name !== "map-labels");
    for (const layer of spec.layer) {
      const axis = layer.encoding?.y?.axis;
      if (axis?.labelLimit) axis.labelLimit = Math.min(axis.labelLimit, 168);
      const legend = layer.encoding?.color?.legend;
      if (legend?.columns) legend.columns = 2;
      const range = layer.encoding?.size?.scale?.range;
      if (range) layer.encoding.size.scale.range = range.map((size) => size / 6);
      if (layer.mark?.shape === "triangle-up") layer.mark.size = 22;
    }
  }

  async function drawAll() {
    for (const place of document.querySelectorAll(".plot")) await draw(place.dataset.chart);
  }

  function onChoice(event) {
    const select = event.target;
    const group = charts[select.dataset.chart].group;
    chosen.get(group).set(select.dataset.field, select.value);
    for (const [name, chart] of Object.entries(charts)) {
      if (chart.group !== group) continue;
      for (const other of document.querySelectorAll(`select[data-chart="${name}"]`)) {
        if (other.dataset.field === select.dataset.field) other.value = select.value;
      }
      draw(name);
    }
  }
  for (const select of document.querySelectorAll("select[data-chart]")) {
    select.addEventListener("change", onChoice);
  }

  // Colours are CSS variables, so that the page's scheme is the charts' scheme too.
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  document.getElementById("theme").addEventListener("click", () => {
    const now = root.dataset.theme || (dark.matches ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
  });

  // On paper everything is open, and charts are as wide as the paper.
  const PAPER = 680;
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open], .on-screen)")];
    for (const part of closed) part.open = true;
    for (const [name, view] of views) {
      view.signal("width", charts[name].half || document.getElementById(`chart-${name}`)?.classList.contains("half") ? PAPER / 2 - 20 : PAPER).run();
    }
  });
  addEventListener("afterprint", () => {
    for (const part of closed) part.open = false;
    drawAll();
  });
  document.getElementById("print").addEventListener("click", () => print());

  // Search in the figures.
  const search = document.getElementById("search");
  if (search) {
    const rows = [...document.querySelectorAll("table.figures tbody tr")].map((row) => [
      row, row.textContent.replaceAll("\u200b", "").toLowerCase()]);
    search.addEventListener("input", () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const [row, text] of rows) {
        row.hidden = !words.every((word) => text.includes(word));
        count += row.hidden ? 0 : 1;
      }
      document.getElementById("matches").textContent =
        count === 1 ? "1 figure" : `${count.toLocaleString("en")} figures`;
    });
  }

  let width = window.innerWidth, timer = 0;
  addEventListener("resize", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (window.innerWidth === width) return;
      width = window.innerWidth;
      drawAll();
    }, 200);
  });

  drawAll().then(() => { root.dataset.ready = "1"; });
})();
