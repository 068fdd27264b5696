import { Button, Dialog, Radio } from '@souk/ui'
import { useState } from 'react'
import { humanise } from '../format.ts'
import type { Conflict } from './use-edit.tsx'

const shown = (value: unknown): string => {
  if (value === null || value === undefined || value === '') return '(empty)'
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.map(shown).join(', ') || '(none)'
  return JSON.stringify(value)
}

/** Two people edited the same thing: member by member, whose word it shall be. */
export function ConflictDialog<Thing extends { version: number }>({
  conflict,
  settle,
}: {
  conflict: Conflict<Thing> | undefined
  settle: (patch: Partial<Thing>) => void
}) {
  const [kept, setKept] = useState<Readonly<Record<string, 'mine' | 'theirs'>>>({})
  if (conflict === undefined) return null
  const { base, mine, theirs } = conflict
  const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)
  const keys = (Object.keys(mine) as (keyof Thing & string)[]).filter((key) => !same(mine[key], theirs[key]))
  const choice = (key: string) =>
    kept[key] ?? (same(base[key as keyof Thing], theirs[key as keyof Thing]) ? 'mine' : undefined)
  const open = keys.filter((key) => choice(key) === undefined)
  return (
    <Dialog
      open
      onOpenChange={(next) => !next && settle({})}
      title="Somebody else changed this meanwhile"
      description={`You began with version ${base.version}; version ${theirs.version} is in force now.`}
      width="lg"
      actions={
        <>
          <Button onClick={() => settle({})}>Take theirs</Button>
          <Button
            variant="primary"
            disabled={open.length > 0}
            onClick={() =>
              settle(
                Object.fromEntries(
                  keys.filter((key) => choice(key) === 'mine').map((key) => [key, mine[key]]),
                ) as Partial<Thing>,
              )
            }
          >
            Save the merged version
          </Button>
        </>
      }
    >
      {keys.length === 0 && (
        <p className="text-sm">What you changed is already so in their version. Nothing is left to decide.</p>
      )}
      <ul className="flex flex-col gap-4">
        {keys.map((key) => (
          <li key={key} className="rounded-lg border border-line p-3">
            <fieldset>
              <legend className="px-1 text-sm font-semibold">{humanise(key)}</legend>
              <Radio
                name={key}
                label={
                  <>
                    <b>Yours:</b> <span className="wrap-anywhere">{shown(mine[key])}</span>
                  </>
                }
                checked={choice(key) === 'mine'}
                onChange={() => setKept((now) => ({ ...now, [key]: 'mine' }))}
              />
              <Radio
                name={key}
                label={
                  <>
                    <b>Theirs:</b> <span className="wrap-anywhere">{shown(theirs[key])}</span>
                  </>
                }
                hint={same(base[key], theirs[key]) ? 'They did not touch this' : `Before: ${shown(base[key])}`}
                checked={choice(key) === 'theirs'}
                onChange={() => setKept((now) => ({ ...now, [key]: 'theirs' }))}
              />
            </fieldset>
          </li>
        ))}
      </ul>
    </Dialog>
  )
}
