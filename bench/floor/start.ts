import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export type FloorCount = { accepted: number; completed: number; rssMb: number }
export type RunningFloor = { baseUrl: string; count(): Promise<FloorCount>; stop(): Promise<void> }

/** Starts the floor as a process of its own on a free port; the schema `floor` of that database is dropped and made anew. */
export async function startFloor(databaseUrl: string): Promise<RunningFloor> {
  const child = fork(fileURLToPath(new URL('./server.ts', import.meta.url)), ['--port', '0'], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const baseUrl = await new Promise<string>((resolve, reject) => {
    let said = ''
    const listen = (text: Buffer) => {
      said += text.toString()
      const url = /listening on (http:\S+)/.exec(said)?.[1]
      if (url) resolve(url)
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.once('exit', (code) => reject(new Error(`the floor did not start (exit ${code}): ${said.trim()}`)))
  })
  return {
    baseUrl,
    count: async () => countFrom(await (await fetch(`${baseUrl}/count`)).json()),
    async stop() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

function countFrom(answer: unknown): FloorCount {
  const fields: Record<string, unknown> = typeof answer === 'object' && answer !== null ? { ...answer } : {}
  return { accepted: Number(fields.accepted), completed: Number(fields.completed), rssMb: Number(fields.rssMb) }
}
