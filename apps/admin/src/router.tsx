import { EmptyState, Loading } from '@souk/ui'
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Link,
  type RouteComponent,
} from '@tanstack/react-router'
import { Compass } from 'lucide-react'
import { Problem } from './parts/problem.tsx'
import { Root } from './shell.tsx'

const root = createRootRoute({
  component: Root,
  notFoundComponent: () => (
    <EmptyState
      icon={<Compass />}
      title="There is no such page"
      action={
        <Link to="/" className="underline">
          To the dashboard
        </Link>
      }
    >
      The link may be old, or what it led to is gone.
    </EmptyState>
  ),
})

/** Filters are words; what else stands in an address is left out. */
const wordsOf = (search: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(search)
      .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
      .map(([name, value]) => [name, String(value)]),
  )

const screen = <Path extends string>(path: Path, component: RouteComponent) =>
  createRoute({ getParentRoute: () => root, path, component, validateSearch: wordsOf })

/** Each group of screens is fetched when it is first gone to. */
const lazy = <Module extends Record<string, unknown>>(load: () => Promise<Module>, name: keyof Module & string) =>
  lazyRouteComponent(load as never, name as never) as RouteComponent

const dashboard = () => import('./screens/dashboard.tsx')
const orders = () => import('./screens/orders.tsx')
const order = () => import('./screens/order.tsx')
const returns = () => import('./screens/returns.tsx')
const reports = () => import('./screens/reports.tsx')
const products = () => import('./screens/products.tsx')
const product = () => import('./screens/product.tsx')
const csv = () => import('./screens/products-csv.tsx')
const stock = () => import('./screens/stock.tsx')
const sales = () => import('./screens/sales.tsx')
const shops = () => import('./screens/shops.tsx')
const shopSettings = () => import('./screens/shop-settings.tsx')
const members = () => import('./screens/members.tsx')
const payments = () => import('./screens/payments.tsx')
const messages = () => import('./screens/messages.tsx')
const operations = () => import('./screens/operations.tsx')
const audit = () => import('./screens/audit.tsx')
const accounts = () => import('./screens/accounts.tsx')
const trail = () => import('./screens/trail.tsx')
const me = () => import('./screens/me.tsx')
const promotions = () => import('./screens/promotions.tsx')
const customers = () => import('./screens/customers.tsx')
const reviews = () => import('./screens/reviews.tsx')
const settings = () => import('./screens/settings.tsx')
const assortment = () => import('./screens/assortment.tsx')
const design = () => import('./screens/design.tsx')

const tree = root.addChildren([
  screen('/', lazy(dashboard, 'MarketplaceDashboard')),
  screen('/s/$shopId', lazy(dashboard, 'ShopDashboard')),
  screen('/s/$shopId/orders', lazy(orders, 'ShopOrders')),
  screen('/s/$shopId/to-ship', lazy(orders, 'OrdersToShip')),
  screen('/s/$shopId/returns', lazy(returns, 'Returns')),
  screen('/s/$shopId/reports', lazy(reports, 'ShopReports')),
  screen('/s/$shopId/products', lazy(products, 'Products')),
  screen('/s/$shopId/products/new', lazy(product, 'NewProduct')),
  screen('/s/$shopId/products/csv', lazy(csv, 'ProductsCsv')),
  screen('/s/$shopId/stock', lazy(stock, 'Stock')),
  screen('/s/$shopId/sales', lazy(sales, 'Sales')),
  screen('/s/$shopId/payments', lazy(payments, 'ShopPayments')),
  screen('/s/$shopId/messages', lazy(messages, 'ShopMessages')),
  screen('/s/$shopId/members', lazy(members, 'Members')),
  screen('/s/$shopId/settings', lazy(shopSettings, 'ShopSettings')),
  screen('/s/$shopId/promotions', lazy(promotions, 'Promotions')),
  screen('/s/$shopId/reviews', lazy(reviews, 'ShopReviews')),
  screen('/reports', lazy(reports, 'MarketplaceReports')),
  screen('/customers', lazy(customers, 'Customers')),
  screen('/reviews', lazy(reviews, 'Moderation')),
  screen('/settings', lazy(settings, 'MarketplaceSettings')),
  screen('/categories', lazy(assortment, 'Assortment')),
  screen('/orders/$orderId', lazy(order, 'OrderDetail')),
  screen('/products/$productId', lazy(product, 'ProductDetail')),
  screen('/stuck', lazy(orders, 'StuckOrders')),
  screen('/shops', lazy(shops, 'Shops')),
  screen('/money', lazy(payments, 'Money')),
  screen('/inbox', lazy(messages, 'Inbox')),
  screen('/accounts', lazy(accounts, 'Accounts')),
  screen('/trail', lazy(trail, 'Trail')),
  screen('/dead-letters', lazy(operations, 'DeadLetters')),
  screen('/jobs', lazy(operations, 'Jobs')),
  screen('/audit', lazy(audit, 'Invariants')),
  screen('/me', lazy(me, 'Me')),
  screen('/design', lazy(design, 'Design')),
])

export const router = createRouter({
  routeTree: tree,
  basepath: '/admin',
  defaultPreload: 'intent',
  defaultPendingComponent: () => <Loading className="p-6" />,
  defaultErrorComponent: ({ error, reset }) => (
    <div className="p-6">
      <Problem error={error} again={reset} />
    </div>
  ),
  // Filters as people would write them: ?status=placed, not JSON.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const text = new URLSearchParams(search as Record<string, string>).toString()
    return text === '' ? '' : `?${text}`
  },
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
