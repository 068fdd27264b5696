import type { GetMediaResponse, Product } from '@souk/sdk'
import { Button, Card, Field, IconButton, Input, useToast } from '@souk/ui'
import { ArrowLeft, Trash2 } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { Picture } from '../parts/picture.tsx'
import { explain } from '../parts/problem.tsx'
import { souk } from '../souk.ts'
import { word } from '../work/form.ts'

const kinds = ['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/gif'] as const

/** Pictures in their order: the first stands for the product in lists. */
export function ProductPictures({
  product,
  save,
}: {
  product: Product
  save: (pictures: Product['pictures']) => Promise<boolean>
}) {
  const { pictures } = product
  const tell = useToast()
  const [busy, setBusy] = useState(false)
  const put = async (next: Product['pictures']) => {
    setBusy(true)
    try {
      await save(next)
    } finally {
      setBusy(false)
    }
  }
  const add = async (form: HTMLFormElement) => {
    const data = new FormData(form)
    const file = data.get('file')
    if (!(file instanceof File)) return
    setBusy(true)
    try {
      const url = await uploaded(product.shopId, file, word(data, 'alt'))
      if (await save([...pictures, { url, alt: word(data, 'alt') }])) form.reset()
    } catch (error) {
      const { title, detail } = explain(error)
      tell({ title, detail, tone: 'bad' })
    } finally {
      setBusy(false)
    }
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
      <form
        onSubmit={(event: FormEvent<HTMLFormElement>) => {
          event.preventDefault()
          void add(event.currentTarget)
        }}
        className="flex flex-col gap-2"
      >
        <Field label="New picture" hint="JPEG, PNG, WebP, AVIF or GIF.">
          <Input name="file" type="file" accept={kinds.join(',')} required className="h-auto! py-2" />
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

/** Sends the file where the marketplace says, waits until it was looked at, and resolves to its address. */
async function uploaded(shopId: string, file: File, alt: string): Promise<string> {
  const contentType = kinds.find((kind) => kind === file.type)
  if (contentType === undefined) throw new Error(`${file.name} is no picture of a kind that can be shown.`)
  const { media, upload } = await souk.createMedia({
    body: { shopId, fileName: file.name, alt, contentType, bytes: file.size },
  })
  const sent = await fetch(upload.url, {
    method: upload.method,
    headers: upload.headers as Record<string, string>,
    body: file,
  })
  if (!sent.ok) throw new Error(`The picture could not be sent (${sent.status}).`)
  const path = { mediaId: media.id }
  let now: GetMediaResponse = await souk.completeMedia({ path })
  for (let waitedMs = 0; now.state === 'processing' && waitedMs < 30_000; waitedMs += 400) {
    await new Promise((resolve) => setTimeout(resolve, 400))
    now = await souk.getMedia({ path })
  }
  if (now.state === 'refused') throw new Error(now.refusal ?? 'The picture was refused.')
  if (now.url === null) throw new Error('The picture is still being prepared; look again in a minute.')
  return now.url
}

const swapped = <Item,>(items: readonly Item[], index: number): Item[] => {
  const next = [...items]
  const [moved] = next.splice(index, 1)
  next.splice(index - 1, 0, moved as Item)
  return next
}
