import { ifMatch, type ListReviewsToModerateResponse, type ListShopReviewsResponse } from '@souk/sdk'
import { Badge, Button, Confirm, Dialog, DialogClose, EmptyState, Facts, Field, Textarea } from '@souk/ui'
import { Link } from '@tanstack/react-router'
import { MessageSquareHeart } from 'lucide-react'
import { useState } from 'react'
import { formatExact, humanise } from '../format.ts'
import { FilterBar } from '../grid/filter-bar.tsx'
import { type Column, Grid } from '../grid/grid.tsx'
import { useFilters } from '../grid/search.ts'
import { useAct } from '../parts/act.ts'
import { Page } from '../parts/page.tsx'
import { Status, When } from '../parts/status.tsx'
import { useShopId } from '../shop.tsx'
import { souk } from '../souk.ts'
import { Reason } from './shops.tsx'

type Review = ListShopReviewsResponse['items'][number]
type Moderated = ListReviewsToModerateResponse['items'][number]

const Stars = ({ rating }: { rating: number }) => (
  <span role="img" aria-label={`${rating} of 5 stars`} className="tracking-wide text-warn">
    {'★'.repeat(rating)}
    <span className="text-quiet">{'☆'.repeat(5 - rating)}</span>
  </span>
)

const stars = ['5', '4', '3', '2', '1'].map((each) => [each, `${each} ★`] as const)

/** What buyers say of the shop's products; the shop may answer each once, for all to read. */
export function ShopReviews() {
  const shopId = useShopId()
  const [{ rating, unanswered }] = useFilters()
  const [opened, setOpened] = useState<Review>()
  const wanted = { ...(rating && { rating: Number(rating) }), ...(unanswered === 'yes' && { unanswered: true }) }
  const columns: readonly Column<Review>[] = [
    {
      id: 'rating',
      header: 'Rating',
      width: 6,
      grow: 0,
      phone: 'end',
      cell: ({ rating }) => <Stars rating={rating} />,
    },
    { id: 'title', header: 'Review', width: 15, grow: 3, phone: 'title', cell: ({ title, text }) => title || text },
    { id: 'author', header: 'By', width: 8, cell: ({ authorName }) => authorName },
    {
      id: 'answer',
      header: 'Answer',
      width: 6,
      grow: 0,
      phone: 'hide',
      cell: ({ answer }) => (answer ? <Badge tone="good">Given</Badge> : <Badge>None</Badge>),
    },
    { id: 'at', header: 'Written', width: 8, grow: 0, cell: ({ writtenAt }) => <When at={writtenAt} /> },
  ]
  return (
    <Page title="Reviews" fill>
      <FilterBar
        screen="shop-reviews"
        filters={[
          { name: 'rating', label: 'Rating', options: stars },
          { name: 'unanswered', label: 'Answer', options: [['yes', 'Not answered yet']] },
        ]}
      />
      <Grid
        label="Reviews"
        columns={columns}
        rowId={({ id }) => id}
        onOpen={setOpened}
        queryKey={['reviews', 'shop', shopId, wanted]}
        list={(page) => souk.listShopReviews({ path: { shopId }, query: { ...wanted, ...page } })}
        empty={
          <EmptyState icon={<MessageSquareHeart />} title="No reviews">
            Buyers are asked once their order was delivered. What they write stands here after a moderator has looked at
            it.
          </EmptyState>
        }
      />
      {opened && <AnswerDialog review={opened} close={() => setOpened(undefined)} />}
    </Page>
  )
}

const Words = ({ review }: { review: Review }) => (
  <div className="flex flex-col gap-2 rounded-lg bg-sunken p-4 text-sm">
    <Stars rating={review.rating} />
    {review.title && <p className="font-semibold wrap-anywhere">{review.title}</p>}
    <p className="whitespace-pre-wrap wrap-anywhere">{review.text}</p>
    <p className="text-xs text-quiet">
      {review.authorName}, <When at={review.writtenAt} /> ·{' '}
      <Link to="/products/$productId" params={{ productId: review.productId }} className="text-accent">
        the product
      </Link>
    </p>
  </div>
)

function AnswerDialog({ review, close }: { review: Review; close: () => void }) {
  const [text, setText] = useState(review.answer?.text ?? '')
  const path = { reviewId: review.id }
  const stale = [['reviews']]
  const answer = useAct({
    run: () => souk.answerReview({ path, body: { text: text.trim() } }),
    stale,
    done: 'Answered, for all to read',
    onDone: close,
  })
  const remove = useAct({
    run: () => souk.removeReviewAnswer({ path }),
    stale,
    done: 'Answer removed',
    ...(review.answer && { undo: () => souk.answerReview({ path, body: { text: review.answer?.text ?? '' } }) }),
    onDone: close,
  })
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      title="Review"
      actions={
        <>
          {review.answer && (
            <Button variant="quiet" busy={remove.isPending} onClick={() => remove.mutate()}>
              Remove the answer
            </Button>
          )}
          <DialogClose />
          <Button
            variant="primary"
            disabled={text.trim() === ''}
            busy={answer.isPending}
            onClick={() => answer.mutate()}
          >
            Answer
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4 pb-2">
        <Words review={review} />
        <Field label="The shop's answer">
          <Textarea rows={4} value={text} onChange={(event) => setText(event.target.value)} maxLength={2_000} />
        </Field>
      </div>
    </Dialog>
  )
}

/** Before anybody reads it, somebody looks at it. */
export function Moderation() {
  const [{ state, reported }] = useFilters()
  const [opened, setOpened] = useState<Moderated>()
  const states = ['pending', 'published', 'refused'] as const
  const wanted = {
    state: states.find((each) => each === state) ?? (reported ? undefined : ('pending' as const)),
    reported: reported === 'yes' || undefined,
  }
  const query = { ...(wanted.state && { state: wanted.state }), ...(wanted.reported && { reported: true }) }
  const columns: readonly Column<Moderated>[] = [
    {
      id: 'rating',
      header: 'Rating',
      width: 6,
      grow: 0,
      phone: 'end',
      cell: ({ rating }) => <Stars rating={rating} />,
    },
    { id: 'title', header: 'Review', width: 15, grow: 3, phone: 'title', cell: ({ title, text }) => title || text },
    {
      id: 'signs',
      header: 'Signs',
      width: 9,
      cell: ({ signs, openReportCount }) => (
        <>
          {signs.map((sign) => (
            <Badge key={sign} tone="warn" className="mr-1">
              {humanise(sign)}
            </Badge>
          ))}
          {openReportCount > 0 && <Badge tone="bad">{openReportCount} reports</Badge>}
        </>
      ),
    },
    { id: 'state', header: 'State', width: 7, grow: 0, phone: 'hide', cell: ({ state }) => <Status of={state} /> },
    { id: 'at', header: 'Written', width: 8, grow: 0, cell: ({ writtenAt }) => <When at={writtenAt} ago /> },
  ]
  return (
    <Page title="Reviews to moderate" fill>
      <FilterBar
        screen="moderation"
        filters={[
          {
            name: 'state',
            label: 'State',
            all: 'Pending',
            options: [
              ['published', 'Published'],
              ['refused', 'Refused'],
            ],
          },
          { name: 'reported', label: 'Reports', all: 'Reported or not', options: [['yes', 'Reported by readers']] },
        ]}
      />
      <Grid
        label="Reviews to moderate"
        columns={columns}
        rowId={({ id }) => id}
        onOpen={setOpened}
        queryKey={['reviews', 'moderate', query]}
        list={(page) => souk.listReviewsToModerate({ query: { ...query, ...page } })}
        empty={
          <EmptyState icon={<MessageSquareHeart />} title="Nothing waits for you">
            New reviews stand here until somebody has looked at them.
          </EmptyState>
        }
      />
      {opened && <ModerateDialog review={opened} close={() => setOpened(undefined)} />}
    </Page>
  )
}

function ModerateDialog({ review, close }: { review: Moderated; close: () => void }) {
  const path = { reviewId: review.id }
  const stale = [['reviews']]
  const approve = useAct({
    run: () => souk.approveReview({ path, ...ifMatch(review.version) }),
    stale,
    done: 'Published',
    onDone: close,
  })
  const refuse = useAct({
    run: (reason: string) => souk.refuseReview({ path, body: { reason }, ...ifMatch(review.version) }),
    stale,
    done: 'Refused; the writer is told why',
    undo: ({ version }) => souk.approveReview({ path, ...ifMatch(version) }),
    onDone: close,
  })
  const remove = useAct({ run: () => souk.removeReview({ path }), stale, done: 'Removed', onDone: close })
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      title="Review"
      actions={
        <>
          <Confirm
            title="Remove it for ever?"
            danger
            confirm="Remove"
            onConfirm={() => remove.mutate()}
            trigger={<Button variant="quiet">Remove</Button>}
          >
            It is gone from everywhere, and from the rating.
          </Confirm>
          {review.state !== 'refused' && (
            <Reason
              title="Why is it refused?"
              act="Refuse"
              label="Refuse…"
              danger
              run={(reason) => refuse.mutate(reason)}
            />
          )}
          {review.state !== 'published' && (
            <Button variant="primary" busy={approve.isPending} onClick={() => approve.mutate()}>
              Publish
            </Button>
          )}
        </>
      }
    >
      <div className="flex flex-col gap-4 pb-2">
        <Words review={review} />
        <Facts
          items={[
            ['State', <Status key="state" of={review.state} />],
            [
              'Order',
              <Link key="order" to="/orders/$orderId" params={{ orderId: review.orderId }} className="text-accent">
                the order it is about
              </Link>,
            ],
            ['Decided', review.decidedAt ? formatExact(review.decidedAt) : '–'],
            ...(review.reason ? [['Reason', review.reason] as const] : []),
          ]}
        />
        {review.openReports.length > 0 && (
          <ul className="flex flex-col gap-1 text-sm">
            {review.openReports.map(({ reason, note, reportedAt }) => (
              <li key={reportedAt}>
                <Badge tone="bad">{humanise(reason)}</Badge> {note} <When at={reportedAt} ago />
              </li>
            ))}
          </ul>
        )}
      </div>
    </Dialog>
  )
}
