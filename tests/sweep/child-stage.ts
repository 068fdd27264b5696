import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { testDatabase } from '@souk/testing'
import { allServices } from '../../apps/souk/services.ts'
import { type Call, createClient, type Reply } from './client.ts'
import { readDocument } from './document.ts'
import { environment, openTestProvider, type Stage } from './stage.ts'

export type ChildStage = Stage & {
  /** All the program has written, and logs everything it can. */
  output(): string
  /** Every answer that was an error, with what was asked. */
  problems: { call: Call; reply: Reply }[]
}

const program = fileURLToPath(new URL('../../apps/souk/main.ts', import.meta.url))

/** The marketplace as its operator starts it: a process of its own, whose output is kept. */
export async function openChildStage(): Promise<ChildStage> {
  const database = await testDatabase(allServices)
  const provider = await openTestProvider()
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, 'serve', '--json'], {
    env: {
      PATH: process.env.PATH,
      ...environment(database.url, provider.url),
      SOUK_PORT: '0',
      SOUK_LOG_LEVEL: 'debug',
      SOUK_PARENT_PID: String(process.pid),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = await new Promise<string>((resolve, reject) => {
    const hear = (data: Buffer) => {
      output += data.toString()
      const [, found] = /^\{"url":"([^"]+)"/m.exec(output) ?? []
      if (found !== undefined) resolve(found)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    void ended.then(() => reject(new Error(`the marketplace did not start:\n${output}`)))
  })
  const client = createClient(url)
  const document = readDocument((await client.send({ method: 'GET', path: '/openapi.json' })).json)
  const problems: ChildStage['problems'] = []
  return {
    url,
    document,
    problems,
    client: {
      ...client,
      async send(call) {
        const reply = await client.send(call)
        if (reply.status >= 400) problems.push({ call, reply })
        return reply
      },
    },
    query: database.query,
    output: () => output,
    async close() {
      client.close()
      child.kill('SIGTERM')
      await ended
      await provider.stop()
      await database.close()
    },
  }
}
