/** The report's only style sheet; it stands inside the page, so that the file can be mailed around. */
export const styles = `
:root { color-scheme: light dark;
  --page: #f6f5f2; --card: #fff; --ink: #1c1b19; --soft: #6d6a63; --line: #e5e2db; --grid: #ecebe6;
  --blue: #2f6fdb; --green: #1d8a5b; --amber: #c9820c; --red: #c8372d; --violet: #7a54c7; --grey: #a3a098;
  --good: #e5f4ec; --bad: #fbe9e7; }
@media (prefers-color-scheme: dark) { :root {
  --page: #141412; --card: #1e1d1b; --ink: #eeece7; --soft: #a09c93; --line: #34322e; --grid: #2b2a27;
  --blue: #6ea2ff; --green: #4cc38a; --amber: #f0b040; --red: #ff7b6e; --violet: #b195f5; --grey: #76736c;
  --good: #17301f; --bad: #3a1c19; } }
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 1120px; margin: 0 auto; padding: 28px 20px 56px; }
.kicker { display: flex; flex-wrap: wrap; gap: 4px 16px; justify-content: space-between; color: var(--soft); font-size: 13px; }
.kicker b { color: var(--ink); letter-spacing: .02em }
.verdict { background: var(--good); border-left: 6px solid var(--green); border-radius: 12px; padding: 22px 26px; margin: 14px 0 18px; }
.verdict.bad { background: var(--bad); border-color: var(--red); }
h1 { font-size: clamp(24px, 4.4vw, 38px); line-height: 1.15; letter-spacing: -.02em; margin: 0 0 10px; text-wrap: balance; }
.verdict p { margin: 0; max-width: 75ch }
.tiles { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 12px; margin: 0 0 18px; }
.tile, figure, section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.tile { padding: 14px 16px }
.tile span { display: block; color: var(--soft); font-size: 13px }
.tile b { font-size: 27px; font-weight: 650; letter-spacing: -.02em; line-height: 1.25 }
.tile small { color: var(--soft) }
.tile.bad b { color: var(--red) }
.charts { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 14px; }
figure { margin: 0; padding: 16px 18px 10px; min-width: 0 }
figure.wide { grid-column: 1 / -1; padding-bottom: 14px }
figcaption { font-weight: 600; display: flex; flex-wrap: wrap; justify-content: space-between; gap: 4px 16px; margin-bottom: 8px }
svg { display: block; width: 100%; height: auto; overflow: visible }
svg.outcome { height: 28px; border-radius: 6px; overflow: hidden }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 14px; margin: 0; padding: 0; font-weight: 400; font-size: 13px; color: var(--soft) }
.legend li { display: flex; align-items: center; gap: 6px }
.legend.amounts { margin-top: 12px; gap: 6px 22px } .legend.amounts b { color: var(--ink) }
.swatch { width: 10px; height: 10px; border-radius: 3px; background: var(--tone); flex: none }
.blue { --tone: var(--blue) } .green { --tone: var(--green) } .amber { --tone: var(--amber) }
.red { --tone: var(--red) } .violet { --tone: var(--violet) } .grey { --tone: var(--grey) }
.line { fill: none; stroke: var(--tone); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; vector-effect: non-scaling-stroke }
.area { fill: var(--tone); opacity: .13 } .part { fill: var(--tone) } .bar { fill: var(--blue) }
.grid { stroke: var(--grid) } .tick { fill: var(--soft); font-size: 11.5px }
.tip { fill: transparent } .tip:hover { fill: var(--ink); opacity: .06 }
.mark line { stroke: var(--amber); stroke-dasharray: 3 3 } .mark text { fill: var(--ink); font-size: 11.5px; paint-order: stroke; stroke: var(--card); stroke-width: 5px; stroke-linejoin: round }
.marker line { stroke: var(--red); stroke-dasharray: 2 4 } .marker circle { fill: var(--red) }
section { padding: 18px 20px; margin-top: 14px } h2 { font-size: 17px; margin: 0 0 10px }
.columns { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0 14px; }
table { border-collapse: collapse; width: 100% } th { text-align: left; color: var(--soft); font-weight: 500; font-size: 13px }
td, th { padding: 7px 10px 7px 0; border-top: 1px solid var(--line); vertical-align: top } thead th { border-top: 0 }
tbody th { color: inherit; font-size: inherit; font-weight: 400 }
td.n, th.n { text-align: right; padding-right: 0; white-space: nowrap; padding-left: 10px }
.ok { color: var(--green); font-weight: 600 } .not-ok { color: var(--red); font-weight: 600 }
code { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere } code span { display: inline-block }
ul.plain { margin: 0; padding-left: 18px } .quiet { color: var(--soft); margin: 0 }
footer { color: var(--soft); font-size: 13px; margin-top: 20px; max-width: 80ch }
@media (max-width: 720px) { main { padding: 18px 14px 40px } .charts, .columns { grid-template-columns: minmax(0, 1fr) }
  .verdict { padding: 18px } .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)) } .tick, .mark text { font-size: 19px } .tile b { font-size: 23px }
  .minor { display: none } }
@media print { body { background: #fff } .tile, figure, section { break-inside: avoid } }
`
