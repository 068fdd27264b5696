import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { reportPage } from './page.ts'
import type { FlashSaleResult, MachineInfo } from './types.ts'

export { figuresOf } from './types.ts'
export type { FaultInjected, FlashSaleResult, MachineInfo, TimelineSample } from './types.ts'
export { verdictOf } from './verdict.ts'

/** Writes the result as JSON and as a page with charts; folders are made as needed, files of that name replaced. */
export async function writeReport(result: FlashSaleResult, files: { json?: string; html: string }): Promise<void> {
  await write(files.html, reportPage(result))
  if (files.json) await write(files.json, `${JSON.stringify(result, null, 2)}\n`)
}

async function write(file: string, text: string) {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
}

/** This machine, as the report names it. `postgres` is the server's version, which only the caller knows. */
export function thisMachine(postgres: string): MachineInfo {
  const processors = cpus()
  return {
    cores: processors.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    cpu: processors[0]?.model.trim() ?? 'unknown',
    node: process.versions.node,
    postgres,
  }
}
