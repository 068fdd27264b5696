import { Alert, Button, Field, Input, Select } from '@souk/ui/plain'
import type { GetNotificationPreferencesResponse } from '@souk/sdk'
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
import { type Answered, failureOf, textOf } from '../forms.server.ts'
import { useWords } from '../i18n/words.tsx'
import { Failed } from '../parts/failed.tsx'
import { MorePages } from '../parts/lists.tsx'
import { visitContext } from '../visit.server.ts'

type Kind = GetNotificationPreferencesResponse['kinds'][number]

/** What shoppers are told, in the order it happens. The rest is for shops. */
const told = [
  'order-confirmed',
  'order-shipped',
  'order-delivered',
  'order-cancelled',
  'order-returned',
  'payment-needed',
  'payment-failed',
  'payment-refunded',
  'notice',
] as const satisfies readonly Kind['kind'][]
/** `account`: read here, and nowhere else. */
const ways = ['email', 'sms', 'whatsapp', 'account'] as const
const languages = ['en', 'de', 'tr'] as const

export const loader = ({ context, request }: LoaderFunctionArgs) =>
  reading(async () => {
    const visit = context.get(visitContext)
    visit.mustBeSignedIn()
    const cursor = new URL(request.url).searchParams.get('after')
    const [preferences, messages] = await Promise.all([
      visit.souk.getNotificationPreferences(),
      visit.souk.listMyNotifications({ query: { limit: 20, ...(cursor !== null && { cursor }) } }),
    ])
    return {
      phone: preferences.phone ?? '',
      language: preferences.language,
      chosen: told.map((kind) => ({ kind, way: wayOf(preferences.kinds.find((each) => each.kind === kind)) })),
      // What went out by another way is kept here, too.
      messages: messages.items
        .filter(({ channel }) => channel === 'inbox')
        .map(({ messageId, subject, text, orderId, recordedAt }) => ({
          id: messageId,
          subject,
          text,
          orderId,
          recordedAt,
        })),
      next: messages.nextCursor,
      first: cursor === null,
    }
  })

/** The first way out of the house is the one that carries; the others stand by. */
const wayOf = (kind: Kind | undefined): (typeof ways)[number] =>
  ways.find((way) => way === kind?.channels.find((channel) => channel !== 'inbox')) ?? 'account'

export async function action({ context, request }: ActionFunctionArgs): Promise<Answered> {
  const visit = context.get(visitContext)
  visit.mustBeSignedIn()
  const form = await request.formData()
  try {
    const { pushToken } = await visit.souk.getNotificationPreferences()
    const phone = textOf(form, 'phone', 20).replaceAll(/[\s()/-]/g, '')
    await visit.souk.setNotificationPreferences({
      body: {
        language: languages.find((each) => each === form.get('language')) ?? 'en',
        phone: phone === '' ? null : phone,
        pushToken,
        kinds: told.map((kind) => {
          const way = ways.find((each) => each === form.get(kind)) ?? 'email'
          return { kind, channels: way === 'account' ? ['inbox'] : ['inbox', way] }
        }),
      },
    })
    return { ok: true }
  } catch (error) {
    return failureOf(error)
  }
}

const languageNames = { en: 'English', de: 'Deutsch', tr: 'Türkçe' } as const

export default function Messages() {
  const { phone, language, chosen, messages, next, first } = useLoaderData<typeof loader>()
  const answer = useActionData<typeof action>()
  const { t, to, date } = useWords()
  const { state } = useNavigation()
  const faults = answer?.ok === false ? answer.fields : undefined
  return (
    <section>
      <title>{`${t('account.messages')} · ${t('site.name')}`}</title>
      <h2 className="display text-2xl">{t('account.messages')}</h2>
      {messages.length === 0 && <p className="mt-3 text-quiet">{t('messages.none')}</p>}
      <ul className="mt-4 divide-y divide-line">
        {messages.map((message) => (
          <li key={message.id} className="py-4">
            <details>
              <summary className="cursor-pointer">
                <span className="theirs font-medium">{message.subject}</span>{' '}
                <span className="text-sm text-quiet">{date(message.recordedAt, 'minute')}</span>
              </summary>
              <p className="theirs mt-2 max-w-prose text-sm whitespace-pre-line text-quiet">{message.text}</p>
              {message.orderId !== null && (
                <Link
                  to={to(`/orders/${message.orderId}`)}
                  className="inline-block py-1 text-sm text-accent hover:underline"
                >
                  {t('sale.to-order')}
                </Link>
              )}
            </details>
          </li>
        ))}
      </ul>
      <MorePages next={next} first={first} />

      <h3 className="display mt-12 text-xl">{t('messages.how')}</h3>
      <Form method="post" className="mt-4 max-w-xl space-y-6">
        {answer?.ok === true && state === 'idle' && <Alert tone="good">{t('preferences.saved')}</Alert>}
        {faults === undefined && <Failed answer={answer} />}
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t('messages.phone')} hint={t('messages.phone-hint')} error={faults?.phone}>
            <Input name="phone" type="tel" autoComplete="tel" defaultValue={phone} maxLength={20} />
          </Field>
          <Field label={t('preferences.language')}>
            <Select name="language" defaultValue={language}>
              {languages.map((each) => (
                <option key={each} value={each} lang={each}>
                  {languageNames[each]}
                </option>
              ))}
            </Select>
          </Field>
        </div>
        <div className="divide-y divide-line border-y border-line">
          {chosen.map(({ kind, way }) => (
            <Field
              key={kind}
              label={t(`messages.${kind}`)}
              className="flex-row! items-center justify-between gap-4! py-2"
            >
              <Select name={kind} defaultValue={way} className="w-44 shrink-0">
                {ways.map((each) => (
                  <option key={each} value={each}>
                    {t(`messages.by.${each}`)}
                  </option>
                ))}
              </Select>
            </Field>
          ))}
        </div>
        <p className="text-sm text-quiet">{t('messages.here')}</p>
        <Button type="submit" variant="primary" busy={state !== 'idle'}>
          {t('preferences.save')}
        </Button>
      </Form>
    </section>
  )
}
