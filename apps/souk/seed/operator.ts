import { seedAccounts } from '@souk/identity'
import type { House } from '../house.ts'
import { Refusal } from '../explain.ts'
import type { SignIn } from '../running.ts'
import { seedContext } from './context.ts'

type Settings = { SOUK_OPERATOR_EMAIL: string | undefined; SOUK_OPERATOR_PASSWORD: string | undefined }

/** The operator the environment asks for: made when nobody has that address. */
export async function ensureOperator(house: House, settings: Settings): Promise<SignIn | undefined> {
  const { SOUK_OPERATOR_EMAIL: email, SOUK_OPERATOR_PASSWORD: password } = settings
  if (email === undefined && password === undefined) return undefined
  if (email === undefined || password === undefined)
    throw new Refusal('SOUK_OPERATOR_EMAIL and SOUK_OPERATOR_PASSWORD belong together: set both, or none.')
  await seedAccounts(seedContext(house, 'identity'), [{ email, password, name: 'Operator', roles: ['operator'] }])
  return { email, password }
}
