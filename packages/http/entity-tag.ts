import { errors } from './errors.ts'

/** The version a change was made on, from `If-Match: "7"`. @throws precondition-required, version-mismatch */
export function versionFrom(ifMatch: string | string[] | undefined): number {
  if (typeof ifMatch !== 'string') throw errors.error('precondition-required', 'Send the ETag you read as If-Match.')
  const match = /^(?:W\/)?"(\d{1,15})"$/.exec(ifMatch)
  if (match === null) throw errors.error('version-mismatch', 'If-Match is not an ETag of this resource.')
  return Number(match[1])
}

export const etag = (version: number): { etag: string } => ({ etag: `"${version}"` })
