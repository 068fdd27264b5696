import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { ImportService } from '@souk/contracts/orders'
import { testDatabase, testSecret } from '@souk/testing'
import { runAudit } from '../audit/run.ts'
import { openDesk } from '../desk.ts'
import { openHouse } from '../house.ts'
import { allServices } from '../services.ts'
import { ensureImportShop } from './find-shop.ts'
import { parseMapping } from './mapping.ts'
import type { RejectedLine } from './rejects-file.ts'
import { importFile, type ImportOptions } from './run.ts'
import { inspectFile } from './source-file.ts'

export const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'

/** Files to import, a marketplace without an edge to import them into, and a way to look at what came of it. */
export async function importWorld() {
  const database = await testDatabase(allServices)
  const folder = await mkdtemp(join(tmpdir(), 'souk-import-'))
  const house = await openHouse({
    services: allServices,
    env: {
      DATABASE_URL: database.adminUrl,
      SOUK_SECRET: testSecret,
      SOUK_LOG_LEVEL: 'error',
      SOUK_CONNECTIONS: '4',
    },
    onProgress: () => {},
    onFatal: () => {},
    working: false,
  })
  let shops = 0
  const keeper = async () => randomUUID()
  return {
    house,
    folder,
    query: database.query,
    databaseUrl: database.adminUrl,
    shop: async () => (await ensureImportShop(openDesk(house.running), `shop-${++shops}`, 'GBP', keeper)).id,
    async file(lines: readonly (string | Buffer)[], name = `orders-${Math.random()}.csv`) {
      const path = join(folder, name)
      const content = Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]))
      await writeFile(path, name.endsWith('.gz') ? gzipSync(content) : content)
      return path
    },
    async run(path: string, shopId: string, mapping = 'invoice-lines', more: Partial<ImportOptions> = {}) {
      const file = await inspectFile(path)
      const report = await importFile({
        directory: house.directory,
        shopId,
        file,
        mapping: parseMapping(mapping),
        ...more,
      })
      const service = house.directory.client(ImportService)
      const { rejects } = await service.listRejects({ shopId, importId: report.importId, afterLine: 0, limit: 1_000 })
      return {
        ...report,
        rejects: rejects.map(
          ({ lineNumber: line, field, reason, raw }): RejectedLine => ({ line, field, reason, raw }),
        ),
      }
    },
    /** Orders by their number in the other system. */
    async orders(shopId: string) {
      const rows = await database.query<{
        number: string
        status: string
        total: string
        path: string[]
        lines: [string, number, number][]
        returned: string | null
        customer: string
      }>(
        `select i.number, o.status, o.total_minor as total, jsonb_path_query_array(o.history, '$[*][0]') as path,
          (select jsonb_agg(jsonb_build_array(sku, quantity, unit_price_minor) order by line_no) from orders.order_lines l
            where l.order_id = o.order_id) as lines,
          (select sum(refund_minor) from orders.returns r where r.order_id = o.order_id) as returned,
          (select name from identity.accounts a where a.id = o.customer_id) as customer
        from orders.imported_orders i join orders.orders o using (order_id) where i.shop_id = $1 order by i.number`,
        [shopId],
      )
      return new Map(
        rows.map(({ number, total, returned, ...row }) => [
          number,
          { ...row, totalMinor: Number(total), returnedMinor: Number(returned ?? 0) },
        ]),
      )
    },
    async unsound() {
      const { checks } = await runAudit(house, { full: true })
      return checks.filter(({ findings, failure }) => findings.length > 0 || failure !== undefined)
    },
    async close() {
      await house.stop()
      await database.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
