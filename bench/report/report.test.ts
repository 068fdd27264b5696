import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createLivePanel, sparkline, verdictTable } from '../terminal.ts'
import { writeReport, type FlashSaleResult } from './index.ts'
import { reportPage } from './page.ts'
import { verdictOf } from './verdict.ts'

const result = (changes: Partial<FlashSaleResult> = {}): FlashSaleResult => ({
  startedAt: new Date('2026-03-02T10:00:00Z'),
  durationMs: 8_000,
  interrupted: false,
  seed: 42,
  units: 1_000,
  buyers: 5_000,
  rate: 0,
  connections: 64,
  acceptedPerSecond: 2_000,
  completedPerSecond: 1_900,
  answeredPerSecond: 4_000,
  p50Ms: 10,
  p95Ms: 30,
  p99Ms: 60,
  maxMs: 90,
  placed: 1_000,
  completed: 1_000,
  refused: 4_000,
  refusedByReason: { 'out-of-stock': 4_000 },
  indeterminate: 0,
  errorsByCause: {},
  oversold: 0,
  duplicates: 0,
  lost: 0,
  balanced: true,
  remaining: 0,
  timeline: [500, 1_000].map((elapsedMs) => ({
    elapsedMs,
    ordersPerSecond: 1_000,
    p50Ms: 9,
    p95Ms: 30,
    p99Ms: 60,
    remaining: 1_000 - elapsedMs,
  })),
  latencyBuckets: [
    { upToMs: 10, count: 4_000 },
    { upToMs: 60, count: 1_000 },
  ],
  faults: [],
  limitsRaised: [],
  machine: { cores: 2, memoryGb: 8, cpu: 'some processor', node: '24.0.0', postgres: '18.4' },
  audit: [{ id: 'I1', title: 'Granted units are promised or remain', checked: 1, broken: 0 }],
  generatorCpuMicrosPerAnswer: 13,
  command: 'npm run flash-sale -- --seed 42',
  ...changes,
})

describe('the verdict', () => {
  test('a clean sale says so in one sentence', () =>
    expect(verdictOf(result())).toMatchObject({ good: true, headline: '1,000 of 1,000 units sold, none twice' }))

  test.each<[string, Partial<FlashSaleResult>, string]>([
    ['an oversold unit', { oversold: 1 }, '1 unit sold that did not exist'],
    ['two duplicates', { duplicates: 2 }, '2 requests became two orders'],
    ['a lost order', { lost: 1 }, '1 accepted order lost'],
    [
      'a broken check',
      { audit: [{ id: 'I13', title: 'Order arithmetic adds up', checked: 9, broken: 1 }] },
      'Order arithmetic adds up',
    ],
    ['books out of balance', { balanced: false }, 'the books do not balance'],
  ])('%s spoils it', (_, changes, words) => {
    const verdict = verdictOf(result(changes))
    expect(verdict.good).toBe(false)
    expect(verdict.headline).toContain(words)
    expect(verdict.headline).not.toContain('none twice')
    expect(verdictTable(result(changes))).toContain(`✗ ${verdict.headline}`)
  })

  test('an interrupted sale is a verdict on what ran', () =>
    expect(verdictOf(result({ interrupted: true, remaining: 400 })).headline).toBe(
      'Stopped early: 600 of 1,000 units sold, none twice',
    ))
})

describe('the page', () => {
  test('nothing that came from outside is taken for markup', () => {
    const hostile = `<img src=x onerror="alert('1')">&`
    const page = reportPage(
      result({
        refusedByReason: { [hostile]: 1 },
        errorsByCause: { [hostile]: 1 },
        faults: [{ atMs: 1, what: hostile }],
        limitsRaised: [hostile],
        command: hostile,
        audit: [{ id: hostile, title: hostile, checked: 1, broken: 1 }],
        machine: { cores: 1, memoryGb: 1, cpu: hostile, node: hostile, postgres: hostile },
      }),
    )
    expect(page).not.toContain('<img')
    expect(page).toContain('&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;')
  })

  test('it fetches nothing and runs no script', () => {
    const page = reportPage(result())
    expect(page).not.toMatch(/https?:|url\(|<script|<link|@import/)
  })

  test('limits raised for the run are in it', () =>
    expect(
      reportPage(result({ limitsRaised: ['requests an address may send in a minute: 100 → unlimited'] })),
    ).toContain('100 → unlimited'))

  test('a sale that ended before anything happened still has a page', () => {
    const page = reportPage(
      result({ timeline: [], latencyBuckets: [], placed: 0, refused: 0, refusedByReason: {}, audit: [], p50Ms: 0 }),
    )
    expect(page).not.toMatch(/NaN|Infinity|undefined/)
  })

  test('the JSON beside it has the figures by name', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'souk-report-'))
    const files = { json: join(folder, 'new', 'r.json'), html: join(folder, 'r.html') }
    await writeReport(result(), files)
    const json: unknown = JSON.parse(await readFile(files.json, 'utf8'))
    const figures = {
      acceptedPerSecond: 2_000,
      completedPerSecond: 1_900,
      p50Ms: 10,
      p95Ms: 30,
      p99Ms: 60,
      placed: 1_000,
      refused: 4_000,
    }
    expect(json).toMatchObject({ ...figures, oversold: 0, duplicates: 0, lost: 0, balanced: true })
    await rm(folder, { recursive: true })
  })
})

describe('the terminal', () => {
  const live = (elapsedMs: number) => ({
    elapsedMs,
    sent: 10,
    accepted: 5,
    refused: 4,
    shed: 1,
    indeterminate: 0,
    refusedByReason: {},
    errorsByCause: {},
    retries: 0,
    inFlight: 2,
    waiting: 0,
    connections: 2,
    rate: 20,
    acceptedPerSecond: 1_234,
    p50Ms: 1.5,
    p95Ms: 12,
    p99Ms: 1_500,
  })

  test('a pipe gets a plain line every two seconds', () => {
    const written: string[] = []
    const panel = createLivePanel({ write: (text) => written.push(text) }, 1_000)
    for (const elapsedMs of [500, 1_000, 1_500, 2_000, 2_500, 3_000]) panel.update(live(elapsedMs), 700)
    expect(written).toHaveLength(2)
    expect(written[0]).toBe('   0.5 s  1,234 orders/s  p50 1.5 ms  p95 12 ms  p99 1.5 s  700 units left  5 refused\n')
  })

  test('a terminal gets three lines that replace themselves and never wrap', () => {
    const written: string[] = []
    const panel = createLivePanel({ write: (text) => written.push(text), isTTY: true, columns: 50 }, 1_000)
    panel.update(live(500), 700)
    panel.update(live(1_000), 500)
    expect(written[1]?.startsWith('\x1b[3A')).toBe(true)
    for (const line of written.join('').split('\n')) expect(line.replace(/\x1b\[\d*[AK]/g, '').length).toBeLessThan(50)
  })

  test('a sparkline is as high as its highest value', () => expect(sparkline([9, 0, 4, 8], 3)).toBe('▁▄█'))
})
