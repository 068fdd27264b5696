import { Alert, Button, Card, Field, Input } from '@souk/ui'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useAct } from '../parts/act.ts'
import { Problem } from '../parts/problem.tsx'
import { renew, souk } from '../souk.ts'
import { raw } from '../work/form.ts'

const queryKey = ['second-factor']
const stale = [queryKey, ['sessions']]

/** A code beside the password: setting it up, and doing without again. */
export function SecondFactor() {
  const state = useQuery({ queryKey, queryFn: () => souk.getSecondFactor() })
  const [codes, setCodes] = useState<string[]>()
  if (state.error !== null) return <Problem error={state.error} />
  return (
    <Card title="Second factor">
      <div className="flex flex-col gap-3">
        {codes !== undefined && <RecoveryCodes codes={codes} onKept={() => setCodes(undefined)} />}
        {state.data?.on === true && <On left={state.data.recoveryCodesLeft} />}
        {state.data?.on === false && (
          <>
            {state.data.required && (
              <Alert tone="warn" title="This marketplace asks for it">
                Until it is on you can shop, and do nothing else.
              </Alert>
            )}
            <Off onDone={setCodes} />
          </>
        )}
      </div>
    </Card>
  )
}

function RecoveryCodes({ codes, onKept }: { codes: readonly string[]; onKept: () => void }) {
  return (
    <Alert
      tone="good"
      title="It is on. These are shown once"
      actions={
        <Button size="sm" onClick={onKept}>
          I have them
        </Button>
      }
    >
      <p>Each signs you in once, should you lose your authenticator. Keep them where it is not.</p>
      <ul className="mt-2 grid grid-cols-1 gap-x-6 font-mono text-xs select-all sm:grid-cols-2">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
    </Alert>
  )
}

function Off({ onDone }: { onDone: (codes: string[]) => void }) {
  const queries = useQueryClient()
  const [begun, setBegun] = useState<{ secret: string; uri: string }>()
  const begin = useAct({
    run: (password: string) => souk.beginSecondFactor({ body: { password } }),
    stale: [],
    onDone: setBegun,
  })
  const confirm = useAct({
    run: (code: string) => souk.confirmSecondFactor({ body: { code } }),
    stale,
    onDone({ recoveryCodes }) {
      onDone(recoveryCodes)
      // What was withheld until now comes with the next token.
      void renew().then(() => queries.invalidateQueries({ queryKey: ['session'] }))
    },
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    if (begun === undefined) begin.mutate(raw(form, 'password'))
    else confirm.mutate(raw(form, 'code'))
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      {begun === undefined ? (
        <>
          <p className="text-sm text-quiet">
            With it, whoever learns your password still cannot sign in. You need an authenticator app.
          </p>
          <Field label="Your password">
            <Input name="password" type="password" autoComplete="current-password" required />
          </Field>
        </>
      ) : (
        <>
          <p className="text-sm">
            Type this into your authenticator, or{' '}
            <a href={begun.uri} className="text-accent underline">
              open it on this device
            </a>
            :
          </p>
          <code className="text-sm break-all select-all">{begun.secret.replaceAll(/(.{4})(?=.)/g, '$1 ')}</code>
          <Field label="The code it shows now">
            <Input
              name="code"
              autoComplete="one-time-code"
              inputMode="numeric"
              required
              minLength={6}
              maxLength={6}
              autoFocus
            />
          </Field>
        </>
      )}
      <Button type="submit" busy={begin.isPending || confirm.isPending} className="self-start">
        {begun === undefined ? 'Set up' : 'Switch on'}
      </Button>
    </form>
  )
}

function On({ left }: { left: number }) {
  const remove = useAct({
    run: (body: { password: string; code: string }) => souk.removeSecondFactor({ body }),
    stale,
    done: 'The password alone signs you in again',
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    remove.mutate({ password: raw(form, 'password'), code: raw(form, 'code') })
  }
  return (
    <>
      <p className="text-sm">
        Signing in takes a code of your authenticator. {left} recovery codes are left
        {left < 3 ? ': switch it off and on again for new ones.' : '.'}
      </p>
      <form onSubmit={submit} className="flex flex-col gap-3">
        <Field label="Password">
          <Input name="password" type="password" autoComplete="current-password" required />
        </Field>
        <Field label="Code">
          <Input name="code" autoComplete="one-time-code" required maxLength={40} />
        </Field>
        <Button type="submit" busy={remove.isPending} className="self-start">
          Switch off
        </Button>
      </form>
    </>
  )
}
