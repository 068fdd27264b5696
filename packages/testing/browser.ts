import chromium from '@sparticuz/chromium'
import { type Browser, chromium as browsers } from 'playwright-core'

const switches = [
  // Tests run as root in containers too, where Chromium's own sandbox cannot.
  '--no-sandbox',
  '--no-zygote',
  // Nothing here draws in three dimensions; doing it in software costs a quarter of the time.
  '--disable-webgl',
  '--in-process-gpu',
  '--font-render-hinting=none',
]

/**
 * A headless Chromium, from npm, with the switches Playwright means it to have. Those that come with the binary are for
 * functions in a cloud: of two lists of features the last one counts, and with theirs a page beside four others once drew no
 * frame any more after a picture was taken of it, so that a click waited for ever.
 */
export const openBrowser = async (): Promise<Browser> =>
  browsers.launch({ executablePath: await chromium.executablePath(), args: switches })
