import { isProblem, SoukUnreachable } from '@souk/sdk'
import { Alert, Button } from '@souk/ui'

/** What went wrong, in words for whoever sits in front of it. */
export function explain(error: unknown): { title: string; detail: string } {
  if (isProblem(error)) {
    const faults = error.faults.map(({ path, message }) => `${path.replace(/^\//, '') || 'it'} ${message}`).join('; ')
    return { title: error.title, detail: faults === '' ? error.detail : `${error.detail} ${faults}` }
  }
  if (error instanceof SoukUnreachable)
    return { title: 'The marketplace does not answer', detail: 'Look at the network and try again. Nothing was lost.' }
  return { title: 'Something broke in this page', detail: error instanceof Error ? error.message : String(error) }
}

export function Problem({ error, again }: { error: unknown; again?: () => void }) {
  const { title, detail } = explain(error)
  const correlationId = isProblem(error) ? error.correlationId : ''
  return (
    <Alert
      tone="bad"
      title={title}
      actions={
        again && (
          <Button size="sm" onClick={again}>
            Try again
          </Button>
        )
      }
    >
      {detail}
      {correlationId !== '' && <p className="mt-1 font-mono text-2xs text-quiet">{correlationId}</p>}
    </Alert>
  )
}
