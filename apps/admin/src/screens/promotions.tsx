import { Tabs } from '@souk/ui'
import { useFilters } from '../grid/search.ts'
import { Page } from '../parts/page.tsx'
import { useSession } from '../session.tsx'
import { useShop, useShopId } from '../shop.tsx'
import { Discounts } from './discounts.tsx'
import { PricingSettings } from './pricing-settings.tsx'
import { ShippingRates } from './shipping-rates.tsx'
import { Vouchers } from './vouchers.tsx'

/** Everything that changes what an order costs, beside the prices themselves. */
export function Promotions() {
  const shopId = useShopId()
  const shop = useShop()
  const { may } = useSession()
  const [{ tab }, set] = useFilters()
  const about = { shopId, currency: shop?.currency ?? 'EUR' }
  const tabs = [
    { value: 'vouchers', label: 'Vouchers', duty: 'catalog', content: <Vouchers {...about} /> },
    { value: 'discounts', label: 'Automatic discounts', duty: 'catalog', content: <Discounts {...about} /> },
    { value: 'shipping', label: 'Shipping', duty: 'settings', content: <ShippingRates {...about} /> },
    { value: 'pricing', label: 'Tax and points', duty: 'settings', content: <PricingSettings {...about} /> },
  ] as const
  const shown = tabs.filter(({ duty }) => may(shopId, duty))
  const chosen = shown.find(({ value }) => value === tab) ?? shown[0]
  return (
    <Page title="Promotions">
      {chosen && (
        <Tabs label="Promotions" value={chosen.value} onChange={(value) => set({ tab: value })} tabs={shown} />
      )}
    </Page>
  )
}
