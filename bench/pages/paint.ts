import { openBrowser } from '@souk/testing/browser'
import { phone } from './phone.ts'

export type Painted = { largestContentMs: number; what: string; bytes: number }

/** Opens each page as somebody who was never here, and says when the largest thing in sight was there. */
export async function paintPages(url: string, paths: readonly string[]): Promise<Painted[]> {
  const browser = await openBrowser()
  try {
    const painted: Painted[] = []
    for (const path of paths) {
      const context = await browser.newContext({ viewport: phone.viewport, isMobile: true, hasTouch: true })
      const page = await context.newPage()
      const devtools = await context.newCDPSession(page)
      let bytes = 0
      devtools.on('Network.loadingFinished', ({ encodedDataLength }) => {
        bytes += encodedDataLength
      })
      await devtools.send('Network.enable')
      await devtools.send('Network.emulateNetworkConditions', {
        offline: false,
        latency: phone.latencyMs,
        downloadThroughput: phone.downloadBytesPerSecond,
        uploadThroughput: phone.uploadBytesPerSecond,
      })
      await devtools.send('Emulation.setCPUThrottlingRate', { rate: phone.slowerProcessor })
      await page.addInitScript(`
        globalThis.largest = { at: 0, what: '' }
        new PerformanceObserver((list) => {
          for (const each of list.getEntries())
            largest = { at: each.startTime, what: each.url || (each.element && each.element.tagName) || '' }
        }).observe({ type: 'largest-contentful-paint', buffered: true })`)
      await page.goto(url + path, { waitUntil: 'networkidle' })
      const { at, what } = await page.evaluate<{ at: number; what: string }>('largest')
      painted.push({ largestContentMs: Math.round(at), what: what.replace(url, ''), bytes })
      await context.close()
    }
    return painted
  } finally {
    await browser.close()
  }
}
