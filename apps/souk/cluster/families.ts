import { readdirSync, readFileSync } from 'node:fs'

/** Children by parent, of all processes there are; empty where /proc is not. */
export function familiesOfProcesses(): ReadonlyMap<number, number[]> {
  const families = new Map<number, number[]>()
  try {
    for (const entry of readdirSync('/proc')) {
      if (!/^\d+$/.test(entry)) continue
      try {
        const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
        families.set(parent, [...(families.get(parent) ?? []), Number(entry)])
      } catch {
        // It ended while we looked.
      }
    }
  } catch {
    // Not Linux.
  }
  return families
}

/** A process and all below it, itself first: whoever stops them in this order stops who could make more. */
export function familyOf(pid: number, families = familiesOfProcesses()): number[] {
  return [pid, ...(families.get(pid) ?? []).flatMap((child) => familyOf(child, families))]
}
