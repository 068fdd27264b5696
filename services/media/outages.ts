import { DomainError } from '@souk/errors'
import { mediaErrors } from './errors.ts'
import type { Storage } from './storage.ts'

/** A bucket that does not answer is no fault of whoever asks: 503, and to come back. */
export function tellingOfOutages(storage: Storage): Storage {
  return {
    name: storage.name,
    close: storage.close,
    put: (...given) => told(storage.put(...given)),
    get: (key) => told(storage.get(key)),
    stat: (key) => told(storage.stat(key)),
    remove: (keys) => told(storage.remove(keys)),
    list: (...given) => told(storage.list(...given)),
    // What is done with the copy fails in its own words.
    withFile: storage.withFile,
    uploadTarget: (...given) => told(storage.uploadTarget(...given)),
    downloadUrl: (...given) => told(storage.downloadUrl(...given)),
  }
}

async function told<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof DomainError || error instanceof RangeError) throw error
    throw Object.assign(
      mediaErrors.error('media-storage-unavailable', 'Where pictures are kept did not answer.', {}, 5),
      { cause: error },
    )
  }
}
