import { ifMatch, isProblem, type Product } from '@souk/sdk'
import {
  Badge,
  Button,
  buttonClass,
  Confirm,
  Dialog,
  DialogClose,
  EmptyState,
  Field,
  formatMoney,
  Input,
  Progress,
  Select,
  useToast,
} from '@souk/ui'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { FileSpreadsheet, PackageSearch, Plus } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { humanise } from '../format.ts'
import { FilterBar } from '../grid/filter-bar.tsx'
import { type Column, Grid } from '../grid/grid.tsx'
import { useFilters } from '../grid/search.ts'
import { Page } from '../parts/page.tsx'
import { Picture } from '../parts/picture.tsx'
import { Status, When } from '../parts/status.tsx'
import { useShopId } from '../shop.tsx'
import { souk } from '../souk.ts'
import { eachInTurn, type Outcome, type Progress as Going } from '../work/in-turn.ts'
import { word } from '../work/form.ts'

const statuses = ['active', 'draft', 'archived'] as const

export function priceRange({ variants, currency }: Pick<Product, 'variants' | 'currency'>): string {
  const prices = variants.map(({ priceMinor }) => priceMinor)
  const [low, high] = [Math.min(...prices), Math.max(...prices)]
  if (!Number.isFinite(low)) return '–'
  return low === high ? formatMoney(low, currency) : `${formatMoney(low, currency)} – ${formatMoney(high, currency)}`
}

const columns: readonly Column<Product>[] = [
  {
    id: 'picture',
    header: 'Picture',
    width: 5,
    grow: 0,
    phone: 'hide',
    cell: ({ pictures }) => <Picture picture={pictures[0]} size="sm" />,
  },
  {
    id: 'title',
    header: 'Product',
    width: 14,
    grow: 3,
    phone: 'title',
    cell: ({ title }) => <span className="font-medium">{title}</span>,
  },
  { id: 'status', header: 'State', width: 7, grow: 0, phone: 'end', cell: ({ status }) => <Status of={status} /> },
  { id: 'price', header: 'Price', width: 11, grow: 0, numeric: true, cell: priceRange },
  {
    id: 'variants',
    header: 'Variants',
    width: 6,
    grow: 0,
    numeric: true,
    phone: 'hide',
    cell: ({ variants }) => variants.length,
  },
  {
    id: 'tags',
    header: 'Tags',
    width: 9,
    phone: 'hide',
    cell: ({ tags }) =>
      tags.slice(0, 3).map((tag) => (
        <Badge key={tag} className="mr-1">
          {tag}
        </Badge>
      )),
  },
  { id: 'changed', header: 'Changed', width: 8, grow: 0, cell: ({ changedAt }) => <When at={changedAt} ago /> },
  { id: 'sku', header: 'SKU', width: 9, hidden: true, phone: 'hide', cell: ({ variants }) => variants[0]?.sku },
]

const sorts = ['newest', 'title', 'price', 'price-desc'] as const

export function Products() {
  const shopId = useShopId()
  const navigate = useNavigate()
  const [{ q, status, sort, category, tag }] = useFilters()
  const categories = useQuery({ queryKey: ['categories'], queryFn: () => souk.listCategories(), staleTime: 300_000 })
  const wanted = {
    ...(q?.trim() && { query: q }),
    status: statuses.find((each) => each === status) ?? ('all' as const),
    sort: sorts.find((each) => each === sort) ?? ('newest' as const),
    ...(category && { category }),
    ...(tag && { tag }),
  }
  return (
    <Page
      title="Products"
      fill
      actions={
        <>
          <Link to="/s/$shopId/products/csv" params={{ shopId }} className={buttonClass()}>
            <FileSpreadsheet /> CSV
          </Link>
          <Link to="/s/$shopId/products/new" params={{ shopId }} className={buttonClass({ variant: 'primary' })}>
            <Plus /> New product
          </Link>
        </>
      }
    >
      <FilterBar
        screen="products"
        search="Title or SKU"
        filters={[
          { name: 'status', label: 'State', options: statuses.map((each) => [each, humanise(each)]) },
          { name: 'category', label: 'Category', options: namesOf(categories.data?.items ?? []) },
          {
            name: 'sort',
            label: 'Order',
            all: 'Newest first',
            options: [
              ['title', 'By title'],
              ['price', 'Cheapest first'],
              ['price-desc', 'Dearest first'],
            ],
          },
        ]}
      >
        <TagFilter />
      </FilterBar>
      <Grid
        label="Products"
        columns={columns}
        rowId={({ id }) => id}
        onOpen={({ id }) => void navigate({ to: '/products/$productId', params: { productId: id } })}
        queryKey={['products', shopId, wanted]}
        list={(page) => souk.listProducts({ query: { shopId, ...wanted, ...page } })}
        bulk={(chosen, clear) => <BulkEdit chosen={chosen} clear={clear} />}
        empty={
          q?.trim() ? (
            <EmptyState icon={<PackageSearch />} title={`No product matches “${q}”`}>
              Products are found by the beginnings of words of their title, or by the beginning of a SKU.
            </EmptyState>
          ) : (
            <EmptyState icon={<PackageSearch />} title="No products here">
              Add one by hand, or bring a whole catalogue as CSV: one line for each variant. Drafts are seen only here.
            </EmptyState>
          )
        }
      />
    </Page>
  )
}

/** Categories come as a tree; a list shows the way to each. */
export function namesOf(categories: readonly unknown[], above = ''): [slug: string, title: string][] {
  return (categories as { slug: string; title: string; children?: unknown[] }[]).flatMap(
    ({ slug, title, children }) => [
      [slug, `${above}${title}`] as [string, string],
      ...namesOf(children ?? [], `${above}${title} › `),
    ],
  )
}

function TagFilter() {
  const [{ tag = '' }, set] = useFilters()
  return (
    <form
      className="w-28 max-sm:flex-1"
      onSubmit={(event) => {
        event.preventDefault()
        set({ tag: word(new FormData(event.currentTarget), 'tag') })
      }}
    >
      <Input key={tag} name="tag" aria-label="Tag" placeholder="Tag" defaultValue={tag} />
    </form>
  )
}

type Change = { name: string; act: (product: Product) => Promise<unknown> }

/** The same change to many: one after the other, a few at a time, each onto the version that was seen. */
function BulkEdit({ chosen, clear }: { chosen: readonly Product[]; clear: () => void }) {
  const queries = useQueryClient()
  const tell = useToast()
  const [going, setGoing] = useState<Going>()
  const run = async ({ name, act }: Change) => {
    setGoing({ done: 0, total: chosen.length })
    const outcomes: Outcome<Product>[] = await eachInTurn(chosen, act, setGoing)
    setGoing(undefined)
    const failures = outcomes.filter(({ error }) => error !== undefined)
    const [first] = failures
    const moved = failures.filter(({ error }) => isProblem(error, 'version-mismatch')).length
    tell(
      first === undefined
        ? { title: `${name}: ${outcomes.length} products`, tone: 'good' }
        : {
            title: `${name}: ${outcomes.length - failures.length} of ${outcomes.length} products`,
            detail:
              moved > 0
                ? `${moved} were changed by somebody else meanwhile; look at them again.`
                : String((first.error as Error).message),
            tone: 'bad',
          },
    )
    await queries.invalidateQueries({ queryKey: ['products'] })
    if (failures.length === 0) clear()
  }
  const status = (to: 'active' | 'draft') => (product: Product) =>
    souk.editProduct({ path: { productId: product.id }, body: { status: to }, ...ifMatch(product.version) })
  if (going)
    return <Progress label={`Changing ${going.total} products`} value={going.done / going.total} className="w-60" />
  return (
    <>
      <Button size="sm" onClick={() => void run({ name: 'Put on sale', act: status('active') })}>
        Activate
      </Button>
      <Button size="sm" onClick={() => void run({ name: 'Made a draft', act: status('draft') })}>
        Make drafts
      </Button>
      <BulkPrice apply={(change) => void run(change)} />
      <BulkTag apply={(change) => void run(change)} />
      <Confirm
        title={`Archive ${chosen.length} products?`}
        confirm="Archive"
        danger
        onConfirm={() =>
          void run({ name: 'Archived', act: ({ id }) => souk.archiveProduct({ path: { productId: id } }) })
        }
        trigger={<Button size="sm">Archive</Button>}
      >
        They can no longer be bought. Orders keep what they say about them.
      </Confirm>
    </>
  )
}

/** A share of a price, rounded to the minor unit. Half goes up. */
export const priceAfter = (priceMinor: number, percent: number): number =>
  Math.max(0, Math.round((priceMinor * (100 + percent)) / 100))

function BulkPrice({ apply }: { apply: (change: Change) => void }) {
  const [open, setOpen] = useState(false)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const percent = Number(form.get('percent')) * (form.get('way') === 'down' ? -1 : 1)
    setOpen(false)
    apply({
      name: `Prices ${percent > 0 ? '+' : ''}${percent} %`,
      act: async ({ id, variants, currency }) => {
        for (const variant of variants)
          await souk.setPrice({
            path: { productId: id, variantId: variant.id },
            body: { priceMinor: priceAfter(variant.priceMinor, percent), currency },
          })
      },
    })
  }
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      title="Change prices"
      description="Every variant of the chosen products. Orders that were placed keep their prices."
      width="sm"
      trigger={<Button size="sm">Price…</Button>}
      actions={
        <>
          <DialogClose />
          <Button type="submit" form="bulk-price" variant="primary">
            Change
          </Button>
        </>
      }
    >
      <form id="bulk-price" onSubmit={submit} className="grid grid-cols-2 gap-3 pb-2">
        <Field label="Way">
          <Select name="way">
            <option value="down">Cheaper</option>
            <option value="up">Dearer</option>
          </Select>
        </Field>
        <Field label="By percent">
          <Input name="percent" type="number" min={0.1} max={90} step={0.1} defaultValue={10} required />
        </Field>
      </form>
    </Dialog>
  )
}

function BulkTag({ apply }: { apply: (change: Change) => void }) {
  const [open, setOpen] = useState(false)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const tag = word(new FormData(event.currentTarget), 'tag')
    setOpen(false)
    apply({
      name: `Tagged “${tag}”`,
      act: (product) =>
        souk.editProduct({
          path: { productId: product.id },
          body: { tags: [...new Set([...product.tags, tag])] },
          ...ifMatch(product.version),
        }),
    })
  }
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      title="Add a tag"
      width="sm"
      trigger={<Button size="sm">Tag…</Button>}
      actions={
        <>
          <DialogClose />
          <Button type="submit" form="bulk-tag" variant="primary">
            Add
          </Button>
        </>
      }
    >
      <form id="bulk-tag" onSubmit={submit} className="pb-2">
        <Field label="Tag">
          <Input name="tag" maxLength={40} required />
        </Field>
      </form>
    </Dialog>
  )
}
