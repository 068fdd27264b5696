import { Client } from 'pg'

/** Hold the relays' leases on a database: they can send, and not record that they did. @returns what lets go of them. */
export async function lockLeases(adminUrl: string): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: adminUrl })
  client.on('error', () => {})
  await client.connect()
  await client.query('begin')
  await client.query('lock table relay.leases in share row exclusive mode')
  return async () => {
    await client.query('rollback').catch(() => {})
    await client.end().catch(() => {})
  }
}
