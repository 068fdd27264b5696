import { Badge, buttonClass } from '@souk/ui/plain'
import type { GetProductRatingResponse, ListProductReviewsResponse } from '@souk/sdk'
import { Link } from 'react-router'
import { useWords } from '../i18n/words.tsx'
import { Stars } from './icons.tsx'
import { Section } from './page.tsx'

type Review = Pick<
  ListProductReviewsResponse['items'][number],
  'id' | 'rating' | 'title' | 'text' | 'authorName' | 'answer' | 'helpfulCount' | 'writtenAt'
>

export function Reviews({
  rating,
  reviews,
  older,
}: {
  rating: GetProductRatingResponse | undefined
  reviews: readonly Review[]
  /** Where the next ones begin. */
  older: string | null
}) {
  const { t, date, number } = useWords()
  const count = rating?.count ?? 0
  return (
    <Section title={t('reviews.title')} id="reviews">
      {reviews.length === 0 ? (
        <p className="max-w-prose text-quiet">{t('reviews.none')}</p>
      ) : (
        <div className="grid gap-10 lg:grid-cols-[16rem_1fr] lg:gap-14">
          {rating !== undefined && count > 0 && (
            <div>
              <p className="flex items-baseline gap-3">
                <span className="display text-5xl">{number(rating.ratingTenths / 10)}</span>
                <span className="text-sm text-quiet">{t('reviews.count', { count })}</span>
              </p>
              <Stars
                rating={rating.ratingTenths / 10}
                label={t('reviews.stars', { rating: rating.ratingTenths / 10 })}
                className="mt-2 h-5"
              />
              <dl className="mt-5 space-y-1.5">
                {[5, 4, 3, 2, 1].map((stars) => {
                  const share = ((rating.stars[stars - 1] ?? 0) / count) * 100
                  return (
                    <div key={stars} className="flex items-center gap-3 text-sm">
                      <dt className="w-4 text-quiet">{stars}</dt>
                      <dd className="flex flex-1 items-center gap-3">
                        <span className="h-1.5 flex-1 overflow-hidden rounded-full bg-line" aria-hidden="true">
                          <span className="block h-full rounded-full bg-accent" style={{ width: `${share}%` }} />
                        </span>
                        <span className="figures w-6 text-right text-quiet">{rating.stars[stars - 1]}</span>
                      </dd>
                    </div>
                  )
                })}
              </dl>
            </div>
          )}
          <div>
            <ul className="space-y-8">
              {reviews.map((review) => (
                <li key={review.id} className="max-w-prose">
                  <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
                    <Stars rating={review.rating} label={t('reviews.stars', { rating: review.rating })} />
                    <span className="theirs font-medium">{review.authorName || t('reviews.nobody')}</span>
                    <span className="text-quiet">{date(review.writtenAt)}</span>
                    <Badge tone="good">{t('reviews.verified')}</Badge>
                  </p>
                  {review.title !== '' && <h3 className="theirs mt-2 font-medium">{review.title}</h3>}
                  <p className="theirs mt-1 whitespace-pre-line">{review.text}</p>
                  {review.helpfulCount > 0 && (
                    <p className="mt-1 text-sm text-quiet">{t('reviews.helpful', { count: review.helpfulCount })}</p>
                  )}
                  {review.answer !== null && (
                    <div className="mt-3 border-l-2 border-accent pl-4 text-sm">
                      <p className="font-medium">{t('reviews.answer')}</p>
                      <p className="theirs mt-0.5 whitespace-pre-line text-quiet">{review.answer.text}</p>
                    </div>
                  )}
                </li>
              ))}
            </ul>
            {older !== null && (
              <p className="mt-8">
                <Link to={`?reviews=${encodeURIComponent(older)}#reviews`} className={buttonClass({})}>
                  {t('reviews.more')}
                </Link>
              </p>
            )}
          </div>
        </div>
      )}
    </Section>
  )
}
