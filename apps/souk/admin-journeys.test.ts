import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { breakThings, openStage, operator, type Stage, visit } from './test-admin.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())

const laptop = { width: 1280, scheme: 'light' } as const
const phone = { width: 390, scheme: 'dark' } as const

describe('shop staff', () => {
  test('plan a sale, watch it, ship what it sold, and refund', async () => {
    const { page, goTo, shoot, complaints, close } = await visit(stage, stage.owner, laptop)
    await page.getByRole('link', { name: 'Sales', exact: true }).click()
    await page.getByText('No sale was planned yet').waitFor()
    await page.getByRole('button', { name: 'Plan a sale', exact: true }).click()
    await page.getByRole('combobox', { name: 'Product' }).fill('storm')
    await page.getByRole('option', { name: /Storm lantern/ }).click()
    await page.getByLabel('Price in EUR').fill('9.99')
    await page.getByLabel('Units').fill('10')
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
    await dialog.locator('dd', { hasText: /^9$/ }).waitFor()
    await shoot('watch-a-sale')
    await page.keyboard.press('Escape')

    await page.getByRole('link', { name: 'To ship' }).click()
    await page.getByRole('row').getByText('Storm lantern').click()
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
    // Names are text wherever they stand: nothing of them ran, and no page grew wider than the phone.
    expect(await page.evaluate('window.__broken')).toBeUndefined()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390)
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

describe('when the marketplace answers badly', () => {
  test('a list says what is wrong, shows that it is on its way, and teaches when there is nothing', async () => {
    const { page, close } = await visit(stage, operator, phone)
    const list = '**/v1/operations/dead-letters?*'
    const problem = {
      title: 'Nobody is home',
      detail: 'The database went out for bread.',
      code: 'internal',
      correlationId: 'quote-me',
    }
    await page.route(list, (route) => route.fulfill({ status: 500, json: problem }))
    await page.goto(`${stage.url}/admin/dead-letters`)
    await page.getByRole('alert').getByText('The database went out for bread.').waitFor()
    await page.getByText('quote-me').waitFor()
    await page.unroute(list)
    let release: () => void = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    await page.route(list, async (route) => {
      await held
      await route.fulfill({ json: { items: [], nextCursor: null } })
    })
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.locator('[role=grid][aria-busy=true], [role=alert]').waitFor()
    release()
    await page.getByText('No dead letters').waitFor()
    await page.unroute(list)
    await page.route('**/v1/**', (route) => route.abort())
    await page.goto(`${stage.url}/admin/jobs`)
    await page.getByText('The marketplace does not answer').waitFor({ timeout: 20_000 })
    await page.unroute('**/v1/**')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('heading', { name: 'Jobs' }).waitFor()
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
