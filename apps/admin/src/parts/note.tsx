import { Alert } from '@souk/ui'
import { useQuery } from '@tanstack/react-query'
import { souk } from '../souk.ts'

/** A text that was set for whoever works here; nothing when none was. */
export function Note({ of, shopId }: { of: 'operations.note' | 'shop.packing-note'; shopId?: string }) {
  const { data } = useQuery({
    // Below the key of the list of settings: changed with it, and not shown there as what was just read.
    queryKey: ['settings', shopId ?? 'marketplace', 'note'],
    queryFn: () => (shopId === undefined ? souk.listSettings() : souk.listShopSettings({ path: { shopId } })),
    staleTime: 60_000,
  })
  const text = data?.items.find(({ key }) => key === of)?.value
  if (typeof text !== 'string' || text.trim() === '') return null
  return (
    <Alert title={of === 'operations.note' ? 'On duty' : 'For whoever packs'}>
      <span className="whitespace-pre-line">{text}</span>
    </Alert>
  )
}
