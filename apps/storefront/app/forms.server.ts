import { isProblem, SoukProblem, SoukUnreachable } from '@souk/sdk'
import type { MessageKey } from './i18n/en.ts'

/** What is said when something did not work: in our words where we have some, else in the API's. */
export type Failure = { key: MessageKey } | { text: string }
export type Answered = { ok: true } | { ok: false; failure: Failure; fields?: Record<string, string> }

const known: Readonly<Record<string, MessageKey>> = {
  'sign-in-refused': 'sign-in.wrong',
  'second-factor-needed': 'sign-in.code-needed',
  'second-factor-refused': 'sign-in.code-wrong',
  'second-factor-blocked': 'error.rate',
  'email-taken': 'sign-up.taken',
  'rate-limited': 'error.rate',
  'sign-in-slowed': 'error.rate',
  overloaded: 'checkout.busy',
  'orders-overloaded': 'checkout.busy',
  'sign-in-busy': 'error.503',
}

/** @throws what is no refusal: a bug of ours. */
export function failureOf(error: unknown): Extract<Answered, { ok: false }> {
  if (error instanceof SoukUnreachable) return { ok: false, failure: { key: 'error.503' } }
  if (!(error instanceof SoukProblem)) throw error
  const key = known[error.code]
  if (key !== undefined) return { ok: false, failure: { key } }
  if (isProblem(error, 'validation-failed'))
    return {
      ok: false,
      failure: { key: 'error.form' },
      fields: Object.fromEntries(error.faults.map(({ path, message }) => [path.split('/').at(-1) ?? '', message])),
    }
  if (error.status >= 500) return { ok: false, failure: { key: error.status === 503 ? 'error.503' : 'error.generic' } }
  return { ok: false, failure: { text: error.detail } }
}

/** A text field, trimmed and cut; empty when it was not sent. */
export const textOf = (form: FormData, name: string, longest = 500): string => {
  const value = form.get(name)
  return typeof value === 'string' ? value.trim().slice(0, longest) : ''
}

/** As it was typed: a password may begin with a space. */
export const typedOf = (form: FormData, name: string): string => {
  const value = form.get(name)
  return typeof value === 'string' ? value : ''
}

/** Where to go on: only inside this store. */
export const nextOf = (value: string | null | undefined, otherwise: string): string =>
  value != null && /^\/(?![/\\])[^\s\\]*$/.test(value) ? value : otherwise
