import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { rename } from 'node:fs/promises'

export type RejectedLine = { line: number; field: string; reason: string; raw: string }

const cell = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/**
 * Write rejected lines as CSV: line number, field, reason, and the line as it stands in the source. Written whole under
 * another name first. Without any, no file is made. @returns how many
 */
export async function writeRejects(path: string, lines: AsyncIterable<RejectedLine>): Promise<number> {
  const draft = `${path}.${process.pid}`
  let count = 0
  let file: ReturnType<typeof createWriteStream> | undefined
  for await (const { line, field, reason, raw } of lines) {
    if (file === undefined) {
      file = createWriteStream(draft)
      await once(file, 'open')
      file.write('line,field,reason,source\n')
    }
    count += 1
    if (!file.write(`${line},${cell(field)},${cell(reason)},${cell(raw)}\n`)) await once(file, 'drain')
  }
  if (file === undefined) return 0
  file.end()
  await once(file, 'finish')
  await rename(draft, path)
  return count
}
