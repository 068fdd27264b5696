import { useToast } from '@souk/ui'
import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query'
import { explain } from './problem.tsx'

export type ActOptions<Input, Output> = {
  run: (input: Input) => Promise<Output>
  /** What is stale afterwards. */
  stale: readonly QueryKey[]
  done?: string | ((output: Output, input: Input) => string)
  undo?: (output: Output, input: Input) => Promise<unknown>
  onDone?: (output: Output, input: Input) => void
}

/** One deed: does it, says how it went, offers to take it back where that can be, and lets what changed be read again. */
export function useAct<Input = void, Output = unknown>({ run, stale, done, undo, onDone }: ActOptions<Input, Output>) {
  const queries = useQueryClient()
  const tell = useToast()
  const refresh = () => Promise.all(stale.map((queryKey) => queries.invalidateQueries({ queryKey })))
  const failed = (error: unknown) => {
    const { title, detail } = explain(error)
    tell({ title, detail, tone: 'bad' })
  }
  return useMutation<Output, unknown, Input>({
    mutationFn: run,
    async onSuccess(output, input) {
      await refresh()
      onDone?.(output, input)
      if (done === undefined) return
      tell({
        title: typeof done === 'string' ? done : done(output, input),
        tone: 'good',
        ...(undo && {
          undo: () => {
            undo(output, input)
              .then(refresh)
              .then(() => tell({ title: 'Taken back', tone: 'info' }))
              .catch(failed)
          },
        }),
      })
    },
    async onError(error) {
      failed(error)
      await refresh()
    },
  })
}
