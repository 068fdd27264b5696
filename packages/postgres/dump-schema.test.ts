import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { testDatabase } from '@souk/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { dumpSchema, writeSchemas } from './dump-schema.ts'

const library = {
  service: 'library',
  sets: [{ name: 'library', folder: new URL('./fixtures/library/', import.meta.url) }],
}
const database = await testDatabase([library])
const folder = await mkdtemp(join(tmpdir(), 'souk-schema-'))
afterAll(() => Promise.all([database.close(), rm(folder, { recursive: true })]))
const dump = await dumpSchema(database.url, 'library')

describe('a schema dump', () => {
  test('shows every column with type, default and generation, and every constraint', () => {
    expect(dump).toContain(`CREATE TABLE books (
  book_id uuid NOT NULL,
  isbn isbn NOT NULL,
  title text DEFAULT 'untitled'::text NOT NULL,
  price_minor numeric(12,2),
  tags text[] DEFAULT '{}'::text[] NOT NULL,
  kind shelf_kind NOT NULL,
  title_length integer GENERATED ALWAYS AS (length(title)) STORED,
  added_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT books_pkey PRIMARY KEY (book_id),
  CONSTRAINT books_isbn_once UNIQUE (book_id, isbn),
  CONSTRAINT books_title_length_check CHECK (title_length > 0)
) PARTITION BY RANGE (book_id);
CREATE INDEX books_by_title ON books (lower(title)) WHERE kind = 'open'::shelf_kind;
COMMENT ON TABLE books IS 'What can be lent.';
COMMENT ON COLUMN books.price_minor IS 'The reader''s price.';`)
    expect(dump).toContain(`  loan_id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,`)
    expect(dump).toContain(`FOREIGN KEY (reader) REFERENCES readers(reader) ON DELETE CASCADE`)
  })

  test('shows types, storage parameters, triggers and functions', () => {
    expect(dump).toContain(`CREATE TYPE shelf_kind AS ENUM ('open', 'closed');`)
    expect(dump).toContain(`CREATE DOMAIN isbn AS text CHECK (VALUE ~ '^[0-9]{13}$'::text);`)
    expect(dump).toContain(`) WITH (autovacuum_vacuum_threshold=100, fillfactor=90);`)
    expect(dump).toContain(
      `CREATE TRIGGER loans_noted AFTER INSERT ON loans FOR EACH ROW EXECUTE FUNCTION note_loan();`,
    )
    expect(dump).toContain(`CREATE OR REPLACE FUNCTION lend(to_reader text)`)
    expect(dump).toContain(`SECURITY DEFINER`)
  })

  test('shows a partition with a name of its own and leaves out those named after a date', () => {
    expect(dump).toContain(`CREATE TABLE books_old PARTITION OF books FOR VALUES FROM `)
    expect(dump).toContain(` WITH (fillfactor=70);`)
    expect(dump).not.toContain('2026_11')
  })

  test('shows the grants that differ from the usual, and no others', () => {
    const grants = dump.split('\n').filter((line) => line.startsWith('GRANT'))
    expect(grants).toContain('GRANT INSERT, SELECT ON TABLE loans TO souk_library;')
    expect(grants).toContain('GRANT SELECT ON TABLE loans TO souk_log;')
    expect(grants).toContain('GRANT EXECUTE ON FUNCTION lend(text) TO souk_library;')
    expect(grants.filter((line) => line.includes('readers') || line.includes('books'))).toEqual([])
  })

  test('leaves out the list of migrations and the name of the schema, and is the same every time', async () => {
    expect(dump).not.toMatch(/\bmigrations \(/)
    expect(dump.replace(/^--.*$/gm, '').replaceAll(`search_path TO 'library'`, '')).not.toMatch(/\blibrary\./)
    expect(await dumpSchema(database.url, 'library')).toBe(dump)
  })
})

test('schemas are written where they are stale, from a database that is gone afterwards', async () => {
  const file = pathToFileURL(join(folder, 'schema.sql'))
  const write = () => writeSchemas(database.url, [{ ...library, file }], 'only for tests, the same in every one')
  expect(await write()).toEqual(['library'])
  expect(await readFile(file, 'utf8')).toContain('CREATE TABLE books (')
  expect(await write()).toEqual([])
  expect(await database.query(`select datname from pg_database where datname like 'schema\\_%'`)).toEqual([])
})
