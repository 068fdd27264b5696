import { Alert, Button, Checkbox, cx, Field, Input } from '@souk/ui/plain'
import type { QuoteResponse } from '@souk/sdk'
import { useState } from 'react'
import {
  type ActionFunctionArgs,
  Form,
  Link,
  type LoaderFunctionArgs,
  redirect,
  useActionData,
  useLoaderData,
  useNavigation,
  useSubmit,
} from 'react-router'
import { reading } from '../answers.server.ts'
import { perhaps } from '../perhaps.server.ts'
import { addressOf } from '../address.server.ts'
import { readCart, setVouchers } from '../cart.server.ts'
import { beGuest, checkOut, quoteOf } from '../check-out.server.ts'
import { type Answered, failureOf, textOf } from '../forms.server.ts'
import type { MessageKey } from '../i18n/en.ts'
import { langOf, pathIn } from '../i18n/languages.ts'
import { useWords } from '../i18n/words.tsx'
import { AddressFields } from '../parts/address-fields.tsx'
import { Failed } from '../parts/failed.tsx'
import { Page } from '../parts/page.tsx'
import { Summary } from '../parts/summary.tsx'
import { runtimeContext } from '../runtime.server.ts'
import { isOn } from '../set.ts'
import { visitContext } from '../visit.server.ts'

export const loader = ({ context, request }: LoaderFunctionArgs) =>
  reading(async () => {
    const visit = context.get(visitContext)
    const url = new URL(request.url)
    const lang = langOf(url.pathname)
    const cart = await readCart(visit)
    if (cart === undefined || cart.shops.length === 0) throw redirect(pathIn(lang, '/cart'))
    const { shopper } = visit
    if (shopper === undefined && !isOn(await context.get(runtimeContext).store.settings(), 'checkout.guest', true))
      visit.mustBeSignedIn()
    const addresses = shopper === undefined ? [] : (await perhaps(visit.souk.listMyAddresses(), { items: [] })).items
    const chosen =
      addresses.find(({ id }) => id === url.searchParams.get('address')) ??
      addresses.find(({ defaultDelivery }) => defaultDelivery) ??
      addresses[0]
    const country = countryOf(url) ?? chosen?.country ?? (lang === 'de' ? 'DE' : 'GB')
    const method = (url.searchParams.get('method') ?? '').slice(0, 50)
    const quote = await quoteOf(visit, cart, lang, {
      country,
      ...(method !== '' && { method }),
    })
    const wallet = shopper === undefined ? undefined : await perhaps(visit.souk.getMyWallet(), undefined)
    return {
      cart,
      quote,
      addresses,
      chosenId: countryOf(url) === undefined ? (chosen?.id ?? 'new') : 'new',
      country,
      method: method || 'standard',
      shopper: shopper && { name: shopper.name, email: shopper.email, guest: shopper.guest },
      hasWallet: wallet?.balances.some(({ balanceMinor }) => balanceMinor > 0) ?? false,
      // One for this page: sent again by reload or double press it is one checkout.
      key: crypto.randomUUID(),
    }
  })

export async function action({ context, request }: ActionFunctionArgs): Promise<Answered & { key?: string }> {
  const visit = context.get(visitContext)
  const form = await request.formData()
  const lang = langOf(new URL(request.url).pathname)
  const intent = textOf(form, 'intent')
  const key = textOf(form, 'key', 64)
  try {
    if (intent === 'voucher' || intent === 'no-voucher') {
      const code = textOf(form, 'code', 50)
      const cart = await readCart(visit)
      const others = (cart?.vouchers ?? []).filter((each) => each !== code)
      const changed = await setVouchers(visit, intent === 'voucher' ? [...others, code] : others)
      if (intent === 'no-voucher') return { ok: true }
      const country = countryOf(new URL(request.url)) ?? (lang === 'de' ? 'DE' : 'GB')
      const refusal = refusalOf(code, await quoteOf(visit, changed, lang, { country }))
      if (refusal === undefined) return { ok: true }
      // One that is good for nothing is not kept: the whole order would be refused for it.
      await setVouchers(visit, others)
      return { ok: false, failure: { text: `${code}: ${refusal}` } }
    }
    if (visit.shopper === undefined) await beGuest(visit, textOf(form, 'email', 320), addressOf(form).name)
    if (form.has('saveAddress') && visit.shopper?.guest === false)
      // Kept for convenience: an order does not fail for it.
      await visit.souk.addMyAddress({ body: addressOf(form) }).catch(() => {})
    const checkout = await checkOut(visit, form)
    const placed = checkout.orders.filter(({ outcome }) => outcome === 'placed' || outcome === 'pending')
    const ids = placed.flatMap(({ orderId }) => orderId ?? [])
    await readCart(visit).catch(() => undefined)
    const [first, ...others] = ids
    if (first === undefined) {
      const refusal = checkout.orders.find(({ refusal }) => refusal !== null)?.refusal
      return { ok: false, key, failure: refusal == null ? { key: 'checkout.busy' } : { text: refusal.detail } }
    }
    const search = new URLSearchParams({ placed: '1' })
    if (others.length > 0) search.set('with', others.join(','))
    const refused = checkout.orders.filter(({ outcome }) => outcome === 'refused' || outcome === 'cancelled').length
    if (refused > 0) search.set('refused', String(refused))
    throw redirect(`${pathIn(lang, `/orders/${first}`)}?${search}`)
  } catch (error) {
    if (error instanceof Response) throw error
    return { ...failureOf(error), key }
  }
}

/** The one that is named in the address, if it is one. */
function countryOf({ searchParams }: URL): string | undefined {
  const country = (searchParams.get('country') ?? '').toUpperCase()
  return /^[A-Z]{2}$/.test(country) ? country : undefined
}

/** Why no shop takes this voucher; undefined when one does, or when nobody can say now. */
function refusalOf(code: string, quote: QuoteResponse | undefined): string | undefined {
  const isIt = (each: { code?: string }) => each.code?.toUpperCase() === code.toUpperCase()
  if (quote === undefined || quote.shops.some(({ adjustments }) => adjustments.some(isIt))) return undefined
  return quote.shops.flatMap(({ refusals }) => refusals).find(isIt)?.detail
}

export default function CheckoutPage() {
  const { cart, quote, addresses, chosenId, country, method, shopper, hasWallet, key } = useLoaderData<typeof loader>()
  const answer = useActionData<typeof action>()
  const { t, to, region } = useWords()
  const { state, formData } = useNavigation()
  const submit = useSubmit()
  const [addressId, setAddressId] = useState(chosenId)
  const placing = state !== 'idle' && formData?.get('intent') === 'place'
  const methods = new Map(
    quote?.shops.flatMap(({ deliveryMethods }) => deliveryMethods.map((each) => [each.method, each] as const)),
  )
  const faults = answer?.ok === false ? answer.fields : undefined
  /** Prices anew, by the page's own address: what is chosen can be reloaded and linked. */
  const priced = (change: Record<string, string>) => {
    const search = new URLSearchParams({
      ...(addressId === 'new' ? { country } : { address: addressId }),
      method,
      ...change,
    })
    if ('address' in change) search.delete('country')
    void submit(search, { method: 'get', action: to('/checkout'), preventScrollReset: true, replace: true })
  }
  return (
    <Page className="max-w-6xl!">
      <title>{`${t('checkout.title')} · ${t('site.name')}`}</title>
      <h1 className="display mt-8 text-3xl sm:text-4xl">{t('checkout.title')}</h1>
      <Failed answer={answer} className="mt-4" />
      <div className="mt-6 grid gap-10 lg:grid-cols-[1fr_24rem] lg:gap-14">
        <Form method="post" id="checkout" className="min-w-0 space-y-10" preventScrollReset>
          <input type="hidden" name="intent" value="place" />
          <input type="hidden" name="key" value={answer?.key ?? key} />
          <Step number={1} title={t('checkout.who')}>
            {shopper !== undefined ? (
              <p className="theirs">
                {shopper.name && <span className="font-medium">{shopper.name} · </span>}
                <span className="text-quiet">{shopper.email}</span>
              </p>
            ) : (
              <>
                <Field label={t('checkout.email')} hint={t('checkout.guest-hint')} error={faults?.email}>
                  <Input name="email" type="email" autoComplete="email" required maxLength={320} />
                </Field>
                <p className="mt-3 text-sm">
                  <Link
                    to={`${to('/sign-in')}?next=${encodeURIComponent(to('/checkout'))}`}
                    className="text-accent hover:underline"
                  >
                    {t('checkout.have-account')}
                  </Link>
                </p>
              </>
            )}
          </Step>
          <Step number={2} title={t('checkout.address')}>
            {addresses.length > 0 && (
              <ul className="mb-5 grid gap-3 sm:grid-cols-2">
                {[...addresses, undefined].map((address) => {
                  const id = address?.id ?? 'new'
                  return (
                    <li key={id}>
                      <label
                        className={cx(
                          'flex h-full cursor-pointer gap-3 rounded-lg border p-4 text-sm',
                          addressId === id ? 'border-accent bg-accent-soft' : 'border-edge/50 bg-surface',
                        )}
                      >
                        <input
                          type="radio"
                          name="addressId"
                          value={id}
                          checked={addressId === id}
                          onChange={() => {
                            setAddressId(id)
                            if (address !== undefined) priced({ address: id })
                          }}
                          className="mt-0.5 size-4 accent-accent"
                        />
                        {address === undefined ? (
                          t('checkout.other-address')
                        ) : (
                          <span className="theirs">
                            <span className="font-medium">{address.name}</span>
                            <br />
                            {address.line1}
                            <br />
                            {address.postalCode} {address.city}, {region(address.country)}
                          </span>
                        )}
                      </label>
                    </li>
                  )
                })}
              </ul>
            )}
            {addressId === 'new' && (
              <>
                <AddressFields
                  address={{ country, ...(shopper?.name && { name: shopper.name }) }}
                  faults={faults}
                  onCountry={(chosen) => priced({ country: chosen })}
                />
                {shopper?.guest === false && (
                  <Checkbox name="saveAddress" defaultChecked label={t('checkout.save-address')} className="mt-3" />
                )}
              </>
            )}
          </Step>
          {methods.size > 0 && (
            <Step number={3} title={t('checkout.delivery')}>
              <div className="grid gap-3 sm:grid-cols-2">
                {[...methods.values()].map((each) => (
                  <label
                    key={each.method}
                    className={cx(
                      'flex cursor-pointer items-start gap-3 rounded-lg border p-4 text-sm',
                      method === each.method ? 'border-accent bg-accent-soft' : 'border-edge/50 bg-surface',
                    )}
                  >
                    <input
                      type="radio"
                      name="deliveryMethod"
                      value={each.method}
                      checked={method === each.method}
                      onChange={() => priced({ method: each.method })}
                      className="mt-0.5 size-4 accent-accent"
                    />
                    <span className="theirs font-medium">{each.name}</span>
                  </label>
                ))}
              </div>
            </Step>
          )}
          <Step number={methods.size > 0 ? 4 : 3} title={t('checkout.payment')}>
            <div className="space-y-2">
              {(
                ['card', 'bank-transfer', 'cash-on-delivery', ...(hasWallet ? (['wallet'] as const) : [])] as const
              ).map((each, at) => (
                <label
                  key={each}
                  className="flex cursor-pointer gap-3 rounded-lg border border-edge/50 bg-surface p-4 text-sm has-checked:border-accent has-checked:bg-accent-soft"
                >
                  <input
                    type="radio"
                    name="paymentMethod"
                    value={each}
                    defaultChecked={at === 0}
                    className="mt-0.5 size-4 accent-accent"
                  />
                  <span>
                    <span className="font-medium">{t(`checkout.pay.${each}`)}</span>
                    <span className="block text-quiet">{t(`checkout.pay.${each}-hint` as MessageKey)}</span>
                  </span>
                </label>
              ))}
            </div>
          </Step>
        </Form>
        <aside className="min-w-0 lg:sticky lg:top-6 lg:self-start">
          <div className="rounded-xl bg-sunken p-5 sm:p-6">
            <h2 className="display text-xl">{t('checkout.summary')}</h2>
            <Summary cart={cart} quote={quote} />
            <Vouchers codes={cart.vouchers} refusals={quote?.shops.flatMap(({ refusals }) => refusals) ?? []} />
            {quote === undefined ? (
              <div className="mt-6">
                <Alert
                  tone="warn"
                  actions={
                    <Button onClick={() => priced({})} busy={state !== 'idle'}>
                      {t('checkout.recalculate')}
                    </Button>
                  }
                >
                  {t('checkout.unpriced')}
                </Alert>
              </div>
            ) : (
              <>
                {/* While prices are asked for anew, what stands above is not what it would cost. */}
                <Button
                  type="submit"
                  form="checkout"
                  variant="primary"
                  size="lg"
                  busy={placing}
                  disabled={state !== 'idle' && !placing}
                  className="mt-6 w-full"
                >
                  {t(placing ? 'checkout.placing' : 'checkout.place')}
                </Button>
                <p className="mt-3 text-xs text-quiet">{t('checkout.terms')}</p>
              </>
            )}
          </div>
        </aside>
      </div>
    </Page>
  )
}

function Step({ number, title, children }: { number: number; title: string; children: React.ReactNode }) {
  return (
    <section aria-labelledby={`step-${number}`}>
      <h2 id={`step-${number}`} className="mb-4 flex items-center gap-3 text-lg font-semibold">
        <span
          className="figures grid size-7 place-items-center rounded-full bg-accent text-sm text-accent-ink"
          aria-hidden="true"
        >
          {number}
        </span>
        {title}
      </h2>
      {children}
    </section>
  )
}

function Vouchers({
  codes,
  refusals,
}: {
  codes: readonly string[]
  refusals: readonly { kind: string; detail: string; code?: string }[]
}) {
  const { t } = useWords()
  return (
    <div className="mt-5 border-t border-line pt-5">
      {codes.length > 0 && (
        <ul className="mb-3 flex flex-wrap gap-2">
          {codes.map((code) => (
            <li key={code}>
              <Form method="post" preventScrollReset>
                <input type="hidden" name="intent" value="no-voucher" />
                <input type="hidden" name="code" value={code} />
                <button
                  type="submit"
                  className="theirs inline-flex min-h-9 items-center gap-2 rounded-full bg-accent-soft px-3 text-sm text-accent-strong"
                >
                  {code} <span aria-hidden="true">✕</span>
                  <span className="sr-only">{t('checkout.voucher-remove', { code })}</span>
                </button>
              </Form>
            </li>
          ))}
        </ul>
      )}
      <Form method="post" className="flex items-end gap-2" preventScrollReset key={codes.join()}>
        <input type="hidden" name="intent" value="voucher" />
        <Field label={t('checkout.voucher')} className="flex-1">
          <Input name="code" autoComplete="off" autoCapitalize="characters" maxLength={50} required />
        </Field>
        <Button type="submit">{t('checkout.voucher-add')}</Button>
      </Form>
      {refusals.length > 0 && (
        <div className="mt-3">
          <Alert tone="warn">
            {[...new Set(refusals.map(({ detail, code }) => (code === undefined ? detail : `${code}: ${detail}`)))].map(
              (text) => (
                <p key={text}>{text}</p>
              ),
            )}
          </Alert>
        </div>
      )}
    </div>
  )
}
