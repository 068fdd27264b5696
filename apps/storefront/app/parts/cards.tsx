import { Link } from 'react-router'
import { type Card, productPath } from '../cards.ts'
import { useWords } from '../i18n/words.tsx'
import { Stars } from './icons.tsx'
import { PriceTag } from './money.tsx'
import { Picture } from './picture.tsx'

type Heading = 'h2' | 'h3'

export function ProductCard({
  card,
  priority = false,
  heading: Title = 'h3',
}: {
  card: Card
  priority?: boolean
  heading?: Heading
}) {
  const { t, to } = useWords()
  const running = card.sale?.phase === 'running' ? card.sale : undefined
  return (
    <article className="lift group relative min-w-0">
      <div className="overflow-hidden rounded-lg bg-sunken">
        <Picture
          picture={card.picture}
          alt=""
          priority={priority}
          sizes="(min-width: 64rem) 18rem, (min-width: 40rem) 33vw, 50vw"
        />
      </div>
      {running && (
        <span className="absolute top-2 left-2 rounded-full bg-accent px-2.5 py-0.5 text-xs font-semibold text-accent-ink">
          {t('home.now')}
        </span>
      )}
      <Title className="theirs mt-2.5 text-[0.9375rem] leading-snug font-medium">
        <Link
          to={to(productPath(card))}
          prefetch="intent"
          className="after:absolute after:inset-0 group-hover:underline"
        >
          {card.title}
        </Link>
      </Title>
      {card.shopName && <p className="theirs mt-0.5 text-sm text-quiet">{card.shopName}</p>}
      <p className="mt-1 flex flex-wrap items-center gap-x-3">
        <PriceTag
          minor={running?.priceMinor ?? card.priceMinor}
          beforeMinor={running && card.priceMinor}
          currency={card.currency}
          from={card.from && !running}
        />
        {card.rating && card.rating.count > 0 && (
          <span className="inline-flex items-center gap-1 text-sm text-quiet">
            <Stars
              rating={card.rating.average}
              label={t('reviews.stars', { rating: card.rating.average })}
              className="h-3.5"
            />
            <span aria-hidden="true">{card.rating.count}</span>
          </span>
        )}
      </p>
    </article>
  )
}

export function ProductGrid({
  cards,
  eager = 0,
  heading = 'h3',
}: {
  cards: readonly Card[]
  eager?: number
  heading?: Heading
}) {
  return (
    <ul className="grid grid-cols-2 gap-x-4 gap-y-8 sm:grid-cols-3 lg:grid-cols-4 lg:gap-x-6 lg:gap-y-10">
      {cards.map((card, at) => (
        <li key={card.id}>
          <ProductCard card={card} priority={at < eager} heading={heading} />
        </li>
      ))}
    </ul>
  )
}
