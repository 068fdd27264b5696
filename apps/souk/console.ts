/** What a command sees of the world: the environment, read in main.ts alone, and where it may speak. */
export type Console = {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The result; with `--json` nothing but JSON. */
  print(text: string): void
  /** Progress and notes; never part of the result. */
  say(text: string): void
  /** Where progress can be drawn over itself. */
  readonly screen: { write(text: string): unknown; isTTY?: boolean; columns?: number }
}

export const createConsole = (env: Console['env']): Console => ({
  env,
  print: (text) => void process.stdout.write(`${text}\n`),
  say: (text) => void process.stderr.write(`${text}\n`),
  screen: process.stderr,
})

/** Progress with the time since the beginning: "  0.4 s  Starting PostgreSQL". */
export function timed(io: Console): (message: string) => void {
  const beganAt = performance.now()
  return (message) => io.say(`${((performance.now() - beganAt) / 1000).toFixed(1).padStart(7)} s  ${message}`)
}

/** A line that is drawn over itself on a terminal; elsewhere a line every `everyMs` (2 s) and the last one. */
export function liveLine(io: Console, everyMs = 2_000) {
  let lastAt = Number.NEGATIVE_INFINITY
  let last = ''
  const { screen } = io
  return {
    show(text: string) {
      last = text
      const now = performance.now()
      if (screen.isTTY) {
        if (now - lastAt < 100) return
        screen.write(`\r\x1b[2K${text.slice(0, (screen.columns ?? 80) - 1)}`)
      } else {
        if (now - lastAt < everyMs) return
        screen.write(`${text}\n`)
      }
      lastAt = now
    },
    /** Leaves the last state standing. */
    end() {
      if (last === '') return
      screen.write(screen.isTTY ? `\r\x1b[2K${last}\n` : `${last}\n`)
      last = ''
    },
  }
}

/** `[██████░░░░]` */
export function bar(share: number, width = 24): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width)
  return '█'.repeat(full) + '░'.repeat(width - full)
}

type Align = 'left' | 'right'

/** Columns as wide as their widest cell; the last one is left as it is. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  align: readonly Align[] = [],
): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0
        if (align[column] === 'right') return cell.padStart(width)
        return column === head.length - 1 ? cell : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  return [line(head), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)].join('\n')
}

/** 1234567 → "1,234,567". */
export const number = (value: number): string => Math.round(value).toLocaleString('en-US')

/** Text from elsewhere, for a terminal: control characters could move the cursor or change the title. */
// oxlint-disable-next-line no-control-regex
export const tame = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\uFFFD')
