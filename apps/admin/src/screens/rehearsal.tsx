import type { GetRehearsalResponse } from '@souk/sdk'
import { Alert, Badge, Button, ChoiceGroup, Dialog, Field, Input, Progress, Radio, Stat } from '@souk/ui'
import { useQuery } from '@tanstack/react-query'
import { FlaskConical } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { formatClock, formatCompact, formatCount } from '../format.ts'
import { useAct } from '../parts/act.ts'
import { useNow } from '../parts/status.tsx'
import { souk } from '../souk.ts'
import { RehearsalChart } from './dashboard-charts.tsx'

type Rehearsed = NonNullable<GetRehearsalResponse['rehearsal']>
const stale = [['rehearsal']]

/** The crowd of a sale, sent to a copy of the marketplace that is taken away again: would it hold, is nothing sold twice? */
export function Rehearsal({ units }: { units?: number }) {
  const [open, setOpen] = useState(false)
  const query = useQuery({
    queryKey: ['rehearsal'],
    queryFn: () => souk.getRehearsal(),
    refetchInterval: ({ state }) =>
      state.data?.rehearsal?.state === 'running' || state.data?.rehearsal?.endedAt === null ? 1_000 : false,
    enabled: open,
  })
  const rehearsal = query.data?.rehearsal ?? undefined
  const underWay = rehearsal !== undefined && rehearsal.endedAt === null
  const stop = useAct({ run: () => souk.stopRehearsal(), stale, done: 'It ends early; the report comes' })
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      title="Rehearse a sale"
      description="Sends a crowd to a sale in a copy of this marketplace, and compares what each buyer was told with the books of the copy, which is taken away afterwards. Nothing here is touched and nobody is written to; the machine is shared, so not while a real sale runs."
      width="lg"
      trigger={
        <Button>
          <FlaskConical /> Rehearse
        </Button>
      }
      actions={
        underWay && (
          <Button variant="danger" busy={stop.isPending} onClick={() => stop.mutate()}>
            End it early
          </Button>
        )
      }
    >
      <div className="flex flex-col gap-4 pb-3">
        {!underWay && query.data && <Begin units={units ?? 1_000} copy={query.data.copy} />}
        {rehearsal && (underWay ? <UnderWay rehearsal={rehearsal} /> : <Outcome rehearsal={rehearsal} />)}
      </div>
    </Dialog>
  )
}

/** Five times as many buyers as units, as on a good day. */
function Begin({ units, copy }: { units: number; copy: GetRehearsalResponse['copy'] }) {
  const begin = useAct({
    run: (body: { data: 'copy' | 'empty'; units: number; buyers: number; rate: number }) =>
      souk.startRehearsal({ body }),
    stale,
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const [units = 1, buyers = 1, rate = 0] = ['units', 'buyers', 'rate'].map((name) => Number(form.get(name)))
    begin.mutate({ data: form.get('data') === 'copy' ? 'copy' : 'empty', units, buyers, rate })
  }
  return (
    <form onSubmit={submit} className="grid items-start gap-4 sm:grid-cols-4">
      <ChoiceGroup legend="Where" className="sm:col-span-4">
        <Radio
          name="data"
          value="copy"
          label="In a copy of this marketplace"
          hint={
            copy.unable ??
            `All shops, products and orders, ${formatCount(copy.mb)} MB, and pictures that lie on the same disk.`
          }
          disabled={copy.unable !== null}
          defaultChecked={copy.unable === null}
        />
        <Radio
          name="data"
          value="empty"
          label="In an empty marketplace"
          hint="Begins sooner, and says less: lists and indexes have nothing in them."
          defaultChecked={copy.unable !== null}
        />
      </ChoiceGroup>
      <Field label="Units">
        <Input name="units" type="number" min={1} max={1_000_000} defaultValue={units} required />
      </Field>
      <Field label="Buyers">
        <Input
          name="buyers"
          type="number"
          min={1}
          max={100_000}
          defaultValue={Math.min(100_000, Math.max(500, units * 5))}
          required
        />
      </Field>
      <Field label="Arrivals a second" hint="0: as fast as they are answered.">
        <Input name="rate" type="number" min={0} max={100_000} defaultValue={0} required />
      </Field>
      <Button type="submit" variant="primary" busy={begin.isPending} className="sm:mt-6.5">
        Begin
      </Button>
    </form>
  )
}

function UnderWay({ rehearsal }: { rehearsal: Rehearsed }) {
  const now = useNow(1_000)
  return (
    <div className="flex flex-col gap-2">
      <Progress label={`Under way for ${formatClock(now - Date.parse(rehearsal.startedAt))}`} />
      <section aria-label="What it says" tabIndex={0} className="max-h-60 overflow-auto rounded-lg bg-sunken p-3">
        <pre className="text-xs whitespace-pre-wrap wrap-anywhere">
          {rehearsal.lines.slice(-14).join('\n') || 'Starting…'}
        </pre>
      </section>
    </div>
  )
}

function Outcome({ rehearsal }: { rehearsal: Rehearsed }) {
  const { verdict, result } = rehearsal
  if (verdict === null || result === null)
    return (
      <Alert
        tone="bad"
        title={rehearsal.state === 'stopped' ? 'Ended before there was anything to report' : 'The rehearsal failed'}
      >
        <pre className="text-xs whitespace-pre-wrap wrap-anywhere">{rehearsal.lines.slice(-6).join('\n')}</pre>
      </Alert>
    )
  const broken = result.checks.filter((check) => check.broken > 0)
  return (
    <div className="flex flex-col gap-4">
      <Alert tone={verdict.good ? 'good' : 'bad'} title={verdict.headline}>
        {verdict.details.map((line) => (
          <p key={line}>{line}</p>
        ))}
      </Alert>
      <div className="grid grid-cols-2 gap-4 sm:grid-cols-4">
        <Stat label="Orders accepted a second" value={formatCompact(result.acceptedPerSecond)} />
        <Stat label="19 of 20 answered within" value={`${formatCount(Math.round(result.p95Ms))} ms`} />
        <Stat label="Sold twice" value={formatCount(result.oversold)} tone={result.oversold === 0 ? 'good' : 'bad'} />
        <Stat label="Lost" value={formatCount(result.lost)} tone={result.lost === 0 ? 'good' : 'bad'} />
      </div>
      <RehearsalChart timeline={result.timeline} />
      <p className="text-sm">
        {broken.length === 0 ? (
          <Badge tone="good">All {result.checks.length} checks of the books hold</Badge>
        ) : (
          broken.map(({ title, broken }) => (
            <Badge key={title} tone="bad">
              {title}: {broken}
            </Badge>
          ))
        )}
      </p>
    </div>
  )
}
