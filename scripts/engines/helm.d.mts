export function cacheFolder(env?: Record<string, string | undefined>): string
export function obtainHelm(env?: Record<string, string | undefined>): string
