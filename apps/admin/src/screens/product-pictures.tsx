import type { Product } from '@souk/sdk'
import { Button, Card, Field, IconButton, Input } from '@souk/ui'
import { ArrowLeft, Trash2 } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { Picture } from '../parts/picture.tsx'
import { word } from '../work/form.ts'

/** Pictures in their order: the first stands for the product in lists. */
export function ProductPictures({
  product,
  save,
}: {
  product: Product
  save: (pictures: Product['pictures']) => Promise<boolean>
}) {
  const { pictures } = product
  const [busy, setBusy] = useState(false)
  const put = async (next: Product['pictures']) => {
    setBusy(true)
    await save(next)
    setBusy(false)
  }
  const add = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const data = new FormData(form)
    void put([...pictures, { url: word(data, 'url'), alt: word(data, 'alt') }]).then(() => form.reset())
  }
  return (
    <Card title="Pictures">
      {pictures.length === 0 && (
        <p className="pb-3 text-sm text-quiet">None yet. Products with pictures are looked at far more often.</p>
      )}
      <ul className="flex flex-wrap gap-3 pb-3">
        {pictures.map((picture, index) => (
          <li key={picture.url} className="flex flex-col items-center gap-1">
            <Picture picture={picture} />
            <span className="flex">
              <IconButton
                label={`Move “${picture.alt}” forward`}
                size="sm"
                disabled={index === 0 || busy}
                onClick={() => void put(swapped(pictures, index))}
              >
                <ArrowLeft />
              </IconButton>
              <IconButton
                label={`Remove “${picture.alt}”`}
                size="sm"
                disabled={busy}
                onClick={() => void put(pictures.filter((each) => each !== picture))}
              >
                <Trash2 />
              </IconButton>
            </span>
          </li>
        ))}
      </ul>
      <form onSubmit={add} className="flex flex-col gap-2">
        <Field label="Address of a picture">
          <Input name="url" required maxLength={2_000} placeholder="https://…" />
        </Field>
        <Field label="What it shows" hint="Read out to those who do not see it.">
          <Input name="alt" required maxLength={200} />
        </Field>
        <Button type="submit" size="sm" className="self-start" busy={busy}>
          Add picture
        </Button>
      </form>
    </Card>
  )
}

const swapped = <Item,>(items: readonly Item[], index: number): Item[] => {
  const next = [...items]
  const [moved] = next.splice(index, 1)
  next.splice(index - 1, 0, moved as Item)
  return next
}
