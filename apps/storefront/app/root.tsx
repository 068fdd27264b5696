import type { ReactNode } from 'react'
import { Links, Meta, Outlet, Scripts, ScrollRestoration, useLocation } from 'react-router'
import './app.css'
import { langOf, languages, inLang } from './i18n/languages.ts'
import { WordsProvider, wordsOf } from './i18n/words.tsx'
import { headScript } from './head-script.ts'

export { ErrorPage as ErrorBoundary } from './parts/error-page.tsx'

export function Layout({ children }: { children: ReactNode }) {
  const { pathname } = useLocation()
  const lang = langOf(pathname)
  return (
    <html lang={lang} suppressHydrationWarning>
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
        <meta name="color-scheme" content="light dark" />
        <meta name="theme-color" media="(prefers-color-scheme: light)" content="#faf7f2" />
        <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#171411" />
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        {languages.map((each) => (
          <link key={each} rel="alternate" hrefLang={each} href={inLang(each, pathname)} />
        ))}
        {/* Before the first paint: theme, currency, and that scripts run. Its text never changes; its hash is in the policy. */}
        <script dangerouslySetInnerHTML={{ __html: headScript }} suppressHydrationWarning />
        <Meta />
        <Links />
      </head>
      <body className="min-h-dvh">
        <WordsProvider value={wordsOf(lang)}>{children}</WordsProvider>
        <ScrollRestoration />
        <Scripts />
      </body>
    </html>
  )
}

export default function Root() {
  return <Outlet />
}
