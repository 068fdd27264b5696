import { Alert, Badge, Button, Card, cx, Loading } from '@souk/ui'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { CircleAlert, CircleCheck, CircleHelp } from 'lucide-react'
import { useState } from 'react'
import { formatCount, formatExact } from '../format.ts'
import { Page } from '../parts/page.tsx'
import { Problem } from '../parts/problem.tsx'
import { When } from '../parts/status.tsx'
import { souk } from '../souk.ts'

/** The books always balance: what ties stock, orders, money and events, and when it was last looked at. */
export function Invariants() {
  const queries = useQueryClient()
  const [full, setFull] = useState(false)
  const last = useQuery({ queryKey: ['audit', 'last'], queryFn: () => souk.getLastAudit(), refetchInterval: 30_000 })
  const run = useQuery({
    queryKey: ['audit', 'run'],
    queryFn: async () => {
      const report = await souk.runAudit({ query: { full } })
      await queries.invalidateQueries({ queryKey: ['audit', 'last'] })
      return report
    },
    enabled: false,
    gcTime: 0,
    retry: false,
  })
  const report = last.data?.report ?? undefined
  const start = (all: boolean) => {
    setFull(all)
    // The query reads `full` when it runs: after this render.
    setTimeout(() => void run.refetch())
  }
  return (
    <Page
      title="Invariants"
      about="What must always hold between stock, orders, money and events. Looking changes nothing."
      actions={
        <>
          <Button busy={run.isFetching && full} disabled={run.isFetching} onClick={() => start(true)}>
            Check everything
          </Button>
          <Button
            variant="primary"
            busy={run.isFetching && !full}
            disabled={run.isFetching}
            onClick={() => start(false)}
          >
            Check now
          </Button>
        </>
      }
    >
      {run.isError && <Problem error={run.error} />}
      {last.isPending && <Loading />}
      {last.isError && <Problem error={last.error} again={() => void last.refetch()} />}
      {last.data && report === undefined && !run.isFetching && (
        <Alert tone="info" title="Not checked since this process began">
          A check of what changed takes a second or two; of everything, as long as there are orders.
        </Alert>
      )}
      {report && (
        <>
          <Alert
            tone={report.broken === 0 ? 'good' : 'bad'}
            title={
              report.broken === 0
                ? `All ${report.checks.length} hold`
                : `${report.broken} of ${report.checks.length} do not hold`
            }
          >
            Checked <When at={report.startedAt} ago /> in {(report.tookMs / 1_000).toFixed(1)} s
            {report.since === null ? ', everything' : `, what changed since ${formatExact(report.since)}`}.
          </Alert>
          <div className="grid gap-3 md:grid-cols-2">
            {report.checks.map((check) => {
              const broken = check.findings.length > 0
              const Icon = check.failure ? CircleHelp : broken ? CircleAlert : CircleCheck
              return (
                <Card key={`${check.service} ${check.invariant} ${check.title}`}>
                  <div className="flex items-start gap-3">
                    <Icon
                      aria-hidden="true"
                      className={cx(
                        'mt-0.5 size-5 shrink-0',
                        check.failure ? 'text-warn' : broken ? 'text-bad' : 'text-good',
                      )}
                    />
                    <div className="min-w-0 flex-1">
                      <h2 className="text-sm font-medium">{check.title}</h2>
                      <p className="flex flex-wrap items-center gap-2 text-xs text-quiet">
                        <Badge>{check.invariant}</Badge> {check.service} · {formatCount(check.checked)} looked at ·{' '}
                        {check.tookMs} ms
                      </p>
                      {check.failure && (
                        <p className="mt-2 text-sm text-warn wrap-anywhere">Could not be checked: {check.failure}</p>
                      )}
                      {broken && (
                        <ul className="mt-2 flex flex-col gap-1 text-sm">
                          {check.findings.slice(0, 20).map(({ subject, message }) => (
                            <li key={`${subject} ${message}`} className="wrap-anywhere">
                              <span className="font-mono text-xs">{subject}</span> {message}
                            </li>
                          ))}
                          {check.findings.length > 20 && (
                            <li className="text-quiet">and {check.findings.length - 20} more</li>
                          )}
                        </ul>
                      )}
                    </div>
                  </div>
                </Card>
              )
            })}
          </div>
        </>
      )}
    </Page>
  )
}
