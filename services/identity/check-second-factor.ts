import type { Tx } from '@souk/postgres'
import { errors } from './errors.ts'
import type { Identity } from './identity.ts'
import { blockedMs, codesAtMost, recoveryCodeIn, stepOf } from './second-factor.ts'
import { lockFactor, noteRightCode, noteWrongCode, takeRecoveryCode } from './second-factor.sql.ts'
import { sha256, unseal } from './secrets.ts'

/** `none`: the account has no second factor. What is not `shown` has to be committed before it is answered. */
export type Shown = 'none' | 'shown' | 'needed' | 'wrong' | { readonly waitSeconds: number }

export const factorLabel = (accountId: string) => `second factor ${accountId}`

/** Look at the code somebody sent with a right password, of their authenticator or for recovery. Each is good once. */
export async function checkSecondFactor(
  { clock, secrets }: Pick<Identity, 'clock' | 'secrets'>,
  tx: Tx,
  accountId: string,
  code: string | undefined,
): Promise<Shown> {
  const factor = await lockFactor(tx, accountId)
  if (factor === undefined || factor.confirmedAt === null) return 'none'
  if (code === undefined) return 'needed'
  const now = clock()
  const waitMs = (factor.blockedUntil?.getTime() ?? 0) - now.getTime()
  if (waitMs > 0) return { waitSeconds: Math.ceil(waitMs / 1000) }

  const recovery = recoveryCodeIn(code)
  const step =
    recovery === undefined
      ? stepOf(
          unseal(secrets.sealing, factor.secretSealed, factorLabel(accountId)),
          code,
          now.getTime(),
          factor.lastStep,
        )
      : (await takeRecoveryCode(tx, accountId, sha256(recovery), now)) === 1
        ? factor.lastStep
        : undefined
  if (step !== undefined) {
    await noteRightCode(tx, accountId, step)
    return 'shown'
  }
  const failures = factor.failures + 1
  const full = failures >= codesAtMost
  await noteWrongCode(tx, accountId, full ? 0 : failures, full ? new Date(now.getTime() + blockedMs) : null)
  return 'wrong'
}

/** What a check that was not passed is answered with. */
export function refusalOf(shown: Exclude<Shown, 'none' | 'shown'>): Error {
  if (shown === 'needed')
    return errors.error('second-factor-needed', 'Send the code of your authenticator as `code`, too.')
  if (shown === 'wrong') return errors.error('second-factor-refused', 'The code is wrong, too old, or was used before.')
  return errors.error(
    'second-factor-blocked',
    `Too many wrong codes. Try again in ${shown.waitSeconds} s.`,
    {},
    shown.waitSeconds,
  )
}
