import { ifMatch, type Product, type Variant } from '@souk/sdk'
import {
  Badge,
  Button,
  Card,
  Checkbox,
  Dialog,
  DialogClose,
  Facts,
  Field,
  formatMoney,
  Input,
  moneyForInput,
  parseMoney,
  Select,
  Switch,
  Table,
  Td,
  Textarea,
  Th,
  Tr,
} from '@souk/ui'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { ConflictDialog } from '../edit/conflict-dialog.tsx'
import { useEdit } from '../edit/use-edit.tsx'
import { formatExact } from '../format.ts'
import { useAct } from '../parts/act.ts'
import { Loaded, Page } from '../parts/page.tsx'
import { Problem } from '../parts/problem.tsx'
import { Status, When } from '../parts/status.tsx'
import { useShopId, useShopQuery } from '../shop.tsx'
import { souk } from '../souk.ts'
import { MarketPrices } from './product-market.tsx'
import { ProductPictures } from './product-pictures.tsx'
import { namesOf } from './products.tsx'
import { raw, word } from '../work/form.ts'

const useCategories = () =>
  useQuery({ queryKey: ['categories'], queryFn: () => souk.listCategories(), staleTime: 300_000 })

type Node = { id: string; slug: string; children: readonly Node[] }
/** Of the first of these categories that there still is. */
function slugOf(tree: readonly Node[], ids: readonly string[]): string | undefined {
  const all = (nodes: readonly Node[]): Node[] => nodes.flatMap((node) => [node, ...all(node.children)])
  return all(tree).find(({ id }) => ids.includes(id))?.slug
}

export function ProductDetail() {
  const { productId = '' } = useParams({ strict: false })
  const edit = useEdit<Product>({
    queryKey: ['product', productId],
    read: () => souk.getProduct({ path: { productId } }),
    write: (body, guard) => souk.editProduct({ path: { productId }, body: body as never, ...guard }),
    stale: [['products']],
    name: 'Product',
  })
  const { query } = edit
  const categories = useCategories()
  const product = query.data
  return (
    <Page
      title={product?.title ?? 'Product'}
      about={product && `Version ${product.version}, changed ${formatExact(product.changedAt)}`}
    >
      <Loaded query={query}>
        {(product) => (
          <div className="grid gap-4 lg:grid-cols-[3fr_2fr]">
            <div className="flex min-w-0 flex-col gap-4">
              {/* Begun anew with every version that arrives: what is typed belongs to the version it was typed on. */}
              <Details key={product.version} product={product} saving={edit.saving} save={edit.save} />
              <Variants product={product} />
            </div>
            <div className="flex min-w-0 flex-col gap-4">
              <Card title="State">
                <Facts
                  items={[
                    ['State', <Status key="status" of={product.status} />],
                    ['Address', product.slug],
                    ['Made', formatExact(product.createdAt)],
                  ]}
                />
                <div className="mt-3 flex flex-wrap gap-2">
                  {product.status !== 'active' && (
                    <Button variant="primary" size="sm" onClick={() => void edit.save({ status: 'active' })}>
                      Put on sale
                    </Button>
                  )}
                  {product.status === 'active' && (
                    <Button size="sm" onClick={() => void edit.save({ status: 'draft' })}>
                      Take off sale
                    </Button>
                  )}
                  {product.status !== 'archived' && (
                    <Button size="sm" variant="quiet" onClick={() => void edit.save({ status: 'archived' })}>
                      Archive
                    </Button>
                  )}
                  <Link
                    to="/s/$shopId/stock"
                    params={{ shopId: product.shopId }}
                    search={{ product: product.id } as never}
                    className="self-center text-sm text-accent"
                  >
                    Its stock
                  </Link>
                </div>
              </Card>
              <MarketPrices
                product={product}
                category={slugOf((categories.data?.items ?? []) as Node[], product.categoryIds)}
              />
              <ProductPictures product={product} save={(pictures) => edit.save({ pictures })} />
              <Categories product={product} save={(categoryIds) => edit.save({ categoryIds })} />
            </div>
          </div>
        )}
      </Loaded>
      <ConflictDialog conflict={edit.conflict} settle={edit.settle} />
    </Page>
  )
}

function Details({
  product,
  saving,
  save,
}: {
  product: Product
  saving: boolean
  save: (patch: Partial<Product>) => Promise<boolean>
}) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const next: Partial<Product> = {
      title: word(form, 'title'),
      slug: word(form, 'slug'),
      description: raw(form, 'description'),
      tags: raw(form, 'tags')
        .split(',')
        .map((tag) => tag.trim())
        .filter(Boolean),
    }
    const changed = Object.fromEntries(
      Object.entries(next).filter(
        ([name, value]) => JSON.stringify(value) !== JSON.stringify(product[name as keyof Product]),
      ),
    )
    if (Object.keys(changed).length > 0) void save(changed)
  }
  return (
    <Card title="Description">
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label="Title">
          <Input name="title" defaultValue={product.title} required maxLength={200} />
        </Field>
        <Field label="Description">
          <Textarea name="description" rows={6} defaultValue={product.description} maxLength={10_000} />
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="Address" hint="The last part of the page's address.">
            <Input name="slug" defaultValue={product.slug} maxLength={80} />
          </Field>
          <Field label="Tags" hint="With commas between them.">
            <Input name="tags" defaultValue={product.tags.join(', ')} />
          </Field>
        </div>
        <Button type="submit" variant="primary" busy={saving} className="self-start">
          Save
        </Button>
      </form>
    </Card>
  )
}

function Categories({ product, save }: { product: Product; save: (ids: string[]) => Promise<boolean> }) {
  const query = useCategories()
  const all = flatten(query.data?.items ?? [])
  const names = new Map(namesOf(query.data?.items ?? []))
  return (
    <Card title="Categories">
      <Loaded query={query} lines={2}>
        {() => (
          <div className="flex flex-col gap-2">
            <div className="flex flex-wrap gap-1.5">
              {product.categoryIds.length === 0 && (
                <p className="text-sm text-quiet">In none yet: shoppers find it by search only.</p>
              )}
              {product.categoryIds.map((id) => {
                const category = all.find((each) => each.id === id)
                return (
                  <Badge key={id}>
                    {category ? names.get(category.slug) : id}
                    <button
                      type="button"
                      aria-label={`Take out of ${category?.title ?? id}`}
                      onClick={() => void save(product.categoryIds.filter((each) => each !== id))}
                    >
                      ×
                    </button>
                  </Badge>
                )
              })}
            </div>
            <Field label="Add to a category" hideLabel>
              <Select value="" onChange={(event) => void save([...product.categoryIds, event.target.value])}>
                <option value="">Add to a category…</option>
                {all
                  .filter(({ id }) => !product.categoryIds.includes(id))
                  .map(({ id, slug }) => (
                    <option key={id} value={id}>
                      {names.get(slug)}
                    </option>
                  ))}
              </Select>
            </Field>
          </div>
        )}
      </Loaded>
    </Card>
  )
}

const flatten = (items: readonly unknown[]): { id: string; slug: string; title: string }[] =>
  (items as { id: string; slug: string; title: string; children?: unknown[] }[]).flatMap((each) => [
    each,
    ...flatten(each.children ?? []),
  ])

function Variants({ product }: { product: Product }) {
  const queries = useQueryClient()
  const stale = [['product', product.id], ['products']]
  const path = (variant: Variant) => ({ productId: product.id, variantId: variant.id })
  const toggle = useAct({
    run: (variant: Variant) =>
      souk.editVariant({ path: path(variant), body: { active: !variant.active }, ...ifMatch(product.version) }),
    stale,
    done: (saved, variant) => {
      queries.setQueryData(['product', product.id], saved)
      return `${variant.sku} is ${variant.active ? 'off' : 'on'} sale`
    },
  })
  return (
    <Card title="Variants" flush actions={<NewVariant product={product} />}>
      <Table label="Variants">
        <thead>
          <tr>
            <Th>Variant</Th>
            <Th numeric>Price</Th>
            <Th>Sells</Th>
          </tr>
        </thead>
        <tbody>
          {product.variants.map((variant) => (
            <Tr key={variant.id}>
              <Td>
                <span className="font-medium">{variant.title || 'The only one'}</span>
                <span className="block text-xs text-quiet">{variant.sku}</span>
              </Td>
              <Td numeric>
                <PriceDialog product={product} variant={variant} />
              </Td>
              <Td>
                <Switch
                  label={`${variant.sku} sells`}
                  hideLabel
                  checked={variant.active}
                  onCheckedChange={() => toggle.mutate(variant)}
                  disabled={toggle.isPending}
                />
              </Td>
            </Tr>
          ))}
        </tbody>
      </Table>
    </Card>
  )
}

function PriceDialog({ product, variant }: { product: Product; variant: Variant }) {
  const [open, setOpen] = useState(false)
  const [fault, setFault] = useState<string>()
  const path = { productId: product.id, variantId: variant.id }
  const history = useQuery({
    queryKey: ['prices', variant.id],
    queryFn: () => souk.listPrices({ path, query: { limit: 10 } }),
    enabled: open,
  })
  const put = (priceMinor: number) => souk.setPrice({ path, body: { priceMinor, currency: product.currency } })
  const price = useAct({
    run: put,
    stale: [['product', product.id], ['products'], ['prices', variant.id]],
    done: (_, minor) => `${variant.sku} costs ${formatMoney(minor, product.currency)}`,
    undo: () => put(variant.priceMinor),
    onDone: () => setOpen(false),
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const minor = parseMoney(raw(new FormData(event.currentTarget), 'price'), product.currency)
    if (minor === undefined) return setFault('Write it like 19.99.')
    setFault(undefined)
    price.mutate(minor)
  }
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      title={`Price of ${variant.sku}`}
      description="Orders that were placed keep their prices."
      width="sm"
      trigger={
        <Button
          size="sm"
          variant="quiet"
          aria-label={`Price of ${variant.sku}: ${formatMoney(variant.priceMinor, product.currency)}. Change`}
        >
          {formatMoney(variant.priceMinor, product.currency)}
        </Button>
      }
      actions={
        <>
          <DialogClose />
          <Button type="submit" form={`price-${variant.id}`} variant="primary" busy={price.isPending}>
            Set price
          </Button>
        </>
      }
    >
      <form id={`price-${variant.id}`} onSubmit={submit} className="pb-3">
        <Field label={`Price in ${product.currency}`} error={fault}>
          <Input
            name="price"
            inputMode="decimal"
            defaultValue={moneyForInput(variant.priceMinor, product.currency)}
            autoComplete="off"
            required
          />
        </Field>
      </form>
      {history.data && (
        <ul className="flex flex-col gap-1 pb-2 text-xs text-quiet">
          {history.data.items.map(({ priceVersion, priceMinor, currency, validFrom }) => (
            <li key={priceVersion} className="flex justify-between">
              <span>{formatMoney(priceMinor, currency)}</span>
              <When at={validFrom} />
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  )
}

function NewVariant({ product }: { product: Product }) {
  const [open, setOpen] = useState(false)
  const [fault, setFault] = useState<string>()
  type Body = { sku: string; priceMinor: number; options: Record<string, string> }
  const add = useAct({
    run: (body: Body) => souk.addVariant({ path: { productId: product.id }, body, ...ifMatch(product.version) }),
    stale: [['product', product.id], ['products']],
    done: 'Variant added',
    onDone: () => setOpen(false),
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const priceMinor = parseMoney(raw(form, 'price'), product.currency)
    if (priceMinor === undefined) return setFault('Write it like 19.99.')
    add.mutate({
      sku: word(form, 'sku'),
      priceMinor,
      options: Object.fromEntries(product.options.map(({ name }) => [name, raw(form, `option-${name}`)])),
    })
  }
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      title="New variant"
      width="sm"
      trigger={<Button size="sm">Add variant</Button>}
      actions={
        <>
          <DialogClose />
          <Button type="submit" form="new-variant" variant="primary" busy={add.isPending}>
            Add
          </Button>
        </>
      }
    >
      <form id="new-variant" onSubmit={submit} className="flex flex-col gap-4 pb-2">
        <Field label="SKU">
          <Input name="sku" required maxLength={80} autoComplete="off" />
        </Field>
        <Field label={`Price in ${product.currency}`} error={fault}>
          <Input name="price" inputMode="decimal" required autoComplete="off" />
        </Field>
        {product.options.map(({ name, values }) => (
          <Field key={name} label={name}>
            <Select name={`option-${name}`}>
              {values.map((value) => (
                <option key={value}>{value}</option>
              ))}
            </Select>
          </Field>
        ))}
      </form>
    </Dialog>
  )
}

export function NewProduct() {
  const shopId = useShopId()
  // A price is read in the currency of the shop: it has to be known first.
  const shop = useShopQuery(shopId)
  return (
    <Page title="New product">
      <Loaded query={shop}>{({ currency }) => <NewProductForm shopId={shopId} currency={currency} />}</Loaded>
    </Page>
  )
}

function NewProductForm({ shopId, currency }: { shopId: string; currency: string }) {
  const navigate = useNavigate()
  const [fault, setFault] = useState<string>()
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const priceMinor = parseMoney(raw(form, 'price'), currency)
    if (priceMinor === undefined) return setFault('Write it like 19.99.')
    setFault(undefined)
    setBusy(true)
    try {
      const product = await souk.createProduct({
        body: {
          shopId,
          title: word(form, 'title'),
          description: raw(form, 'description'),
          status: form.get('active') === 'on' ? 'active' : 'draft',
          variants: [{ sku: word(form, 'sku'), priceMinor }],
        },
      })
      await navigate({ to: '/products/$productId', params: { productId: product.id } })
    } catch (caught) {
      setError(caught)
      setBusy(false)
    }
  }
  return (
    <Card>
      <form onSubmit={(event) => void submit(event)} className="flex max-w-xl flex-col gap-4">
        <Field label="Title">
          <Input name="title" required maxLength={200} autoFocus />
        </Field>
        <Field label="Description">
          <Textarea name="description" rows={5} maxLength={10_000} />
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="SKU" hint="Your own number for it; further variants come later.">
            <Input name="sku" required maxLength={80} />
          </Field>
          <Field label={`Price in ${currency}`} error={fault}>
            <Input name="price" inputMode="decimal" required />
          </Field>
        </div>
        <Checkbox name="active" label="Put on sale at once" hint="Otherwise it is a draft that only you see." />
        {error !== undefined && <Problem error={error} />}
        <Button type="submit" variant="primary" busy={busy} className="self-start">
          Make product
        </Button>
      </form>
    </Card>
  )
}
