import { Button } from '@souk/ui/plain'
import { type LoaderFunctionArgs, useFetcher, useLoaderData } from 'react-router'
import { reading } from '../answers.server.ts'
import { perhaps } from '../perhaps.server.ts'
import type { Card } from '../cards.ts'
import { useWords } from '../i18n/words.tsx'
import { ProductCard } from '../parts/cards.tsx'
import { runtimeContext } from '../runtime.server.ts'
import { visitContext } from '../visit.server.ts'

export const loader = ({ context }: LoaderFunctionArgs) =>
  reading(async () => {
    const visit = context.get(visitContext)
    visit.mustBeSignedIn()
    const { store } = context.get(runtimeContext)
    const { items } = await visit.souk.listWishes({ query: { limit: 100 } })
    const products = await Promise.all(items.map(({ productId }) => perhaps(store.product(productId), undefined)))
    return store.cards(products.filter((product) => product !== undefined))
  })

export default function Wishlist() {
  const cards = useLoaderData<typeof loader>()
  const { t } = useWords()
  return (
    <section>
      <title>{`${t('account.wishlist')} · ${t('site.name')}`}</title>
      <h2 className="display text-2xl">{t('account.wishlist')}</h2>
      {cards.length === 0 && <p className="mt-3 text-quiet">{t('account.wishlist-none')}</p>}
      <ul className="mt-5 grid grid-cols-2 gap-x-4 gap-y-8 sm:grid-cols-3">
        {cards.map((card) => (
          <Wish key={card.id} card={card} />
        ))}
      </ul>
    </section>
  )
}

function Wish({ card }: { card: Card }) {
  const { t, to } = useWords()
  const fetcher = useFetcher()
  if (fetcher.formData !== undefined) return null
  return (
    <li>
      <ProductCard card={card} />
      <fetcher.Form method="post" action="/wishlist">
        <input type="hidden" name="intent" value="remove" />
        <input type="hidden" name="productId" value={card.id} />
        <input type="hidden" name="next" value={to('/account/wishlist')} />
        <Button type="submit" size="sm" variant="quiet" className="relative -ml-2.5 mt-1">
          {t('cart.remove')}
          <span className="sr-only">: {card.title}</span>
        </Button>
      </fetcher.Form>
    </li>
  )
}
