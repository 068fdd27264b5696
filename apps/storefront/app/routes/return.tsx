import { Button, Checkbox, ChoiceGroup, Field, Select, Textarea } from '@souk/ui/plain'
import {
  type ActionFunctionArgs,
  Form,
  type LoaderFunctionArgs,
  redirect,
  useActionData,
  useLoaderData,
  useNavigation,
} from 'react-router'
import { reading } from '../answers.server.ts'
import { perhaps } from '../perhaps.server.ts'
import { type Answered, failureOf, textOf } from '../forms.server.ts'
import { langOf, pathIn } from '../i18n/languages.ts'
import { useWords } from '../i18n/words.tsx'
import { Failed } from '../parts/failed.tsx'
import { Crumbs, Page } from '../parts/page.tsx'
import { visitContext } from '../visit.server.ts'

const reasons = ['damaged', 'wrong-item', 'not-as-described', 'late', 'not-wanted', 'other'] as const

export const loader = ({ context, params }: LoaderFunctionArgs) =>
  reading(async () => {
    const visit = context.get(visitContext)
    visit.mustBeSignedIn({ orGuest: true })
    const path = { orderId: params.orderId ?? '' }
    const [order, returns] = await Promise.all([
      visit.souk.getOrder({ path }),
      perhaps(visit.souk.listReturns({ path }), { items: [] }),
    ])
    const sent = new Map<string, number>()
    for (const { lines } of returns.items.filter(({ state }) => state !== 'refused'))
      for (const { variantId, quantity } of lines) sent.set(variantId, (sent.get(variantId) ?? 0) + quantity)
    return {
      orderId: order.id,
      lines:
        order.status === 'delivered'
          ? order.lines
              .map(({ variantId, title, quantity }) => ({
                variantId,
                title,
                left: quantity - (sent.get(variantId) ?? 0),
              }))
              .filter(({ left }) => left > 0)
          : [],
    }
  })

export async function action({ context, params, request }: ActionFunctionArgs): Promise<Answered> {
  const visit = context.get(visitContext)
  visit.mustBeSignedIn({ orGuest: true })
  const form = await request.formData()
  const orderId = params.orderId ?? ''
  const lines = form
    .getAll('variantId')
    .map(String)
    .map((variantId) => ({
      variantId,
      quantity: Math.max(1, Math.trunc(Number(form.get(`quantity ${variantId}`) ?? 1)) || 1),
    }))
  if (lines.length === 0) return { ok: false, failure: { key: 'return.choose' } }
  const note = textOf(form, 'note', 1_000)
  try {
    await visit.souk.requestReturn({
      path: { orderId },
      body: {
        lines,
        reason: reasons.find((each) => each === form.get('reason')) ?? 'other',
        ...(note !== '' && { note }),
      },
    })
  } catch (error) {
    return failureOf(error)
  }
  throw redirect(pathIn(langOf(new URL(request.url).pathname), `/orders/${orderId}`))
}

export default function ReturnPage() {
  const { orderId, lines } = useLoaderData<typeof loader>()
  const answer = useActionData<typeof action>()
  const { t } = useWords()
  const { state } = useNavigation()
  return (
    <Page narrow>
      <title>{`${t('return.title')} · ${t('site.name')}`}</title>
      <Crumbs
        items={[
          { title: t('order.title', { number: orderId.slice(-6).toUpperCase() }), path: `/orders/${orderId}` },
          { title: t('return.title') },
        ]}
      />
      <h1 className="display text-3xl">{t('return.title')}</h1>
      {lines.length === 0 ? (
        <p className="mt-4 text-quiet">{t('return.none')}</p>
      ) : (
        <Form method="post" className="mt-6 space-y-6">
          <Failed answer={answer} />
          <ChoiceGroup legend={t('return.which')}>
            <ul className="divide-y divide-line">
              {lines.map(({ variantId, title, left }) => (
                <li key={variantId} className="flex items-center justify-between gap-4 py-2">
                  <Checkbox
                    name="variantId"
                    value={variantId}
                    defaultChecked={lines.length === 1}
                    label={<span className="theirs">{title}</span>}
                  />
                  <Select
                    name={`quantity ${variantId}`}
                    size="sm"
                    aria-label={`${t('product.quantity')}: ${title}`}
                    className="w-18"
                  >
                    {Array.from({ length: Math.min(left, 50) }, (_, at) => (
                      <option key={at}>{at + 1}</option>
                    ))}
                  </Select>
                </li>
              ))}
            </ul>
          </ChoiceGroup>
          <Field label={t('return.reason')}>
            <Select name="reason">
              {reasons.map((reason) => (
                <option key={reason} value={reason}>
                  {t(`return.reason.${reason}`)}
                </option>
              ))}
            </Select>
          </Field>
          <Field label={t('return.note')}>
            <Textarea name="note" maxLength={1_000} />
          </Field>
          <Button type="submit" variant="primary" size="lg" busy={state !== 'idle'}>
            {t('return.send')}
          </Button>
        </Form>
      )}
    </Page>
  )
}
