import { formatAudit } from '../audit/format.ts'
import { runAudit } from '../audit/run.ts'
import { withBackOffice } from '../back-office.ts'
import { type Console, liveLine } from '../console.ts'

/** `souk audit`: whether the books balance. */
export function audit(io: Console, options: { full?: true; json?: true }): Promise<number> {
  return withBackOffice(io, async (house) => {
    const live = liveLine(io, Number.POSITIVE_INFINITY)
    const report = await runAudit(house, {
      full: options.full ?? false,
      ...(io.screen.isTTY && !options.json && { onCheck: (what: string) => live.show(`  ${what}…`) }),
    })
    if (io.screen.isTTY && !options.json) io.screen.write('\r\x1b[2K')
    io.print(options.json ? JSON.stringify(report, null, 2) : formatAudit(report))
    return report.broken === 0 ? 0 : 1
  })
}
