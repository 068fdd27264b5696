import type { ListTrailData, ListTrailResponse } from '@souk/sdk'
import { cx, Dialog, EmptyState, Facts, Input } from '@souk/ui'
import { ScrollText } from 'lucide-react'
import { useState } from 'react'
import { formatExact, humanise } from '../format.ts'
import { FilterBar } from '../grid/filter-bar.tsx'
import { type Column, Grid } from '../grid/grid.tsx'
import { useFilters } from '../grid/search.ts'
import { Page } from '../parts/page.tsx'
import { Person } from '../parts/person.tsx'
import { When } from '../parts/status.tsx'
import { souk } from '../souk.ts'
import { Json } from './operations.tsx'

type Entry = ListTrailResponse['items'][number]
type Kind = NonNullable<NonNullable<ListTrailData['query']>['kind']>

const kinds: Readonly<Record<Kind, string>> = {
  'signed-in': 'Signed in',
  'sign-in-failed': 'Sign-in failed',
  refreshed: 'Stayed signed in',
  'logged-out': 'Signed out',
  'session-ended': 'Session ended',
  'reuse-detected': 'Token used twice',
  registered: 'Registered',
  'guest-began': 'Guest began',
  'password-changed': 'Password changed',
  'second-factor-on': 'Second factor on',
  'second-factor-off': 'Second factor off',
  'second-factor-reset': 'Second factor reset',
  'roles-changed': 'Roles changed',
  'duties-changed': 'Duties changed',
  'account-disabled': 'Account disabled',
  'account-enabled': 'Account enabled',
  'account-closed': 'Account closed',
  'api-key-made': 'API key made',
  'api-key-rotated': 'API key rotated',
  'api-key-revoked': 'API key revoked',
  'signing-key-rotated': 'Signing key rotated',
  'rehearsal-made': 'Rehearsal shoppers made',
  'rehearsal-removed': 'Rehearsal shoppers removed',
}
/** Asked for by name: every session leaves a `refreshed` each quarter of an hour, and they would hide all else. */
const everything = 'everything'
const isKind = (kind: string | undefined): kind is Kind => kind !== undefined && kind in kinds
const kindOf = (kind: string): string => (isKind(kind) ? kinds[kind] : humanise(kind))

const columns: readonly Column<Entry>[] = [
  { id: 'kind', header: 'What', width: 11, grow: 2, phone: 'title', cell: ({ kind }) => kindOf(kind) },
  {
    id: 'who',
    header: 'Account',
    width: 10,
    cell: ({ emailMasked, accountId }) => emailMasked || (accountId ? <Person id={accountId} /> : '–'),
  },
  {
    id: 'by',
    header: 'By',
    width: 8,
    phone: 'hide',
    cell: ({ actorId, accountId }) =>
      actorId === null ? '–' : actorId === accountId ? 'themselves' : <Person id={actorId} />,
  },
  { id: 'address', header: 'From', width: 8, phone: 'hide', cell: ({ address }) => address },
  { id: 'at', header: 'When', width: 9, grow: 0, phone: 'end', cell: ({ occurredAt }) => <When at={occurredAt} /> },
]

/** Midnight here at the beginning of a day of a filter, or of the day after it; undefined where it is none. */
function midnight(day: string | undefined, daysLater = 0): string | undefined {
  const [year, month, date] =
    /^(\d{4})-(\d\d)-(\d\d)$/
      .exec(day ?? '')
      ?.slice(1)
      .map(Number) ?? []
  if (year === undefined || month === undefined || date === undefined) return undefined
  return new Date(year, month - 1, date + daysLater).toISOString()
}

export function Trail() {
  const [{ q, kind, from, until }, set] = useFilters()
  const [opened, setOpened] = useState<Entry>()
  const filter = {
    ...(q && { who: q }),
    ...(isKind(kind) && { kind }),
    ...(midnight(from) && { from: midnight(from) }),
    ...(midnight(until, 1) && { until: midnight(until, 1) }),
  }
  const isFiltered = Object.keys(filter).length > 0
  const wanted = { ...filter, ...(!isKind(kind) && kind !== everything && { without: 'refreshed' as const }) }
  const day = (name: 'from' | 'until', label: string, value: string | undefined) => (
    <label className="flex min-w-0 flex-1 items-center gap-1.5 text-sm text-quiet">
      {label}
      <Input
        type="date"
        value={value ?? ''}
        onChange={(event) => set({ [name]: event.target.value })}
        className={cx('w-38 min-w-0 text-ink max-sm:w-full', value && 'border-accent')}
      />
    </label>
  )
  return (
    <Page
      title="Audit trail"
      about="Who signed in, who changed whose rights. Entries are chained: none can be taken out unnoticed."
      fill
    >
      <FilterBar
        screen="trail"
        search="Name, e-mail or account id"
        filters={[
          {
            name: 'kind',
            label: 'What',
            all: 'What: all but “stayed signed in”',
            options: [[everything, 'Everything'], ...Object.entries(kinds)],
          },
        ]}
      >
        <span className="flex gap-2 max-sm:w-full">
          {day('from', 'From', from)}
          {day('until', 'to', until)}
        </span>
      </FilterBar>
      <Grid
        label="Audit trail"
        columns={columns}
        rowId={({ seq }) => String(seq)}
        onOpen={setOpened}
        queryKey={['trail', wanted]}
        list={(page) => souk.listTrail({ query: { ...page, ...wanted } })}
        empty={
          isFiltered ? (
            <EmptyState icon={<ScrollText />} title="No entry like that">
              People are found by the beginning of an address or of a name. Take a filter away to see more.
            </EmptyState>
          ) : (
            <EmptyState icon={<ScrollText />} title="Nothing yet">
              Each sign-in and each change of rights leaves an entry.
            </EmptyState>
          )
        }
      />
      {opened && (
        <Dialog open onOpenChange={(open) => !open && setOpened(undefined)} drawer title={kindOf(opened.kind)}>
          <div className="flex flex-col gap-4 pb-4">
            <Facts
              items={[
                ['Number', opened.seq],
                ['When', formatExact(opened.occurredAt)],
                [
                  'Account',
                  opened.accountId ? <Person key="account" id={opened.accountId} /> : opened.emailMasked || '–',
                ],
                ['By', opened.actorId ? <Person key="by" id={opened.actorId} /> : '–'],
                ['From', opened.address],
                [
                  'Correlation',
                  <span key="correlation" className="font-mono text-xs">
                    {opened.correlationId}
                  </span>,
                ],
              ]}
            />
            {Object.keys(opened.detail).length > 0 && <Json label="Detail" value={opened.detail} />}
          </div>
        </Dialog>
      )}
    </Page>
  )
}
