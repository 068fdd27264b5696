import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { alone, commandPath, EngineMissing } from './missing.mjs'

/** A server of the system's own packages: used where it is, installed where this process may install. */
export function debianEngine({ name, command, packageName, elsewhere }) {
  const locate = () => {
    const path = commandPath(command)
    return path === undefined ? undefined : { path }
  }
  return {
    name,
    locate,
    async obtain({ onProgress = () => {} } = {}) {
      const found = locate()
      if (found !== undefined) return found
      const howTo = `Install it (apt-get install ${packageName}, or ${elsewhere}) so that ${command} is on the PATH.`
      if (process.getuid?.() !== 0 || commandPath('apt-get') === undefined)
        throw new EngineMissing(name, `there is no ${command}, and installing needs root and apt`, howTo)
      return await alone(() => {
        const installedMeanwhile = locate()
        if (installedMeanwhile !== undefined) return installedMeanwhile
        onProgress(`installing the Debian package ${packageName}`)
        const failed = withoutServices(() => install([packageName]) && install([packageName], true))
        const installed = locate()
        if (installed === undefined)
          throw new EngineMissing(name, `apt-get install ${packageName} failed: ${failed}`, howTo)
        return installed
      })
    },
  }
}

/** What went wrong; undefined for nothing. A machine that never asked for the lists of packages is told to. */
export function install(packageNames, fresh = false) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const options = { env, encoding: 'utf8', timeout: 180_000 }
  if (fresh) spawnSync('apt-get', ['update', '-qq'], options)
  const result = spawnSync('apt-get', ['install', '-qq', '-y', '--no-install-recommends', ...packageNames], options)
  if (result.status === 0) return undefined
  return (result.stderr || result.error?.message || 'no reason given').trim().split('\n').at(-1)
}

/** A package that brings a server also starts it, on its usual port; ours are started by whoever needs them. */
function withoutServices(work) {
  const policy = '/usr/sbin/policy-rc.d'
  const ours = !existsSync(policy)
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    return work()
  } finally {
    if (ours) rmSync(policy, { force: true })
  }
}
