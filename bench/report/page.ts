import { distributionChart, lineChart, outcomeBar } from './charts.ts'
import { html, type Html } from './markup.ts'
import { styles } from './styles.ts'
import type { FlashSaleResult } from './types.ts'
import { count, milliseconds, number, verdictOf } from './verdict.ts'

/** The whole report as one HTML document that fetches nothing. */
export function reportPage(result: FlashSaleResult): string {
  const verdict = verdictOf(result)
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${verdict.headline}</title><style>${{ html: styles }}</style></head>
<body><main>
<div class="kicker"><b>Souk flash sale</b><span>${result.startedAt.toISOString().replace('T', ' ').slice(0, 19)} UTC · ran ${milliseconds(result.durationMs)} · seed ${result.seed}</span></div>
<div class="verdict${verdict.good ? '' : ' bad'}"><h1>${verdict.headline}</h1><p>${verdict.details.join(' ')}</p></div>
${tiles(result)}
<div class="charts">${charts(result)}</div>
${audit(result)}
<div class="columns">${faults(result)}${machine(result)}</div>
<footer>Latency counts from the moment a request was due to its definite answer${result.rate > 0 ? ', time spent waiting for a connection included' : ''}. Load generator and server shared this machine; the generator took ${result.generatorCpuMicrosPerAnswer} µs of processor time an answer.</footer>
</main></body></html>
`.html
}

function tiles(result: FlashSaleResult): Html {
  const tile = (name: string, value: string, more: string, bad = false) =>
    html`<div class="tile${bad ? ' bad' : ''}"><span>${name}</span><b>${value}</b><br><small>${more}</small></div>`
  return html`<div class="tiles">${[
    tile(
      'Orders accepted',
      `${number(result.acceptedPerSecond)}/s`,
      `${number(result.answeredPerSecond)} answers/s in all`,
    ),
    tile('Orders completed', `${number(result.completedPerSecond)}/s`, `${number(result.completed)} confirmed`),
    tile('Half of answers within', milliseconds(result.p50Ms), 'p50'),
    tile('95 % within', milliseconds(result.p95Ms), 'p95'),
    tile('99 % within', milliseconds(result.p99Ms), `longest ${milliseconds(result.maxMs)}`),
    tile('Oversold', number(result.oversold), 'units that did not exist', result.oversold > 0),
    tile('Sold twice', number(result.duplicates), 'requests with two orders', result.duplicates > 0),
    tile('Lost', number(result.lost), 'accepted, then gone', result.lost > 0),
  ]}</div>`
}

function charts(result: FlashSaleResult): Html[] {
  // The sale begins at 0 s with all units there, half a second before the first sample.
  const first = result.timeline[0]
  const timeline = first ? [{ ...first, elapsedMs: 0, remaining: result.units }, ...result.timeline] : []
  const seconds = timeline.map(({ elapsedMs }) => elapsedMs / 1000)
  const markers = result.faults.map(({ atMs, what }) => ({ at: atMs / 1000, label: what }))
  const over = (figure: (sample: FlashSaleResult['timeline'][number]) => number) => timeline.map(figure)
  const drawn = [
    outcomeBar('What became of every request', [
      { name: 'ordered', tone: 'green', amount: result.placed },
      ...Object.entries(result.refusedByReason)
        .toSorted(([, one], [, other]) => other - one)
        .map(([reason, amount], index) => ({ name: reason, tone: refusalTones[index] ?? 'grey', amount })),
      { name: 'no definite answer', tone: 'red', amount: result.indeterminate },
    ]),
  ]
  if (timeline.length > 1) {
    drawn.push(
      lineChart(
        'Orders a second',
        seconds,
        [{ name: 'accepted', tone: 'blue', values: over((s) => s.ordersPerSecond), filled: true }],
        '/s',
        markers,
      ),
      lineChart(
        'Units left',
        seconds,
        [{ name: 'left', tone: 'green', values: over((s) => s.remaining), filled: true }],
        '',
        markers,
      ),
      lineChart(
        'Latency over time, ms',
        seconds,
        [
          { name: '99 %', tone: 'amber', values: over((s) => s.p99Ms) },
          { name: '95 %', tone: 'violet', values: over((s) => s.p95Ms) },
          { name: 'half', tone: 'blue', values: over((s) => s.p50Ms) },
        ],
        'ms',
        markers,
      ),
    )
  }
  if (result.latencyBuckets.length > 0)
    drawn.push(
      distributionChart('Latency of all answers', result.latencyBuckets, [
        { at: result.p50Ms, label: 'half' },
        { at: result.p95Ms, label: '95 %' },
        { at: result.p99Ms, label: '99 %' },
      ]),
    )
  return drawn
}

const refusalTones = ['grey', 'amber', 'violet', 'blue']

function audit({ audit, balanced }: FlashSaleResult): Html {
  const rows = audit.map(
    ({ id, title, checked, broken }) =>
      html`<tr><td class="minor"><code>${id}</code></td><th scope="row">${title}</th><td class="n">${number(checked)}</td><td class="n">${broken > 0 ? html`<span class="not-ok">${number(broken)} broken</span>` : checked > 0 ? html`<span class="ok">holds</span>` : 'nothing seen'}</td></tr>`,
  )
  const verdict = balanced
    ? html`<span class="ok">The books balance</span>`
    : html`<span class="not-ok">The books do not balance</span>`
  return html`<section><h2>${verdict}</h2><table><thead><tr><th class="minor">check</th><th>what must hold</th><th class="n">checked</th><th class="n">result</th></tr></thead><tbody>${rows}</tbody></table></section>`
}

function faults({ faults, errorsByCause, limitsRaised }: FlashSaleResult): Html {
  const bullets = (items: string[], none: string) =>
    items.length > 0
      ? html`<ul class="plain">${items.map((item) => html`<li>${item}</li>`)}</ul>`
      : html`<p class="quiet">${none}</p>`
  const failed = Object.entries(errorsByCause).map(([cause, times]) => `${cause}: ${count(times, 'attempt')}`)
  return html`<section><h2>Limits raised for this run</h2>${bullets(limitsRaised, 'None.')}
<h2 style="margin-top:18px">Faults injected</h2>${bullets(
    faults.map(({ atMs, what }) => `${(atMs / 1000).toFixed(1)} s: ${what}`),
    'None.',
  )}
<h2 style="margin-top:18px">Attempts without a definite answer</h2>${bullets(failed, 'None.')}</section>`
}

function machine(result: FlashSaleResult): Html {
  const { cpu, cores, memoryGb, node, postgres } = result.machine
  const rows = [
    ['processor', `${count(cores, 'core')}, ${cpu}`],
    ['memory', `${Math.round(memoryGb)} GB`],
    ['Node.js', node],
    ['PostgreSQL', postgres],
    [
      'load',
      result.rate > 0
        ? `open loop, ${number(result.rate)} arrivals/s`
        : `closed loop, ${number(result.connections)} connections`,
    ],
    ['buyers, units', `${number(result.buyers)}, ${number(result.units)}`],
  ].map(([name, value]) => html`<tr><th scope="row">${name ?? ''}</th><td class="n">${value ?? ''}</td></tr>`)
  return html`<section><h2>Machine and load</h2><table><tbody>${rows}</tbody></table><p class="quiet" style="margin-top:12px">Run it again:</p><code>${result.command.split(' ').map((word) => html`<span>${word}</span> `)}</code></section>`
}
