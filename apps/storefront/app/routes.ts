import { index, layout, prefix, route, type RouteConfig, type RouteConfigEntry } from '@react-router/dev/routes'
import { languages } from './i18n/languages.ts'

/** The same pages in every language; `id` keeps their names apart. */
const pages = (lang: string): RouteConfigEntry[] => {
  const page = (path: string, file: string) => route(path, `routes/${file}`, { id: `${lang}:${file}:${path}` })
  return [
    index('routes/home.tsx', { id: `${lang}:home` }),
    page('c/:slug', 'category.tsx'),
    page('search', 'search.tsx'),
    page('p/:productId/:slug?', 'product.tsx'),
    page('s', 'shops.tsx'),
    page('s/:slug', 'shop.tsx'),
    page('sales', 'sales.tsx'),
    page('sale/:saleId', 'sale.tsx'),
    page('cart', 'cart.tsx'),
    page('checkout', 'checkout.tsx'),
    page('orders/:orderId', 'order.tsx'),
    page('orders/:orderId/return', 'return.tsx'),
    page('payments/:paymentId', 'payment.tsx'),
    page('sign-in', 'sign-in.tsx'),
    page('sign-up', 'sign-up.tsx'),
    page('sign-out', 'sign-out.tsx'),
    page('preferences', 'preferences.tsx'),
    route('account', 'routes/account.tsx', { id: `${lang}:account` }, [
      index('routes/account-orders.tsx', { id: `${lang}:account-orders` }),
      page('addresses', 'account-addresses.tsx'),
      page('wishlist', 'account-wishlist.tsx'),
      page('returns', 'account-returns.tsx'),
      page('reviews', 'account-reviews.tsx'),
      page('messages', 'account-messages.tsx'),
      page('profile', 'account-profile.tsx'),
      page('preferences', 'account-preferences.tsx'),
      page('close', 'account-close.tsx'),
    ]),
    route('*', 'routes/nowhere.tsx', { id: `${lang}:nowhere` }),
  ]
}

const [english, ...others] = languages

export default [
  layout('routes/frame.tsx', { id: english }, pages(english)),
  ...others.flatMap((lang) => prefix(lang, [layout('routes/frame.tsx', { id: lang }, pages(lang))])),
  route('live/sale/:saleId', 'routes/live-sale.ts'),
  route('live/stock/:productId', 'routes/live-stock.ts'),
  route('suggest', 'routes/suggest.ts'),
  route('buy/:productId', 'routes/buy.ts'),
  route('wishlist', 'routes/wish.ts'),
  route('my-data', 'routes/my-data.ts'),
] satisfies RouteConfig
