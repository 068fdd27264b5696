import { Alert, Button, buttonClass } from '@souk/ui/plain'
import { useEffect, useRef, useState } from 'react'
import { Link } from 'react-router'
import { useWords } from '../i18n/words.tsx'
import type { Bought } from '../bought.server.ts'

type State =
  | { at: 'ready' }
  | { at: 'asking'; busy: boolean }
  | { at: 'answered'; answer: Exclude<Bought, { state: 'busy' }> }
  | { at: 'unsure' }

const giveUpAfterMs = 30_000

/**
 * The button of a sale. One press is one intent with one key: whatever is lost on the way is asked again under it, so
 * that nobody buys twice, and whoever got one is told so. An answer or "we keep asking" comes within two seconds.
 */
export function BuyNow({
  saleId,
  productId,
  variantId,
  open,
  gone,
}: {
  saleId: string
  productId: string
  variantId: string
  open: boolean
  gone: boolean
}) {
  const { t, to } = useWords()
  const [state, setState] = useState<State>({ at: 'ready' })
  const [method, setMethod] = useState('card')
  const outcome = useRef<HTMLDivElement>(null)
  const kept = `souk-buy ${saleId}`

  async function buy() {
    // A key that got no answer is kept over a reload: the answer may be there already.
    const key = sessionStorage.getItem(kept) ?? crypto.randomUUID()
    sessionStorage.setItem(kept, key)
    setState({ at: 'asking', busy: false })
    const slow = setTimeout(() => setState((now) => (now.at === 'asking' ? { at: 'asking', busy: true } : now)), 1_500)
    const giveUpAt = Date.now() + giveUpAfterMs
    try {
      while (Date.now() < giveUpAt) {
        const answer = await fetch(`/buy/${productId}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ key, variantId, paymentMethod: method }),
        })
          .then((response) => (response.ok ? (response.json() as Promise<Bought>) : undefined))
          .catch(() => undefined)
        if (answer !== undefined && answer.state !== 'busy') {
          sessionStorage.removeItem(kept)
          return setState({ at: 'answered', answer })
        }
        setState({ at: 'asking', busy: true })
        // Not all at the same moment.
        await new Promise((resolve) => setTimeout(resolve, (answer?.retryAfterMs ?? 700) * (0.75 + Math.random() / 2)))
      }
      setState({ at: 'unsure' })
    } finally {
      clearTimeout(slow)
    }
  }

  useEffect(() => {
    if (state.at === 'answered') outcome.current?.focus()
  }, [state])

  const asking = state.at === 'asking'
  return (
    <div>
      {!(state.at === 'answered' && state.answer.state === 'got') && (
        <>
          <fieldset className="mb-3 flex flex-wrap gap-x-5 text-sm" disabled={asking}>
            <legend className="sr-only">{t('checkout.payment')}</legend>
            {(['card', 'bank-transfer', 'cash-on-delivery'] as const).map((each) => (
              <label key={each} className="flex min-h-9 items-center gap-2">
                <input
                  type="radio"
                  name="method"
                  checked={method === each}
                  onChange={() => setMethod(each)}
                  className="accent-accent"
                />
                {t(`checkout.pay.${each}`)}
              </label>
            ))}
          </fieldset>
          <Button
            variant="primary"
            size="lg"
            className="w-full"
            busy={asking}
            disabled={!open || (gone && !asking)}
            onClick={() => void buy()}
          >
            {asking ? t('sale.buying') : gone ? t('sale.gone') : t('sale.buy')}
          </Button>
        </>
      )}
      <div ref={outcome} tabIndex={-1} aria-live="assertive" className="mt-3 outline-none empty:hidden">
        {asking && state.busy && <Alert>{t('sale.busy')}</Alert>}
        {state.at === 'unsure' && (
          <Alert tone="warn" actions={<Button onClick={() => void buy()}>{t('sale.try-again')}</Button>}>
            {t('sale.unsure')}
          </Alert>
        )}
        {state.at === 'answered' && state.answer.state === 'got' && (
          <Alert
            tone="good"
            title={t('sale.got')}
            actions={
              <Link to={to(`/orders/${state.answer.orderId}`)} className={buttonClass({ variant: 'primary' })}>
                {t('sale.to-order')}
              </Link>
            }
          >
            {t('sale.got-text', { number: state.answer.orderId.slice(-6).toUpperCase() })}
          </Alert>
        )}
        {state.at === 'answered' && state.answer.state === 'missed' && (
          <Alert tone="warn" title={t('sale.missed')}>
            {t('sale.missed-text')}
          </Alert>
        )}
        {state.at === 'answered' && state.answer.state === 'had' && <Alert tone="warn">{t('sale.had')}</Alert>}
        {state.at === 'answered' && state.answer.state === 'refused' && <Alert tone="bad">{state.answer.text}</Alert>}
        {state.at === 'answered' && state.answer.state === 'sign-in' && (
          <Alert
            tone="warn"
            actions={
              <Link to={to('/sign-in')} className={buttonClass({})}>
                {t('nav.sign-in')}
              </Link>
            }
          >
            {t('sale.sign-in')}
          </Alert>
        )}
      </div>
    </div>
  )
}
