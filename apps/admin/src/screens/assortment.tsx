import { ifMatch, type ListTaxRatesResponse } from '@souk/sdk'
import { Button, Card, Dialog, DialogClose, EmptyState, Field, Input, Select, Table, Tabs, Td, Th, Tr } from '@souk/ui'
import { useQuery } from '@tanstack/react-query'
import { FolderTree } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { useAct } from '../parts/act.ts'
import { NameFields, namesFrom } from '../parts/names.tsx'
import { Loaded, Page } from '../parts/page.tsx'
import { souk } from '../souk.ts'
import { word } from '../work/form.ts'
import { slugOf } from '../work/product-csv.ts'

type Category = {
  id: string
  slug: string
  title: string
  titles: Record<string, string>
  version: number
  children?: Category[]
}

/** What all shops share: the tree of categories, and what each country takes. */
export const Assortment = () => (
  <Page title="Categories and tax">
    <Tabs
      label="Categories and tax"
      tabs={[
        { value: 'categories', label: 'Categories', content: <Categories /> },
        { value: 'tax', label: 'Tax rates', content: <TaxRates /> },
      ]}
    />
  </Page>
)

function Categories() {
  const query = useQuery({ queryKey: ['categories'], queryFn: () => souk.listCategories() })
  const [opened, setOpened] = useState<Category>()
  const add = useAct({
    run: (body: Parameters<typeof souk.createCategory>[0]['body']) => souk.createCategory({ body }),
    stale: [['categories']],
    done: ({ title }) => `${title} is a category`,
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const data = new FormData(form)
    const title = word(data, 'title')
    const parentId = word(data, 'parent')
    add.mutate(
      { title, titles: namesFrom(data), slug: slugOf(title), ...(parentId && { parentId }) },
      { onSuccess: () => form.reset() },
    )
  }
  return (
    <div className="grid gap-4 lg:grid-cols-[2fr_1fr]">
      <Card>
        <Loaded query={query}>
          {({ items }) => {
            const tree = items as Category[]
            return tree.length === 0 ? (
              <EmptyState icon={<FolderTree />} title="No categories yet">
                Shops put their products into categories, and shoppers find them there. Begin with the broad ones; each
                may hold others.
              </EmptyState>
            ) : (
              <Tree categories={tree} onOpen={setOpened} />
            )
          }}
        </Loaded>
      </Card>
      <Card title="New category">
        <form onSubmit={submit} className="flex flex-col gap-3">
          <Field label="Title">
            <Input name="title" required maxLength={80} />
          </Field>
          <NameFields maxLength={120} />
          <Field label="Under">
            <Select name="parent">
              <option value="">Nothing: a category of its own</option>
              {paths((query.data?.items ?? []) as Category[]).map(([id, path]) => (
                <option key={id} value={id}>
                  {path}
                </option>
              ))}
            </Select>
          </Field>
          <Button type="submit" variant="primary" busy={add.isPending} className="self-start">
            Add
          </Button>
        </form>
      </Card>
      {opened && <CategoryForm category={opened} close={() => setOpened(undefined)} />}
    </div>
  )
}

/** What it is called; its place in the tree and its address stay. */
function CategoryForm({ category, close }: { category: Category; close: () => void }) {
  const path = { categoryId: category.id }
  type Called = { title: string; titles: Record<string, string> }
  const rename = useAct({
    run: (body: Called) => souk.editCategory({ path, body, ...ifMatch(category.version) }),
    stale: [['categories']],
    done: ({ title }) => `${title} is called so now`,
    undo: ({ version }) =>
      souk.editCategory({ path, body: { title: category.title, titles: category.titles }, ...ifMatch(version) }),
    onDone: close,
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    rename.mutate({ title: word(form, 'title'), titles: namesFrom(form, category.titles) })
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      title={category.title}
      description={`Its address stays: ${category.slug}`}
      width="sm"
      actions={
        <>
          <DialogClose />
          <Button type="submit" form="category" variant="primary" busy={rename.isPending}>
            Save
          </Button>
        </>
      }
    >
      <form id="category" onSubmit={submit} className="flex flex-col gap-3 pb-2">
        <Field label="Title">
          <Input name="title" required maxLength={120} defaultValue={category.title} />
        </Field>
        <NameFields names={category.titles} maxLength={120} />
      </form>
    </Dialog>
  )
}

const paths = (categories: readonly Category[], above = ''): [id: string, path: string][] =>
  categories.flatMap(({ id, title, children = [] }) => [
    [id, above + title] as [string, string],
    ...paths(children, `${above}${title} › `),
  ])

const Tree = ({ categories, onOpen }: { categories: readonly Category[]; onOpen: (category: Category) => void }) => (
  <ul className="flex flex-col gap-1 text-sm">
    {categories.map((category) => (
      <li key={category.id}>
        <button
          type="button"
          onClick={() => onOpen(category)}
          className="-mx-2 min-h-7 rounded-md px-2 text-left hover:bg-hover pointer-coarse:min-h-11"
        >
          {category.title}{' '}
          <span className="text-xs text-quiet">{[category.slug, ...Object.values(category.titles)].join(' · ')}</span>
        </button>
        {category.children !== undefined && category.children.length > 0 && (
          <div className="mt-1 ml-3 border-l border-line pl-3">
            <Tree categories={category.children} onOpen={onOpen} />
          </div>
        )}
      </li>
    ))}
  </ul>
)

type Country = ListTaxRatesResponse['items'][number]

function TaxRates() {
  const query = useQuery({ queryKey: ['tax-rates'], queryFn: () => souk.listTaxRates() })
  const [chosen, setChosen] = useState<string>()
  return (
    <Loaded query={query}>
      {({ items }) => {
        const country = items.find((each) => each.country === (chosen ?? items[0]?.country))
        return (
          <div className="flex max-w-2xl flex-col gap-4">
            <Field label="Country" className="w-40">
              <Select value={country?.country ?? ''} onChange={(event) => setChosen(event.target.value)}>
                {items.map(({ country }) => (
                  <option key={country}>{country}</option>
                ))}
              </Select>
            </Field>
            {country && <Rates key={country.country} country={country} />}
          </div>
        )
      }}
    </Loaded>
  )
}

function Rates({ country }: { country: Country }) {
  const put = (rates: Country['rates']) => souk.setTaxRates({ path: { country: country.country }, body: { rates } })
  const set = useAct({
    run: put,
    stale: [['tax-rates']],
    done: `Tax of ${country.country} is set`,
    undo: () => put(country.rates),
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    set.mutate(
      country.rates.map((rate) => ({
        ...rate,
        label: word(form, `${rate.taxClass}-label`),
        labels: namesFrom(form, rate.labels, `${rate.taxClass}-`),
        basisPoints: Math.round(Number(word(form, rate.taxClass)) * 100),
      })),
    )
  }
  return (
    <Card flush>
      <form onSubmit={submit}>
        <Table label={`Tax rates of ${country.country}`}>
          <thead>
            <tr>
              <Th>Class</Th>
              <Th>Called</Th>
              <Th numeric>Percent</Th>
            </tr>
          </thead>
          <tbody>
            {country.rates.map(({ taxClass, label, labels, basisPoints }) => (
              <Tr key={taxClass}>
                <Td>{taxClass}</Td>
                <Td>
                  <span className="flex min-w-36 flex-col gap-1.5 py-1">
                    <Field label={`${taxClass} is called`} hideLabel>
                      <Input name={`${taxClass}-label`} required maxLength={40} defaultValue={label} />
                    </Field>
                    <NameFields names={labels} maxLength={40} prefix={`${taxClass}-`} of={taxClass} />
                  </span>
                </Td>
                <Td numeric>
                  <Input
                    name={taxClass}
                    type="number"
                    min={0}
                    max={100}
                    step={0.01}
                    defaultValue={basisPoints / 100}
                    required
                    aria-label={`${label} in percent`}
                    className="ml-auto w-24 text-right"
                  />
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
        <div className="p-4">
          <Button type="submit" variant="primary" busy={set.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Card>
  )
}
