import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { linkFiles } from './link-files.ts'

test('a copy has the pictures of its original, and what it deletes stays there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'souk-links-'))
  try {
    const [here, there] = [join(folder, 'media'), join(folder, 'copy', 'media')]
    mkdirSync(join(here, 'public', 'cup'), { recursive: true })
    writeFileSync(join(here, 'public', 'cup', '480.webp'), 'a cup')
    mkdirSync(join(folder, 'copy'))
    expect(await linkFiles(here, there)).toBe(1)
    expect(readFileSync(join(there, 'public', 'cup', '480.webp'), 'utf8')).toBe('a cup')
    rmSync(there, { recursive: true })
    expect(readFileSync(join(here, 'public', 'cup', '480.webp'), 'utf8')).toBe('a cup')
    expect(await linkFiles(join(folder, 'nothing here'), there)).toBe(0)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
