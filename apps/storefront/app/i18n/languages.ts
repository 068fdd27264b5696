export const languages = ['en', 'de'] as const
export type Lang = (typeof languages)[number]
export const defaultLang: Lang = 'en'
export const localeOf: Readonly<Record<Lang, string>> = { en: 'en-GB', de: 'de-DE' }

/** The language is in the address, so that a page can be kept and linked as it is: "/de/cart"; English has no prefix. */
export const langOf = (pathname: string): Lang => (/^\/de(\/|\.data$|$)/.test(pathname) ? 'de' : defaultLang)

/** "/cart" in a language: "/cart", "/de/cart". */
export const pathIn = (lang: Lang, path: string): string =>
  lang === defaultLang ? path : path === '/' ? `/${lang}` : `/${lang}${path}`

/** The same page in another language. */
export const inLang = (lang: Lang, path: string): string =>
  pathIn(lang, langOf(path) === defaultLang ? path : path.slice(3) || '/')
