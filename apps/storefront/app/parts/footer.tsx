import { Select } from '@souk/ui/plain'
import { useEffect, useId, useState } from 'react'
import { Link, useLocation } from 'react-router'
import { inLang, languages } from '../i18n/languages.ts'
import { useWords } from '../i18n/words.tsx'
import { perEuro, ratesAsOf, shownCurrencies } from '../rates.ts'

const languageNames = { en: 'English', de: 'Deutsch' } as const
const yearSeconds = 365 * 86_400

/** Kept in a cookie, shown at once; the pages stay the same for everybody. */
export function choose(name: 'theme' | 'currency', value: string): void {
  document.cookie = `souk_${name}=${value}; Path=/; SameSite=Lax; Max-Age=${value === '' ? 0 : yearSeconds}`
  if (value === '') delete document.documentElement.dataset[name]
  else document.documentElement.dataset[name] = value
}

export function useChoice(name: 'theme' | 'currency'): [string, (value: string) => void] {
  const [value, setValue] = useState('')
  useEffect(() => setValue(document.documentElement.dataset[name] ?? ''), [name])
  return [
    value,
    (next) => {
      setValue(next)
      choose(name, next)
    },
  ]
}

function Choice({
  name,
  label,
  options,
}: {
  name: 'theme' | 'currency'
  label: string
  options: readonly (readonly [string, string])[]
}) {
  const id = useId()
  const [value, change] = useChoice(name)
  return (
    <div className="with-script flex flex-col gap-1 max-sm:flex-1">
      <label htmlFor={id} className="text-xs text-quiet">
        {label}
      </label>
      <Select id={id} value={value} onChange={(event) => change(event.target.value)} className="min-w-36">
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </Select>
    </div>
  )
}

export function Footer({ supportEmail }: { supportEmail: string }) {
  const { t, to, lang, number, date } = useWords()
  const { pathname, search } = useLocation()
  return (
    <footer className="mt-20 border-t border-line bg-sunken/60 sm:mt-28">
      <div className="mx-auto grid max-w-7xl gap-x-12 gap-y-8 px-4 py-10 sm:grid-cols-[1fr_auto] sm:px-6">
        <div>
          <p className="display text-xl">{t('site.name')}</p>
          <p className="mt-1 max-w-sm text-sm text-quiet">{t('site.claim')}</p>
          <nav className="mt-4 flex flex-wrap gap-x-5 gap-y-1 text-sm">
            <Link to={to('/s')} className="py-1 hover:underline">
              {t('nav.shops')}
            </Link>
            <Link to={to('/sales')} className="py-1 hover:underline">
              {t('nav.sales')}
            </Link>
            <Link to={to('/account')} className="py-1 hover:underline">
              {t('nav.account')}
            </Link>
            {supportEmail !== '' && (
              <a href={`mailto:${encodeURIComponent(supportEmail)}`} className="py-1 hover:underline">
                {t('footer.support')}
              </a>
            )}
          </nav>
        </div>
        <div className="flex flex-wrap items-end gap-4">
          <nav aria-label={t('footer.language')} className="-ml-2.5 flex h-10 items-center gap-1 text-sm max-sm:w-full">
            {languages.map((each) => (
              <a
                key={each}
                href={inLang(each, pathname) + search}
                hrefLang={each}
                lang={each}
                {...(each === lang && { 'aria-current': 'true' as const })}
                className="rounded-md px-2.5 py-2 hover:bg-hover aria-[current=true]:font-semibold"
              >
                {languageNames[each]}
              </a>
            ))}
          </nav>
          <Choice
            name="currency"
            label={t('footer.currency')}
            options={[['', '–'], ...shownCurrencies.map((each) => [each, each] as const)]}
          />
          <Choice
            name="theme"
            label={t('footer.theme')}
            options={[
              ['', t('preferences.appearance.system')],
              ['light', t('preferences.appearance.light')],
              ['dark', t('preferences.appearance.dark')],
            ]}
          />
        </div>
        <p className="text-xs text-quiet sm:col-span-2">
          {t('footer.rates', { date: date(ratesAsOf), gbp: number(perEuro.GBP ?? 1), jpy: number(perEuro.JPY ?? 1) })}{' '}
          {t('footer.about')}
        </p>
      </div>
    </footer>
  )
}
