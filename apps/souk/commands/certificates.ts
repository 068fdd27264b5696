import { resolve } from 'node:path'
import { callers, gatewayName, operatorName } from '@souk/contracts/callers'
import { issueCertificates } from '../certificates.ts'
import type { Console } from '../console.ts'
import { UsageError } from '../explain.ts'
import { dataFolderOf } from '../running.ts'

export type CertificatesOptions = {
  folder?: string
  hours: number
  rotate?: true
  newAuthority?: true
  json?: true
}

/** `souk certificates`: a development authority, and what services show each other. */
export async function certificates(io: Console, given: readonly string[], options: CertificatesOptions) {
  const known = [...Object.keys(callers), gatewayName, operatorName]
  const unknown = given.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new UsageError(`There is no ${unknown.join(', ')}; there are ${known.join(', ')}.`)
  const folder = resolve(options.folder ?? io.env.SOUK_CERTIFICATES ?? `${dataFolderOf(io.env)}/certificates`)
  const issued = await issueCertificates({
    folder,
    names: given.length > 0 ? given : known,
    now: new Date(),
    hours: options.hours,
    rotate: options.rotate === true || options.newAuthority === true,
    newAuthority: options.newAuthority === true,
  })
  if (options.json) {
    io.print(JSON.stringify({ folder, certificates: issued }))
    return
  }
  const width = Math.max(...issued.map(({ name }) => name.length))
  for (const { name, made, expiresAt } of issued)
    io.print(`${name.padEnd(width)}  ${made ? 'made' : 'kept'}  until ${expiresAt}`)
  io.print(
    `\nIn ${folder}, for development: the key of the authority lies beside them. Use them with SOUK_CERTIFICATES=${folder}`,
  )
}
