import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '@souk/testing'
import {
  breakThings,
  openStage,
  operator,
  type Look,
  type Mood,
  note,
  screensOf,
  sendCrowd,
  type Stage,
  visit,
} from './test-admin.ts'
import { cursorsTo, manyOrders, writeOrders } from './test-many.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())

const laptop = { width: 1280, scheme: 'light' } as const
/** Seventy screens take 20 s at rest; a machine that is busy with other things has stretched it fivefold. */
const patience = 300_000
const phone = { width: 390, scheme: 'dark' } as const

describe('shop staff', () => {
  test('plan a sale, watch it while the crowd is there, ship what it sold, and refund', async () => {
    const { page, goTo, shoot, complaints, close } = await visit(stage, stage.owner, laptop)
    await page.getByRole('link', { name: 'Sales', exact: true }).click()
    await page.getByText('No sale was planned yet').waitFor()
    await page.getByRole('button', { name: 'Plan a sale', exact: true }).click()
    await page.getByRole('combobox', { name: 'Product' }).fill('storm')
    await page.getByRole('option', { name: /Storm lantern/ }).click()
    await page.getByLabel('Price in EUR').fill('9.99')
    await page.getByLabel('Units').fill('40')
    const at = (minutes: number) => {
      const day = new Date(Date.now() + minutes * 60_000)
      return new Date(day.getTime() - day.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
    }
    await page.getByLabel('Begins').fill(at(-1))
    await page.getByLabel('Ends').fill(at(60))
    await shoot('plan-a-sale')
    await page.getByRole('button', { name: 'Plan it' }).click()
    await page.getByText('Sale planned').waitFor()

    await page.getByRole('button', { name: /Running.*Storm lantern/ }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Units left').waitFor()
    const orderId = await stage.buy(stage.product.variantId)
    const crowd = sendCrowd(stage, stage.product.id, 80)
    crowd.catch(() => {})
    const left = dialog.locator('dt:text-is("Units left") + dd')
    await left.filter({ hasText: /^(\d|[12]\d|3[0-8])$/ }).waitFor()
    await shoot('watch-a-sale')
    await page.keyboard.press('Escape')

    await page.getByRole('link', { name: 'To ship' }).click()
    // Oldest first: the one that was there before the crowd.
    await page.getByRole('row').getByText('Storm lantern').first().click()
    await page.waitForURL(`**/orders/${orderId}`)
    await page.getByText('€9.99').first().waitFor()
    await page.getByRole('button', { name: 'Ship' }).click()
    await page.getByLabel('Carrier').fill('DHL')
    await page.getByLabel('Tracking number').fill('JD014600003')
    await shoot('ship')
    await page.getByRole('button', { name: 'Record shipment' }).click()
    await page.getByText('JD014600003', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Delivered' }).click()
    await page.getByText('Delivery recorded').waitFor()

    await page.getByRole('button', { name: 'Refund…' }).click()
    await page.getByLabel('Amount in EUR').fill('19.99')
    await page.getByRole('button', { name: 'Refund', exact: true }).click()
    await page.getByText('Say an amount up to €9.99').waitFor()
    await page.getByLabel('Amount in EUR').fill('4.00')
    await page.getByLabel('Reason').fill('a scratch')
    await page.getByRole('button', { name: 'Refund', exact: true }).click()
    await page.getByText('€4.00 is on its way back').waitFor()
    await page.getByText('(a scratch)').waitFor()
    await goTo(`/orders/${orderId}`)
    await page.getByRole('tab', { name: /Everything/ }).click()
    await shoot('order')
    expect(await page.getByRole('tabpanel').getByRole('listitem').count()).toBeGreaterThan(8)

    expect(await crowd).toEqual({ placed: 39, refused: 41 })
    await goTo(`/s/${stage.shop.id}/sales`)
    await page.getByRole('button', { name: /Running.*Storm lantern/ }).click()
    await left.filter({ hasText: /^0$/ }).waitFor()
    await shoot('sold-out')
    expect(complaints).toEqual([])
    await close()
  })

  test('see only what their duties let them do', async () => {
    const { page, goTo, close } = await visit(stage, stage.helper, laptop)
    const links = await page.getByRole('navigation', { name: 'Main' }).getByRole('link').allInnerTexts()
    expect(links).toEqual(['Stock'])
    await goTo(`/s/${stage.shop.id}/orders`)
    await page.getByRole('alert').getByText('You may not do this').waitFor()
    await close()
  })

  test('who edit the same thing at once are shown both, and lose nothing', async () => {
    const { page, goTo, shoot, close } = await visit(stage, stage.owner, phone)
    await goTo(`/products/${stage.product.id}`)
    await page.getByLabel('Title').fill('Storm lantern, red')
    await page.getByLabel('Tags').fill('camping')
    const headers = {
      authorization: `Bearer ${await tokenOf(stage)}`,
      'content-type': 'application/json',
      'if-match': '"1"',
    }
    const other = await fetch(`${stage.url}/v1/products/${stage.product.id}`, {
      method: 'PATCH',
      headers: { ...headers, 'idempotency-key': 'the-other' },
      body: JSON.stringify({ title: 'Storm lantern, blue' }),
    })
    expect(other.status).toBe(200)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Somebody else changed this meanwhile').waitFor()
    await page.getByText('You began with version 1; version 2 is in force now.').waitFor()
    await shoot('conflict')
    const merge = page.getByRole('button', { name: 'Save the merged version' })
    expect(await merge.isDisabled()).toBe(true)
    await page.getByRole('radio', { name: /Theirs: Storm lantern, blue/ }).check()
    await merge.click()
    await page.getByText('Product saved').waitFor()
    const merged = await stage.owner.api.get(`/v1/products/${stage.product.id}`)
    expect(merged).toMatchObject({ title: 'Storm lantern, blue', tags: ['camping'] })

    await page.getByRole('button', { name: 'Undo' }).click()
    await page.locator('[name=tags][value=""]').waitFor()
    await close()
  })

  test('import a catalogue as CSV, are told which lines will not do, and export it', async () => {
    const { page, goTo, shoot, close } = await visit(stage, stage.owner, laptop)
    await goTo(`/s/${stage.shop.id}/products/csv`)
    const csv = [
      'title,sku,price,status,tags,options',
      'Reading lamp,READ-1,24.50,active,desk; warm,colour=brass',
      'Reading lamp,READ-2,26.00,active,desk; warm,colour=black',
      'Candle,CANDLE,a lot,active,,',
      '"=HYPERLINK(""http://evil.example"")",FORMULA,1.00,draft,,',
    ]
    await page
      .getByLabel('CSV file')
      .setInputFiles({ name: 'lamps.csv', mimeType: 'text/csv', buffer: Buffer.from(csv.join('\n')) })
    await page.getByText('lamps.csv: 2 products').waitFor()
    await page.getByText('“a lot” is no price in EUR').waitFor()
    await page.getByRole('button', { name: 'Import 2 products' }).click()
    await page.getByText('2 made, 0 changed, 0 as they were').waitFor()
    await shoot('import')
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export' }).click(),
    ])
    const text = await (await download.createReadStream())
      .toArray()
      .then((parts) => Buffer.concat(parts as Buffer[]).toString())
    expect(text).toContain('reading-lamp,Reading lamp')
    expect(text).toContain('READ-2')
    // A spreadsheet would run a cell that begins with "=".
    expect(text).toMatch(/'=HYPERLINK/)
    await close()
  })
})

describe('an operator', () => {
  test('on a phone, verifies a shop, finds a stuck order, and replays a dead letter', async () => {
    const orderId = await stage.order(stage.nasty.variantId, 'card')
    await breakThings(stage, orderId)
    const { page, goTo, shoot, complaints, close } = await visit(stage, operator, phone)
    await page.getByText('Something waits for you').waitFor()
    await shoot('waits-for-you')

    await page.getByRole('button', { name: 'Open the menu' }).click()
    await page.getByRole('link', { name: 'Shops', exact: true }).click()
    await page.getByRole('combobox', { name: 'Verification' }).selectOption('pending')
    await page.getByRole('row', { name: /img src=x/ }).click()
    await page.getByText('Waits for your decision').waitFor()
    await shoot('verify')
    await page.getByRole('button', { name: 'Verify', exact: true }).click()
    await page.getByText('is verified').first().waitFor()
    expect(await stage.asOperator.get(`/v1/shops/${stage.waiting.id}`)).toMatchObject({ verification: 'verified' })

    await goTo('/stuck')
    await page.getByRole('row', { name: /the provider was down/ }).click()
    await page.waitForURL(`**/orders/${orderId}`)
    await page.getByText('the provider was down for an hour').first().waitFor()
    await shoot('stuck-order')
    await page.getByRole('button', { name: 'Retry now' }).click()
    await page.getByText('Tried again at once').waitFor()

    await goTo('/dead-letters')
    await page.getByRole('row', { name: /catalog.product_changed/ }).click()
    await page.getByText('it was unreadable').last().waitFor()
    await shoot('dead-letter')
    await page.getByRole('button', { name: 'Replay' }).click()
    await page
      .getByText(/replayed/)
      .last()
      .waitFor()
    expect(complaints).toEqual([])
    await close()
  })

  test('moves through lists with the keyboard, keeps filters in the address and under a name', async () => {
    const { page, goTo, shoot, close } = await visit(stage, operator, laptop)
    await goTo('/shops')
    await page.keyboard.press('/')
    await page.keyboard.type('lamps')
    await page.waitForURL('**/shops?q=lamps')
    await page.getByRole('button', { name: 'Views' }).click()
    await page.getByRole('menuitem', { name: 'Save these filters…' }).click()
    await page.getByLabel('Name').last().fill('My lamps')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.getByRole('row', { name: /img src=x/ }).waitFor()
    await page.getByRole('button', { name: 'Views' }).click()
    await page.getByRole('menuitem', { name: 'My lamps', exact: true }).click()
    await page.waitForURL('**/shops?q=lamps')
    await page.getByRole('grid').focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').getByText('Commission in percent').waitFor()
    await shoot('shop')
    await goTo('/design')
    const million = page.getByRole('grid', { name: 'A million rows' })
    await million.scrollIntoViewIfNeeded()
    await million.focus()
    await page.keyboard.press('End')
    await million.getByText('1,000,000', { exact: true }).waitFor()
    expect(await million.getByRole('row').count()).toBeLessThan(60)
    await close()
  })
})

describe('every screen', () => {
  test(
    'is without barriers in light and dark, on a screen and a phone, whatever things are called',
    async () => {
      const orderId = await stage.buy(stage.nasty.variantId)
      const lookAt = async (look: Look) => {
        const { page, shoot, step, barriers, complaints, close } = await visit(stage, operator, look)
        const found: Record<string, unknown> = {}
        for (const [name, path] of screensOf(stage, orderId)) {
          await step(path)
          const faults = await barriers()
          const wide = Number(await page.evaluate('document.documentElement.scrollWidth'))
          if (wide > look.width) faults.push(`it is ${wide} wide`)
          if (faults.length > 0) found[name] = faults
          await shoot(`screen-${name}`)
        }
        expect(found).toEqual({})
        // Names are text wherever they stand: nothing of them ran.
        expect(await page.evaluate('window.__broken')).toBeUndefined()
        expect(complaints).toEqual([])
        await close()
      }
      await Promise.all([lookAt(laptop), lookAt(phone)])
    },
    patience,
  )

  test(
    'says what is wrong, that it is under way, or what would be there',
    async () => {
      const silent: string[] = []
      const ask = async (mood: Mood) => {
        const { page, step, mind, complaints, close } = await visit(stage, operator, phone)
        await mind(mood)
        for (const [name, path] of screensOf(stage, stage.nasty.id)) {
          // It was there before the marketplace fell silent, and still shows what it knows.
          if (name === 'market-today' && mood === 'slow') continue
          // It asks for nothing.
          if (name === 'market-design') continue
          const said = await step(path, mood)
          if (!said) silent.push(`${name}, ${mood}`)
        }
        expect(complaints.filter((each) => !each.startsWith('Failed to load resource'))).toEqual([])
        await page.unrouteAll({ behavior: 'ignoreErrors' })
        await close()
      }
      await Promise.all([ask('failing'), ask('slow'), ask('empty')])
      expect(silent).toEqual([])
    },
    patience,
  )

  test('comes back by itself once the marketplace does', async () => {
    const { page, goTo, close } = await visit(stage, operator, phone)
    await page.route('**/v1/**', (route) => route.abort())
    await page.goto(`${stage.url}/admin/jobs`)
    await page.getByText('The marketplace does not answer').waitFor()
    await page.unroute('**/v1/**')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('heading', { name: 'Jobs' }).waitFor()
    const problem = {
      title: 'Nobody is home',
      detail: 'It went out for bread.',
      code: 'internal',
      correlationId: 'quote-me',
    }
    await page.route('**/v1/operations/dead-letters?*', (route) => route.fulfill({ status: 500, json: problem }))
    await goTo('/dead-letters')
    await page.getByRole('alert').getByText('It went out for bread.').waitFor()
    await page.getByText('quote-me').waitFor()
    await close()
  })
})

describe(`with ${manyOrders.toLocaleString('en')} orders`, () => {
  test('a list opens, scrolls and is kept current as fast as with a hundred', async () => {
    await writeOrders(stage)
    const { page, goTo, shoot, close } = await visit(stage, operator, laptop)
    const asked: string[] = []
    page.on('request', (request) => {
      if (/\/orders\?/.test(request.url())) asked.push(request.url())
    })
    const list = page.getByRole('grid', { name: 'Orders' })
    const began = performance.now()
    await goTo(`/s/${stage.waiting.id}/orders`)
    await list.getByRole('row').nth(10).waitFor()
    const openedMs = performance.now() - began
    await list.focus()
    const rows = async () => Number(await list.getAttribute('data-rows'))
    while ((await rows()) < 1_500) {
      const before = await rows()
      await eventually(
        async () => {
          await page.keyboard.press('End')
          expect(await rows()).toBeGreaterThan(before)
        },
        { everyMs: 50 },
      )
    }
    // Only a screenful is in the page.
    expect(await list.getByRole('row').count()).toBeLessThan(60)
    await shoot('many-orders')

    // Back from an order, the list is where it was; what is read anew is what is in sight.
    await page.keyboard.press('PageUp')
    const place = await list.evaluate('(grid) => grid.scrollTop')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/orders/*')
    const before = asked.length
    await page.goBack()
    await list.waitFor()
    expect(await list.evaluate('(grid) => grid.scrollTop')).toBe(place)
    await page.waitForTimeout(300)
    expect(asked.length - before).toBeLessThanOrEqual(3)

    // The last one costs what the first did.
    const { first, last } = await cursorsTo(stage, operator)
    note('many-orders', { orders: manyOrders, openedMs, firstPageMs: first.medianMs, lastPageMs: last.medianMs })
    expect(last.items).toBeGreaterThan(50)
    expect(last.medianMs).toBeLessThan(first.medianMs * 3 + 50)
    await close()
  })
})

async function tokenOf({ url, owner: { email, password } }: Stage): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${url}/v1/auth/login`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ email, password }),
  })
  return ((await answer.json()) as { accessToken: string }).accessToken
}
