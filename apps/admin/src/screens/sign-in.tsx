import { isProblem } from '@souk/sdk'
import { Button, Card, Field, Input } from '@souk/ui'
import { type FormEvent, useEffect, useState } from 'react'
import { Problem } from '../parts/problem.tsx'
import { raw } from '../work/form.ts'

/** The door. Which rooms open behind it, the account's roles and duties say. */
export function SignIn({ enter }: { enter: (email: string, password: string, code?: string) => Promise<void> }) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const [asksForCode, setAsksForCode] = useState(false)
  useEffect(() => {
    document.title = 'Sign in · Souk admin'
  }, [])
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy(true)
    setError(undefined)
    try {
      await enter(raw(form, 'email'), raw(form, 'password'), asksForCode ? raw(form, 'code') : undefined)
    } catch (caught) {
      // No fault of theirs: the field says what is wanted.
      if (isProblem(caught, 'second-factor-needed')) setAsksForCode(true)
      else setError(caught)
      setBusy(false)
    }
  }
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <div className="w-full max-w-sm">
        <div className="mb-5 flex items-center gap-3">
          <img src="/admin/icon.svg" alt="" className="size-10" />
          <div>
            <h1 className="text-xl font-semibold tracking-tight">Souk admin</h1>
            <p className="text-sm text-quiet">For shops and for whoever runs the marketplace.</p>
          </div>
        </div>
        <Card>
          <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
            <Field label="E-mail">
              <Input name="email" type="email" autoComplete="username" required autoFocus />
            </Field>
            <Field label="Password">
              <Input name="password" type="password" autoComplete="current-password" required />
            </Field>
            {asksForCode && (
              <Field label="Code" hint="The six digits of your authenticator, or a recovery code.">
                <Input name="code" autoComplete="one-time-code" required maxLength={40} autoFocus />
              </Field>
            )}
            {error !== undefined && <Problem error={error} />}
            <Button type="submit" variant="primary" busy={busy}>
              Sign in
            </Button>
          </form>
        </Card>
        <p className="mt-4 text-xs text-quiet">
          The sign-ins of a demo marketplace are printed by <code>npm start</code>.
        </p>
      </div>
    </main>
  )
}
