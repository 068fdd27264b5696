import type { ListDeadLettersResponse, ListJobsResponse } from '@souk/sdk'
import { Alert, Button, cx, Dialog, EmptyState, Facts, Progress } from '@souk/ui'
import { useQuery } from '@tanstack/react-query'
import { MailCheck, Workflow } from 'lucide-react'
import { useState } from 'react'
import { formatCompact, formatExact, humanise } from '../format.ts'
import { FilterBar } from '../grid/filter-bar.tsx'
import { type Column, Grid } from '../grid/grid.tsx'
import { useFilters } from '../grid/search.ts'
import { useAct } from '../parts/act.ts'
import { Loaded, Page } from '../parts/page.tsx'
import { Status, When } from '../parts/status.tsx'
import { souk } from '../souk.ts'
import { Reason } from './shops.tsx'

type Letter = ListDeadLettersResponse['items'][number]
type Job = ListJobsResponse['items'][number]

const letterColumns: readonly Column<Letter>[] = [
  {
    id: 'type',
    header: 'Event',
    width: 11,
    phone: 'title',
    cell: ({ type }) => <span className="font-medium">{type}</span>,
  },
  { id: 'consumer', header: 'Consumer', width: 11, cell: ({ consumer }) => consumer },
  { id: 'cause', header: 'Cause', width: 15, grow: 3, cell: ({ cause }) => <span title={cause}>{cause}</span> },
  {
    id: 'attempts',
    header: 'Tries',
    width: 5,
    grow: 0,
    numeric: true,
    phone: 'hide',
    cell: ({ attempts }) => attempts,
  },
  { id: 'state', header: 'State', width: 7, grow: 0, phone: 'end', cell: ({ state }) => <Status of={state} /> },
  { id: 'at', header: 'Parked', width: 8, grow: 0, cell: ({ parkedAt }) => <When at={parkedAt} ago /> },
]

const useLetterDeeds = () => {
  const stale = [['dead-letters'], ['dead-letter'], ['dashboard']]
  return {
    replay: useAct({
      run: (ids: string[]) => souk.replayDeadLetters({ body: { ids } }),
      stale,
      done: ({ replayed, failed }) =>
        failed.length === 0
          ? `${replayed.length} replayed`
          : `${replayed.length} replayed, ${failed.length} failed again: ${failed[0]?.cause}`,
    }),
    discard: useAct({
      run: (body: { ids: string[]; reason: string }) => souk.discardDeadLetters({ body }),
      stale,
      done: ({ discarded }) => `${discarded.length} discarded`,
    }),
  }
}

/** Events that a consumer could not take: each alone, with its cause, so that the others go on. */
export function DeadLetters() {
  const [{ state, q }] = useFilters()
  const [opened, setOpened] = useState<string>()
  const { replay, discard } = useLetterDeeds()
  const wanted = {
    state: (['parked', 'replayed', 'discarded', 'all'] as const).find((each) => each === state) ?? ('parked' as const),
    ...(q && { consumer: q }),
  }
  return (
    <Page title="Dead letters" about="Kept for 30 days." fill>
      <FilterBar
        screen="dead-letters"
        search="Consumer"
        filters={[
          {
            name: 'state',
            label: 'State',
            all: 'Parked',
            options: [
              ['replayed', 'Replayed'],
              ['discarded', 'Discarded'],
              ['all', 'All'],
            ],
          },
        ]}
      />
      <Grid
        label="Dead letters"
        columns={letterColumns}
        rowId={({ id }) => id}
        onOpen={({ id }) => setOpened(id)}
        queryKey={['dead-letters', wanted]}
        list={(page) => souk.listDeadLetters({ query: { ...wanted, ...page } })}
        refetchMs={10_000}
        bulk={(chosen, clear) => (
          <>
            <Button
              size="sm"
              variant="primary"
              busy={replay.isPending}
              onClick={() =>
                replay.mutate(
                  chosen.map(({ id }) => id),
                  { onSuccess: clear },
                )
              }
            >
              Replay
            </Button>
            <Reason
              title="Why are they discarded?"
              act="Discard"
              label="Discard…"
              danger
              run={(reason) => discard.mutate({ ids: chosen.map(({ id }) => id), reason }, { onSuccess: clear })}
            />
          </>
        )}
        empty={
          <EmptyState icon={<MailCheck />} title="No dead letters">
            An event that a consumer refuses five times is parked here, alone, so that the others go on. You look at its
            cause, mend it, and replay.
          </EmptyState>
        }
      />
      {opened && <LetterDrawer id={opened} close={() => setOpened(undefined)} />}
    </Page>
  )
}

function LetterDrawer({ id, close }: { id: string; close: () => void }) {
  const query = useQuery({
    queryKey: ['dead-letter', id],
    queryFn: () => souk.getDeadLetter({ path: { letterId: id } }),
  })
  const { replay, discard } = useLetterDeeds()
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      drawer
      title="Dead letter"
      actions={
        query.data?.state === 'parked' && (
          <>
            <Reason
              title="Why is it discarded?"
              act="Discard"
              label="Discard…"
              danger
              run={(reason) => discard.mutate({ ids: [id], reason }, { onSuccess: close })}
            />
            <Button variant="primary" busy={replay.isPending} onClick={() => replay.mutate([id])}>
              Replay
            </Button>
          </>
        )
      }
    >
      <Loaded query={query}>
        {(letter) => (
          <div className="flex flex-col gap-4 pb-4">
            <Alert
              tone={letter.state === 'parked' ? 'bad' : 'info'}
              title={letter.state === 'parked' ? 'Why it is here' : humanise(letter.state)}
            >
              {letter.cause}
              {letter.resolution && <p className="mt-1">{letter.resolution}</p>}
            </Alert>
            <Facts
              items={[
                ['Event', letter.type],
                ['Consumer', `${letter.consumer} of ${letter.service}`],
                [
                  'Key',
                  <span key="key" className="font-mono text-xs">
                    {letter.key}
                  </span>,
                ],
                ['Tries', letter.attempts],
                ['Happened', letter.occurredAt ? formatExact(letter.occurredAt) : '–'],
                ['Parked', formatExact(letter.parkedAt)],
                ['Origin', `${letter.origin.source}, ${letter.origin.xid}/${letter.origin.seq}`],
                [
                  'Correlation',
                  <span key="correlation" className="font-mono text-xs">
                    {letter.correlationId ?? '–'}
                  </span>,
                ],
              ]}
            />
            <Json label="What it says" value={letter.payload} />
          </div>
        )}
      </Loaded>
    </Dialog>
  )
}

export const Json = ({ label, value }: { label: string; value: unknown }) => (
  <section aria-label={label} tabIndex={0} className="max-h-80 overflow-auto rounded-lg bg-sunken p-3">
    <pre className="text-xs whitespace-pre-wrap wrap-anywhere">{JSON.stringify(value, null, 2)}</pre>
  </section>
)

const jobColumns: readonly Column<Job>[] = [
  { id: 'queue', header: 'Queue', width: 10, grow: 2, phone: 'title', cell: ({ queue }) => queue },
  { id: 'state', header: 'State', width: 8, grow: 0, phone: 'end', cell: ({ state }) => <Status of={state} /> },
  { id: 'percent', header: 'Done', width: 8, cell: ({ percent }) => (percent === null ? '–' : `${percent} %`) },
  { id: 'note', header: 'Note', width: 12, grow: 3, cell: ({ note, key }) => note ?? key ?? '–' },
  {
    id: 'attempts',
    header: 'Tries',
    width: 6,
    grow: 0,
    numeric: true,
    phone: 'hide',
    cell: ({ attempts, attemptsAllowed }) => `${attempts}/${attemptsAllowed}`,
  },
  { id: 'due', header: 'Due', width: 8, grow: 0, cell: ({ dueAt }) => <When at={dueAt} ago /> },
]

const jobStates = ['waiting', 'retrying', 'running', 'completed', 'cancelled', 'failed'] as const

/** Work that was put off, and how far each consumer of events is behind. */
export function Jobs() {
  const [{ state, q }] = useFilters()
  const [opened, setOpened] = useState<Job>()
  const wanted = {
    ...(q && { queue: q }),
    ...(jobStates.some((each) => each === state) && { state: state as Job['state'] }),
  }
  const stale = [['jobs']]
  const retry = useAct({ run: (jobId: string) => souk.retryJob({ path: { jobId } }), stale, done: 'Tried again' })
  const cancel = useAct({ run: (jobId: string) => souk.cancelJob({ path: { jobId } }), stale, done: 'Cancelled' })
  return (
    <Page title="Jobs" fill>
      <Lag />
      <FilterBar
        screen="jobs"
        search="Queue"
        filters={[{ name: 'state', label: 'State', options: jobStates.map((each) => [each, humanise(each)]) }]}
      />
      <Grid
        label="Jobs"
        columns={jobColumns}
        rowId={({ id }) => id}
        onOpen={setOpened}
        queryKey={['jobs', wanted]}
        list={(page) => souk.listJobs({ query: { ...wanted, ...page } })}
        refetchMs={5_000}
        empty={
          <EmptyState icon={<Workflow />} title="No jobs">
            Work that is done later or takes long stands here with its progress: clean-ups, imports, reports.
          </EmptyState>
        }
      />
      {opened && (
        <Dialog
          open
          onOpenChange={(open) => !open && setOpened(undefined)}
          drawer
          title={opened.queue}
          actions={
            <>
              {(opened.state === 'waiting' || opened.state === 'retrying' || opened.state === 'running') && (
                <Button onClick={() => cancel.mutate(opened.id, { onSuccess: () => setOpened(undefined) })}>
                  Cancel the job
                </Button>
              )}
              {(opened.state === 'failed' || opened.state === 'cancelled' || opened.state === 'retrying') && (
                <Button
                  variant="primary"
                  onClick={() => retry.mutate(opened.id, { onSuccess: () => setOpened(undefined) })}
                >
                  Try again
                </Button>
              )}
            </>
          }
        >
          <div className="flex flex-col gap-4 pb-4">
            {opened.percent !== null && <Progress label={opened.note ?? 'Done'} value={opened.percent / 100} />}
            <Facts
              items={[
                ['State', <Status key="state" of={opened.state} />],
                ['Made', formatExact(opened.createdAt)],
                ['Due', formatExact(opened.dueAt)],
                ['Ended', opened.endedAt ? formatExact(opened.endedAt) : '–'],
              ]}
            />
            <Json label="What it was given" value={opened.payload} />
            {opened.result !== null && <Json label="What came of it" value={opened.result} />}
          </div>
        </Dialog>
      )}
    </Page>
  )
}

function Lag() {
  const query = useQuery({ queryKey: ['consumers'], queryFn: () => souk.listConsumers(), refetchInterval: 3_000 })
  const items = [...(query.data?.items ?? [])].sort((a, b) => b.events - a.events)
  const behind = items.filter(({ events }) => events > 0)
  const [worst] = items
  if (!query.data) return null
  return (
    <details className="rounded-lg border border-line bg-surface px-4 py-2 text-sm shadow-card">
      <summary className={cx(behind.length > 0 && (worst?.seconds ?? 0) > 10 && 'text-bad')}>
        {behind.length === 0
          ? `All ${items.length} consumers of events are up to date`
          : `${behind.length} of ${items.length} consumers are behind, ${worst?.consumer} by ${formatCompact(worst?.events ?? 0)} events`}
      </summary>
      <ul className="grid max-h-60 grid-cols-1 gap-x-6 gap-y-1 overflow-y-auto pt-2 sm:grid-cols-2 lg:grid-cols-3">
        {items.map(({ consumer, source, events, seconds }) => (
          <li key={`${consumer} ${source}`} className="flex justify-between gap-3">
            <span className="truncate">
              {consumer} <span className="text-quiet">← {source}</span>
            </span>
            <span className="figures text-quiet">
              {events === 0 ? '0' : `${formatCompact(events)}, ${Math.round(seconds)} s`}
            </span>
          </li>
        ))}
      </ul>
    </details>
  )
}
