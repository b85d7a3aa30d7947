// Charts to zoom and point into; without the chart library the drawings of the server stay.
const page = document.querySelector("[data-explore-page]");
const data = document.getElementById("explore-data");
const library = document.getElementById("explore-script")?.dataset.echarts;
const dark = matchMedia("(prefers-color-scheme: dark)");
const narrow = matchMedia("(max-width: 800px)");
const say = document.getElementById("say");

if (page.hasAttribute("data-answered") && narrow.matches) page.querySelector("[data-choices]").open = false;

// The tokens are light-dark() pairs, which only a painted element resolves.
function colours() {
  const probe = document.createElement("i");
  page.append(probe);
  const found = {};
  for (const name of ["s1", "s2", "s3", "s4", "s5", "s6", "text", "text-2", "border", "surface"]) {
    probe.style.color = `var(--${name})`;
    found[name] = getComputedStyle(probe).color;
  }
  found.font = getComputedStyle(probe).fontFamily;
  probe.remove();
  return found;
}

function words(chart, unit, at) {
  const rows = chart.series.filter((one) => one.values[at] !== null);
  return [chart.labels[at], ...rows.slice(0, 12).map((one) => `${one.name}: ${one.words[at]}${unit ? ` ${unit}` : ""}`)];
}

function option(chart, paint) {
  const series = ["s1", "s2", "s3", "s4", "s5"].map((name) => paint[name]);
  const zoomed = chart.labels.length > 60;
  const lonely = (values) => values.some((value, at) => value !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null);
  let solid = -1;
  return {
    animation: false,
    textStyle: { fontFamily: paint.font, color: paint["text-2"] },
    grid: { left: 8, right: 16, top: 40, bottom: zoomed ? 52 : 8, containLabel: true },
    legend: { type: "scroll", top: 0, left: 0, itemWidth: 18, textStyle: { color: paint.text }, pageTextStyle: { color: paint.text }, pageIconColor: paint.text, pageIconInactiveColor: paint.border },
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      confine: true,
      backgroundColor: paint.surface,
      borderColor: paint.border,
      textStyle: { color: paint.text, fontSize: 12 },
      formatter: (points) => words(chart, chart.unit, points[0].dataIndex).join("\n"),
    },
    dataZoom: zoomed ? [{ type: "slider", height: 22, bottom: 6, borderColor: paint.border, textStyle: { color: paint["text-2"] } }] : [],
    xAxis: { type: "category", data: chart.labels, boundaryGap: false, axisLabel: { color: paint["text-2"], hideOverlap: true, formatter: (label, at) => chart.ticks[at] }, axisLine: { lineStyle: { color: paint.border } } },
    yAxis: { type: "value", scale: true, axisLabel: { color: paint["text-2"] }, splitLine: { lineStyle: { color: paint.border } } },
    series: chart.series.map((one) => {
      if (!one.dashed) solid += 1;
      const colour = series[solid % series.length]; // what a line is compared with follows it
      return {
        type: "line",
        name: one.name,
        data: one.values,
        connectNulls: false,
        showAllSymbol: true,
        showSymbol: chart.labels.length < 40 || lonely(one.values),
        symbol: "circle",
        symbolSize: one.dashed ? 3 : 5,
        itemStyle: { color: colour },
        lineStyle: { color: colour, width: one.dashed ? 1.2 : 1.8, type: one.dashed ? [5, 3] : solid >= series.length ? [2, 2] : "solid" },
      };
    }),
  };
}

function open(echarts, place, chart) {
  const drawn = place.nextElementSibling;
  place.hidden = false;
  const live = echarts.init(place, null, { renderer: "canvas" });
  const draw = () => live.setOption(option(chart, colours()), true);
  draw();
  drawn.querySelector("[data-chart]").hidden = true;
  dark.addEventListener("change", draw);
  new ResizeObserver(() => live.resize()).observe(place);
  let at = chart.labels.length;
  place.addEventListener("keydown", (event) => {
    const last = chart.labels.length - 1;
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    at = Math.max(0, Math.min(last, next));
    const seriesIndex = chart.series.findIndex((one) => one.values[at] !== null);
    live.dispatchAction(seriesIndex < 0 ? { type: "hideTip" } : { type: "showTip", seriesIndex, dataIndex: at });
    say.textContent = words(chart, chart.unit, at).join(", ");
  });
  place.addEventListener("focusout", () => live.dispatchAction({ type: "hideTip" }));
}

if (data && library) {
  const charts = JSON.parse(data.textContent);
  const places = [...page.querySelectorAll("[data-explore]")];
  import(library)
    .then(() => places.forEach((place) => open(globalThis.echarts, place, charts[place.dataset.explore])))
    .catch(() => {
      for (const place of places) if (!place.firstChild) place.hidden = true; // the server's drawing is there already
    });
}
