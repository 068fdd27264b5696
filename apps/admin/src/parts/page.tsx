import { Alert, Loading } from '@souk/ui'
import type { UseQueryResult } from '@tanstack/react-query'
import { type ReactNode, useEffect } from 'react'
import { formatMoment } from '../format.ts'
import { explain, Problem } from './problem.tsx'

/** A screen: its name, what can be done on it, and the thing itself. `fill`: the content scrolls, not the page. */
export function Page({
  title,
  about,
  actions,
  fill,
  children,
}: {
  title: string
  about?: ReactNode
  actions?: ReactNode
  fill?: boolean
  children: ReactNode
}) {
  useEffect(() => {
    document.title = `${title} · Souk admin`
  }, [title])
  return (
    <div
      className={
        fill
          ? 'flex h-full min-h-0 flex-col gap-3 p-3 sm:p-5'
          : 'mx-auto flex max-w-6xl flex-col gap-4 p-3 pb-16 sm:p-5'
      }
    >
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-52">
          <h1 className="text-xl font-semibold tracking-tight wrap-anywhere sm:text-2xl">{title}</h1>
          {about && <p className="text-sm text-quiet">{about}</p>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  )
}

/** What a query answered, or that it is on its way, or why it failed. */
export function Loaded<Data>({
  query,
  lines,
  children,
}: {
  query: UseQueryResult<Data>
  lines?: number
  children: (data: Data) => ReactNode
}) {
  if (query.data !== undefined)
    return (
      <>
        {query.isError && (
          <Alert tone="warn" title={`As of ${formatMoment(new Date(query.dataUpdatedAt).toISOString())}`}>
            What came since could not be read. {explain(query.error).title}. It is tried again.
          </Alert>
        )}
        {children(query.data)}
      </>
    )
  if (query.isError) return <Problem error={query.error} again={() => void query.refetch()} />
  return <Loading lines={lines ?? 5} className="p-4" />
}
