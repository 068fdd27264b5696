import type { Shop } from '@souk/sdk'
import { Combobox, Field, type Option } from '@souk/ui'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useSession } from './session.tsx'
import { souk } from './souk.ts'

const kept = 'souk-admin-shop'

export const shopKey = (shopId: string) => ['shop', shopId] as const

export const useShopQuery = (shopId: string | undefined) =>
  useQuery({
    queryKey: shopKey(shopId ?? ''),
    queryFn: () => souk.getShop({ path: { shopId: shopId ?? '' } }),
    enabled: shopId !== undefined,
    staleTime: 60_000,
  })

/** The shop that is worked in: the one of the address, or the last one. */
export function useShop(): Shop | undefined {
  const { shops } = useSession()
  const { shopId } = useParams({ strict: false })
  useEffect(() => {
    if (shopId !== undefined) localStorage.setItem(kept, shopId)
  }, [shopId])
  return useShopQuery(shopId ?? localStorage.getItem(kept) ?? shops[0]?.id).data
}

/** The id of the shop in the address of a screen. */
export function useShopId(): string {
  const { shopId } = useParams({ strict: false })
  if (shopId === undefined) throw new Error('this screen belongs to a shop')
  return shopId
}

export function ShopSwitcher() {
  const { shops, operator } = useSession()
  const shop = useShop()
  const navigate = useNavigate()
  const [query, setQuery] = useState('')
  const found = useQuery({
    queryKey: ['shops', 'switch', query],
    queryFn: () => souk.listShops({ query: { limit: 20, ...(query !== '' && { search: query }) } }),
    enabled: operator,
    staleTime: 30_000,
  })
  const options: Option[] = (operator ? (found.data?.items ?? []) : shops).map(({ id, name, slug }) => ({
    value: id,
    label: name,
    note: slug,
  }))
  const go = (option: Option | null) => {
    if (option !== null) void navigate({ to: '/s/$shopId', params: { shopId: option.value } })
  }
  if (!operator && shops.length < 2)
    return <h2 className="truncate px-2 pb-1 text-sm font-semibold">{shop?.name ?? 'No shop'}</h2>
  return (
    <Field label="Shop" hideLabel className="mb-2">
      <Combobox
        label="Shop"
        placeholder="Choose a shop"
        options={options}
        value={shop ? { value: shop.id, label: shop.name, note: shop.slug } : null}
        onChange={go}
        {...(operator && { onQuery: (text: string) => setQuery(text === shop?.name ? '' : text) })}
      />
    </Field>
  )
}
