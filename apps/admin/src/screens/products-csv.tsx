import { isProblem, type Product } from '@souk/sdk'
import { Alert, Button, Card, Field, Input, Progress, Table, Td, Th, Tr } from '@souk/ui'
import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useRef, useState } from 'react'
import { formatCount } from '../format.ts'
import { Loaded, Page } from '../parts/page.tsx'
import { Problem } from '../parts/problem.tsx'
import { useShopId, useShopQuery } from '../shop.tsx'
import { souk } from '../souk.ts'
import { eachInTurn, type Progress as Going } from '../work/in-turn.ts'
import { type CsvFault, columns, linesOf, type ReadProduct, readProducts } from '../work/product-csv.ts'
import { putProduct } from '../work/put-product.ts'

/** A catalogue out, and in again: one line for each variant. */
export function ProductsCsv() {
  const shopId = useShopId()
  // Prices are read in the currency of the shop: without it nothing can be imported.
  const shop = useShopQuery(shopId)
  return (
    <Page title="Products as CSV" about={`One line for each variant: ${columns.join(', ')}.`}>
      <Loaded query={shop}>
        {({ slug, currency }) => (
          <div className="grid gap-4 lg:grid-cols-2">
            <Export shopId={shopId} name={slug} />
            <Import shopId={shopId} currency={currency} />
          </div>
        )}
      </Loaded>
    </Page>
  )
}

function Export({ shopId, name }: { shopId: string; name: string }) {
  const [count, setCount] = useState<number>()
  const [error, setError] = useState<unknown>()
  const stopped = useRef(false)
  const run = async () => {
    const { stringify } = await import('csv-stringify/browser/esm/sync')
    stopped.current = false
    setError(undefined)
    setCount(0)
    try {
      // Text piece by piece: a catalogue of any size stays out of the page.
      const parts: string[] = [stringify([[...columns]])]
      let cursor: string | null = null
      let found = 0
      do {
        const page: { items: Product[]; nextCursor: string | null } = await souk.listProducts({
          query: { shopId, status: 'all', sort: 'newest', limit: 100, ...(cursor !== null && { cursor }) },
        })
        // A cell that a spreadsheet would run is written so that it does not.
        parts.push(stringify(page.items.flatMap(linesOf), { escape_formulas: true }))
        found += page.items.length
        setCount(found)
        cursor = page.nextCursor
      } while (cursor !== null && !stopped.current)
      if (!stopped.current) save(new Blob(parts, { type: 'text/csv' }), `${name}-products.csv`)
    } catch (caught) {
      setError(caught)
    }
    setCount(undefined)
  }
  return (
    <Card title="Export">
      <p className="mb-3 text-sm text-quiet">All products of the shop, drafts and archived ones too.</p>
      {error !== undefined && <Problem error={error} />}
      {count === undefined ? (
        <Button variant="primary" onClick={() => void run()}>
          Export
        </Button>
      ) : (
        <div className="flex items-center gap-3">
          <Progress label={`${formatCount(count)} products so far`} className="flex-1" />
          <Button size="sm" onClick={() => (stopped.current = true)}>
            Stop
          </Button>
        </div>
      )}
    </Card>
  )
}

function save(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

type Report = {
  made: number
  changed: number
  same: number
  failed: { product: ReadProduct; why: string }[]
  left: number
}

function Import({ shopId, currency }: { shopId: string; currency: string }) {
  const queries = useQueryClient()
  const [read, setRead] = useState<{ products: ReadProduct[]; faults: CsvFault[]; name: string }>()
  const [going, setGoing] = useState<Going>()
  const [report, setReport] = useState<Report>()
  const abort = useRef<AbortController>(undefined)
  const open = async (file: File | undefined) => {
    if (file === undefined) return
    const { parse } = await import('csv-parse/browser/esm/sync')
    setReport(undefined)
    setRead({ ...readProducts(await file.text(), currency, parse), name: file.name })
  }
  const run = async (products: readonly ReadProduct[]) => {
    abort.current = new AbortController()
    const tally: Report = { made: 0, changed: 0, same: 0, failed: [], left: 0 }
    setGoing({ done: 0, total: products.length })
    const outcomes = await eachInTurn(
      products,
      async (product) => {
        tally[await putProduct(shopId, product)] += 1
      },
      setGoing,
      { signal: abort.current.signal },
    )
    tally.failed = outcomes.flatMap(({ item, error }) =>
      error === undefined
        ? []
        : [
            {
              product: item,
              why: isProblem(error) ? `${error.title}: ${error.detail}` : String((error as Error).message),
            },
          ],
    )
    tally.left = products.length - outcomes.length
    setGoing(undefined)
    setRead(undefined)
    setReport(tally)
    await queries.invalidateQueries({ queryKey: ['products'] })
  }
  return (
    <Card title="Import">
      <div className="flex flex-col gap-4">
        <Field
          label="CSV file"
          hint="A product is known by its address (slug), a variant by its SKU: what is there is changed, the rest is made."
        >
          <Input
            type="file"
            accept=".csv,text/csv"
            className="h-auto! py-2"
            disabled={going !== undefined}
            onChange={(event) => void open(event.target.files?.[0])}
          />
        </Field>
        {read && going === undefined && (
          <>
            <Alert
              tone={read.products.length === 0 ? 'bad' : read.faults.length === 0 ? 'info' : 'warn'}
              title={`${read.name}: ${read.products.length === 0 ? 'no products' : `${formatCount(read.products.length)} products`}`}
            >
              {read.faults.length > 0 && `${formatCount(read.faults.length)} lines cannot be used and are left out.`}
              {read.faults.length === 0 &&
                read.products.length === 0 &&
                'Nothing in it could be read. Save it as CSV in UTF-8; its first line names the columns that stand above.'}
            </Alert>
            <Faults rows={read.faults.map(({ line, why }) => [`Line ${line}`, why])} />
            <Button
              variant="primary"
              disabled={read.products.length === 0}
              onClick={() => void run(read.products)}
              className="self-start"
            >
              Import {formatCount(read.products.length)} products
            </Button>
          </>
        )}
        {going && (
          <div className="flex items-center gap-3">
            <Progress
              label={`${formatCount(going.done)} of ${formatCount(going.total)}`}
              value={going.done / going.total}
              className="flex-1"
            />
            <Button size="sm" onClick={() => abort.current?.abort()}>
              Stop
            </Button>
          </div>
        )}
        {report && (
          <>
            <Alert
              tone={report.failed.length === 0 ? 'good' : 'bad'}
              title={`${formatCount(report.made)} made, ${formatCount(report.changed)} changed, ${formatCount(report.same)} as they were`}
            >
              {report.failed.length > 0 && `${formatCount(report.failed.length)} could not be imported. `}
              {report.left > 0 && `${formatCount(report.left)} were not begun.`}
            </Alert>
            <Faults rows={report.failed.map(({ product, why }) => [product.title, why])} />
          </>
        )}
      </div>
    </Card>
  )
}

function Faults({ rows }: { rows: readonly (readonly [ReactNode, string])[] }) {
  if (rows.length === 0) return null
  return (
    <Table label="What is wrong" className="max-h-72 overflow-y-auto rounded-lg border border-line">
      <thead>
        <tr>
          <Th>Where</Th>
          <Th>Why</Th>
        </tr>
      </thead>
      <tbody>
        {rows.slice(0, 200).map(([where, why], index) => (
          <Tr key={index}>
            <Td className="align-top">{where}</Td>
            <Td className="wrap-anywhere">{why}</Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  )
}
