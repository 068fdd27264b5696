import { buttonClass } from '@souk/ui/plain'
import { useEffect } from 'react'
import { isRouteErrorResponse, Link, useLocation, useRevalidator, useRouteError } from 'react-router'
import { langOf } from '../i18n/languages.ts'
import { wordsOf } from '../i18n/words.tsx'
import { Page } from './page.tsx'

const againAfterMs = 4_000

/** What is shown instead of a page that cannot be: gone, broken, or too many at once. */
export function ErrorPage() {
  const error = useRouteError()
  const { pathname } = useLocation()
  const { t, to } = wordsOf(langOf(pathname))
  const status = isRouteErrorResponse(error) ? error.status : 500
  const number = isRouteErrorResponse(error) && typeof error.data === 'string' ? error.data : '–'
  const kind = status === 404 ? '404' : status === 503 ? '503' : '500'
  const { revalidate } = useRevalidator()
  useEffect(() => {
    if (kind !== '503') return
    const timer = setInterval(() => void revalidate(), againAfterMs)
    return () => clearInterval(timer)
  }, [kind, revalidate])
  return (
    <main id="content">
      <Page narrow className="py-20 text-center sm:py-28">
        <title>{`${t(`error.${kind}`)} · ${t('site.name')}`}</title>
        {kind === '503' && (
          <noscript>
            <meta httpEquiv="refresh" content="5" />
          </noscript>
        )}
        <p className="display text-6xl text-accent" aria-hidden="true">
          {kind}
        </p>
        <h1 className="display mt-4 text-3xl sm:text-4xl">{t(`error.${kind}`)}</h1>
        <p className="mx-auto mt-3 max-w-md text-quiet" {...(kind === '503' && { role: 'status' })}>
          {t(`error.${kind}-hint`, { number })}
        </p>
        <p className="mt-8 flex flex-wrap justify-center gap-3">
          {kind !== '404' && (
            <a href={pathname} className={buttonClass({ variant: 'primary' })}>
              {t('error.retry')}
            </a>
          )}
          <Link to={to('/')} className={buttonClass({ variant: kind === '404' ? 'primary' : 'secondary' })}>
            {t('error.home')}
          </Link>
        </p>
      </Page>
    </main>
  )
}
