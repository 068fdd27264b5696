import { Tabs } from '@souk/ui'
import { useFilters } from '../grid/search.ts'
import { Loaded, Page } from '../parts/page.tsx'
import { useSession } from '../session.tsx'
import { useShopId, useShopQuery } from '../shop.tsx'
import { Discounts } from './discounts.tsx'
import { PricingSettings } from './pricing-settings.tsx'
import { ShippingRates } from './shipping-rates.tsx'
import { Vouchers } from './vouchers.tsx'

/** Everything that changes what an order costs, beside the prices themselves. */
export function Promotions() {
  const shopId = useShopId()
  // Amounts are in the currency of the shop: it has to be known first.
  const shop = useShopQuery(shopId)
  return (
    <Page title="Promotions">
      <Loaded query={shop}>{({ currency }) => <Kinds shopId={shopId} currency={currency} />}</Loaded>
    </Page>
  )
}

function Kinds(about: { shopId: string; currency: string }) {
  const { shopId } = about
  const { may } = useSession()
  const [{ tab }, set] = useFilters()
  const tabs = [
    { value: 'vouchers', label: 'Vouchers', duty: 'catalog', content: <Vouchers {...about} /> },
    { value: 'discounts', label: 'Automatic discounts', duty: 'catalog', content: <Discounts {...about} /> },
    { value: 'shipping', label: 'Shipping', duty: 'settings', content: <ShippingRates {...about} /> },
    { value: 'pricing', label: 'Tax and points', duty: 'settings', content: <PricingSettings {...about} /> },
  ] as const
  const shown = tabs.filter(({ duty }) => may(shopId, duty))
  const chosen = shown.find(({ value }) => value === tab) ?? shown[0]
  if (chosen === undefined) return null
  return <Tabs label="Promotions" value={chosen.value} onChange={(value) => set({ tab: value })} tabs={shown} />
}
