import { Alert, Button, Field, Input, Select, Textarea } from '@souk/ui/plain'
import {
  type ActionFunctionArgs,
  Form,
  Link,
  type LoaderFunctionArgs,
  useActionData,
  useLoaderData,
  useNavigation,
} from 'react-router'
import { reading } from '../answers.server.ts'
import { perhaps } from '../perhaps.server.ts'
import { type Answered, failureOf, textOf } from '../forms.server.ts'
import { productPath } from '../cards.ts'
import { useWords } from '../i18n/words.tsx'
import { Failed } from '../parts/failed.tsx'
import { Picture } from '../parts/picture.tsx'
import { runtimeContext } from '../runtime.server.ts'
import { visitContext } from '../visit.server.ts'

export const loader = ({ context }: LoaderFunctionArgs) =>
  reading(async () => {
    const visit = context.get(visitContext)
    visit.mustBeSignedIn()
    const { store } = context.get(runtimeContext)
    const { items } = await visit.souk.listProductsToReview({ query: { limit: 20 } })
    const products = await Promise.all(items.map(({ productId }) => perhaps(store.product(productId), undefined)))
    return products.flatMap((product) =>
      product === undefined
        ? []
        : [{ id: product.id, slug: product.slug, title: product.title, picture: product.pictures[0] }],
    )
  })

export async function action({ context, request }: ActionFunctionArgs): Promise<Answered & { at?: string }> {
  const { souk, mustBeSignedIn } = context.get(visitContext)
  mustBeSignedIn()
  const form = await request.formData()
  const productId = textOf(form, 'productId', 50)
  const title = textOf(form, 'title', 120)
  try {
    await souk.writeReview({
      path: { productId },
      body: {
        rating: Math.trunc(Number(form.get('rating'))) || 0,
        text: textOf(form, 'text', 5_000),
        ...(title !== '' && { title }),
      },
    })
    return { ok: true, at: productId }
  } catch (error) {
    return { ...failureOf(error), at: productId }
  }
}

export default function ToReview() {
  const products = useLoaderData<typeof loader>()
  const answer = useActionData<typeof action>()
  const { t, to } = useWords()
  const { state } = useNavigation()
  return (
    <section>
      <title>{`${t('account.review')} · ${t('site.name')}`}</title>
      <h2 className="display text-2xl">{t('account.review')}</h2>
      {answer?.ok === true && (
        <div className="mt-4">
          <Alert tone="good">{t('reviews.thanks')}</Alert>
        </div>
      )}
      {products.length === 0 && <p className="mt-3 text-quiet">{t('account.reviews-none')}</p>}
      <ul className="mt-4 divide-y divide-line">
        {products.map((product) => (
          <li key={product.id} className="flex gap-4 py-5">
            <div className="size-20 shrink-0 overflow-hidden rounded-md">
              <Picture picture={product.picture} alt="" sizes="5rem" />
            </div>
            <div className="min-w-0 flex-1">
              <h3 className="theirs font-medium">
                <Link to={to(productPath(product))} className="hover:underline">
                  {product.title}
                </Link>
              </h3>
              <details open={answer?.ok === false && answer.at === product.id}>
                <summary className="inline-block py-1 text-sm text-accent hover:underline">
                  {t('reviews.write')}
                </summary>
                <Form method="post" className="mt-3 max-w-xl space-y-4">
                  {answer?.at === product.id && <Failed answer={answer} />}
                  <input type="hidden" name="productId" value={product.id} />
                  <Field label={t('reviews.rating')}>
                    <Select name="rating" defaultValue="5">
                      {[5, 4, 3, 2, 1].map((stars) => (
                        <option key={stars} value={stars}>
                          {'★'.repeat(stars)}
                        </option>
                      ))}
                    </Select>
                  </Field>
                  <Field label={t('reviews.headline')}>
                    <Input name="title" maxLength={120} />
                  </Field>
                  <Field label={t('reviews.text')}>
                    <Textarea name="text" required maxLength={5_000} />
                  </Field>
                  <Button type="submit" variant="primary" busy={state !== 'idle'}>
                    {t('reviews.send')}
                  </Button>
                </Form>
              </details>
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}
