import { Button, cx, EmptyState, Menu, Skeleton } from '@souk/ui'
import type { QueryKey } from '@tanstack/react-query'
import {
  columnVisibilityFeature,
  createColumnHelper,
  type RowSelectionState,
  rowSelectionFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { Columns3, Inbox } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { useDensity } from '../display.ts'
import { formatCount } from '../format.ts'
import { Problem } from '../parts/problem.tsx'
import type { Answer } from './pages.ts'
import { usePlace } from './place.ts'
import { useList } from './use-list.ts'
import { scrollTo, windowOf } from './window.ts'

export type Column<Row> = {
  id: string
  header: string
  cell: (row: Row) => ReactNode
  /** At least so wide, in rem. Default: 8. */
  width?: number
  /** Its share of the room that is left. Default: 1; 0: never wider. */
  grow?: number
  numeric?: boolean
  /** Where it stands on a phone: in the first line, at its end, in the second line, or nowhere. Default: second line. */
  phone?: 'title' | 'end' | 'more' | 'hide'
  /** Shown only when asked for. */
  hidden?: boolean
}

export type GridProps<Row> = {
  label: string
  columns: readonly Column<Row>[]
  rowId: (row: Row) => string
  onOpen?: (row: Row) => void
  empty?: ReactNode
  /** Rows can be chosen; what to do with them is shown above while some are. */
  bulk?: (rows: readonly Row[], clear: () => void) => ReactNode
  /** In a page that scrolls itself: as high as its content, up to a bound. */
  inset?: boolean
} & (
  | { queryKey: QueryKey; list: (page: { cursor?: string; limit: number }) => Promise<Answer<Row>>; refetchMs?: number }
  | { rows: readonly Row[] }
)

const features = tableFeatures({ columnVisibilityFeature, rowSelectionFeature })
const phoneWidth = 640

/**
 * A list of whatever length: pages are fetched as they come into sight, and only a screenful is ever in the page.
 * Arrow keys, Page up and down, Home and End move; Enter opens; Space chooses.
 */
export function Grid<Row>(props: GridProps<Row>) {
  return 'list' in props ? <Listed {...props} /> : <Rows {...props} going={nothingMore} />
}

function Listed<Row>(props: Extract<GridProps<Row>, { list: unknown }>) {
  const { queryKey, list, refetchMs } = props
  const place = usePlace(queryKey)
  const { rows, waiting, error, again, going } = useList({ queryKey, list, refetchMs, sight: place.sight })
  if (error !== undefined && rows.length === 0 && !waiting) return <Problem error={error} again={again} />
  return <Rows {...props} rows={rows} waiting={waiting} going={going} place={place} />
}

const nothingMore: Going = { unfinished: false, more: () => {} }

/** What of a list is still to come. */
export type Going = {
  unfinished: boolean
  /** Read what comes next, unless that is under way. */
  more: () => void
  /** Reading more, or reading anew what is in sight, failed; to try it again. */
  failed?: () => void
}

type RowsProps<Row> = Omit<GridProps<Row>, 'rows'> & {
  rows: readonly Row[]
  waiting?: boolean
  going: Going
  place?: ReturnType<typeof usePlace>
}

function Rows<Row>({
  label,
  columns,
  rowId,
  onOpen,
  empty,
  bulk,
  inset,
  rows,
  waiting = false,
  going: { unfinished, more, failed },
  place,
}: RowsProps<Row>) {
  const id = useId()
  const box = useRef<HTMLDivElement>(null)
  const [{ scrollTop, viewport, narrow }, setView] = useState({ scrollTop: 0, viewport: 600, narrow: false })
  const [active, setActive] = useState(0)
  const [rowSelection, setRowSelection] = useState<RowSelectionState>({})
  const [columnVisibility, setColumnVisibility] = useState<Record<string, boolean>>(() =>
    Object.fromEntries(columns.filter(({ hidden }) => hidden).map((column) => [column.id, false])),
  )

  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return
    const look = () =>
      setView({
        scrollTop: element.scrollTop,
        viewport: element.clientHeight,
        narrow: element.clientWidth < phoneWidth,
      })
    // Whoever comes back finds the list where it was left; another list begins at its top.
    const { scrollTop = 0, active = 0 } = place?.was() ?? {}
    element.scrollTop = scrollTop
    setActive(active)
    // With the keyboard, too: the arrows go on from the row that was opened.
    if (place?.isBack() && document.activeElement === document.body) element.focus({ preventScroll: true })
    look()
    element.addEventListener('scroll', look, { passive: true })
    const observer = new ResizeObserver(look)
    observer.observe(element)
    return () => {
      element.removeEventListener('scroll', look)
      observer.disconnect()
    }
  }, [place])

  const density = useDensity()
  const rowHeight = narrow ? 64 : density === 'compact' ? 32 : 44
  const window = windowOf({ scrollTop, viewport, rowHeight, count: rows.length })
  useEffect(() => {
    place?.keep({ scrollTop, active, from: window.from, to: window.to })
    if (unfinished && failed === undefined && window.to > rows.length - 30) more()
  })

  // The table knows only what is in sight: its cost does not grow with the list.
  // oxlint-disable-next-line react-hooks/exhaustive-deps: the list grows in place.
  const shown = useMemo(() => rows.slice(window.from, window.to), [rows, rows.length, window.from, window.to])
  const definitions = useMemo(() => {
    const helper = createColumnHelper<typeof features, Row & object>()
    return columns.map(({ id, header, cell }) => helper.display({ id, header, cell: ({ row }) => cell(row.original) }))
  }, [columns])
  const table = useTable({
    features,
    columns: definitions as never,
    data: shown as readonly (Row & object)[] as never,
    getRowId: (row) => rowId(row as Row),
    state: { rowSelection, columnVisibility },
    onRowSelectionChange: setRowSelection,
    onColumnVisibilityChange: setColumnVisibility,
  })
  const visible = columns.filter((column) => columnVisibility[column.id] !== false)
  const chosen = useMemo(
    () => (bulk ? rows.filter((row) => rowSelection[rowId(row)]) : []),
    [bulk, rows, rowSelection, rowId],
  )
  const someChosen = chosen.length > 0
  const hadChosen = useRef(false)
  useEffect(() => {
    // What to do with them goes once it is done; whoever did it by keyboard goes on in the list.
    if (hadChosen.current && !someChosen && document.activeElement === document.body)
      box.current?.focus({ preventScroll: true })
    hadChosen.current = someChosen
  }, [someChosen])
  const choosable = bulk !== undefined
  const template = cx(
    choosable && '2.5rem',
    ...visible.map(({ width = 8, grow = 1 }) => (grow === 0 ? `${width}rem` : `minmax(${width}rem,${grow}fr)`)),
  )
  // Header and rows are grids of their own; the same least width keeps their columns under each other.
  const minWidth = narrow ? undefined : `${visible.reduce((sum, { width = 8 }) => sum + width, choosable ? 2.5 : 0)}rem`
  const toggle = (row: Row) =>
    setRowSelection(({ [rowId(row)]: on, ...rest }) => (on ? rest : { ...rest, [rowId(row)]: true }))

  const go = (to: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, to))
    setActive(next)
    const target = scrollTo(next, { scrollTop, viewport, rowHeight, count: rows.length })
    if (target !== undefined) box.current?.scrollTo({ top: target })
  }
  const screenful = Math.max(1, Math.floor(viewport / rowHeight) - 1)
  const moves: Record<string, number> = {
    ArrowDown: active + 1,
    ArrowUp: active - 1,
    PageDown: active + screenful,
    PageUp: active - screenful,
    Home: 0,
    End: rows.length - 1,
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return
    const row = rows[active]
    const to = moves[event.key]
    if (to !== undefined) go(to)
    else if (event.key === 'Enter' && row !== undefined) onOpen?.(row)
    else if (event.key === ' ' && row !== undefined && choosable) toggle(row)
    else return
    event.preventDefault()
  }

  // Of a filtered list a part may be empty, and what is looked for lie further down.
  const looking = waiting || (rows.length === 0 && unfinished)
  const nothing = !looking && rows.length === 0
  return (
    <div className={cx('flex min-h-0 flex-col', !inset && 'flex-1')}>
      {choosable && chosen.length > 0 && (
        <div className="mb-2 flex flex-wrap items-center gap-2 rounded-lg bg-accent-soft px-3 py-2 text-sm">
          <span className="figures font-medium">{formatCount(chosen.length)} chosen</span>
          {bulk?.(chosen, () => setRowSelection({}))}
          <Button size="sm" variant="quiet" onClick={() => setRowSelection({})}>
            None
          </Button>
        </div>
      )}
      <div
        className={cx(
          'relative flex min-h-0 flex-col overflow-hidden rounded-lg border border-line bg-surface shadow-card',
          !inset && 'flex-1',
        )}
      >
        <div
          ref={box}
          // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role: rows are laid out by hand, only a screenful exists.
          role="grid"
          aria-label={label}
          aria-rowcount={unfinished ? -1 : rows.length + 1}
          aria-multiselectable={choosable || undefined}
          aria-busy={looking}
          data-rows={rows.length}
          tabIndex={0}
          aria-activedescendant={
            rows.length > 0 && active >= window.from && active < window.to ? `${id}-${active}` : undefined
          }
          onKeyDown={onKeyDown}
          className={cx(
            'group/grid min-h-0 overflow-auto [overflow-anchor:none] focus-visible:-outline-offset-2',
            inset ? 'max-h-[max(30rem,70dvh)]' : 'flex-1',
          )}
        >
          <div
            role="rowgroup"
            className={cx('sticky top-0 z-10 border-b border-line bg-surface', narrow && 'sr-only')}
            style={{ minWidth }}
          >
            <div
              role="row"
              aria-rowindex={1}
              className="grid items-center text-xs font-medium text-quiet"
              style={{ gridTemplateColumns: template }}
            >
              {choosable && (
                <span role="columnheader" className="flex pl-3">
                  <span className="sr-only">Chosen</span>
                  <input
                    type="checkbox"
                    aria-label="Choose all that are loaded"
                    tabIndex={narrow ? -1 : 0}
                    className="size-4 accent-accent"
                    checked={chosen.length > 0 && chosen.length === rows.length}
                    onChange={(event) =>
                      setRowSelection(
                        event.target.checked ? Object.fromEntries(rows.map((row) => [rowId(row), true])) : {},
                      )
                    }
                  />
                </span>
              )}
              {visible.map((column) => (
                <span
                  role="columnheader"
                  key={column.id}
                  className={cx('truncate px-3 py-2.5', column.numeric && 'text-right')}
                >
                  {column.header}
                </span>
              ))}
            </div>
          </div>
          {nothing ? (
            <div role="rowgroup">
              <div role="row">
                <div role="gridcell">{empty ?? <EmptyState icon={<Inbox />} title="Nothing here" />}</div>
              </div>
            </div>
          ) : looking ? (
            <div role="rowgroup" className="flex flex-col gap-4 p-4">
              <div role="row">
                <div role="gridcell" className="flex flex-col gap-4">
                  <span className="sr-only">Loading</span>
                  {Array.from({ length: inset ? 3 : 8 }, (_, index) => (
                    <Skeleton key={index} />
                  ))}
                </div>
              </div>
            </div>
          ) : (
            <div role="rowgroup" className="relative" style={{ height: window.height, minWidth }}>
              <div className="absolute inset-x-0" role="presentation" style={{ top: window.top }}>
                {table.getRowModel().rows.map((tableRow, offset) => {
                  const index = window.from + offset
                  const row = rows[index] as Row
                  const on = rowSelection[rowId(row)] === true
                  const cells = tableRow.getVisibleCells()
                  return (
                    <div
                      key={tableRow.id}
                      id={`${id}-${index}`}
                      role="row"
                      aria-rowindex={index + 2}
                      {...(choosable && { 'aria-selected': on })}
                      onClick={(event) => {
                        setActive(index)
                        // What is a control of its own does its own thing.
                        if ((event.target as Element).closest('a, button, input, label')) return
                        onOpen?.(row)
                      }}
                      className={cx(
                        'border-b border-line text-sm',
                        onOpen && 'cursor-pointer hover:bg-hover',
                        on && 'bg-accent-soft',
                        index === active &&
                          'group-focus-visible/grid:bg-hover group-focus-visible/grid:shadow-[inset_3px_0_0_var(--color-accent)]',
                        narrow ? 'flex items-center gap-2 px-3' : 'grid items-center',
                      )}
                      style={narrow ? { height: rowHeight } : { height: rowHeight, gridTemplateColumns: template }}
                    >
                      {choosable && (
                        <span role="gridcell" className={cx('flex', !narrow && 'pl-3')}>
                          <input
                            type="checkbox"
                            tabIndex={-1}
                            aria-label="Choose this row"
                            className="size-4 accent-accent"
                            checked={on}
                            onChange={() => toggle(row)}
                          />
                        </span>
                      )}
                      {narrow ? (
                        <PhoneRow columns={visible} row={row} />
                      ) : (
                        cells.map((cell, at) => (
                          <span
                            role="gridcell"
                            key={cell.id}
                            className={cx('min-w-0 truncate px-3', visible[at]?.numeric && 'figures text-right')}
                          >
                            <table.FlexRender cell={cell} />
                          </span>
                        ))
                      )}
                    </div>
                  )
                })}
              </div>
            </div>
          )}
        </div>
        {!inset && (
          <footer className="flex items-center justify-between border-t border-line px-3 py-1 text-xs text-quiet">
            <span className="figures" role="status">
              {looking
                ? 'Loading…'
                : `${formatCount(rows.length)}${unfinished ? ' so far, more below' : rows.length === 1 ? ' entry' : ' entries'}`}
            </span>
            {failed && (
              <span role="alert" className="flex items-center gap-2 text-bad">
                Not all could be read.
                <Button size="sm" variant="quiet" onClick={failed}>
                  Try again
                </Button>
              </span>
            )}
            <span className="flex items-center gap-3">
              <span className="hidden lg:inline">
                ↑ ↓ move · Enter opens{choosable ? ' · Space chooses' : ''} · / searches
              </span>
              {!narrow && (
                <Menu
                  trigger={
                    <Button size="sm" variant="quiet">
                      <Columns3 /> Columns
                    </Button>
                  }
                  items={columns.map((column) => ({
                    label: `${columnVisibility[column.id] === false ? 'Show' : 'Hide'} ${column.header}`,
                    disabled: columnVisibility[column.id] !== false && visible.length === 1,
                    onSelect: () => setColumnVisibility((now) => ({ ...now, [column.id]: now[column.id] === false })),
                  }))}
                />
              )}
            </span>
          </footer>
        )}
      </div>
    </div>
  )
}

/** Two lines: what it is and its state; then the rest, as far as it goes. */
function PhoneRow<Row>({ columns, row }: { columns: readonly Column<Row>[]; row: Row }) {
  const title = columns.find(({ phone }) => phone === 'title') ?? columns[0]
  const end = columns.filter(({ phone }) => phone === 'end')
  const more = columns.filter((column) => column !== title && (column.phone ?? 'more') === 'more')
  return (
    <span role="gridcell" className="flex min-w-0 flex-1 flex-col gap-0.5">
      <span className="flex items-center justify-between gap-2">
        <span className="min-w-0 truncate font-medium">{title?.cell(row)}</span>
        <span className="flex shrink-0 items-center gap-2">
          {end.map((column) => (
            <span key={column.id}>{column.cell(row)}</span>
          ))}
        </span>
      </span>
      <span className="flex min-w-0 items-center gap-1.5 truncate text-xs text-quiet">
        {more.map((column, index) => (
          <span key={column.id} className="min-w-0 truncate">
            {index > 0 && '· '}
            {column.cell(row)}
          </span>
        ))}
      </span>
    </span>
  )
}
