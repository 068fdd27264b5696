import { openBrowser } from '@souk/testing/browser'
import { expect, test } from 'vitest'
import { aRoute, aServer } from './server.fixture.ts'

test('the API reference shows itself in a browser and asks nobody but this server', { timeout: 60_000 }, async () => {
  const server = aServer({ routes: [aRoute({ summary: 'List everything there is' })] })
  const { url } = await server.listen({ host: '127.0.0.1', port: 0 })
  const browser = await openBrowser()
  try {
    const page = await browser.newPage()
    const outside: string[] = []
    const complaints: string[] = []
    page.on('request', (request) => {
      if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) outside.push(request.url())
    })
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`${url}/docs`)
    await page.getByText('List everything there is').first().waitFor({ timeout: 30_000 })
    expect({ outside, complaints }).toEqual({ outside: [], complaints: [] })
  } finally {
    await browser.close()
    await server.close()
  }
})
