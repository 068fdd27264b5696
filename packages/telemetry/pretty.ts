const colours: Record<string, string> = { debug: '\x1b[90m', info: '\x1b[36m', warn: '\x1b[33m', error: '\x1b[31m' }
const grey = '\x1b[90m'
const reset = '\x1b[0m'

const show = (value: unknown): string =>
  typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : (JSON.stringify(value) ?? 'undefined')

/** One JSON log line as a person reads it: time, level, message, then the fields; stacks on lines of their own. */
export function formatForPeople(line: string): string {
  const { level, time, service, message, ...fields } = JSON.parse(line) as Record<string, unknown>
  const stacks: string[] = []
  const shown = Object.entries(fields).map(([name, value]) => {
    if (typeof value !== 'object' || value === null || !('stack' in value)) return `${name}=${show(value)}`
    const { stack, message: text, ...rest } = value as { stack: string; message: string }
    stacks.push(stack)
    return `${name}=${show(text)}${Object.keys(rest).length > 0 ? ` ${show(rest)}` : ''}`
  })
  const colour = colours[String(level)] ?? ''
  const clock = String(time).slice(11, 23)
  const head = `${grey}${clock}${reset} ${colour}${String(level).padEnd(5)}${reset} ${String(message)}`
  const tail = `${grey}${[`[${String(service)}]`, ...shown].join(' ')}${reset}`
  return `${head} ${tail}\n${stacks.map((stack) => `${stack.replace(/^/gm, '    ')}\n`).join('')}`
}
