import { cx, formatMoney } from '@souk/ui/plain'
import { useWords } from '../i18n/words.tsx'
import { approximate, shownCurrencies } from '../rates.ts'

/** An amount in the currency it is in. */
export function Money({ minor, currency, className }: { minor: number; currency: string; className?: string }) {
  const { locale } = useWords()
  return <span className={cx('figures', className)}>{formatMoney(minor, currency, locale)}</span>
}

/** A price as lists and products show it: what it was before, and about how much it is in the currency one thinks in. */
export function PriceTag({
  minor,
  currency,
  beforeMinor,
  from = false,
  size = 'md',
}: {
  minor: number
  currency: string
  beforeMinor?: number | undefined
  from?: boolean
  size?: 'md' | 'lg'
}) {
  const { locale, t } = useWords()
  const reduced = beforeMinor !== undefined && beforeMinor > minor
  return (
    <span className="figures inline-flex flex-wrap items-baseline gap-x-2">
      <span className={cx('font-semibold', size === 'lg' ? 'text-2xl' : 'text-[0.9375rem]', reduced && 'text-accent')}>
        {from && <span className="text-sm font-normal text-quiet">{t('product.from')} </span>}
        {formatMoney(minor, currency, locale)}
      </span>
      {reduced && (
        <span className="text-sm text-quiet">
          <span className="sr-only">{t('sale.instead-of', { price: formatMoney(beforeMinor, currency, locale) })}</span>
          <s aria-hidden="true">{formatMoney(beforeMinor, currency, locale)}</s>
        </span>
      )}
      {shownCurrencies.map((to) => {
        const about = to === currency ? undefined : approximate(minor, currency, to)
        return about === undefined ? null : (
          <span key={to} className={`approx approx-${to} text-sm text-quiet`}>
            {t('product.approx', { price: formatMoney(about, to, locale).replace(/[.,]\d0$|[.,]00(?=\D*$)/, '') })}
          </span>
        )
      })}
    </span>
  )
}
